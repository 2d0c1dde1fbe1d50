import { expect, test } from 'vitest';
import type { PlanDraft } from '../../src/actions/plan.ts';
import { hashPlan } from '../../src/approvals/plan-hash.ts';
import { within, withinUnredacted } from '../../src/runs/dependencies.ts';
import { propose, withRemembered, workOut, type Proposal } from '../../src/runs/propose.ts';
import { read } from '../../src/runs/read.ts';
import type { Run } from '../../src/runs/run.ts';
import { action, asker, identity, owner, rule, shop, viewer } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: a plan says what would happen, to whoever may ask, and changes nothing; what cannot be planned is refused with its rule. */
const bench = useWorkbench();
const scale = shop.actions.get('scale')!;
const proposal = (change: Partial<Proposal> = {}): Proposal => ({ system: shop, action: scale, environment: 'production', component: 'api', given: { replicas: '5' }, incidentId: null, requestedBy: asker, channelId: '#shop-alerts', threadKey: null, ...change });
const works = (change: Partial<Proposal> = {}) => workOut(bench.dependencies, proposal(change));
const planOf = async (change: Partial<Proposal> = {}) => {
  const workedOut = await works(change);
  if (workedOut.kind !== 'plan') throw new Error(JSON.stringify(workedOut));
  return workedOut.plan;
};
const what = 'Scale Shop (production)';
const refused = (rule: string, instead: string, refused = what) => ({ kind: 'refused', refusal: { refused, rule, instead } });
const storedNothing = async () => expect([await bench.db.selectFrom('runs').select('id').execute(), await bench.duties(), bench.sent]).toEqual([[], [], []]);

test('G-6: a plan holds everything that a decision depends on', async () => {
  const incidentId = await bench.incident();
  expect(await works({ incidentId })).toEqual({
    kind: 'plan', targetKey: 'kubernetes cluster shop-production Deployment shop-api',
    plan: {
      draft: {
        summary: 'Scale shop-api to 5', changes: [{ what: 'replicas', before: '3', after: '5' }], warnings: [], equivalent: ['kubectl', 'scale', '--replicas=5', 'shop-api'],
        request: { via: 'kubernetes', context: 'cluster', method: 'PATCH', path: '/scale', contentType: 'application/merge-patch+json', body: { spec: { replicas: 5 } } },
        undo: { primitive: 'test.scale', params: { replicas: 3 } }, guard: { generation: 7 }, settleWithinMs: 600_000,
      },
      target: { kind: 'workload', context: 'cluster', namespace: 'shop-production', workload: 'Deployment', name: 'shop-api', selector: 'app=api', container: 'shop-api' },
      params: { replicas: 5 }, primitive: 'test.scale', actionId: 'scale', systemId: 'shop', environment: 'production', component: 'api', incidentId, requestedBy: asker, risk: 'high', policyId: 'high',
      approvalsNeeded: 1, catalogVersion: 'first', epoch: 1, expiresAt: at(900).toISOString(),
    },
  });
  await storedNothing();
});

test('proposed, it is stored as it was worked out, and runs out by itself', async () => {
  const undo = await bench.runIn('succeeded');
  const proposed = await propose(bench.dependencies, proposal({ undo, channelId: 'C1', threadKey: 'card:1' }));
  if (proposed.kind !== 'planned') throw new Error(proposed.kind);
  const { run } = proposed;
  expect(run).toEqual(await bench.run(run.id));
  expect(run).toMatchObject({ state: 'planned', channelId: 'C1', threadKey: 'card:1', undoOf: undo.id, planHash: hashPlan(run.plan), requestedAt: at(0) });
  expect(run.id).toMatch(/^run_[0-9a-f]{16}$/);
  expect(await bench.db.selectFrom('runs').select('target_key').where('id', '=', run.id).executeTakeFirst()).toEqual({ target_key: 'kubernetes cluster shop-production Deployment shop-api' });
  expect(await bench.duties()).toEqual(['run.expire in 900 s']);
  expect(await bench.db.selectFrom('duties').select('key').execute()).toEqual([{ key: run.id }]);
  expect(await propose(bench.dependencies, proposal())).toMatchObject({ kind: 'planned', run: { undoOf: null } });
});

test('what cannot be planned is not stored', async () => {
  expect(await propose(bench.dependencies, proposal({ requestedBy: viewer }))).toMatchObject({ kind: 'refused' });
  await storedNothing();
});

