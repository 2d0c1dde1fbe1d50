import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { ago, count, oneLine } from '../wording.ts';
import type { Pod } from './cluster.ts';
import { podRights } from './rights.ts';
import { isReady, troubleOf, troubleSummary } from './trouble.ts';

/** Which pods there are, which of them are ready, and what is wrong with the others. */
export const pods = defineRead({
  id: 'k8s.pods',
  target: 'workload',
  params: NoParameters,
  rights: podRights,
  read: async (context, target): Promise<Reading> => podsReading(await context.ports.kubernetes.pods(target, context.signal), context.clock.now()),
});

/** Pure. Pods in trouble come first. */
export function podsReading(pods: readonly Pod[], now: Date): Reading {
  if (pods.length === 0) return { headline: 'No pods', state: 'bad', lines: ['Nothing matches the selector: scaled to 0, or deleted.'] };
  const staying = pods.filter((pod) => !pod.isBeingDeleted);
  const ready = staying.filter(isReady);
  const sorted = [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || a.name.localeCompare(b.name));
  const trouble = troubleSummary(staying, now);
  const leaving = pods.length - staying.length;
  return {
    headline: `${ready.length} of ${count(staying.length, 'pod')} ready${trouble && `; ${trouble}`}`,
    state: staying.length > 0 && ready.length === staying.length ? 'good' : 'bad',
    lines: [
      ...sorted.flatMap((pod) => {
        const found = isReady(pod) ? null : troubleOf(pod, now);
        return found === null ? [] : [`${pod.name}: ${found.sentence}`];
      }),
      ...(leaving > 0 ? [`${count(leaving, 'pod')} stopping`] : []),
    ],
    table: {
      columns: ['pod', 'state', 'ready', 'restarts', 'age', 'node'],
      rows: sorted.map((pod) => [pod.name, stateOf(pod, now), readyContainers(pod), restarts(pod, now), ago(pod.createdAt, now).replace(' ago', ''), pod.node ?? 'none']),
    },
  };
}

function stateOf(pod: Pod, now: Date): string {
  if (pod.isBeingDeleted) return 'Stopping';
  return oneLine(troubleOf(pod, now)?.reason ?? pod.phase, 60);
}

function readyContainers(pod: Pod): string {
  const main = pod.containers.filter((container) => !container.isInit);
  return `${main.filter((container) => container.ready).length}/${main.length}`;
}

function restarts(pod: Pod, now: Date): string {
  const total = pod.containers.reduce((sum, container) => sum + container.restarts, 0);
  const last = pod.containers.flatMap((container) => container.lastEnd?.finishedAt ?? []).sort().at(-1);
  return total > 0 && last !== undefined ? `${total} (${ago(last, now)})` : String(total);
}
