import { expect, test } from 'vitest';
import type { Evidence, ProgressInput } from '../../src/actions/define-primitive.ts';
import type { Receipt } from '../../src/actions/ports.ts';
import { endOverdueRun } from '../../src/runs/overdue.ts';
import type { Outcome } from '../../src/runs/outcome.ts';
import type { Run } from '../../src/runs/run.ts';
import { lookAgain, watchRun } from '../../src/runs/watch.ts';
import type { RunState } from '../../src/storage/tables.ts';
import { StockOpsError } from '../../src/support/errors.ts';
import { action, asker, bank, shop } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: how a change goes on is told as it is seen, by any process, and what was not seen is not guessed (F-26, F-29). */
const bench = useWorkbench();
const summary = 'Scale shop-api to 5';
const watch = async (run: Run): Promise<Run> => {
  await watchRun(bench.dependencies, run.id);
  return bench.run(run.id);
};
const look = async (run: Run): Promise<Run> => {
  await lookAgain(bench.dependencies, run.id);
  return bench.run(run.id);
};
const becomes = (run: Run, state: RunState) => () => bench.db.updateTable('runs').set({ state }).where('id', '=', run.id).execute();

test('F-29: what runs is looked at every five seconds, and told when it has come further', async () => {
  const run = await bench.started();
  bench.clock.moveTo(at(5));
  expect(await watch(run)).toEqual({ ...run, version: 2, progressLine: '1 of 5 ready' });
  expect([await bench.duties(), await bench.messages(), await bench.told(), await bench.record()]).toEqual([['run.watch in 5 s'], [`run ${run.id} in #shop-alerts`], [], []]);
  bench.clock.moveTo(at(10));
  expect((await watch(run)).version).toBe(2);
  expect(await bench.duties()).toEqual(['run.watch in 5 s']);
});

test('a look is told all that is known of the run', async () => {
  const inputs: ProgressInput<unknown>[] = [];
  bench.world.progress = (input) => {
    inputs.push(input);
    return { status: 'running', line: '' };
  };
  const run = await bench.started({}, { started_at: at(-9) });
  await watch(run);
  const input = { runId: run.id, target: run.plan.target, plan: run.plan.draft, receipt: { generation: 8 }, startedAt: at(-9), now: at(0) };
  expect(inputs).toEqual([input]);
  await bench.db.updateTable('runs').set({ receipt: JSON.stringify({ status: 'lost', reason: 'cut' }), started_at: null }).execute();
  await watch(run);
  expect(inputs[1]).toEqual({ ...input, receipt: null, startedAt: at(0) });
});

for (const [why, isSilent, lastMs, outcome] of [
  ['what has not come to its end in its time has failed', false, 600_000, { status: 'failed', reason: 'It did not finish within 10 min.', lines: ['1 of 5 ready'], log: null }],
  ['F-27: a cluster that does not answer is no failed change for a quarter of an hour', true, 1_500_000, { status: 'failed', reason: 'It was sent and taken, but nobody could see how it went on.', lines: ['The cluster did not answer.', 'Look at the target yourself, then press Look again.'], log: null }],
] as const)
  test(`${why}, and not a moment earlier`, async () => {
    bench.world.isSilent = isSilent;
    const run = await bench.started();
    bench.clock.moveTo(new Date(at(0).getTime() + lastMs));
    expect(await watch(run)).toMatchObject({ state: 'started', progressLine: isSilent ? 'Not seen: The cluster did not answer.' : '1 of 5 ready' });
    bench.clock.moveTo(new Date(at(0).getTime() + lastMs + 1));
    const failed = await watch(run);
    expect(failed).toMatchObject({ state: 'failed', finishedAt: bench.clock.now(), progressLine: null });
    expect(failed.outcome).toEqual(outcome);
    expect([await bench.told(), await bench.record()]).toEqual([[`stockops: failed: ${summary}`], ['run.failed by stockops']]);
  });

for (const [seen, outcome] of [
  [{ status: 'failed', reason: 'It crashes.', lines: ['0 of 5 ready'] }, { status: 'failed', reason: 'It crashes.', lines: ['0 of 5 ready'], log: null }],
  [{ status: 'failed', reason: 'Somebody else rolls out.', lines: [], log: 'last words', because: 'superseded' }, { status: 'failed', reason: 'Somebody else rolls out.', lines: [], log: 'last words', because: 'superseded' }],
] as const)
  test(`what is seen to fail has failed: ${seen.reason}`, async () => {
    bench.world.progress = () => seen;
    const failed = await watch(await bench.started());
    expect([failed.state, failed.outcome, await bench.duties()]).toEqual(['failed', outcome, []]);
  });