test('T-05: whoever may not ask learns nothing about the target by trying', async () => {
  bench.world.isSilent = true;
  const wrong = { requestedBy: viewer, given: { replicas: 'many' } };
  expect(await works(wrong)).toEqual(refused('it needs the role SRE (policies › high)', 'Ask somebody who has it: SRE.'));
  expect(bench.world.looks).toBe(0);
});

test('whoever could ask at some other risk gets so far as to be told at which this is', async () => {
  bench.catalog.policies = [rule({ mayAsk: ['viewers'], when: [{ condition: 'belowCurrentReplicas', holds: false }] }), rule({ id: 'fewer', mayAsk: ['owners'] })];
  expect(await works({ requestedBy: viewer })).toMatchObject({ kind: 'plan' });
  bench.world.draft = { conditions: ['fewer_replicas'] };
  expect(await works({ requestedBy: viewer })).toEqual(refused('it needs the role Owner (policies › fewer)', 'Ask somebody who has it: Owner.'));
});

test('what no rule allows is refused', async () => {
  bench.catalog.policies = [];
  expect(await works()).toMatchObject({ refusal: { rule: 'no rule of systems/policies.yaml allows it' } });
});

for (const use of ['test.look', 'test.gone'])
  test(`${use} is no action that changes something`, async () => {
    expect(await works({ action: action({ use }) })).toEqual(refused('it is not an action that changes something', 'Use /stock help.'));
    expect(bench.world.looks).toBe(0);
  });

for (const [why, change, expected] of [
  ['an environment that there is not', { environment: 'nowhere' }, { rule: 'Shop has no environment "nowhere".' }],
  ['a target of another kind', { action: action({ target: 'url', probe: { url: 'http://shop', method: 'GET', okStatuses: [200] } }) }, { refused: 'Scale', rule: 'test.scale acts on a workload', instead: 'Correct systems/shop/system.yaml.' }],
  ['a value that the catalog does not allow', { given: { replicas: '100' } }, { rule: '100 is not between 0 and 99, the bounds of "Replicas".' }],
  ['a value that the primitive does not allow', { given: { replicas: '51' } }, { refused: what, rule: 'at most 50', instead: 'Give a value that fits.' }],
] as const)
  test(`${why} is refused before anybody looks`, async () => {
    expect(await works(change)).toMatchObject({ kind: 'refused', refusal: expected });
    expect(bench.world.looks).toBe(0);
  });

for (const state of ['started', 'unknown'] as const)
  test(`G-5: nothing is planned while a run on the same target is ${state}`, async () => {
    const run = await bench.runIn(state);
    expect(await works()).toMatchObject({ kind: 'busy', run: { id: run.id } });
    expect(await works({ component: 'worker' })).toMatchObject({ kind: 'plan' });
  });

const before = (seconds: number) => bench.runIn('succeeded', {}, { started_at: at(seconds) });
test('an action cools down for as long as the catalog says', async () => {
  await before(-100);
  const cooling = action({ cooldownMs: 300_000 });
  expect(await works({ action: cooling })).toEqual(refused('it was done less than 5 min ago', 'Look whether that helped; it may be done again in 3 min.'));
  expect(bench.world.looks).toBe(0);
  bench.clock.moveTo(at(200));
  expect(await works({ action: cooling })).toMatchObject({ kind: 'plan' });
});

test('an action cools down for as long as the rule says, where that is longer', async () => {
  await before(-100);
  bench.catalog.policies = [rule({ cooldownMs: 300_000 })];
  expect(await works()).toEqual(refused('it was done less than 5 min ago (policies › high)', 'Look whether that helped; it may be done again in 3 min.'));
  expect(await works({ component: 'worker' })).toMatchObject({ kind: 'plan' });
});

test('to take something back nobody has to wait', async () => {
  const undo = await before(-100);
  bench.catalog.policies = [rule({ cooldownMs: 300_000 })];
  expect(await works({ action: action({ cooldownMs: 300_000 }), undo })).toMatchObject({ kind: 'plan' });
});

test('what the primitive refuses is refused in its words, without secrets', async () => {
  bench.world.refusal = { refused: 'Scale', rule: 'password=hunter2hunter2 is wrong', instead: 'Do something else.' };
  const answer = await works();
  expect(answer).toMatchObject({ kind: 'refused', refusal: { refused: 'Scale', instead: 'Do something else.' } });
  expect(JSON.stringify(answer)).not.toContain('hunter2');
});

test('a cluster that does not answer is an error, and nothing is stored', async () => {
  bench.world.isSilent = true;
  await expect(works()).rejects.toThrow('The cluster did not answer.');
  await storedNothing();
});

