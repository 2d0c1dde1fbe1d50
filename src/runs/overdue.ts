import { addDuty } from '../storage/duties.ts';
import type { Tx } from '../storage/database.ts';
import { becomeUnknown } from './become-unknown.ts';
import { blindForMs, effectDeadlineMs, type RunDependencies } from './dependencies.ts';
import type { Run } from './run.ts';
import { lockRun } from './store.ts';

/** Beyond its own time, within which whoever works on it has said so. */
const graceMs = 30_000;

/** A run is `started` no longer than this, whatever becomes of whoever works on it (I6). */
const longestMs = (run: Run): number => effectDeadlineMs + run.plan.draft.settleWithinMs + blindForMs + graceMs;

/** Written with the start itself, so that nobody has to come back for it. */
export async function addOverdueDuty(tx: Tx, run: Run, startedAt: Date): Promise<void> {
  await addDuty(tx, { kind: 'run.overdue', key: run.id, dueAt: new Date(startedAt.getTime() + longestMs(run)) });
}

/** It is still `started` long after it must have ended: whoever worked on it is stuck or was set aside. Nobody knows how it went; people and evidence settle it. */
export async function endOverdueRun({ db, clock }: RunDependencies, runId: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === undefined) return;
    await becomeUnknown(tx, run, { reason: 'It was not seen to end in the time that it has.', lines: run.progressLine === null ? [] : [run.progressLine], notKnown: 'how it ended' }, now);
  });
}
