import { expect, test } from 'vitest';
import { enterEpoch } from '../../src/runs/new-epoch.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: a database that may have forgotten something lets nothing start that was agreed to before (P-13, F-37). */
const bench = useWorkbench();
const summary = 'Scale shop-api to 5';
const restored = 'The bot’s database was restored or taken over by another server, which may have forgotten something: older approvals no longer count.';

test('while the past is what it was, nothing happens', async () => {
  const run = await bench.approved();
  await enterEpoch(bench.dependencies);
  expect([bench.epoch, await bench.run(run.id), bench.logged, await bench.record()]).toEqual([1, run, [], []]);
});

test('a new epoch begins once, is recorded, and whoever runs the bot is told', async () => {
  bench.epochInDatabase = null;
  bench.clock.moveTo(at(7));
  await enterEpoch(bench.dependencies);
  expect(bench.epoch).toBe(2);
  expect(await bench.recorded()).toEqual([{ at: at(7).toISOString(), actor: 'stockops', kind: 'epoch.begun', subject: 'epoch 2', system: null, details: { before: 1, epoch: 2 } }]);
  expect(bench.logged).toEqual([['The database came back from a copy or another server: approvals are void, and what was running is not known', { epoch: 2 }]]);
});

test('another process was quicker with it: nothing is said a second time', async () => {
  bench.epochInDatabase = null;
  const { dependencies } = bench;
  await enterEpoch({ ...dependencies, epochs: { ...dependencies.epochs, begin: async () => false } });
  expect(bench.logged).toEqual([]);
});

for (const [state, told] of [
  ['planned', []],
  ['awaiting_approval', [`stockops: not started: ${restored}`]],
  ['approved', [`stockops: not started: ${restored}`]],
] as const)
  test(`F-37: what is ${state} is void, and neither starts nor runs out any more`, async () => {
    const run = await bench.runIn(state, {}, { progress_line: 'Not started yet.' });
    for (const kind of ['run.expire', 'run.start', 'run.watch', 'run.remind']) await bench.addDuty(kind, run.id);
    bench.epochInDatabase = null;
    bench.clock.moveTo(at(7));
    await enterEpoch(bench.dependencies);
    expect(await bench.run(run.id)).toEqual({ ...run, version: 2, state: 'voided', finishedAt: at(7), progressLine: null, outcome: { status: 'notStarted', reason: restored } });
    expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([['run.remind in 3593 s'], told, ['epoch.begun by stockops', 'run.voided by stockops']]);
    expect(await bench.messages()).toEqual(told.length === 0 ? [] : [`run ${run.id} in #shop-alerts`]);
  });

test('F-37, G-5: what was under way is unknown, and evidence is looked for at once', async () => {
  const run = await bench.started({}, { progress_line: '1 of 5 ready' });
  await bench.addDuty('run.watch', run.id);
  bench.epochInDatabase = null;
  await enterEpoch(bench.dependencies);
  expect(await bench.run(run.id)).toEqual({
    ...run, version: 2, state: 'unknown', progressLine: null,
    outcome: { status: 'unknown', reason: 'The bot’s database came back from a copy or another server while it was under way.', lostAt: at(0).toISOString(), lines: [], verdict: 'unclear' },
  });
  expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([['run.look in 0 s'], [`stockops: not known whether it happened: ${summary}`], ['epoch.begun by stockops', 'run.unknown by stockops']]);
});

test('what is over, and what is unknown already, stays as it is', async () => {
  const runs = await Promise.all((['unknown', 'succeeded', 'denied'] as const).map((state) => bench.runIn(state)));
  bench.epochInDatabase = null;
  await enterEpoch(bench.dependencies);
  expect(await Promise.all(runs.map(({ id }) => bench.run(id)))).toEqual(runs);
});

test('G-3: what seems never to have been posted is looked for before it is posted again', async () => {
  await bench.posted('card', 'shown');
  await bench.db.insertInto('messages').values({ key: 'card:new', channel_id: '#shop-alerts', kind: 'card', subject: 'new', priority: 15, due_at: at(0), created_at: at(-3), wanted_version: 1, sent_version: 0, thread_key: null, posted_ts: null, posted_channel: null, sent_sha256: null, lease_owner: null, last_error: null, state: 'open', pinned: false, pin_wanted: false } as never).execute();
  bench.epochInDatabase = null;
  await enterEpoch(bench.dependencies);
  expect(await bench.db.selectFrom('messages').select(['subject', 'posting_since']).orderBy('id').execute()).toEqual([{ subject: 'shown', posting_since: null }, { subject: 'new', posting_since: at(-3) }]);
});