test('F-49: what the plan does raises its risk, and with that who must approve', async () => {
  bench.world.draft = { conditions: ['to_zero'] };
  expect(await planOf({ action: action({ riskWhen: [{ when: 'to_zero', risk: 'destructive' }] }) })).toMatchObject({ risk: 'destructive', policyId: 'destructive', approvalsNeeded: 2 });
  expect(await planOf({ action: action({ riskWhen: [{ when: 'fewer_replicas', risk: 'destructive' }] }) })).toMatchObject({ risk: 'high', policyId: 'high' });
});

test('a rule that asks what the plan does decides by it', async () => {
  bench.catalog.policies = [rule({ id: 'down', when: [{ condition: 'belowCurrentReplicas', holds: true }] }), rule()];
  expect((await planOf()).policyId).toBe('high');
  bench.world.draft = { conditions: ['fewer_replicas'] };
  expect((await planOf()).policyId).toBe('down');
});

test('what somebody should know before is in the plan: of the primitive, of the catalog, and of a run that nobody knows', async () => {
  bench.world.draft = { warnings: ['It has an autoscaler.'] };
  const lost = await bench.runIn('unknown', { replicas: 9 });
  await bench.db.updateTable('runs').set({ overridden: JSON.stringify({ by: owner, at: at(0).toISOString(), reason: 'we looked' }) }).where('id', '=', lost.id).execute();
  const overrides = 'Nobody knows whether “Scale shop-api to 9” happened; going past it was allowed, because: we looked';
  const plan = await planOf({ action: action({ warning: 'It is slow.' }) });
  expect([plan.draft.warnings, plan.overrides]).toEqual([['It has an autoscaler.', 'It is slow.', overrides], overrides]);
});

test('what is undone goes back on what was changed, as it was changed; the warning of the action is not its own', async () => {
  const undo = await bench.runIn('succeeded', { component: 'worker' });
  const plan = await planOf({ undo, action: action({ warning: 'It is slow.' }), given: { replicas: 'many' } });
  expect(plan).toMatchObject({ target: undo.plan.target, params: { replicas: 3 }, draft: { summary: 'Scale shop-worker to 3', warnings: [] } });
  expect(plan).not.toHaveProperty('overrides');
});

const undoing = async (undo: PlanDraft['undo']): Promise<Run> => {
  const { draft } = bench.planFor();
  return bench.runIn('succeeded', { plan: { draft: { ...draft, undo } } });
};
test('what cannot be undone says why', async () => {
  const undo = await undoing({ impossible: 'the old pods are gone' });
  expect(await works({ undo })).toEqual(refused('the old pods are gone', 'Ask for a change of its own.', 'Undo: Scale shop-api to 5'));
});

test('an undo is refused as an undo', async () => {
  const undo = await undoing({ primitive: 'test.scale', params: { replicas: 51 } });
  expect(await works({ undo })).toEqual(refused('at most 50', 'Give a value that fits.', 'Undo: Scale shop-api to 5'));
  expect(await works({ undo: await undoing({ primitive: 'test.gone', params: {} }) })).toMatchObject({ refusal: { rule: 'it is not an action that changes something' } });
});

test('T-17: a value that looks like a secret is in no command line; what is said of a plan is redacted, and what it sends is not touched', async () => {
  const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
  bench.world.draft = { summary: `Set ${secret}`, request: { via: 'helm', context: 'cluster', arguments: ['upgrade', '--set', `token=${secret}`] } };
  const answer = await works();
  expect(answer).toMatchObject(refused('a value of it looks like a secret, and would stand in a command line and in the record', 'Put it where your secrets are kept, and let the release refer to it.', expect.stringMatching(/^Set /) as unknown as string));
  expect(JSON.stringify(answer)).not.toContain(secret);
  const body = { spec: { token: secret } };
  bench.world.draft = { summary: `Set ${secret}`, warnings: [secret], equivalent: ['kubectl', secret], changes: [{ what: 'token', before: secret, after: secret }], request: { via: 'kubernetes', context: 'cluster', method: 'PATCH', path: '/', contentType: '', body } };
  const { draft } = await planOf();
  expect(draft.request).toMatchObject({ body });
  expect(JSON.stringify({ ...draft, request: null })).not.toContain(secret);
  bench.world.draft = { request: { via: 'helm', context: 'cluster', arguments: ['upgrade', 'shop'] } };
  expect((await planOf()).draft.request).toEqual({ via: 'helm', context: 'cluster', arguments: ['upgrade', 'shop'] });
});

