import { expect, test } from 'vitest';
import { announceRun, runMessageKey } from '../../src/runs/announce.ts';
import { factsFor, factsOfNow } from '../../src/runs/facts.ts';
import type { Outcome } from '../../src/runs/outcome.ts';
import type { Run } from '../../src/runs/run.ts';
import { addApproval, changeRun, findRun, insertRun, lastRunToZero, lastStartOf, lockRun, openRunsOf, overriddenOnTarget, runOnTarget, runsOfIncident, runsUnderWay, type RunChange } from '../../src/runs/store.ts';
import { targetKeyOf } from '../../src/runs/target-key.ts';
import type { RunState } from '../../src/storage/tables.ts';
import { approver, asker, owner, second, shop } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: a run changes only along its states, each change is in the record with it, and whoever asks for runs gets those that they mean. */
const bench = useWorkbench();
const change = (run: Run, from: readonly RunState[], what: RunChange) => bench.tx((tx) => changeRun(tx, run.id, from, what));
const summary = 'Scale shop-api to 5';
const targetKey = 'kubernetes cluster shop-production Deployment shop-api';
const ids = (runs: readonly (Run | undefined)[]) => runs.map((run) => run?.id);

test('G-10: what is planned is stored as it was shown, and stands in the record', async () => {
  const undone = await bench.runIn('succeeded');
  const run = await bench.planned({ channelId: 'C1', threadKey: 'card:1', undoOf: undone.id });
  const { plan, planHash } = run;
  expect(run).toEqual({
    id: run.id, plan: bench.planFor({ incidentId: plan.incidentId }), planHash, state: 'planned', version: 1, requestedBy: asker, requestedAt: at(0), approvalsNeeded: 1, approvals: [], expiresAt: at(900),
    approvedAt: null, startedAt: null, finishedAt: null, receipt: null, progressLine: null, outcome: null, channelId: 'C1', threadKey: 'card:1', undoOf: undone.id, overridden: null,
  });
  expect(await bench.db.selectFrom('runs').selectAll().where('id', '=', run.id).executeTakeFirst()).toMatchObject({
    incident_id: plan.incidentId, system_id: 'shop', environment: 'production', action_id: 'scale', primitive: 'test.scale', component: 'api', risk: 'high', target: plan.target, target_key: targetKey, params: { replicas: 5 },
    catalog_version: 'first', epoch: 1, requested_by: asker, approvals_needed: 1, policy_id: 'high', expires_at: at(900),
  });
  const { entry } = await bench.db.selectFrom('audit_entries').select('entry').where('subject', '=', run.id).executeTakeFirstOrThrow();
  expect(JSON.parse(entry)).toEqual({
    at: at(0).toISOString(), actor: asker, kind: 'run.planned', subject: run.id, system: 'shop',
    details: {
      summary, action: 'scale', environment: 'production', component: 'api', target: plan.target, params: { replicas: 5 }, risk: 'high', policy: 'high', approvalsNeeded: 1, planHash,
      catalogVersion: 'first', epoch: 1, incident: plan.incidentId, expiresAt: at(900).toISOString(), undoOf: undone.id,
    },
  });
});

test('G-6: who asked, how many must approve and until when is taken from the plan that was shown, not from the columns beside it', async () => {
  const run = await bench.planned();
  await bench.db.updateTable('runs').set({ requested_by: owner, approvals_needed: 0, expires_at: at(9_000) }).where('id', '=', run.id).execute();
  expect(await bench.run(run.id)).toMatchObject({ requestedBy: asker, approvalsNeeded: 1, expiresAt: at(900) });
});

test('a run that is not there is not found', async () => {
  expect([await findRun(bench.db, 'run_0'), await bench.tx((tx) => lockRun(tx, 'run_0'))]).toEqual([undefined, undefined]);
});

