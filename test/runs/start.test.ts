import { expect, test } from 'vitest';
import type { EffectRequest } from '../../src/actions/plan.ts';
import { breakGlass } from '../../src/runs/break-glass.ts';
import { confirmRun } from '../../src/runs/decide.ts';
import type { WhyNotStarted } from '../../src/runs/outcome.ts';
import type { Run } from '../../src/runs/run.ts';
import { startRun } from '../../src/runs/start.ts';
import { StockOpsError } from '../../src/support/errors.ts';
import { action, approver, asker, identity, owner, request, rule, shop } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/**
 * Goal: an effect is sent once, only when it was agreed to and is still what was agreed to, and only after that is on record (G-5, G-6).
 * Method: one approved run; one thing is different in each test, before the start or in the middle of it.
 */
const bench = useWorkbench();
const start = async (run: Run): Promise<Run> => {
  await startRun(bench.dependencies, run.id);
  return bench.run(run.id);
};

test('G-5: looks again, puts the start on record, and only then sends what was approved, as it is stored', async () => {
  const run = await bench.approved();
  bench.clock.moveTo(at(5));
  const started = await start(run);
  expect(bench.events).toEqual([`asked who they are: ${asker} ${approver}`, 'remembered how far the database has come', 'sent via kubernetes']);
  expect(bench.sent).toEqual([{ request: { ...request, body: { spec: { replicas: 5 } } }, runId: run.id, state: 'started' }]);
  expect(started).toMatchObject({ state: 'started', startedAt: at(5), finishedAt: null, receipt: { status: 'accepted', answer: { generation: 8 } }, progressLine: null, outcome: null });
  expect(await bench.duties()).toEqual(['run.watch in 1 s', 'run.overdue in 1830 s']);
  expect(await bench.told()).toEqual(['stockops: started: Scale shop-api to 5']);
  expect(await bench.messages()).toEqual([`run ${run.id} in #shop-alerts`]);
  expect(await bench.recorded()).toEqual([{ at: at(5).toISOString(), actor: 'stockops', kind: 'run.started', subject: run.id, system: 'shop', details: { from: 'approved', summary: 'Scale shop-api to 5', planHash: run.planHash } }]);
  expect([bench.locks, bench.logged]).toEqual([['pg_advisory_xact_lock_shared freezes', 'pg_advisory_xact_lock starts of shop'], []]);
});

for (const via of ['helm', 'compose'] as const)
  test(`what goes through ${via} is sent there, and nowhere else`, async () => {
    const other = { via, context: 'cluster', host: 'local', arguments: ['upgrade', 'shop'] } as EffectRequest;
    const plan = bench.planFor();
    const run = await bench.approved({ plan: { draft: { ...plan.draft, request: other } } });
    expect((await start(run)).state).toBe('started');
    expect(bench.events.at(-1)).toBe(`sent via ${via}`);
    expect(bench.sent.map((sent) => sent.request)).toEqual([other]);
  });

test('a progress line from a start that had to wait is gone once it has started', async () => {
  const run = await bench.runIn('approved', {}, { progress_line: 'Not started yet: nobody answered.', approvedBy: [approver] });
  expect((await start(run)).progressLine).toBeNull();
});

test('a start of a run that nobody knows is nothing', async () => {
  await startRun(bench.dependencies, 'run_0');
  expect([bench.events, await bench.duties()]).toEqual([[], []]);
});

for (const state of ['planned', 'awaiting_approval', 'succeeded', 'failed', 'unknown', 'denied', 'expired', 'withdrawn', 'voided'] as const)
  test(`G-5: what is ${state} is neither looked at nor sent`, async () => {
    const run = await bench.runIn(state);
    expect(await start(run)).toEqual(run);
    expect([bench.world.looks, bench.events, await bench.duties()]).toEqual([0, [], []]);
  });

test('G-5, F-26: a start that comes round again finds it started and not answered: nobody knows, and nothing is sent', async () => {
  const run = await bench.runIn('started', {}, { started_at: at(-40), progress_line: 'sending' });
  const lost = await start(run);
  expect(lost).toMatchObject({ state: 'unknown', finishedAt: null, receipt: null, progressLine: null });
  expect(lost.outcome).toEqual({ status: 'unknown', reason: 'The bot stopped or lost its database while it was being done.', lostAt: at(0).toISOString(), lines: [], verdict: 'unclear' });
  expect([bench.world.looks, bench.sent]).toEqual([0, []]);
  expect(await bench.duties()).toEqual(['run.look in 0 s']);
  expect(await bench.told()).toEqual(['stockops: not known whether it happened: Scale shop-api to 5']);
  expect(await bench.record()).toEqual(['run.unknown by stockops']);
});