test('what is seen to succeed has, and its incident is watched for whether it helped', async () => {
  bench.world.progress = () => ({ status: 'succeeded', lines: ['5 of 5 ready'] });
  const run = await bench.started({}, { progress_line: '4 of 5 ready' });
  bench.clock.moveTo(at(42));
  const done = await watch(run);
  expect(done).toMatchObject({ state: 'succeeded', finishedAt: at(42), progressLine: null });
  expect(done.outcome).toEqual({ status: 'succeeded', lines: ['5 of 5 ready'], checks: [] });
  expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([['run.helped in 60 s'], [`stockops: succeeded: ${summary}`], ['run.succeeded by stockops']]);
});

test('without an incident nobody asks whether it helped', async () => {
  bench.world.progress = () => ({ status: 'succeeded', lines: [] });
  expect((await watch(await bench.started({ incidentId: null }))).state).toBe('succeeded');
  expect(await bench.duties()).toEqual([]);
});

const withVerify = (verify: readonly string[], checks: Readonly<Record<string, Parameters<typeof action>[0]>>) => {
  const read = { use: 'test.look', effect: 'read', risk: 'read', parameters: [] } as const;
  bench.catalog.systems = [bank, { ...shop, actions: new Map([['scale', action({ verify })], ...Object.entries(checks).map(([id, change]) => [id, action({ ...read, id, title: `Check ${id}`, ...change })] as const)]) }];
  bench.world.progress = () => ({ status: 'succeeded', lines: [] });
};
const checksOf = ({ outcome }: Run) => (outcome?.status === 'succeeded' ? outcome.checks : []);

test('after it the checks of its action are made, on the component that was changed where they can be', async () => {
  withVerify(['own', 'fixed', 'without', 'elsewhere', 'gone', 'here'], { own: {}, fixed: { component: 'api' }, without: { components: ['api'] }, elsewhere: { environments: ['staging'] }, here: { environments: ['production'] } });
  bench.world.reading = (name) => ({ headline: name, state: 'good', lines: [] });
  const check = (id: string, headline: string) => ({ title: `Check ${id}`, headline, good: true });
  expect(checksOf(await watch(await bench.started({ component: 'worker' })))).toEqual([check('own', 'shop-worker'), check('fixed', 'shop-api'), check('without', 'shop-api'), check('here', 'shop-worker')]);
});

for (const [state, good] of [['good', true], ['neutral', true], ['bad', false], ['unknown', false]] as const)
  test(`a check that reads ${state} is ${good ? '' : 'not '}good`, async () => {
    withVerify(['own'], { own: {} });
    bench.world.reading = () => ({ headline: 'so it is', state, lines: [] });
    expect(checksOf(await watch(await bench.started()))).toEqual([{ title: 'Check own', headline: 'so it is', good }]);
  });

test('a check that is not answered or not possible is not known, and not good', async () => {
  withVerify(['own', 'wrong'], { own: {}, wrong: { use: 'test.scale' } });
  bench.world.reading = () => {
    throw new StockOpsError('KUBERNETES_UNREACHABLE');
  };
  expect(checksOf(await watch(await bench.started()))).toEqual([
    { title: 'Check own', headline: 'not known: The cluster did not answer.', good: false },
    { title: 'Check wrong', headline: 'not known: it is not an action that only reads', good: false },
  ]);
});

for (const [why, forget] of [['system', () => (bench.catalog.systems = [])], ['action', () => (bench.catalog.systems = [{ ...shop, actions: new Map() }])]] as const)
  test(`a change whose ${why} has left the catalog is watched to its end, without checks`, async () => {
    bench.world.progress = () => ({ status: 'succeeded', lines: [] });
    const run = await bench.started();
    forget();
    expect((await watch(run)).outcome).toEqual({ status: 'succeeded', lines: [], checks: [] });
  });

for (const state of ['approved', 'unknown', 'failed', 'succeeded'] as const)
  test(`what is ${state} is not watched`, async () => {
    const run = await bench.runIn(state, {}, { receipt: { status: 'accepted', answer: null } });
    expect([await watch(run), bench.world.looks, await bench.duties()]).toEqual([run, 0, []]);
  });

for (const primitive of ['test.gone', 'test.look'])
  test(`what a version of the bot without ${primitive} as an effect finds running is left for one that has it`, async () => {
    const run = await bench.started({ plan: { primitive } });
    const lost = await bench.runIn('unknown', { component: 'worker', plan: { primitive } });
    expect([await watch(run), await look(lost), bench.world.looks]).toEqual([run, lost, 0]);
  });

test('a look at what nobody knows is nothing', async () => {
  await watchRun(bench.dependencies, 'run_0');
  await lookAgain(bench.dependencies, 'run_0');
  await endOverdueRun(bench.dependencies, 'run_0');
  expect([bench.world.looks, await bench.duties()]).toEqual([0, []]);
});