test('whoever approved or denied is told of in the order in which they did', async () => {
  const run = await bench.planned();
  const values = (userId: string, decision: 'approved' | 'denied', seconds: number) => ({ run_id: run.id, user_id: userId, decision, reason: null, at: at(seconds) });
  await bench.db.insertInto('approvals').values([values(second, 'denied', 9), values(approver, 'approved', 3)]).execute();
  const approvals = [{ userId: approver, decision: 'approved', reason: null, at: at(3) }, { userId: second, decision: 'denied', reason: null, at: at(9) }];
  expect([(await bench.run(run.id)).approvals, (await bench.tx((tx) => lockRun(tx, run.id)))?.approvals]).toEqual([approvals, approvals]);
});

test('G-10: a second decision of the same person takes the place of the first, and both stand in the record', async () => {
  const run = await bench.planned();
  await bench.tx((tx) => addApproval(tx, run, { userId: approver, decision: 'approved', reason: null, at: at(1) }));
  await bench.tx((tx) => addApproval(tx, run, { userId: approver, decision: 'denied', reason: 'no', at: at(2) }));
  expect((await bench.run(run.id)).approvals).toEqual([{ userId: approver, decision: 'denied', reason: 'no', at: at(2) }]);
  const entry = { actor: approver, subject: run.id, system: 'shop' };
  expect(await bench.recorded()).toEqual([
    { ...entry, at: at(1).toISOString(), kind: 'approval.approved', details: { summary, planHash: run.planHash } },
    { ...entry, at: at(2).toISOString(), kind: 'approval.denied', details: { summary, planHash: run.planHash, reason: 'no' } },
  ]);
});

test('G-10: a new state, what belongs to it and its entry in the record are one', async () => {
  const run = await bench.runIn('started', {}, { started_at: at(-10), progress_line: 'nearly' });
  const outcome: Outcome = { status: 'failed', reason: 'It crashed.', lines: ['0 of 5 ready'], log: 'panic' };
  expect(await change(run, ['started', 'unknown'], { state: 'failed', by: 'stockops', at: at(3), finished_at: at(3), outcome, receipt: { status: 'accepted', answer: 1 }, progress_line: null })).toBe(true);
  expect(await bench.run(run.id)).toEqual({ ...run, state: 'failed', version: 2, finishedAt: at(3), outcome, receipt: { status: 'accepted', answer: 1 }, progressLine: null });
  expect(await bench.recorded()).toEqual([
    { at: at(3).toISOString(), actor: 'stockops', kind: 'run.failed', subject: run.id, system: 'shop', details: { from: 'started', summary, planHash: run.planHash, outcome: { status: 'failed', reason: 'It crashed.' } } },
  ]);
});

for (const [why, outcome, told] of [
  ['what was seen to be good or not', { status: 'succeeded', lines: ['5 of 5 ready'], checks: [{ title: 'Pods', headline: '5 of 5', good: true }] }, { status: 'succeeded', checks: [{ title: 'Pods', good: true }] }],
  ['why nobody knows, and what the evidence says', { status: 'unknown', reason: 'cut', lostAt: '', lines: ['nothing'], verdict: 'unclear' }, { status: 'unknown', reason: 'cut', verdict: 'unclear' }],
] as const)
  test(`the record holds ${why}, and not what was printed`, async () => {
    const run = await bench.started();
    await change(run, ['started'], { state: outcome.status, by: 'stockops', at: at(3), outcome });
    expect((await bench.recorded())[0]?.details['outcome']).toEqual(told);
  });

test('G-5: whoever comes second changes nothing, and nothing is recorded', async () => {
  const run = await bench.runIn('withdrawn');
  expect(await change(run, ['approved'], { state: 'started', by: 'stockops', at: at(3), started_at: at(3) })).toBe(false);
  expect([await bench.run(run.id), await bench.record()]).toEqual([run, []]);
  expect(await change({ ...run, id: 'run_0' }, ['approved'], { state: 'started', by: 'stockops', at: at(3) })).toBe(false);
});

