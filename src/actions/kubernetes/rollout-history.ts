import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { ago, count, oneLine } from '../wording.ts';
import type { Revision } from './cluster.ts';
import { revisionRights, workloadRights } from './rights.ts';

/** Which versions have run: kubectl's history has neither images nor times, and those are what one looks for (SV-42). */
export const rolloutHistory = defineRead({
  id: 'k8s.rolloutHistory',
  target: 'workload',
  params: NoParameters,
  rights: [...workloadRights(['get']), ...revisionRights],
  read: async (context, target): Promise<Reading> => historyReading(await context.ports.kubernetes.revisions(target, context.signal), context.clock.now()),
});

/** Pure. Newest first. */
export function historyReading(revisions: readonly Revision[], now: Date): Reading {
  const [current, ...earlier] = revisions;
  if (current === undefined) return { headline: 'No revision is recorded', state: 'unknown', lines: [] };
  const lastOther = earlier.find((revision) => images(revision) !== images(current));
  return {
    headline: `${count(revisions.length, 'revision')}; ${current.number} runs (${images(current)}), made ${ago(current.createdAt, now)}`,
    state: 'neutral',
    lines: [lastOther === undefined ? 'No earlier revision has another image.' : `Last other image: ${images(lastOther)} (revision ${lastOther.number}, made ${ago(lastOther.createdAt, now)})`],
    table: {
      columns: ['revision', 'image', 'made', 'pods', 'change cause'],
      rows: revisions.slice(0, 10).map((revision) => [
        String(revision.number),
        images(revision),
        ago(revision.createdAt, now),
        revision.pods === null ? '' : String(revision.pods),
        revision.changeCause === null ? '' : oneLine(revision.changeCause, 120),
      ]),
    },
  };
}

function images(revision: Revision): string {
  return revision.containers.map((container) => oneLine(container.image.split('/').at(-1) ?? container.image, 100)).join(', ');
}
