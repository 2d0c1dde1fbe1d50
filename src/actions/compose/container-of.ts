import type { ComposeTarget } from '../plan.ts';
import { ServiceName } from '../parameters.ts';
import type { RequestVia } from '../ports.ts';
import type { ComposeContainer } from './container.ts';

/** The target's own container: by its name where the file fixes one, else the first of the service. */
export function containerOf(target: ComposeTarget, containers: readonly ComposeContainer[]): ComposeContainer | null {
  const ofService = containers.filter((container) => container.service === target.service);
  return ofService.find((container) => container.name === target.containerName) ?? ofService[0] ?? null;
}

/** `null` where the container has no check of its own. */
export function isHealthy(container: ComposeContainer): boolean | null {
  return container.health === '' ? null : container.health === 'healthy';
}

export type ComposeVerb = 'start' | 'stop' | 'restart';

/** Project and file are the catalog's; the service is one name, after `--` (T-19). */
export function composeRequest(target: ComposeTarget, verb: ComposeVerb): RequestVia<'compose'> {
  return {
    via: 'compose',
    host: target.host,
    arguments: ['compose', `--project-name=${ServiceName.parse(target.project)}`, `--file=${target.file}`, verb, '--', ServiceName.parse(target.service)],
  };
}

export function composeLine(target: ComposeTarget, verb: ComposeVerb): string[] {
  const host = target.host === 'local' ? [] : ['env', `DOCKER_HOST=${target.host}`];
  return [...host, 'docker', 'compose', `--project-name=${target.project}`, `--file=${target.file}`, verb, target.service];
}