test('F-40: whoever looked while the watching was ended tells nothing of it', async () => {
  const run = await bench.started();
  bench.world.meanwhile = becomes(run, 'failed');
  expect(await watch(run)).toEqual({ ...run, state: 'failed' });
  await becomes(run, 'started')();
  bench.world.progress = () => ({ status: 'succeeded', lines: [] });
  expect(await watch(run)).toEqual({ ...run, state: 'failed' });
  expect([await bench.messages(), await bench.told(), await bench.record()]).toEqual([[], [], []]);
});

test('a look that fails for a reason of our own is an error and ends nothing', async () => {
  const run = await bench.started();
  for (const error of [new TypeError('no such field'), new StockOpsError('PLAN_UNREADABLE')]) {
    bench.world.meanwhile = () => Promise.reject(error);
    await expect(watch(run)).rejects.toThrow(error.message);
  }
  expect(await bench.run(run.id)).toEqual(run);
});

const unknownSince = (seconds: number): Outcome => ({ status: 'unknown', reason: 'The answer was cut.', lostAt: at(seconds).toISOString(), lines: [], verdict: 'unclear' });
const lost = () => bench.runIn('unknown', {}, { started_at: at(-100), outcome: unknownSince(-90), receipt: { status: 'lost', reason: 'cut' } });
const sees = (verdict: Evidence['verdict'], lines: readonly string[]) => (bench.world.evidence = () => ({ verdict, lines }));

test('G-5: evidence that it happened: from here on it is watched like any other', async () => {
  const run = await lost();
  sees('happened', ['generation is 8', 'by run_1']);
  expect(await look(run)).toMatchObject({ state: 'started', receipt: { status: 'accepted', answer: null }, progressLine: 'generation is 8', startedAt: at(-100) });
  expect(await bench.duties()).toEqual(['run.watch in 0 s', 'run.overdue in 1830 s']);
  expect([await bench.told(), await bench.record()]).toEqual([['stockops: it did happen: generation is 8; by run_1'], ['run.started by stockops']]);
});

test('evidence without words leaves no line', async () => {
  sees('happened', []);
  expect((await look(await lost())).progressLine).toBeNull();
});

test('G-5: evidence that it did not happen: it has failed', async () => {
  const run = await lost();
  sees('didNotHappen', ['generation is 7', 'nobody wrote']);
  const failed = await look(run);
  expect(failed).toMatchObject({ state: 'failed', finishedAt: at(0) });
  expect(failed.outcome).toEqual({ status: 'failed', reason: 'It did not happen.', lines: ['generation is 7', 'nobody wrote'], log: null });
  expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([[], ['stockops: it did not happen: generation is 7; nobody wrote'], ['run.failed by stockops']]);
});

test('G-5: what is not clear stays unknown, and is looked at again later', async () => {
  const run = await lost();
  const still = await look(run);
  expect(still).toEqual({ ...run, version: 2, outcome: { ...unknownSince(-90), lines: ['nothing to be seen'] } });
  expect([await bench.duties(), await bench.told(), await bench.record(), await bench.messages()]).toEqual([['run.look in 50 s'], [], [], [`run ${run.id} in #shop-alerts`]]);
});

test('after a day it is for people alone', async () => {
  await bench.runIn('unknown', {}, { started_at: at(-86_401) }).then(look);
  expect(await bench.duties()).toEqual([]);
  await bench.runIn('unknown', { component: 'worker' }, { started_at: at(-86_400) }).then(look);
  expect(await bench.duties()).toEqual(['run.look in 600 s']);
});

test('an unknown outcome that nobody wrote down, of a run that nobody saw start, is dated from now', async () => {
  expect((await look(await bench.runIn('unknown'))).outcome).toEqual({ status: 'unknown', reason: 'The answer was lost.', lostAt: at(0).toISOString(), lines: ['nothing to be seen'], verdict: 'unclear' });
  expect(await bench.duties()).toEqual(['run.look in 15 s']);
});

test('a cluster that does not answer is no evidence', async () => {
  bench.world.isSilent = true;
  expect((await look(await lost())).outcome).toEqual({ ...unknownSince(-90), lines: ['The cluster did not answer.'] });
});

test('a search for evidence that fails for a reason of our own is an error', async () => {
  const run = await lost();
  bench.world.meanwhile = () => Promise.reject(new TypeError('no such field'));
  await expect(look(run)).rejects.toThrow('no such field');
  expect(await bench.run(run.id)).toEqual(run);
});

for (const verdict of ['happened', 'didNotHappen', 'unclear'] as const)
  test(`a person has settled it while evidence was looked for (${verdict}): what they said stands`, async () => {
    const run = await lost();
    sees(verdict, ['seen']);
    bench.world.meanwhile = becomes(run, 'succeeded');
    expect(await look(run)).toEqual({ ...run, state: 'succeeded' });
    expect([await bench.duties(), await bench.told(), await bench.messages(), await bench.record()]).toEqual([[], [], [], []]);
  });

