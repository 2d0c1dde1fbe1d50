import { expect, test } from 'vitest';
import { approveRun, confirmRun, denyRun, expireRun, overrideRun, settleRun, stopWatching, withdrawRun, type Decided } from '../../src/runs/decide.ts';
import type { Run } from '../../src/runs/run.ts';
import { approver, asker, identity, owner, rule, second, viewer } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/**
 * Goal: what people decide on a plan counts once, only from those who may, and only while it can; everybody else is told why not.
 * Method: one run in the state that it takes; one thing is different in each test.
 */
const bench = useWorkbench();
const confirm = (run: Run, by = asker, typed: string | null = null) => confirmRun(bench.dependencies, run.id, by, typed);
const approve = (run: Run, by = approver) => approveRun(bench.dependencies, run.id, by);
const deny = (run: Run, by = approver, reason = 'not now') => denyRun(bench.dependencies, run.id, by, reason);
const withdraw = (run: Run, by = asker) => withdrawRun(bench.dependencies, run.id, by);
const settle = (run: Run, happened = true, by = asker) => settleRun(bench.dependencies, run.id, by, happened, 'I looked');
const override = (run: Run, by = owner) => overrideRun(bench.dependencies, run.id, by, 'we looked');
const stop = (run: Run, by = asker) => stopWatching(bench.dependencies, run.id, by);

const summary = 'Scale shop-api to 5';
/** Refused with these words, and nothing has changed. */
async function refuses(run: Run, decided: Decided, refused: string, rule: string, instead: string): Promise<void> {
  expect(decided).toEqual({ kind: 'refused', refusal: { refused, rule, instead }, run });
  expect(await bench.run(run.id)).toEqual(run);
  expect([await bench.told(), await bench.record(), await bench.duties()]).toEqual([[], [], []]);
}
/** Done before: nothing changes, and nothing is wrong. */
async function isDoneAlready(run: Run, decided: Decided): Promise<void> {
  expect(decided).toEqual({ kind: 'done', run });
  expect(await bench.run(run.id)).toEqual(run);
  expect([await bench.told(), await bench.record(), await bench.duties()]).toEqual([[], [], []]);
}
const forget = () => (bench.catalog.systems = []);
const gone = ['its system is no longer in the catalog', 'Ask for a fresh plan.'] as const;
const notSre = ['it needs the role SRE (policies › high)', 'Ask somebody who has it: SRE.'] as const;
const loseRole = (id: string) => bench.people.set(id, identity(id, ['staff']));
const waiting = (wanted: Parameters<typeof bench.runIn>[1] = {}, approvedBy: readonly string[] = []) => bench.runIn('awaiting_approval', wanted, { approvedBy });
const unknown = () => bench.runIn('unknown', {}, { started_at: at(-10), outcome: { status: 'unknown', reason: 'cut', lostAt: at(-5).toISOString(), lines: [], verdict: 'unclear' } });

for (const [what, act] of Object.entries({ confirm, approve, deny, withdraw, settle, override, stop }))
  test(`to ${what} what nobody knows is refused`, async () => {
    expect(await act({ id: 'run_0' } as Run)).toEqual({ kind: 'refused', refusal: { refused: 'That request', rule: 'it is not known here', instead: 'Ask for a fresh plan.' } });
  });

test('G-6: confirmed, it waits for others, who are asked once more after two thirds of the time', async () => {
  const run = await bench.planned();
  const decided = await confirm(run);
  const now = await bench.run(run.id);
  expect(decided).toEqual({ kind: 'done', run: now });
  expect(now).toMatchObject({ state: 'awaiting_approval', approvedAt: null, version: 2 });
  expect(await bench.duties()).toEqual(['run.remind in 600 s']);
  expect(await bench.told()).toEqual([`${asker}: asked for approval: ${summary}`]);
  expect(await bench.messages()).toEqual([`run ${run.id} in #shop-alerts`]);
  expect(await bench.record()).toEqual([`run.awaiting_approval by ${asker}`]);
  // Of two people with the same wish, the second finds the first.
  expect(bench.locks).toEqual(['pg_advisory_xact_lock target kubernetes cluster shop-production Deployment shop-api']);
});