test('G-5: a start that comes round again finds it started and answered: it is left to those who watch it', async () => {
  const run = await bench.started();
  expect(await start(run)).toEqual(run);
  expect([bench.sent, await bench.duties(), await bench.told()]).toEqual([[], [], []]);
});

/** Voided, and nothing sent. */
async function isVoid(run: Run, reason: string, rest: { readonly because?: WhyNotStarted; readonly who?: object } = {}): Promise<void> {
  const after = await start(run);
  expect(after.outcome).toEqual({ status: 'notStarted', reason, ...rest });
  expect(after).toMatchObject({ state: 'voided', startedAt: null, finishedAt: bench.clock.now(), progressLine: null });
  expect(bench.sent).toEqual([]);
  expect(bench.events).not.toContain('remembered how far the database has come');
  expect(await bench.record()).toEqual(['run.voided by stockops']);
}

const withAction = (change: Parameters<typeof action>[0]) => (bench.catalog.systems = [{ ...shop, actions: new Map(shop.actions).set('scale', action(change)) }]);
const stricter = 'Somebody who approved it may no longer decide on it, or the policy has become stricter.';
for (const [why, change, reason] of [
  ['G-6: its time is over', () => bench.clock.moveTo(at(900)), 'It could not start in time: the plan has run out.'],
  ['F-37: the database has another past', () => (bench.epoch = 2), 'The bot’s database was restored or taken over by another server, which may have forgotten something: older approvals no longer count.'],
  ['its system is gone', () => (bench.catalog.systems = []), 'The action is no longer in the catalog.'],
  ['its action is gone', () => (bench.catalog.systems = [{ ...shop, actions: new Map() }]), 'The action is no longer in the catalog.'],
  ['T-13: the object is another one', () => (bench.world.generation = 8), 'The target has changed since the plan was made: generation was 7 and is 8 now.'],
  ['T-13: it cannot be planned any more', () => (bench.world.refusal = { refused: 'Scale', rule: 'Somebody paused it.', instead: 'Resume it.' }), 'Somebody paused it.'],
  ['F-49: the catalog does not offer it there any more', () => withAction({ environments: ['staging'] }), 'The catalog no longer offers it: It is not offered in production.'],
  ['F-49: the catalog allows fewer', () => withAction({ parameters: [{ ...action().parameters[0]!, maximum: 4 }] }), 'The catalog no longer allows it: 5 is not between 0 and 4, the bounds of "Replicas".'],
  ['T-15: who asked has lost the role', () => bench.people.set(asker, identity(asker, ['staff'])), 'Whoever asked for it may no longer: it needs the role SRE (policies › high).'],
  ['T-15: who approved has lost the role', () => bench.people.set(approver, identity(approver, ['staff'])), stricter],
  ['T-14: who approved turns out to be who asked', () => bench.people.set(approver, identity(approver, ['lead'], { email: `${asker}@example.com` })), stricter],
  ['F-49: the rule of now wants two', () => (bench.catalog.policies = [rule({ approvals: 2 })]), stricter],
  ['F-49: no rule allows it any more', () => (bench.catalog.policies = []), 'Whoever asked for it may no longer: no rule of systems/policies.yaml allows it.'],
  ['F-49: by the state of now it is more dangerous', () => {
    withAction({ riskWhen: [{ when: 'fewer_replicas', risk: 'destructive' }] });
    bench.world.draft = { conditions: ['fewer_replicas'] };
  }, stricter],
] as const)
  test(`${why}: it does not start`, async () => {
    const run = await bench.approved();
    change();
    await isVoid(run, reason, reason.includes('run out') ? { because: 'late' } : {});
    expect(await bench.told()).toEqual([`stockops: not started: ${reason}`]);
    expect(await bench.duties()).toEqual([]);
  });

test('G-6, T-13: a stored plan that somebody has changed is not what was agreed to', async () => {
  const run = await bench.approved();
  await bench.db.updateTable('runs').set({ plan: JSON.stringify({ ...run.plan, params: { replicas: 50 } }) }).where('id', '=', run.id).execute();
  await isVoid(run, 'The stored plan is not the one that was agreed to.');
});