test('G-5: no code moves a run where its states do not lead', async () => {
  const run = await bench.planned();
  await expect(change(run, ['planned'], { state: 'started', by: 'stockops', at: at(3) })).rejects.toThrow('a run never goes from planned to started');
  await expect(change(run, ['approved', 'succeeded'], { state: 'started', by: 'stockops', at: at(3) })).rejects.toThrow('a run never goes from succeeded to started');
  expect(await bench.run(run.id)).toEqual(run);
});

test('what is noted of a run without a new state raises its version and is not in the record', async () => {
  const run = await bench.started();
  expect(await change(run, ['started'], { progress_line: '2 of 5 ready' })).toBe(true);
  expect(await change(run, ['started'], { state: 'started', by: 'stockops', at: at(3), receipt: { status: 'accepted', answer: 2 } })).toBe(true);
  expect(await bench.run(run.id)).toEqual({ ...run, version: 3, progressLine: '2 of 5 ready', receipt: { status: 'accepted', answer: 2 } });
  expect(await bench.record()).toEqual([]);
});

const later = async (seconds: number, ...wanted: Parameters<typeof bench.runIn>) => {
  bench.clock.moveTo(at(seconds));
  return bench.runIn(...wanted);
};

test('the runs of an incident: the newest first, with who approved them, and fifty at most', async () => {
  const incidentId = await bench.incident();
  const first = await bench.approved({ incidentId });
  const last = await later(5, 'planned', { incidentId });
  await bench.planned();
  const runs = await runsOfIncident(bench.db, incidentId);
  expect([ids(runs), runs[1]?.approvals.length]).toEqual([[last.id, first.id], 1]);
  await bench.tx(async (tx) => {
    for (let number = 0; number < 50; number += 1) await insertRun(tx, { id: `${first.id}${number}`, plan: first.plan, planHash: '', targetKey, channelId: '', threadKey: null, undoOf: null }, at(10));
  });
  expect(await runsOfIncident(bench.db, incidentId)).toHaveLength(50);
});

test('G-5: under way on a target is what somebody wants or has begun and is not over, the oldest first', async () => {
  const last = await bench.runIn('awaiting_approval');
  await bench.db.updateTable('runs').set({ requested_at: at(5) }).execute();
  const first = await bench.runIn('approved');
  for (const state of ['planned', 'succeeded', 'failed', 'denied', 'expired', 'withdrawn', 'voided'] as const) await bench.runIn(state);
  await bench.runIn('started', { component: 'worker' });
  const running = await later(6, 'started');
  expect(ids(await runsUnderWay(bench.db, targetKey))).toEqual([first.id, last.id, running.id]);
  await bench.db.updateTable('runs').set({ state: 'unknown' }).where('id', '=', running.id).execute();
  expect(ids(await runsUnderWay(bench.db, targetKey))).toContain(running.id);
  await bench.db.updateTable('runs').set({ overridden: JSON.stringify({ by: owner }) }).where('id', '=', running.id).execute();
  expect(ids(await runsUnderWay(bench.db, targetKey))).toEqual([first.id, last.id]);
});

for (const state of ['started', 'unknown'] as const)
  test(`G-5: what is ${state} holds its target, until somebody lets others go past it`, async () => {
    const run = await bench.runIn(state);
    expect([(await runOnTarget(bench.db, targetKey))?.id, await overriddenOnTarget(bench.db, targetKey), await runOnTarget(bench.db, `${targetKey}2`)]).toEqual([run.id, undefined, undefined]);
    const overridden = { by: owner, at: at(0).toISOString(), reason: 'looked' };
    await bench.db.updateTable('runs').set({ overridden: JSON.stringify(overridden) }).execute();
    expect([await runOnTarget(bench.db, targetKey), await overriddenOnTarget(bench.db, targetKey), await overriddenOnTarget(bench.db, `${targetKey}2`)]).toMatchObject([undefined, { id: run.id, overridden }, undefined]);
    const newer = await later(5, state);
    await bench.db.updateTable('runs').set({ overridden: JSON.stringify(overridden) }).execute();
    expect((await overriddenOnTarget(bench.db, targetKey))?.id).toBe(newer.id);
  });