test('where nobody else is needed, it starts when its requester confirms it', async () => {
  const run = await bench.planned({ action: 'restart' });
  bench.clock.moveTo(at(7));
  expect(await confirm(run)).toMatchObject({ kind: 'done', run: { state: 'approved', approvedAt: at(7) } });
  expect(await bench.duties()).toEqual(['run.start in 0 s']);
  expect(await bench.told()).toEqual([`${asker}: confirmed: ${summary}`]);
  expect(await bench.record()).toEqual([`run.approved by ${asker}`]);
});

for (const [seconds, duties] of [[179, []], [180, ['run.remind in 120 s']]] as const)
  test(`a request that runs out in ${seconds} s ${duties.length === 0 ? 'is not worth a second message' : 'is asked for once more'}`, async () => {
    await confirm(await bench.planned({ plan: { expiresAt: at(seconds).toISOString() } }));
    expect(await bench.duties()).toEqual(duties);
  });

test('F-22: confirmed again, nothing changes', async () => {
  const run = await waiting();
  await isDoneAlready(run, await confirm(run));
});

test('the plan of somebody else is not confirmed', async () => {
  const run = await bench.planned();
  await refuses(run, await confirm(run, owner), summary, 'it is the plan of somebody else', 'Ask for one of your own.');
});

test('G-6: a plan whose time is over is not confirmed', async () => {
  const run = await bench.planned();
  bench.clock.moveTo(at(900));
  await refuses(run, await confirm(run), summary, 'the plan has expired', 'Ask again for a fresh one.');
});

test('T-15: whoever has lost the role since the plan was made confirms nothing', async () => {
  const run = await bench.planned();
  loseRole(asker);
  await refuses(run, await confirm(run), summary, ...notSre);
});

test('a plan of a system that has left the catalog is not confirmed', async () => {
  const run = await bench.planned();
  forget();
  await refuses(run, await confirm(run), summary, ...gone);
});

test('what is destructive takes its name, typed exactly', async () => {
  const run = await bench.planned({ action: 'stop', replicas: 0 });
  for (const typed of [null, 'shop', 'shop-API']) await refuses(run, await confirm(run, asker, typed), 'Scale shop-api to 0', 'what was typed is not shop-api', 'Ask again, and type it exactly.');
  expect(await confirm(run, asker, ' shop-api ')).toMatchObject({ kind: 'done', run: { state: 'awaiting_approval' } });
});

test('F-49: the rule of then still wants the name, though the one of now does not', async () => {
  const run = await bench.planned({ plan: { policyId: 'careful' } });
  bench.catalog.policies = [rule(), rule({ id: 'careful', typedConfirmation: true })];
  await refuses(run, await confirm(run), summary, 'what was typed is not shop-api', 'Ask again, and type it exactly.');
});

test('F-49: a plan that needed nobody else needs them when the rule of now does', async () => {
  const run = await bench.planned({ plan: { approvalsNeeded: 0, policyId: 'before' } });
  expect(await confirm(run)).toMatchObject({ kind: 'done', run: { state: 'awaiting_approval' } });
});

test('nothing is confirmed while the bot is read-only', async () => {
  const run = await bench.planned();
  bench.readOnly = true;
  expect(await confirm(run)).toEqual({ kind: 'held', hold: { kind: 'readOnly' }, run });
  expect([await bench.stateOf(run), await bench.duties()]).toEqual(['planned', []]);
});

const freeze = () => bench.db.insertInto('freezes').values({ system_id: 'shop', reason: 'audit', frozen_by: owner, frozen_at: at(-10), ends_at: null }).execute();
for (const [what, state, act] of [['confirmed', 'planned', confirm], ['approved', 'awaiting_approval', approve]] as const)
  test(`nothing is ${what} while its system is frozen`, async () => {
    const run = await bench.runIn(state);
    await freeze();
    expect(await act(run)).toMatchObject({ kind: 'held', hold: { kind: 'frozen', freeze: { by: owner, reason: 'audit' } }, run });
    expect([await bench.run(run.id), await bench.duties(), await bench.told()]).toEqual([run, [], []]);
  });

