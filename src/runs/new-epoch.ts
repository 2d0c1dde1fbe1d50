import { record } from '../audit/record.ts';
import type { Tx } from '../storage/database.ts';
import { cancelDuty } from '../storage/duties.ts';
import { lookForLostPosts } from '../storage/outbox.ts';
import { announceRun } from './announce.ts';
import { becomeUnknown } from './become-unknown.ts';
import type { RunDependencies } from './dependencies.ts';
import { changeRun, lockRun } from './store.ts';

export const restored = 'The bot’s database was restored or taken over by another server, which may have forgotten something: older approvals no longer count.';

/** Deals with a database whose past has changed (F-37), if it has. Called before anything is done with it, and when a start finds out. */
export async function enterEpoch(dependencies: RunDependencies): Promise<void> {
  const { db, epochs, log, clock } = dependencies;
  if ((await epochs.check(db)) !== null) return;
  const before = epochs.current();
  const begun = await epochs.begin(async (tx, epoch) => {
    await record(tx, { at: clock.now(), actor: 'stockops', kind: 'epoch.begun', subject: `epoch ${epoch}`, system: null, details: { before, epoch } });
    await endOldEpoch(tx, clock.now());
  });
  if (begun)
    log.error('The database came back from a copy or another server: approvals are void, and what was running is not known', { epoch: epochs.current() });
}

/**
 * What waited for a decision or a start is void, and a fresh plan is one press away. What was started may have been finished or undone since the copy was
 * made: it is unknown until evidence says so. What was posted since is looked for before it is posted again; pages that were sent are not waiting any more.
 */
async function endOldEpoch(tx: Tx, now: Date): Promise<void> {
  const rows = await tx.selectFrom('runs').select('id').where('state', 'in', ['planned', 'awaiting_approval', 'approved', 'started']).orderBy('id').execute();
  for (const { id } of rows) {
    const run = await lockRun(tx, id);
    if (run === undefined) continue;
    for (const kind of ['run.expire', 'run.start', 'run.watch']) await cancelDuty(tx, kind, id);
    if (run.state === 'started') await becomeUnknown(tx, run, { reason: 'The bot’s database came back from a copy or another server while it was under way.', notKnown: 'whether it happened' }, now);
    else if (await changeRun(tx, id, [run.state], { state: 'voided', by: 'stockops', at: now, finished_at: now, progress_line: null, outcome: { status: 'notStarted', reason: restored } })) {
      if (run.state !== 'planned') await announceRun(tx, run, now, { actor: 'stockops', text: `not started: ${restored}` });
    }
  }
  await lookForLostPosts(tx);
}
