/** What would change on the cluster when the release goes to another manifest. Pure. */
import type { RiskCondition } from '../../catalog/system.ts';
import type { Workload } from '../kubernetes/cluster.ts';
import type { Change } from '../plan.ts';
import { count, oneLine } from '../wording.ts';
import type { HelmManifest, ManifestContainer } from './release.ts';

/**
 * Replicas and images are compared with what runs, not with what Helm recorded: somebody may have scaled by hand in between,
 * and Helm puts its own number back.
 */
export function manifestChanges(live: Workload, before: HelmManifest, after: HelmManifest): Change[] {
  const next = after.workload;
  if (next === null) return objectChanges(before, after);
  const old = new Map((before.workload?.containers ?? []).map((container) => [container.name, container]));
  return [
    ...next.containers.map((container) => changeOf(`image of ${container.name}`, imageOf(live, container.name), container.image)),
    ...(next.replicas === null || live.replicas === null ? [] : [changeOf('replicas', String(live.replicas), String(next.replicas))]),
    ...next.containers.flatMap((container) => resourceChanges(container, old.get(container.name))),
    ...objectChanges(before, after),
  ];
}

function imageOf(live: Workload, container: string): string {
  return live.containers.find((candidate) => candidate.name === container)?.image ?? 'none';
}

function changeOf(what: string, before: string, after: string): Change {
  return { what, before: oneLine(before), after: oneLine(after) };
}

function resourceChanges(after: ManifestContainer, before: ManifestContainer | undefined): Change[] {
  return (['limits', 'requests'] as const).flatMap((kind) => {
    const [old, next] = [before?.[kind] ?? {}, after[kind]];
    return [...new Set([...Object.keys(old), ...Object.keys(next)])]
      .filter((resource) => old[resource] !== next[resource])
      .map((resource) => ({ what: `${resource} ${kind.slice(0, -1)} of ${after.name}`, before: old[resource] ?? 'none', after: next[resource] ?? 'none' }));
  });
}

/** Objects besides the workload: added, removed, and of ConfigMaps and Secrets how many values differ, never which. */
function objectChanges(before: HelmManifest, after: HelmManifest): Change[] {
  const key = (object: { kind: string; name: string }) => `${object.kind} ${object.name}`;
  const [old, next] = [new Map(before.objects.map((object) => [key(object), object])), new Map(after.objects.map((object) => [key(object), object]))];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((name): Change[] => {
    const [was, becomes] = [old.get(name), next.get(name)];
    // Helm hides Secrets in a dry run, so nothing can be said about those.
    if (was?.kind === 'Secret' && becomes === undefined) return [];
    if (becomes?.digest === null || was?.digest === null || was?.digest === becomes?.digest) return [];
    if (was === undefined) return [{ what: name, before: 'absent', after: 'created' }];
    if (becomes === undefined) return [{ what: name, before: 'exists', after: 'deleted' }];
    const keys = [...new Set([...Object.keys(was.keys), ...Object.keys(becomes.keys)])].filter((entry) => was.keys[entry] !== becomes.keys[entry]);
    return [{ what: name, before: 'as it is', after: keys.length > 0 ? `${count(keys.length, 'value')} changed (${oneLine(keys.join(', '), 120)})` : 'changed' }];
  });
}

export interface Drift {
  readonly what: string;
  readonly live: string;
  readonly recorded: string;
}

/** Where the cluster is no longer as Helm has left it. */
export function driftOf(live: Workload, recorded: HelmManifest): Drift[] {
  const { workload } = recorded;
  if (workload === null) return [];
  return [
    ...(workload.replicas !== null && live.replicas !== null && workload.replicas !== live.replicas
      ? [{ what: 'replicas', live: String(live.replicas), recorded: String(workload.replicas) }]
      : []),
    ...workload.containers
      .filter((container) => imageOf(live, container.name) !== container.image)
      .map((container) => ({ what: `image of ${container.name}`, live: imageOf(live, container.name), recorded: container.image })),
  ];
}

export function replicaConditions(live: Workload, after: HelmManifest): RiskCondition[] {
  const replicas = after.workload?.replicas ?? null;
  if (replicas === null || live.replicas === null) return [];
  return [...(replicas < live.replicas ? (['fewer_replicas'] as const) : []), ...(replicas === 0 ? (['to_zero'] as const) : [])];
}