for (const [why, state, replicas, isSecond] of [
  ['changes the target now', 'started', 9, true],
  ['is not settled', 'unknown', 9, true],
  ['wants the same and waits', 'awaiting_approval', 5, true],
  ['wants something else and waits', 'awaiting_approval', 9, false],
  ['is over', 'succeeded', 5, false],
] as const)
  test(`G-5: another run that ${why} ${isSecond ? 'comes first' : 'is not in the way'}`, async () => {
    const first = await bench.runIn(state, { replicas });
    const run = await bench.planned();
    const decided = await confirm(run);
    expect(decided).toMatchObject(isSecond ? { kind: 'second', first: { id: first.id }, run: { id: run.id } } : { kind: 'done' });
    expect(await bench.stateOf(run)).toBe(isSecond ? 'planned' : 'awaiting_approval');
  });

test('a run on another target is not in the way', async () => {
  await bench.started({ component: 'worker' });
  expect((await confirm(await bench.planned())).kind).toBe('done');
});

test('G-6: approved by somebody else, it starts at once', async () => {
  const run = await waiting();
  bench.clock.moveTo(at(30));
  const decided = await approve(run);
  const now = await bench.run(run.id);
  expect(decided).toEqual({ kind: 'done', run: now });
  expect(now).toMatchObject({ state: 'approved', approvedAt: at(30), approvals: [{ userId: approver, decision: 'approved', reason: null, at: at(30) }] });
  expect(await bench.duties()).toEqual(['run.start in 0 s']);
  expect(await bench.told()).toEqual([`${approver}: approved: ${summary}`]);
  expect(await bench.record()).toEqual([`approval.approved by ${approver}`, `run.approved by ${approver}`]);
});

test('G-6: of two that are needed the first counts, and the second starts it', async () => {
  const run = await waiting({ action: 'stop' });
  expect(await approve(run)).toMatchObject({ kind: 'done', run: { state: 'awaiting_approval', approvedAt: null, approvals: [{ userId: approver }] } });
  expect(await bench.duties()).toEqual([]);
  const counted = await bench.run(run.id);
  expect(await approve(run)).toEqual({ kind: 'done', run: counted });
  expect(await approve(run, second)).toMatchObject({ kind: 'done', run: { state: 'approved' } });
  expect(await bench.duties()).toEqual(['run.start in 0 s']);
});

for (const state of ['awaiting_approval', 'approved'] as const)
  test(`F-22: approved again by the same person while it is ${state}, nothing changes and nothing is recorded`, async () => {
    const run = await bench.runIn(state, { action: 'stop' }, { approvedBy: [approver] });
    await isDoneAlready(run, await approve(run));
  });

test('T-15: the approval of somebody who has lost the role since does not count towards the second', async () => {
  const run = await waiting({ action: 'stop' }, [approver]);
  loseRole(approver);
  expect(await approve(run, second)).toMatchObject({ kind: 'done', run: { state: 'awaiting_approval' } });
});

test('T-14: nobody approves a request of their own', async () => {
  bench.people.set(asker, identity(asker, ['sre', 'lead']));
  const run = await waiting();
  await refuses(run, await approve(run, asker), `Approve: ${summary}`, 'nobody approves a request of their own', 'Somebody else with the role Lead or Owner must look at it.');
});

test('whoever has no role to approve does not', async () => {
  const run = await waiting();
  await refuses(run, await approve(run, viewer), `Approve: ${summary}`, 'it needs the role Lead or Owner (policies › high)', 'Ask somebody who has it: Lead or Owner.');
});

test('a request of a system that has left the catalog is neither approved nor denied', async () => {
  const run = await waiting();
  forget();
  await refuses(run, await approve(run), summary, ...gone);
  await refuses(run, await deny(run), summary, ...gone);
});

test('G-6, F-23: an approval that comes when the time is over is told so', async () => {
  const run = await waiting();
  bench.clock.moveTo(at(900));
  await refuses(run, await approve(run), `${summary}`, 'the request has expired', 'Ask for a fresh one.');
});