test('nothing holds a target that is approved only, or that it is over with', async () => {
  for (const state of ['approved', 'succeeded', 'failed'] as const) await bench.runIn(state);
  expect(await runOnTarget(bench.db, targetKey)).toBeUndefined();
  await bench.db.updateTable('runs').set({ overridden: JSON.stringify({ by: owner }) }).execute();
  expect(await overriddenOnTarget(bench.db, targetKey)).toBeUndefined();
});

test('what somebody may still want back: what waits or runs, the newest first, ten at most, and of nobody else', async () => {
  const waiting = await bench.runIn('awaiting_approval');
  const approved = await later(1, 'approved');
  const started = await later(2, 'started');
  for (const state of ['planned', 'succeeded', 'withdrawn'] as const) await bench.runIn(state);
  await bench.runIn('approved', { plan: { requestedBy: owner } });
  expect(ids(await openRunsOf(bench.db, asker))).toEqual([started.id, approved.id, waiting.id]);
  for (let number = 0; number < 8; number += 1) await bench.runIn('approved', { incidentId: null });
  expect(await openRunsOf(bench.db, asker)).toHaveLength(10);
});

test('AP-04: what was last stopped is found, and nothing that did not work, was another number or is of something else', async () => {
  const stopped = (seconds: number, wanted: Parameters<typeof bench.runIn>[1] = {}) => bench.runIn('succeeded', { replicas: 0, incidentId: null, ...wanted }, { finished_at: at(seconds) });
  const last = await stopped(5);
  await stopped(1);
  await stopped(9, { replicas: 4 });
  await stopped(9, { component: 'worker' });
  await stopped(9, { plan: { primitive: 'test.other' } });
  await bench.runIn('failed', { replicas: 0 }, { finished_at: at(9) });
  expect((await lastRunToZero(bench.db, targetKey, 'test.scale', 'replicas'))?.id).toBe(last.id);
  expect(await lastRunToZero(bench.db, targetKey, 'test.scale', 'revision')).toBeUndefined();
});

test('an action was last done when it last started there, refusals and undos aside', async () => {
  const lastStart = () => lastStartOf(bench.db, targetKey, 'scale');
  expect(await lastStart()).toBeNull();
  const first = await bench.runIn('failed', {}, { started_at: at(1), receipt: { status: 'accepted', answer: null } });
  expect(await lastStart()).toEqual(at(1));
  await bench.runIn('succeeded', {}, { started_at: at(2) });
  await bench.runIn('failed', {}, { started_at: at(3), receipt: { status: 'rejected', reason: '' } });
  await bench.runIn('succeeded', { undoOf: first.id }, { started_at: at(4) });
  await bench.runIn('succeeded', { action: 'restart' }, { started_at: at(5) });
  await bench.runIn('succeeded', { component: 'worker' }, { started_at: at(6) });
  expect(await lastStart()).toEqual(at(2));
});

test('a run is told in one message, in the thread that it belongs to, ahead of cards', async () => {
  const run = await bench.planned({ channelId: 'C1', threadKey: 'card:1' });
  await bench.tx((tx) => announceRun(tx, run, at(5)));
  const [message, ...others] = await bench.db.selectFrom('messages').selectAll().execute();
  expect(others).toEqual([]);
  expect(message).toMatchObject({ key: runMessageKey(run.id), channel_id: 'C1', thread_key: 'card:1', kind: 'run', subject: run.id, priority: 5, due_at: at(5) });
  expect(runMessageKey(run.id)).toBe(`run:${run.id}`);
});

