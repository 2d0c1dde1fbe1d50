import { addDuty } from '../storage/duties.ts';
import type { Tx } from '../storage/database.ts';
import { announceRun } from './announce.ts';
import { blindForMs, effectDeadlineMs, type RunDependencies } from './dependencies.ts';
import type { Run } from './run.ts';
import { changeRun, lockRun } from './store.ts';

/** Beyond its own time, within which whoever works on it has said so. */
const graceMs = 30_000;

/** A run is `started` no longer than this, whatever becomes of whoever works on it (I6). */
const longestMs = (run: Run): number => effectDeadlineMs + run.plan.draft.settleWithinMs + blindForMs + graceMs;

/** Written with the start itself, so that nobody has to come back for it. */
export async function watchTheClock(tx: Tx, run: Run, startedAt: Date): Promise<void> {
  await addDuty(tx, { kind: 'run.overdue', key: run.id, dueAt: new Date(startedAt.getTime() + longestMs(run)) });
}

/** It is still `started` long after it must have ended: whoever worked on it is stuck or was set aside. Nobody knows how it went; people and evidence settle it. */
export async function endOverdueRun({ db, clock }: RunDependencies, runId: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === undefined || run.state !== 'started') return;
    const outcome = { status: 'unknown' as const, reason: 'It was not seen to end in the time that it has.', lostAt: now.toISOString(), lines: run.progressLine === null ? [] : [run.progressLine], verdict: 'unclear' as const };
    if (!(await changeRun(tx, runId, ['started'], { state: 'unknown', by: 'stockops', at: now, outcome, progress_line: null }))) return;
    await announceRun(tx, run, now, { actor: 'stockops', text: `not known how it ended: ${run.plan.draft.summary}` });
    await addDuty(tx, { kind: 'run.look', key: runId, dueAt: now });
  });
}