test('F-22: an approval that comes after another one has started it is told so', async () => {
  const run = await bench.approved();
  await refuses(run, await approve(run, second), summary, 'it is approved and about to start', 'Nothing more is needed of you.');
});

test('F-23: an approval that is not enough because another came meanwhile is decided anew, with both', async () => {
  const run = await waiting({ action: 'stop' });
  const { people } = bench.dependencies;
  let asked = 0;
  const identify = async (userId: string) => {
    if ((asked += 1) === 1) await bench.db.insertInto('approvals').values({ run_id: run.id, user_id: approver, decision: 'approved', reason: null, at: at(0) }).execute();
    return people.identify(userId);
  };
  const decided = await approveRun({ ...bench.dependencies, people: { ...people, identify } }, run.id, second);
  expect(decided).toMatchObject({ kind: 'done', run: { state: 'approved' } });
  expect(asked).toBe(5);
});

test('denied, it is over, and the reason stands there', async () => {
  const run = await waiting();
  await bench.addDuty('run.expire', run.id);
  bench.clock.moveTo(at(30));
  const decided = await deny(run);
  expect(decided).toEqual({ kind: 'done', run: await bench.run(run.id) });
  expect(decided).toMatchObject({ run: { state: 'denied', finishedAt: at(30), outcome: { status: 'notStarted', reason: 'not now' }, approvals: [{ userId: approver, decision: 'denied', reason: 'not now', at: at(30) }] } });
  expect(await bench.duties()).toEqual([]);
  expect(await bench.told()).toEqual([`${approver}: denied: ${summary}`]);
  expect((await bench.recorded()).map(({ kind, details }) => [kind, details['reason'], details['outcome']])).toEqual([['approval.denied', 'not now', undefined], ['run.denied', undefined, { status: 'notStarted', reason: 'not now' }]]);
});

test('denied without a reason, it says that it was denied', async () => {
  expect(await deny(await waiting(), approver, '')).toMatchObject({ run: { outcome: { reason: 'It was denied.' } } });
  expect((await bench.recorded())[0]?.details).not.toHaveProperty('reason');
});

test('F-22: denied again by the same person, nothing changes; by another, they are told', async () => {
  const before = await waiting();
  await deny(before);
  const run = await bench.run(before.id);
  expect(await deny(run)).toEqual({ kind: 'done', run });
  expect(await deny(run, second)).toEqual({ kind: 'refused', refusal: { refused: summary, rule: 'it was denied', instead: 'Nothing more is needed of you.' }, run });
});

test('whoever may not approve may not deny', async () => {
  const run = await waiting();
  await refuses(run, await deny(run, viewer), `Deny: ${summary}`, 'it needs the role Lead or Owner (policies › high)', 'Ask somebody who has it: Lead or Owner.');
});

test('a denial does not count as an approval', async () => {
  const run = await waiting({ action: 'stop' });
  await bench.db.insertInto('approvals').values({ run_id: run.id, user_id: approver, decision: 'denied', reason: null, at: at(0) }).execute();
  expect(await approve(run, second)).toMatchObject({ kind: 'done', run: { state: 'awaiting_approval' } });
});

for (const state of ['planned', 'awaiting_approval', 'approved'] as const)
  test(`what is ${state} can be taken back by whoever asked for it, and then neither starts nor runs out`, async () => {
    const run = await bench.runIn(state);
    for (const kind of ['run.expire', 'run.start']) await bench.addDuty(kind, run.id);
    bench.clock.moveTo(at(30));
    const decided = await withdraw(run);
    expect(decided).toEqual({ kind: 'done', run: await bench.run(run.id) });
    expect(decided).toMatchObject({ run: { state: 'withdrawn', finishedAt: at(30), outcome: { status: 'notStarted', reason: 'It was withdrawn.' } } });
    expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([[], [`${asker}: withdrew: ${summary}`], [`run.withdrawn by ${asker}`]]);
  });