for (const primitive of ['test.gone', 'test.look'])
  test(`a version of the bot that has no effect called ${primitive} does not start it`, async () => {
    await isVoid(await bench.approved({ plan: { primitive } }), `This version of the bot does not know ${primitive}.`);
  });

test('T-07: an incident whose source has no say there any more carries nothing', async () => {
  const incidentId = await bench.incident({ origin: 'alertmanager' });
  await isVoid(await bench.approved({ incidentId }), `INC-${incidentId} comes from the source "main", whose alerts have no say about Shop (production).`);
});

test('what was asked for without an incident starts without one', async () => {
  expect((await start(await bench.approved({ incidentId: null }))).state).toBe('started');
});

test('an undo goes back on what was changed, wherever the catalog points since; the object must still be the same', async () => {
  const undone = await bench.runIn('succeeded');
  const undo = await bench.approved({ undoOf: undone.id });
  withAction({ environments: ['staging'] });
  expect((await start(undo)).state).toBe('started');
});

test('G-6: a plan whose time is over is not even looked at', async () => {
  const run = await bench.approved();
  bench.clock.moveTo(at(900));
  await start(run);
  expect([bench.world.looks, bench.events]).toEqual([0, []]);
});

test('F-49: the catalog loses its system while it is looked at', async () => {
  const undone = await bench.runIn('succeeded');
  const run = await bench.approved({ undoOf: undone.id });
  bench.world.meanwhile = () => (bench.catalog.systems = []);
  await isVoid(run, 'The action is no longer in the catalog.');
});

test('F-22: another change of the system that begins while people are looked up is seen before this one starts', async () => {
  bench.catalog.policies = [rule({ id: 'second', when: [{ condition: 'duringAnotherRun', holds: true }] }), rule({ id: 'alone', approvals: 0, mayApprove: [] })];
  const run = await bench.runIn('approved', { plan: { approvalsNeeded: 0, policyId: 'alone' } }, { approved_at: at(0) });
  bench.whileAsked = () => bench.runIn('started', { component: 'worker' });
  await isVoid(run, 'It needs the approval of somebody else by now (policies › second).');
});

test('F-22: what is gone past while people are looked up is seen before this one starts', async () => {
  const run = await bench.approved();
  bench.whileAsked = () => unsettled({ by: owner, at: at(0).toISOString(), reason: 'It burns.' });
  await isVoid(run, 'Nobody knows whether “Scale shop-api to 9” happened; going past it was allowed since this was asked for.');
});

async function unsettled(overridden: object | null): Promise<Run> {
  const other = await bench.runIn('unknown', { replicas: 9 });
  if (overridden !== null) await bench.db.updateTable('runs').set({ overridden: JSON.stringify(overridden) }).where('id', '=', other.id).execute();
  return other;
}
const goingPast = { by: owner, at: at(-5).toISOString(), reason: 'we looked' };

test('G-6: whoever agreed before another run was gone past did not know of it', async () => {
  const run = await bench.approved();
  await unsettled(goingPast);
  await isVoid(run, 'Nobody knows whether “Scale shop-api to 9” happened; going past it was allowed since this was asked for.');
});

test('whoever agreed to go past another run, with the reason in the plan, may', async () => {
  await unsettled(goingPast);
  const run = await bench.approved({ plan: { overrides: 'Nobody knows whether “Scale shop-api to 9” happened; going past it was allowed, because: we looked' } });
  expect((await start(run)).state).toBe('started');
});

/** Nothing sent, and another try in ten seconds. */
async function waits(run: Run, why: string): Promise<void> {
  expect(await start(run)).toMatchObject({ state: 'approved', startedAt: null, progressLine: `Not started yet: ${why}`, outcome: null });
  expect([bench.sent, await bench.duties(), await bench.told(), await bench.record()]).toEqual([[], ['run.start in 10 s'], [], []]);
  expect(await bench.messages()).toEqual([`run ${run.id} in #shop-alerts`]);
}