const resumable = action({ parameters: [{ ...action().parameters[0]!, default: 'resume' }, { name: 'note', kind: 'text', label: 'Note', required: false, default: 'resume', deny: [] }, { name: 'other', kind: 'integer', label: 'Other', required: false, default: 1, deny: [] }] });
const remembered = (change: Partial<Proposal> = {}) => withRemembered(bench.dependencies, proposal({ action: resumable, given: {}, ...change }));
const stopped = (undo: PlanDraft['undo']) => bench.runIn('succeeded', { replicas: 0, incidentId: null, plan: { draft: { ...bench.planFor({ replicas: 0 }).draft, undo } } }, { finished_at: at(0) });

test('AP-04: what is started again gets what ran before it was stopped', async () => {
  expect(await remembered()).toEqual({});
  await stopped({ primitive: 'test.scale', params: { replicas: 4 } });
  expect(await remembered()).toEqual({ replicas: '4' });
  expect(await remembered({ given: { replicas: '7' } })).toEqual({ replicas: '7' });
  expect(await remembered({ component: 'worker' })).toEqual({});
  expect(await remembered({ environment: 'nowhere' })).toEqual({});
  expect(await planOf({ action: action({ parameters: [{ ...action().parameters[0]!, default: 'resume' }] }), given: {} })).toMatchObject({ params: { replicas: 4 } });
});

for (const undo of [{ primitive: 'test.scale', params: { replicas: 0 } }, { primitive: 'test.scale', params: {} }, { impossible: 'gone' }] as const)
  test(`AP-04: what is not known to have run before is asked of the person: ${JSON.stringify(undo)}`, async () => {
    await stopped(undo);
    expect(await remembered()).toEqual({});
  });

const pods = shop.actions.get('pods')!;
const reads = (change: Partial<Parameters<typeof read>[1]> = {}) => read(bench.dependencies, { system: shop, action: pods, environment: 'production', component: 'worker', given: {}, ...change });

test('a reading is what the outside says of the component that was named', async () => {
  bench.world.reading = (name) => ({ headline: name, state: 'bad', lines: ['1'] });
  expect(await reads()).toEqual({ kind: 'read', reading: { headline: 'shop-worker', state: 'bad', lines: ['1'] } });
  expect(await reads({ component: null })).toMatchObject({ reading: { headline: 'shop-api' } });
});

for (const [why, change, refusal] of [
  ['changes something', { action: scale }, { refused: 'Scale', rule: 'it is not an action that only reads', instead: 'Use /stock help.' }],
  ['nobody knows', { action: { ...pods, use: 'test.gone' } }, { refused: 'Show pods', rule: 'it is not an action that only reads', instead: 'Use /stock help.' }],
  ['has no such place', { environment: 'nowhere' }, { rule: 'Shop has no environment "nowhere".' }],
  ['has no such parameter', { given: { tail: '5' } }, { rule: 'It has no parameter "tail".' }],
  ['has a value that does not fit', { action: { ...pods, fixed: { replicas: 51 } } }, { refused: 'Show pods', rule: 'at most 50', instead: 'Give a value that fits.' }],
] as const)
  test(`a reading that ${why} is refused`, async () => {
    expect(await reads(change)).toMatchObject({ kind: 'refused', refusal });
    expect(bench.world.looks).toBe(0);
  });

test('a reading that gets no answer is trouble, and not thrown', async () => {
  bench.world.isSilent = true;
  expect(await reads()).toEqual({ kind: 'trouble', reason: 'The cluster did not answer.' });
});

test('a look ends at its deadline, by the clock of the bot, and leaves nothing waiting when it is done', async () => {
  const { dependencies } = bench;
  const waiting = withinUnredacted(dependencies, 2_600, ({ signal, clock, ports }) => new Promise<readonly unknown[]>((resolve) => signal.addEventListener('abort', () => resolve([signal.reason, clock, ports]))));
  bench.clock.moveTo(at(2));
  bench.clock.moveTo(at(2.6));
  expect(await waiting).toMatchObject([new Error('No answer within 3 s.'), {}, { helm: {} }]);
  let aborted: AbortSignal | undefined;
  await within(dependencies, 1_000, async ({ signal }) => void (aborted = signal));
  expect(bench.clock.nextWakeAt()).toBeUndefined();
  bench.clock.moveTo(at(100));
  await Promise.resolve();
  expect(aborted?.aborted).toBe(false);
});

test('who asked is asked for, and nobody else', async () => {
  bench.people.set(asker, identity(asker, []));
  expect(await works()).toMatchObject({ refusal: { rule: 'it needs the role SRE (policies › high)' } });
  expect(await works({ requestedBy: owner })).toMatchObject({ plan: { requestedBy: owner } });
});