test('nobody else takes it back, and nothing that runs is taken back', async () => {
  const run = await waiting();
  await refuses(run, await withdraw(run, owner), summary, 'only the person who asked may withdraw it', 'Deny it instead, if you may decide.');
  const running = await bench.started({ component: 'worker' });
  expect(await withdraw(running)).toMatchObject({ kind: 'refused', refusal: { rule: 'it is already running', instead: 'See how it stands in the thread.' } });
  expect((await bench.run(running.id)).state).toBe('started');
});

for (const [happened, state, said] of [[true, 'succeeded', 'happened'], [false, 'failed', 'did not happen']] as const)
  test(`whoever looked says that it ${said}, and then it is settled`, async () => {
    const run = await unknown();
    await bench.addDuty('run.look', run.id);
    bench.clock.moveTo(at(30));
    const decided = await settle(run, happened);
    const now = await bench.run(run.id);
    expect(decided).toEqual({ kind: 'done', run: now });
    expect(now).toMatchObject({ state, finishedAt: at(30) });
    expect(now.outcome).toEqual({ status: 'settled', happened, by: asker, note: 'I looked' });
    expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([[], [`${asker}: says that it ${said} (${summary}): I looked`], [`run.${state} by ${asker}`]]);
    expect((await bench.recorded())[0]?.details).toMatchObject({ from: 'unknown', outcome: { status: 'settled', happened, note: 'I looked' } });
    expect(await settle(run, happened)).toEqual({ kind: 'done', run: now });
    expect(await settle(run, happened, owner)).toEqual({ kind: 'refused', refusal: { refused: `Settle: ${summary}`, rule: 'it is settled already', instead: 'Look at its message.' }, run: now });
  });

test('whoever may not ask for it does not settle it, nor anybody when its system is gone', async () => {
  const run = await unknown();
  await refuses(run, await settle(run, true, viewer), `Settle: ${summary}`, ...notSre);
  forget();
  await refuses(run, await settle(run), summary, ...gone);
});

test('a rule that has been added since does not keep what was done by another one from being settled', async () => {
  const run = await unknown();
  bench.catalog.policies = [rule({ id: 'locked', refuse: 'it is locked for the audit' }), rule()];
  expect(await settle(run)).toMatchObject({ kind: 'done' });
});

test('an owner lets others go past what nobody knows; it stays unknown, and is looked at as before', async () => {
  const run = await unknown();
  bench.clock.moveTo(at(30));
  const decided = await override(run);
  const now = await bench.run(run.id);
  expect(decided).toEqual({ kind: 'done', run: now });
  expect(now).toEqual({ ...run, version: run.version + 1, overridden: { by: owner, at: at(30).toISOString(), reason: 'we looked' } });
  expect(await bench.told()).toEqual([`${owner}: lets others go past what is not settled (${summary}): we looked`]);
  expect((await bench.recorded()).map(({ kind, at: when, actor, details }) => [kind, when, actor, details])).toEqual([['override.given', at(30).toISOString(), owner, { summary, planHash: run.planHash, reason: 'we looked' }]]);
  expect(await override(run)).toEqual({ kind: 'done', run: now });
  bench.people.set(second, identity(second, ['owner']));
  expect(await override(run, second)).toEqual({ kind: 'refused', refusal: { refused: `Override: ${summary}`, rule: 'somebody else did that already', instead: 'Ask for your change.' }, run: now });
});

test('whoever is no owner lets nobody go past it, nor does anybody when its system is gone', async () => {
  const run = await unknown();
  await refuses(run, await override(run, asker), `Override: ${summary}`, 'it needs the role Owner (policies › holds › override)', 'Ask somebody who has it: Owner.');
  forget();
  await refuses(run, await override(run), summary, ...gone);
});

for (const [state, rule, instead] of [
  ['started', 'it is running, and whoever runs it is alive', 'Wait until it ends, or look whether it can be cancelled.'],
  ['succeeded', 'it is settled already', 'Ask for your change again.'],
] as const)
  test(`G-5: nobody goes past what is ${state}`, async () => {
    const run = await bench.runIn(state);
    await refuses(run, await override(run), `Override: ${summary}`, rule, instead);
  });

