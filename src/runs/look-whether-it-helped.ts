import { addTimelineEntry, findIncident } from '../incidents/store.ts';
import { addDuty } from '../storage/duties.ts';
import { refreshMessages } from '../storage/outbox.ts';
import type { RunDependencies } from './dependencies.ts';
import { helpedInWords, whetherItHelped } from './helped.ts';
import { findRun } from './store.ts';

export const lookWhetherItHelpedEveryMs = 60_000;

/** Looks from time to time until it is clear, then says so in the run's message and in the incident's timeline. */
export async function lookWhetherItHelped({ db, clock }: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(db, runId);
  if (run === undefined || run.plan.incidentId === null) return;
  const { incidentId } = run.plan;
  const now = clock.now();
  const helped = whetherItHelped(run, (await findIncident(db, incidentId)) ?? null, now);
  if (helped.verdict === 'notAsked') return;
  await db.transaction().execute(async (tx) => {
    if (helped.verdict === 'watching') return addDuty(tx, { kind: 'run.helped', key: runId, dueAt: new Date(now.getTime() + lookWhetherItHelpedEveryMs) });
    await refreshMessages(tx, 'run', runId, now);
    await addTimelineEntry(tx, incidentId, { at: now, kind: 'helped', actor: 'stockops', text: `${run.plan.draft.summary}: ${helpedInWords(helped)}` });
  });
}
