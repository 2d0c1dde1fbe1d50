import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { count, oneLine } from '../wording.ts';
import type { Pod, Revision, Workload } from './cluster.ts';
import { podsOfNewest, rolloutRights, rolloutStage } from './rollout.ts';
import { isReady, troubleOf, troubleSummary } from './trouble.ts';

/** Whether the last change has reached every pod, and what holds it up if not. */
export const rolloutStatus = defineRead({
  id: 'k8s.rolloutStatus',
  target: 'workload',
  params: NoParameters,
  rights: rolloutRights(null),
  read: async (context, target): Promise<Reading> => {
    const { kubernetes } = context.ports;
    const [workload, pods, revisions] = await Promise.all([
      kubernetes.workload(target, context.signal),
      kubernetes.pods(target, context.signal),
      kubernetes.revisions(target, context.signal),
    ]);
    return rolloutReading(workload, pods, revisions, context.clock.now());
  },
});

/** Pure. */
export function rolloutReading(workload: Workload, pods: readonly Pod[], revisions: readonly Revision[], now: Date): Reading {
  const stage = rolloutStage(workload);
  const newest = podsOfNewest(workload, pods, revisions);
  const ready = `${newest.filter(isReady).length} of ${count(workload.status.desired, 'pod')} new and ready`;
  const trouble = troubleSummary(newest, now);
  const lines = newest.filter((pod) => !isReady(pod)).slice(0, 5).map((pod) => `${pod.name}: ${troubleOf(pod, now)?.sentence ?? 'runs but is not ready'}`);
  const images = workload.containers.map((container) => `${container.name}: ${oneLine(container.image)}`);
  switch (stage.stage) {
    case 'complete':
      return { headline: `Rolled out: ${workload.status.ready} of ${count(workload.status.desired, 'pod')} ready`, state: 'good', lines: images };
    case 'paused':
      return { headline: `Paused: ${ready}`, state: 'bad', lines: ['It goes on when someone resumes it.', ...lines, ...images] };
    case 'waitsForDeletion':
      return { headline: `${ready}; old pods stay until someone deletes them`, state: 'neutral', lines: images };
    case 'deadlineExceeded':
      return { headline: `Stuck: ${ready}${trouble && `; ${trouble}`}`, state: 'bad', lines: [oneLine(stage.message), ...lines, ...images] };
    default:
      return { headline: `Rolling out: ${ready}${trouble && `; ${trouble}`}`, state: trouble === '' ? 'neutral' : 'bad', lines: [...lines, ...images] };
  }
}