for (const [line, lines] of [['1 of 5 ready', ['1 of 5 ready']], [null, []]] as const)
  test(`the watching of what was taken can be ended, with ${lines.length} lines of what was seen last`, async () => {
    const run = await bench.started({}, { progress_line: line });
    await bench.addDuty('run.watch', run.id);
    bench.clock.moveTo(at(30));
    const decided = await stop(run);
    const now = await bench.run(run.id);
    expect(decided).toEqual({ kind: 'done', run: now });
    expect(now).toMatchObject({ state: 'failed', finishedAt: at(30), progressLine: null });
    expect(now.outcome).toEqual({ status: 'notWatched', by: asker, lines });
    expect([await bench.duties(), await bench.told(), await bench.record()]).toEqual([[], [`${asker}: stopped watching: ${summary}`], [`run.failed by ${asker}`]]);
    expect((await bench.recorded())[0]?.details['outcome']).toEqual({ status: 'notWatched' });
    expect(await stop(run)).toEqual({ kind: 'done', run: now });
    expect(await stop(run, owner)).toEqual({ kind: 'refused', refusal: { refused: summary, rule: 'it is over already, and failed', instead: 'Look at its message in the thread.' }, run: now });
  });

test('G-5: what is on its way is not left alone, and what has not been sent is withdrawn instead', async () => {
  const sent = await bench.runIn('started', {}, { started_at: at(0) });
  await refuses(sent, await stop(sent), summary, 'the request is on its way, and cannot be called back', 'Wait for its answer, a matter of seconds; then it can be undone.');
  const run = await waiting();
  await refuses(run, await stop(run), summary, 'nothing of it has been sent yet', 'Withdraw it instead.');
});

test('whoever may not ask for it does not end its watching', async () => {
  const run = await bench.started();
  await refuses(run, await stop(run, viewer), `Stop watching: ${summary}`, ...notSre);
});

test('when its system is gone, only the person who asked for it may end the watching', async () => {
  const run = await bench.started();
  forget();
  await refuses(run, await stop(run, owner), summary, ...gone);
  expect((await stop(run)).kind).toBe('done');
});

const expire = async (run: Run) => {
  await expireRun(bench.dependencies, run.id);
  return bench.run(run.id);
};
for (const [from, state, reason] of [
  ['awaiting_approval', 'expired', 'Nobody decided in time.'],
  ['approved', 'voided', 'It could not start in time: the plan has run out.'],
] as const)
  test(`G-6: what is ${from} when its time is over is ${state}, and that is said`, async () => {
    const run = await bench.runIn(from, {}, { progress_line: 'Not started yet.' });
    bench.clock.moveTo(at(900));
    const now = await expire(run);
    expect(now).toMatchObject({ state, finishedAt: at(900), progressLine: null });
    expect(now.outcome).toEqual({ status: 'notStarted', reason });
    expect([await bench.told(), await bench.record()]).toEqual([[`stockops: ran out: ${summary}`], [`run.${state} by stockops`]]);
    expect(await bench.messages()).toEqual([`run ${run.id} in #shop-alerts`]);
  });

test('a plan that only its requester saw ends without a word; where it is shown, it says so', async () => {
  const run = await bench.planned();
  await bench.posted('run', run.id);
  bench.clock.moveTo(at(900));
  expect(await expire(run)).toMatchObject({ state: 'expired', outcome: { reason: 'Nobody decided in time.' } });
  expect([await bench.told(), await bench.behind(), (await bench.messages()).length]).toEqual([[], ['run'], 1]);
});

test('nothing runs out before its time, nor when it has begun or is not known', async () => {
  const run = await waiting();
  bench.clock.moveTo(at(899));
  expect(await expire(run)).toEqual(run);
  const running = await bench.started({ component: 'worker' });
  bench.clock.moveTo(at(5_000));
  expect(await expire(running)).toEqual(running);
  await expireRun(bench.dependencies, 'run_0');
  expect(await bench.told()).toEqual([]);
});