const failed: Outcome = { status: 'failed', reason: 'It did not finish within 10 min.', lines: ['1 of 5 ready'], log: 'words' };
const notWatched: Outcome = { status: 'notWatched', by: asker, lines: ['1 of 5 ready'] };
const taken: Receipt = { status: 'accepted', answer: null };
const ended = (outcome: Outcome, receipt: Receipt = taken) => bench.runIn('failed', {}, { started_at: at(-900), finished_at: at(-300), outcome, receipt });

for (const outcome of [failed, notWatched])
  test(`what was ${outcome.status} is looked at again: it may have come to its end since`, async () => {
    withVerify(['own'], { own: {} });
    bench.world.progress = () => ({ status: 'succeeded', lines: ['5 of 5 ready'] });
    const done = await look(await ended(outcome));
    expect(done).toMatchObject({ state: 'succeeded', finishedAt: at(0), outcome: { status: 'succeeded', lines: ['It finished after all.', '5 of 5 ready'], checks: [{ good: true }] } });
    expect([await bench.told(), await bench.duties()]).toEqual([[`stockops: succeeded: ${summary}`], ['run.helped in 60 s']]);
  });

for (const [why, change, outcome, expected] of [
  ['still runs', () => {}, failed, { ...failed, lines: ['1 of 5 ready'] }],
  ['still runs, unwatched', () => {}, notWatched, { ...notWatched, lines: ['1 of 5 ready'] }],
  ['is not to be seen', () => (bench.world.isSilent = true), failed, { ...failed, lines: ['The cluster did not answer.'] }],
  ['has failed otherwise', () => (bench.world.progress = () => ({ status: 'failed', reason: 'It crashes.', lines: ['0 of 5'] })), failed, { status: 'failed', reason: 'It crashes.', lines: ['0 of 5'], log: null }],
] as const)
  test(`looked at again, it ${why}: that is shown, and it stays as it ended`, async () => {
    const run = await ended({ ...outcome, lines: ['before'] });
    change();
    expect(await look(run)).toEqual({ ...run, version: 2, outcome: expected });
    expect([await bench.messages(), await bench.told(), await bench.duties(), await bench.record()]).toEqual([[`run ${run.id} in #shop-alerts`], [], [], []]);
  });

test('somebody else saw it end while it was looked at: nothing is said twice', async () => {
  const run = await ended(failed);
  bench.world.meanwhile = becomes(run, 'succeeded');
  expect(await look(run)).toEqual({ ...run, state: 'succeeded' });
  bench.world.progress = () => ({ status: 'succeeded', lines: [] });
  await becomes(run, 'failed')();
  expect(await look(run)).toEqual({ ...run, state: 'succeeded' });
  expect([await bench.messages(), await bench.told()]).toEqual([[], []]);
});

for (const [why, outcome, receipt, state] of [
  ['was refused', failed, { status: 'rejected', reason: '' }, 'failed'],
  ['was never sent', failed, undefined, 'failed'],
  ['was settled by a person', { status: 'settled', happened: false, by: asker, note: '' }, taken, 'failed'],
  ['succeeded', { status: 'succeeded', lines: [], checks: [] }, taken, 'succeeded'],
  ['runs', undefined, taken, 'started'],
] as const)
  test(`there is nothing to look at again in what ${why}`, async () => {
    const run = await bench.runIn(state, {}, { ...(outcome !== undefined && { outcome }), ...(receipt !== undefined && { receipt }) });
    expect([await look(run), bench.world.looks]).toEqual([run, 0]);
  });

for (const [line, lines] of [['4 of 5 ready', ['4 of 5 ready']], [null, []]] as const)
  test(`I6: what is still running long after its time is unknown, with ${lines.length} lines of what was seen last`, async () => {
    const run = await bench.started({}, { progress_line: line });
    bench.clock.moveTo(at(1_830));
    await endOverdueRun(bench.dependencies, run.id);
    const overdue = await bench.run(run.id);
    expect(overdue).toEqual({ ...run, version: 2, state: 'unknown', progressLine: null, outcome: { status: 'unknown', reason: 'It was not seen to end in the time that it has.', lostAt: at(1_830).toISOString(), lines, verdict: 'unclear' } });
    expect([await bench.duties(), await bench.told(), await bench.record(), await bench.messages()]).toEqual([['run.look in 0 s'], [`stockops: not known how it ended: ${summary}`], ['run.unknown by stockops'], [`run ${run.id} in #shop-alerts`]]);
  });

test('I6: what has ended in time is left alone', async () => {
  const run = await bench.runIn('succeeded');
  await endOverdueRun(bench.dependencies, run.id);
  expect([await bench.run(run.id), await bench.duties()]).toEqual([run, []]);
});