const notSaid = (who: string) => `${who} does not say whether those who agreed to it still may.`;
for (const [why, change, line] of [
  ['the cluster does not answer', () => (bench.world.isSilent = true), 'The cluster did not answer.'],
  ['Slack does not say who asked', () => bench.people.delete(asker), 'Slack does not say whether those who agreed to it still may.'],
  ['Slack does not say who approved', () => bench.people.delete(approver), 'Slack does not say whether those who agreed to it still may.'],
  ['T-05: the groups of who asked are not known', () => bench.people.set(asker, { ...identity(asker, []), areRolesKnown: false, silent: 'Slack' }), notSaid('Slack')],
  ['T-05: nobody says who is on call, and that is how somebody could approve', () => bench.people.set(approver, { ...identity(approver, []), areRolesKnown: false, silent: 'PagerDuty' }), notSaid('PagerDuty')],
] as const)
  test(`${why}: it waits, and nothing is sent`, async () => {
    const run = await bench.approved();
    change();
    await waits(run, line);
  });

test('roles that are known by themselves are enough, whoever is silent', async () => {
  const run = await bench.approved();
  for (const [id, roles] of [[asker, ['sre']], [approver, ['lead']]] as const) bench.people.set(id, { ...identity(id, roles), areRolesKnown: false, silent: 'Slack' });
  expect((await start(run)).state).toBe('started');
});

test('a start that must wait does not bring back what was withdrawn while it looked', async () => {
  const run = await bench.approved();
  bench.world.isSilent = true;
  bench.world.meanwhile = () => bench.db.updateTable('runs').set({ state: 'withdrawn' }).where('id', '=', run.id).execute();
  expect(await start(run)).toMatchObject({ state: 'withdrawn', progressLine: null });
  expect([await bench.duties(), await bench.messages()]).toEqual([[], []]);
});

test('a look that fails for a reason of our own is an error, not a wait', async () => {
  const run = await bench.approved();
  bench.world.meanwhile = () => Promise.reject(new StockOpsError('PLAN_UNREADABLE'));
  await expect(start(run)).rejects.toThrow('A stored plan does not hold what its primitive wrote.');
  bench.world.meanwhile = () => Promise.reject(new TypeError('no such field'));
  await expect(start(run)).rejects.toThrow('no such field');
  expect([await bench.stateOf(run), bench.sent]).toEqual(['approved', []]);
});

for (const [why, meanwhile] of [
  ['withdrew it', (id: string) => bench.db.updateTable('runs').set({ state: 'withdrawn' }).where('id', '=', id).execute()],
  ['started it', (id: string) => bench.db.updateTable('runs').set({ state: 'started', receipt: JSON.stringify({ status: 'accepted', answer: null }) }).where('id', '=', id).execute()],
  ['changed it', (id: string) => bench.db.updateTable('runs').set({ version: 2 }).where('id', '=', id).execute()],
] as const)
  test(`G-5: somebody else ${why} while it was looked at: they decide, and nothing is sent`, async () => {
    const run = await bench.approved();
    bench.world.meanwhile = () => meanwhile(run.id);
    const after = await start(run);
    expect(after.state).toBe(why === 'withdrew it' ? 'withdrawn' : why === 'started it' ? 'started' : 'approved');
    expect([bench.sent, bench.events.slice(1), await bench.told(), await bench.record()]).toEqual([[], [], [], []]);
  });

test('a run that is gone by the time it would start is left alone', async () => {
  const run = await bench.approved();
  bench.world.meanwhile = async () => {
    await bench.db.deleteFrom('approvals').execute();
    await bench.db.deleteFrom('runs').execute();
  };
  await startRun(bench.dependencies, run.id);
  expect([bench.sent, await bench.told()]).toEqual([[], []]);
});

test('G-6: its time runs out while it is looked at', async () => {
  const run = await bench.approved();
  bench.world.meanwhile = () => bench.clock.moveTo(at(900));
  await isVoid(run, 'It could not start in time: the plan has run out.', { because: 'late' });
});

async function freeze(systemId: string | null, endsAt: Date | null = null): Promise<void> {
  await bench.db.insertInto('freezes').values({ system_id: systemId, reason: 'Audit week.', frozen_by: owner, frozen_at: at(-10), ends_at: endsAt }).execute();
}
const whoFroze = { did: 'frozen', by: owner, at: at(-10).toISOString() };

test('G-5: a freeze of the system that comes while it is looked at stops it', async () => {
  const run = await bench.approved();
  bench.world.meanwhile = () => freeze('shop');
  await isVoid(run, 'Changes to Shop are frozen: Audit week.', { because: 'held', who: whoFroze });
});

test('G-5: a freeze of everything stops it', async () => {
  const run = await bench.approved();
  await freeze(null);
  await isVoid(run, 'All changes are frozen: Audit week.', { because: 'held', who: whoFroze });
});

