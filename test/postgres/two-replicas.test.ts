import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Bot } from '../../src/handlers/bot.ts';
import { approveRun, confirmRun, expireRun, withdrawRun, type Decided } from '../../src/runs/decide.ts';
import { freezeChanges, unfreezeChanges } from '../../src/runs/freeze.ts';
import { startRun } from '../../src/runs/start.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { memoryOfProcess, openEpochs } from '../../src/storage/epochs.ts';
import { manualClock } from '../../src/support/clock.ts';
import { startTestBot } from '../harness/test-bot.ts';
import { approver, oncall } from '../scenarios/on-call.ts';
import { clear, planOf, runWith, stateOf } from './approved-runs.ts';

/**
 * Goal: on two replicas at the same moment exactly one wins, and the other is told who or why (F-22, F-23, M-15).
 * Method: two bots with connections of their own on one PostgreSQL, a thousand pairs; what would reach the cluster is counted.
 */
const pairs = Number(process.env['PAIRS'] ?? 170);

test('M-15: a thousand pairs on two replicas', async () => {
  await using bot = await startTestBot();
  bot.writesPastTheBot();
  const { db } = bot.running;
  const scaleDown = await planOf(bot, 2);
  let sent = 0;
  // Slack takes a question as often as it takes one; who these people are does not change here.
  const { people } = bot.running.app.bot;
  const first: Bot = { ...bot.running.app.bot, people: { ...people, identifyAfresh: (ids) => Promise.all(ids.map(people.identify)) }, ports: { ...bot.running.app.bot.ports, kubernetes: { ...bot.running.app.bot.ports.kubernetes, send: async () => ((sent += 1), { status: 'accepted' as const, answer: null }) } } };
  if (bot.storage.settings.kind !== 'postgres') throw new Error('this needs a PostgreSQL server');
  const otherDb = await openDatabase(bot.storage.settings);
  await using _closing = { [Symbol.asyncDispose]: () => otherDb.destroy() };
  const second: Bot = { ...first, db: otherDb, owner: 'process_second', epochs: await openEpochs(otherDb, memoryOfProcess()) };
  const late: Bot = { ...second, clock: manualClock(new Date(Date.parse(scaleDown.expiresAt))) };
  const now = bot.clock.now();
  const counts: Record<string, Record<string, number>> = {};
  const count = (pair: string, outcome: string) => ((counts[pair] ??= {})[outcome] = (counts[pair]?.[outcome] ?? 0) + 1);
  const fresh = async (state: Parameters<typeof runWith>[3], plan = scaleDown, id = 'run_one') => {
    sent = 0;
    await clear(db);
    await runWith(db, plan, id, state, now);
  };
  const toldWhy = (decided: Decided) => decided.kind === 'refused' && decided.refusal.rule !== '' && decided.refusal.instead !== '';

  for (let pair = 0; pair < pairs; pair += 1) {
    await fresh('awaiting_approval');
    await Promise.all([approveRun(first, 'run_one', approver), approveRun(second, 'run_one', approver)]);
    expect(await db.selectFrom('approvals').selectAll().execute()).toHaveLength(1);
    expect(await db.selectFrom('runs').select(['state', 'version']).execute()).toEqual([{ state: 'approved', version: 2 }]);
    count('double click', 'one approval');

    await fresh('awaiting_approval');
    const [approved] = await Promise.all([approveRun(first, 'run_one', approver), expireRun(late, 'run_one')]);
    expect([approved.kind === 'done', await stateOf(db, 'run_one')]).toEqual(approved.kind === 'done' ? [true, expect.stringMatching(/voided|approved/)] : [false, 'expired']);
    if (approved.kind !== 'done') expect(toldWhy(approved)).toBe(true);
    count('approve/expire', approved.kind === 'done' ? 'approved first' : 'expired first');

    await fresh('awaiting_approval');
    const [agreed, withdrawn] = await Promise.all([approveRun(first, 'run_one', approver), withdrawRun(second, 'run_one', oncall)]);
    await startRun(first, 'run_one');
    expect(withdrawn.kind).toBe('done');
    expect([await stateOf(db, 'run_one'), sent]).toEqual(['withdrawn', 0]);
    expect(agreed.kind === 'done' || toldWhy(agreed)).toBe(true);
    count('approve/withdraw', agreed.kind === 'done' ? 'approved, then withdrawn' : 'withdrawn first');

    await fresh('planned');
    await runWith(db, { ...scaleDown, requestedBy: 'U0PLATFORM' }, 'run_other', 'planned', now);
    const confirmed = await Promise.all([confirmRun(first, 'run_one', oncall, null), confirmRun(second, 'run_other', 'U0PLATFORM', null)]);
    expect(confirmed.map(({ kind }) => kind).toSorted()).toEqual(['done', 'second']);
    const [winner, loser] = confirmed[0].kind === 'done' ? confirmed : confirmed.toReversed();
    expect(loser?.kind === 'second' && loser.first.requestedBy).toBe(winner?.kind === 'done' && winner.run.requestedBy);
    count('confirm/confirm', confirmed[0].kind === 'done' ? 'one' : 'other');

    const approvedRun = async () => {
      await fresh('approved');
      await db.insertInto('approvals').values({ run_id: 'run_one', user_id: approver, decision: 'approved', reason: null, at: now }).execute();
    };
    await approvedRun();
    await Promise.all([startRun(first, 'run_one'), startRun(second, 'run_one')]);
    // The one that came to it later may have taken the other for dead.
    expect([sent, await stateOf(db, 'run_one')]).toEqual([1, expect.stringMatching(/started|unknown/)]);
    count('start/start', 'sent once');

    await approvedRun();
    let sentWhenAnswered = -1;
    // The start looks at its target first; the freeze comes at any moment of that, and after it.
    const freezing = setTimeout((pair * 7) % 60).then(() => freezeChanges(second, { system: null, reason: 'race', forMs: null, userId: 'U0MANAGER', interactionKey: `freeze ${pair}` })).then(async (frozen) => {
      expect(frozen.kind === 'refused' ? frozen.refusal : null).toBeNull();
      sentWhenAnswered = (await stateOf(otherDb, 'run_one')) === 'started' ? 1 : 0;
    });
    await Promise.all([startRun(first, 'run_one'), freezing]);
    const state = await stateOf(db, 'run_one');
    expect([state, sent]).toEqual(sentWhenAnswered === 1 ? ['started', 1] : ['voided', 0]);
    expect((await unfreezeChanges(second, { system: null, userId: 'U0MANAGER', interactionKey: `unfreeze ${pair}` })).kind).toBe('done');
    count('freeze/start', state);
  }
  console.log(`${pairs * 6} pairs: ${JSON.stringify(counts)}`);
}, 900_000);