test('a run is told wherever it is shown: to those who were asked, and on the card of its incident', async () => {
  const run = await bench.planned();
  for (const kind of ['approval', 'reminder']) await bench.posted(kind, run.id);
  await bench.posted('card', String(run.plan.incidentId));
  await bench.tx((tx) => announceRun(tx, run, at(5), { actor: asker, text: 'asked' }));
  expect([await bench.behind(), await bench.told()]).toEqual([['approval', 'card', 'reminder'], [`${asker}: asked`]]);
  expect(await bench.db.selectFrom('timeline_entries').select(['incident_id', 'at', 'kind']).execute()).toEqual([{ incident_id: run.plan.incidentId, at: at(5), kind: 'run' }]);
  expect(await bench.record()).toEqual([]);
});

for (const [state, isNew] of [['succeeded', true], ['failed', true], ['started', false], ['unknown', false]] as const)
  test(`F-21: a run that is ${state} ${isNew ? 'makes older cards of its incident stale' : 'leaves the cards as they are'}`, async () => {
    const run = await bench.runIn(state);
    await bench.tx((tx) => announceRun(tx, run, at(5)));
    expect(await bench.db.selectFrom('incidents').select(['version', 'state_version']).execute()).toEqual([isNew ? { version: 2, state_version: 2 } : { version: 1, state_version: 1 }]);
    expect(await bench.told()).toEqual([]);
  });

test('a run without an incident, or with one that there never was, is told all the same', async () => {
  for (const incidentId of [null, 0]) {
    const run = await bench.runIn('succeeded', { incidentId: null });
    await bench.tx((tx) => announceRun(tx, { ...run, plan: { ...run.plan, incidentId } }, at(5), { actor: asker, text: 'asked' }));
  }
  expect([(await bench.messages()).length, await bench.told()]).toEqual([2, []]);
});

test('what is so around a system: runs and incidents there now, and what is so at this hour', async () => {
  const now = (exceptRunId?: string) => factsOfNow(bench.db, shop, 'production', at(0), exceptRunId);
  const calm = { outsideBusinessHours: true, insideMaintenanceWindow: false, duringAnotherRun: false, openIncidentOfRank1: false, openIncidentOfRank1or2: false };
  for (const [system_id, environment, state] of [['bank', 'production', 'triggered'], ['shop', 'staging', 'triggered'], ['shop', 'production', 'resolved']] as const) await bench.incident({ system_id, environment, state, rank: 1 });
  await bench.incident({ rank: 3 });
  for (const [plan, state] of [[{ systemId: 'bank' }, 'started'], [{ environment: 'staging' }, 'unknown'], [{}, 'approved'], [{}, 'succeeded']] as const) await bench.runIn(state, { incidentId: null, component: state === 'unknown' ? 'worker' : 'api', plan });
  expect(await now()).toEqual(calm);
  await bench.incident({ rank: 2, environment: null });
  expect(await now()).toEqual({ ...calm, openIncidentOfRank1or2: true });
  await bench.incident({ rank: 1 });
  expect(await now()).toEqual({ ...calm, openIncidentOfRank1: true, openIncidentOfRank1or2: true });
  const run = await bench.runIn('unknown', { incidentId: null, plan: { target: { kind: 'url', url: 'http://x', method: 'GET', okStatuses: [] } } });
  expect([(await now()).duringAnotherRun, (await now(run.id)).duringAnotherRun]).toEqual([true, false]);
  await bench.db.updateTable('runs').set({ state: 'started' }).where('id', '=', run.id).execute();
  expect((await now()).duringAnotherRun).toBe(true);
  expect(await factsFor(bench.db, shop, 'production', ['outside_autoscaler'], at(0), run.id)).toEqual({ ...calm, openIncidentOfRank1: true, openIncidentOfRank1or2: true, belowCurrentReplicas: false, outsideAutoscalerRange: true });
});

test('a Helm release and the workload that it rolls out are one target', async () => {
  const { target } = bench.planFor();
  if (target.kind !== 'workload') throw new Error('it is a workload');
  expect([targetKeyOf(target), targetKeyOf({ kind: 'release', context: 'cluster', namespace: 'shop-production', release: 'shop', chart: 'shop', workload: target })]).toEqual([targetKey, targetKey]);
});