test('a freeze of another system, or one that is over, does not concern it', async () => {
  await freeze('bank');
  await freeze('shop', at(0));
  expect((await start(await bench.approved())).state).toBe('started');
});

test('a bot that only reads starts nothing', async () => {
  const run = await bench.approved();
  bench.readOnly = true;
  await isVoid(run, 'The bot is read-only (STOCKOPS_READ_ONLY): it makes no changes.', { because: 'held' });
});

for (const [state, standing] of [['started', 'is running'], ['unknown', 'is not settled']] as const)
  test(`G-5: while another run on the same target ${standing}, it does not start`, async () => {
    const other = await bench.runIn(state, { replicas: 9 }, { started_at: at(-20) });
    const run = await bench.approved();
    await isVoid(run, `Something else is changing the same target: Scale shop-api to 9 ${standing}.`, { because: 'busy', who: { did: 'asked', by: asker, at: at(0).toISOString() } });
    expect((await bench.run(other.id)).state).toBe(state);
  });

test('a run on another target is not in the way', async () => {
  await bench.started({ component: 'worker' });
  expect((await start(await bench.approved())).state).toBe('started');
});

test('F-37: the database says only now that its past has changed: what was approved is void, and nothing is sent', async () => {
  const run = await bench.approved();
  bench.epochInDatabase = null;
  const after = await start(run);
  expect(after).toMatchObject({ state: 'voided', outcome: { status: 'notStarted', reason: expect.stringContaining('older approvals no longer count') } });
  expect([bench.sent, bench.epoch]).toEqual([[], 2]);
});

test('F-37: another process has begun a new epoch while it was looked at', async () => {
  const run = await bench.approved();
  bench.epochInDatabase = 2;
  await isVoid(run, 'The bot’s database was restored or taken over by another server, which may have forgotten something: older approvals no longer count.');
});

test('G-5, F-25: where the start cannot be put on record, nothing is sent, and it stays to be tried again', async () => {
  const run = await bench.approved();
  const dependencies = { ...bench.dependencies, epochs: { ...bench.dependencies.epochs, check: () => Promise.reject(new Error('the connection is gone')) } };
  await expect(startRun(dependencies, run.id)).rejects.toThrow('the connection is gone');
  expect([await bench.stateOf(run), bench.sent]).toEqual(['approved', []]);
});

for (const [why, seconds, isSent] of [['a moment', 9.999, true], ['ten seconds', 10, false]] as const)
  test(`F-40: a process that stands still for ${why} before it sends ${isSent ? 'sends' : 'sends nothing, and says so'}`, async () => {
    const run = await bench.approved();
    bench.meanwhile = () => bench.clock.moveTo(at(seconds));
    const after = await start(run);
    expect(bench.sent).toHaveLength(isSent ? 1 : 0);
    expect(after.outcome).toEqual(isSent ? null : { status: 'failed', reason: 'The bot stood still just before it would have been sent.', lines: ['Nothing was changed.'], log: null });
    expect(after.state).toBe(isSent ? 'started' : 'failed');
  });

test('F-28: what the outside refuses has failed, changed nothing, and is not watched', async () => {
  const run = await bench.approved();
  bench.answer = async () => {
    bench.clock.moveTo(at(3));
    return { status: 'rejected', reason: 'The cluster refused: conflict.' };
  };
  const after = await start(run);
  expect(after).toMatchObject({ state: 'failed', finishedAt: at(3), receipt: { status: 'rejected', reason: 'The cluster refused: conflict.' } });
  expect(after.outcome).toEqual({ status: 'failed', reason: 'The cluster refused: conflict.', lines: ['Nothing was changed.'], log: null });
  expect((await bench.duties()).filter((duty) => !duty.startsWith('run.overdue'))).toEqual([]);
  expect(await bench.told()).toEqual(['stockops: started: Scale shop-api to 5', 'stockops: refused: The cluster refused: conflict.']);
  expect(await bench.record()).toEqual(['run.started by stockops', 'run.failed by stockops']);
});

test('F-27: an answer that is lost leaves it unknown, and evidence is looked for at once', async () => {
  bench.answer = async () => ({ status: 'lost', reason: 'The connection was cut.' });
  const after = await start(await bench.approved());
  expect(after).toMatchObject({ state: 'unknown', receipt: { status: 'lost', reason: 'The connection was cut.' }, outcome: { status: 'unknown', reason: 'The connection was cut.', verdict: 'unclear' } });
  expect(await bench.duties()).toEqual(['run.look in 0 s', 'run.overdue in 1830 s']);
  expect(await bench.told()).toEqual(['stockops: started: Scale shop-api to 5', 'stockops: not known whether it happened: Scale shop-api to 5']);
});

