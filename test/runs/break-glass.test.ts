import { expect, test } from 'vitest';
import { breakGlass, brokenGlassOf, situationOf } from '../../src/runs/break-glass.ts';
import { confirmRun } from '../../src/runs/decide.ts';
import type { Run } from '../../src/runs/run.ts';
import { asker, owner } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: only the commander of an open incident goes on without approvals, one at a time, and loudly (T-14). */
const bench = useWorkbench();
const breaking = (run: Run, by = asker) => breakGlass(bench.dependencies, run.id, by, 'nobody answers');
const summary = 'Scale shop-api to 5';
const refusal = (rule: string, instead: string, refused = `Break the glass: ${summary}`) => ({ kind: 'refused', refusal: { refused, rule, instead } });

/** Others were asked at the time of now, for an incident that the requester has. */
async function asked(wanted: Parameters<typeof bench.planned>[0] = {}, incident: Parameters<typeof bench.incident>[0] = {}): Promise<Run> {
  const incidentId = wanted.incidentId === undefined ? await bench.incident({ rank: 1, state: 'acknowledged', acknowledged_by: asker, ...incident }) : wanted.incidentId;
  const run = await bench.planned({ ...wanted, incidentId });
  await confirmRun(bench.dependencies, run.id, asker, 'shop-api');
  return bench.run(run.id);
}
const later = (seconds: number) => bench.clock.moveTo(new Date(bench.clock.now().getTime() + seconds * 1_000));

test('the commander goes on two minutes after others were asked: it starts, and that is told loudly', async () => {
  const run = await asked();
  later(120);
  const before = (await bench.recorded()).length;
  bench.locks = [];
  const decided = await breaking(run);
  expect(decided).toEqual({ kind: 'done', run: await bench.run(run.id) });
  expect(decided).toMatchObject({ run: { state: 'approved', approvedAt: at(120) } });
  expect(await bench.duties()).toEqual(['run.start in 0 s', 'run.remind in 480 s']);
  expect((await bench.told()).at(-1)).toBe(`${asker}: broke the glass, without the approvals that were missing: ${summary}. Why: nobody answers`);
  expect(await bench.messages()).toEqual([`run ${run.id} in #shop-alerts`, `glass ${run.id} in #incidents`]);
  expect(await bench.db.selectFrom('messages').select(['key', 'priority', 'due_at']).where('kind', '=', 'glass').execute()).toEqual([{ key: `glass:${run.id}`, priority: 5, due_at: at(120) }]);
  expect(await brokenGlassOf(bench.db, run.id)).toEqual({ userId: asker, reason: 'nobody answers', at: at(120) });
  const [glass, approved] = (await bench.recorded()).slice(before);
  expect(glass).toEqual({ at: at(120).toISOString(), actor: asker, kind: 'glass.broken', subject: run.id, system: 'shop', details: { summary, planHash: run.planHash, reason: 'nobody answers' } });
  expect(approved).toMatchObject({ kind: 'run.approved', actor: asker });
  expect(bench.locks).toEqual(['pg_advisory_xact_lock broken glass']);
});

test('broken again by the same person, nothing changes', async () => {
  const run = await asked();
  later(120);
  await breaking(run);
  const broken = await bench.run(run.id);
  expect(await breaking(run)).toEqual({ kind: 'done', run: broken });
  expect(await bench.run(run.id)).toEqual(broken);
  expect(await breaking(run, owner)).toMatchObject(refusal('it does not wait for approval', 'Nothing more is needed of you.', summary));
});

test('a run whose glass nobody broke has none broken', async () => {
  expect(await brokenGlassOf(bench.db, (await bench.planned()).id)).toBeNull();
});

for (const [why, seconds, change, expected] of [
  ['T-14: somebody who is not its commander', 120, () => bench.db.updateTable('incidents').set({ acknowledged_by: owner }).execute(), (id: number) => refusal(`only the commander of INC-${id} may`, `Ask <@${owner}>, who has it.`)],
  ['whoever does not wait', 119, () => {}, () => refusal('approvers have 2 minutes to come', 'Try again in 1 s.')],
  ['whoever comes when its time is over', 900, () => {}, () => refusal('the request has expired', 'Ask for a fresh one.', summary)],
  ['whoever comes when its incident is over', 120, () => bench.db.updateTable('incidents').set({ state: 'resolved' }).execute(), () => refusal('it takes an open incident of rank 2 or worse that it is for (policies › high)', 'Find somebody who may approve: /stock oncall.')],
  ['whoever comes when its system is gone', 120, () => (bench.catalog.systems = []), () => refusal('its system is no longer in the catalog', 'Ask for a fresh plan.', summary)],
  ['whoever comes when it has been denied', 120, () => bench.db.updateTable('runs').set({ state: 'denied' }).execute(), () => refusal('it does not wait for approval', 'Nothing more is needed of you.', summary)],
] as const)
  test(`${why} breaks nothing`, async () => {
    const run = await asked();
    later(seconds);
    await change();
    const before = await bench.run(run.id);
    expect(await breaking(run)).toEqual({ ...expected(run.plan.incidentId ?? 0), run: before });
    expect([await bench.run(run.id), await brokenGlassOf(bench.db, run.id)]).toEqual([before, null]);
  });

