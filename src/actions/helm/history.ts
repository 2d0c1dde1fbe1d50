import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { ago, count, oneLine } from '../wording.ts';
import type { HelmRevision } from './release.ts';
import { helmReadRights } from './rights.ts';

/** Which revisions of the release there are and how each of them ended. */
export const history = defineRead({
  id: 'helm.history',
  target: 'release',
  params: NoParameters,
  rights: helmReadRights,
  read: async (context, target): Promise<Reading> => historyReading(await context.ports.helm.history(target, context.signal), context.clock.now()),
});

/** Pure. Takes the revisions oldest first, as Helm gives them; shows the newest first. */
export function historyReading(revisions: readonly HelmRevision[], now: Date): Reading {
  const newest = [...revisions].reverse();
  const [last] = newest;
  if (last === undefined) return { headline: 'No revision is recorded', state: 'unknown', lines: [] };
  const isGood = last.status === 'deployed';
  const deployed = newest.find((revision) => revision.status === 'deployed');
  return {
    headline: `Revision ${last.revision}, ${last.status}, ${last.chart}, ${ago(last.updatedAt, now)}`,
    state: isGood ? 'good' : 'bad',
    lines: [
      ...(isGood ? [] : [`Helm says: ${oneLine(last.description)}`, deployed === undefined ? 'No revision is deployed.' : `Deployed is revision ${deployed.revision}, from ${ago(deployed.updatedAt, now)}.`]),
      `${count(revisions.length, 'revision')} recorded`,
    ],
    table: {
      columns: ['revision', 'status', 'chart', 'application', 'when', 'description'],
      rows: newest.slice(0, 10).map((revision) => [String(revision.revision), revision.status, revision.chart, revision.appVersion, ago(revision.updatedAt, now), oneLine(revision.description, 120)]),
    },
  };
}
