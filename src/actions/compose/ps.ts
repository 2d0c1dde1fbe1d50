import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { count, oneLine } from '../wording.ts';
import { isHealthy } from './container-of.ts';
import type { ComposeContainer } from './container.ts';

/** Every container of the project, also those that do not run. */
export const ps = defineRead({
  id: 'compose.ps',
  target: 'compose',
  params: NoParameters,
  rights: [],
  read: async (context, target): Promise<Reading> => psReading(await context.ports.compose.containers(target, context.signal), target.service),
});

/** Pure. The headline counts the whole project; the state is that of the target's own service. */
export function psReading(containers: readonly ComposeContainer[], service: string): Reading {
  if (containers.length === 0) return { headline: 'No containers', state: 'bad', lines: ['The project was never started on this host, or was taken down.'] };
  const running = containers.filter((container) => container.state === 'running');
  const own = containers.filter((container) => container.service === service);
  const off = containers.filter((container) => container.state !== 'running' || isHealthy(container) === false);
  return {
    headline: `${running.length} of ${count(containers.length, 'container')} running${own.length === 0 ? `; none for ${service}` : ''}`,
    state: own.length === 0 || own.some((container) => off.includes(container)) ? 'bad' : 'good',
    lines: off.map((container) => `${container.service}: ${oneLine(container.status) || container.state}`),
    table: {
      columns: ['service', 'container', 'state', 'health', 'image'],
      rows: [...containers].sort((a, b) => a.service.localeCompare(b.service)).map((container) => [container.service, container.name, oneLine(container.status) || container.state, container.health || 'no check', oneLine(container.image)]),
    },
  };
}