test('without an incident there is no commander', async () => {
  const run = await asked({ incidentId: null });
  later(120);
  expect(await breaking(run)).toMatchObject(refusal('it takes an open incident of rank 2 or worse that it is for (policies › high)', 'Find somebody who may approve: /stock oncall.'));
});

test('a freeze holds also whoever breaks the glass', async () => {
  const run = await asked();
  await bench.db.insertInto('freezes').values({ system_id: 'shop', reason: 'audit', frozen_by: owner, frozen_at: at(0), ends_at: null }).execute();
  later(120);
  expect(await breaking(run)).toMatchObject({ kind: 'held', hold: { kind: 'frozen' }, run: { id: run.id, state: 'awaiting_approval' } });
  expect(await brokenGlassOf(bench.db, run.id)).toBeNull();
});

test('one at a time in the whole installation, and then once an hour', async () => {
  const first = await asked();
  later(120);
  await breaking(first);
  later(3_600);
  const next = await asked({ component: 'worker' });
  later(120);
  for (const state of ['approved', 'started', 'unknown'] as const) {
    await bench.db.updateTable('runs').set({ state }).where('id', '=', first.id).execute();
    expect(await breaking(next)).toMatchObject({ refusal: { rule: 'the glass is broken for something else that is not over', instead: 'Look at #incidents, and wait until that is settled.' } });
  }
  await bench.db.updateTable('runs').set({ state: 'succeeded' }).where('id', '=', first.id).execute();
  await bench.db.updateTable('broken_glass').set({ at: new Date(bench.clock.now().getTime() - 3_599_000) }).execute();
  expect(await breaking(next)).toMatchObject({ refusal: { rule: 'the glass is broken at most once in an hour, by anybody', instead: 'It may be again in 1 min; until then somebody must approve.' } });
  later(1);
  expect(await breaking(next)).toMatchObject({ kind: 'done' });
});

test('of what was broken before, what is not over counts first, then the latest', async () => {
  const run = await asked();
  const glass = async (state: 'unknown' | 'failed', seconds: number) => {
    const other = await bench.runIn(state, { incidentId: null });
    await bench.db.insertInto('broken_glass').values({ run_id: other.id, user_id: owner, reason: '', at: at(seconds) }).execute();
  };
  const last = async () => (await situationOf(bench.db, run)).last;
  expect(await last()).toBeNull();
  await bench.db.insertInto('broken_glass').values({ run_id: run.id, user_id: owner, reason: '', at: at(50) }).execute();
  expect(await last()).toBeNull();
  await glass('failed', 10);
  await glass('failed', 20);
  expect(await last()).toEqual({ at: at(20), isOver: true });
  await glass('unknown', 5);
  expect(await last()).toEqual({ at: at(5), isOver: false });
});

test('approvers were asked when it was confirmed, not when it was planned', async () => {
  const run = await bench.planned();
  later(100);
  await confirmRun(bench.dependencies, run.id, asker, null);
  expect((await situationOf(bench.db, run)).askedAt).toEqual(at(100));
});

test('the commander is whoever has the incident, and until somebody has, whoever declared it', async () => {
  let replicas = 10;
  const commander = async (incident: Parameters<typeof bench.incident>[0], opener: string | null) => {
    const incidentId = await bench.incident({ acknowledged_by: null, ...incident });
    const entry = { incident_id: incidentId, at: at(0), text: '' };
    await bench.db.insertInto('timeline_entries').values({ ...entry, kind: 'note', actor: 'U0NOTE' }).execute();
    if (opener !== null) await bench.db.insertInto('timeline_entries').values({ ...entry, kind: 'opened', actor: opener }).execute();
    await bench.db.insertInto('timeline_entries').values({ ...entry, kind: 'opened', actor: 'U0AGAIN' }).execute();
    const run = await asked({ incidentId, replicas: (replicas += 1) });
    return [(await situationOf(bench.db, run)).commander, (await situationOf(bench.db, run)).incident?.id === incidentId];
  };
  expect(await commander({ acknowledged_by: owner }, asker)).toEqual([owner, true]);
  expect(await commander({}, asker)).toEqual([asker, true]);
  expect(await commander({ origin: 'alertmanager' }, asker)).toEqual([null, true]);
  const nobody = await asked({ incidentId: null });
  expect(await situationOf(bench.db, nobody)).toMatchObject({ incident: null, commander: null });
  const declared = await asked({ incidentId: await bench.incident(), replicas: 20 });
  expect((await situationOf(bench.db, declared)).commander).toBeNull();
});