test('G-5: a connector that throws has not said that nothing happened', async () => {
  bench.answer = () => Promise.reject(new Error('parse error'));
  const run = await bench.approved();
  expect(await start(run)).toMatchObject({ state: 'unknown', receipt: { status: 'lost', reason: 'The answer could not be read.' } });
  expect(bench.logged).toEqual([['A connector threw while sending an effect', { run: run.id, error: 'parse error' }]]);
});

test('F-27: an effect has five minutes to be answered', async () => {
  bench.answer = (_request, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ status: 'lost', reason: (signal.reason as Error).message }));
      bench.clock.moveTo(at(299));
      if (!signal.aborted) setImmediate(() => bench.clock.moveTo(at(300)));
    });
  expect(await start(await bench.approved())).toMatchObject({ state: 'unknown', receipt: { reason: 'No answer within 300 s.' }, outcome: { lostAt: at(300).toISOString() } });
});

/** Another process took this one for dead while it was sending. */
const takenForDead = (run: Run, state: 'unknown' | 'succeeded', receipt: Awaited<ReturnType<typeof bench.answer>>) => async () => {
  await bench.db.updateTable('runs').set({ state }).where('id', '=', run.id).execute();
  await bench.addDuty('run.look', run.id);
  return receipt;
};

test('F-40: whoever sent it knows best: what was taken is watched, also when it counts as unknown meanwhile', async () => {
  const run = await bench.approved();
  bench.answer = takenForDead(run, 'unknown', { status: 'accepted', answer: null });
  expect(await start(run)).toMatchObject({ state: 'started', receipt: { status: 'accepted' } });
  expect(await bench.duties()).toEqual(['run.watch in 1 s', 'run.overdue in 1830 s']);
  expect(await bench.record()).toEqual(['run.started by stockops', 'run.started by stockops']);
});

test('F-40: what was refused has failed, also when it counts as unknown meanwhile', async () => {
  const run = await bench.approved();
  bench.answer = takenForDead(run, 'unknown', { status: 'rejected', reason: 'conflict' });
  expect((await start(run)).state).toBe('failed');
  expect(await bench.duties()).toEqual(['run.overdue in 1830 s']);
});

for (const receipt of [{ status: 'accepted', answer: null }, { status: 'rejected', reason: 'conflict' }, { status: 'lost', reason: 'cut' }] as const)
  test(`an answer (${receipt.status}) that comes when it is settled changes nothing`, async () => {
    const run = await bench.approved();
    bench.answer = takenForDead(run, 'succeeded', receipt);
    expect(await start(run)).toMatchObject({ state: 'succeeded', receipt: null });
    expect([await bench.told(), (await bench.duties()).filter((duty) => duty.startsWith('run.watch'))]).toEqual([['stockops: started: Scale shop-api to 5'], []]);
  });

/** Approved by its commander alone, two minutes after others were asked. */
async function glassBroken(): Promise<Run> {
  const incidentId = await bench.incident({ rank: 1, acknowledged_by: asker, state: 'acknowledged' });
  const run = await bench.planned({ incidentId });
  await confirmRun(bench.dependencies, run.id, asker, null);
  bench.clock.moveTo(at(120));
  expect(await breakGlass(bench.dependencies, run.id, asker, 'nobody answers')).toMatchObject({ kind: 'done' });
  bench.events = [];
  return bench.run(run.id);
}

test('a run whose glass was broken starts without approvals, and it is the commander who is asked for again', async () => {
  expect((await start(await glassBroken())).state).toBe('started');
  expect(bench.events[0]).toBe(`asked who they are: ${asker} ${asker}`);
});

test('T-15: a commander who has handed the incident over can start nothing with it any more', async () => {
  const run = await glassBroken();
  await bench.db.updateTable('incidents').set({ acknowledged_by: owner }).execute();
  const after = await start(run);
  expect(after).toMatchObject({ state: 'voided', outcome: { reason: `Whoever broke the glass may no longer: only the commander of INC-${run.plan.incidentId} may.` } });
  expect(bench.sent).toEqual([]);
});
