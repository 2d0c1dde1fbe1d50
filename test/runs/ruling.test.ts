import { expect, test } from 'vitest';
import type { Target } from '../../src/actions/plan.ts';
import { approvalsNeeded, nameToType, rulingOf, whyNotTyped } from '../../src/runs/ruling.ts';
import type { Run } from '../../src/runs/run.ts';
import { action, bank, rule, shop } from './tiny-catalog.ts';
import { useWorkbench } from './workbench.ts';

/**
 * Goal: a plan is decided on by the stricter of the rules of then and now, and what they ask of people is said in words.
 * Method: one plan; the rules, the action and what was typed differ.
 */
const bench = useWorkbench();

for (const [target, name] of [
  [{ kind: 'workload', name: 'shop-api' }, 'shop-api'],
  [{ kind: 'release', release: 'shop' }, 'shop'],
  [{ kind: 'compose', service: 'api' }, 'api'],
  [{ kind: 'url', url: 'http://shop' }, 'the-system'],
] as const)
  test(`whoever means a ${target.kind} types ${name}`, () => {
    expect(nameToType({ plan: { target: target as unknown as Target, systemId: 'the-system' } } as Run)).toBe(name);
  });

test('what is wrong with a typed name is said beside its field', async () => {
  const run = await bench.planned();
  const ruling = await rulingOf(bench.dependencies, bench.db, run);
  expect(whyNotTyped(run, ruling, null)).toBeNull();
  expect(whyNotTyped(run, null, null)).toBeNull();
  const careful = { ...ruling!, rule: rule({ typedConfirmation: true }) };
  expect(whyNotTyped(run, careful, 'shop')).toBe('Type shop-api exactly. Nothing has been done.');
  expect(whyNotTyped(run, careful, 'shop-api')).toBeNull();
  expect(whyNotTyped(run, { ...ruling!, rule: null, alsoRule: null }, null)).toBeNull();
});

test('F-49: the most approvals of the plan, the rule of now and the rule of then are needed, and one where no rule says', async () => {
  const run = await bench.planned({ plan: { approvalsNeeded: 0 } });
  const ruling = await rulingOf(bench.dependencies, bench.db, run);
  const needed = (now: number, then: number | null, plan = 0) => approvalsNeeded({ ...run, approvalsNeeded: plan }, { ...ruling!, rule: rule({ approvals: now }), alsoRule: then === null ? null : rule({ approvals: then }) });
  expect([needed(0, null), needed(2, null), needed(1, 3), needed(0, 0, 2)]).toEqual([0, 2, 3, 2]);
  expect([approvalsNeeded(run, null), approvalsNeeded(run, { ...ruling!, rule: null, alsoRule: null })]).toEqual([1, 1]);
});

test('F-49: the ruling is by the risk of the plan or of now, whichever is worse, and names the rule of then beside it', async () => {
  const ruleIds = async (run: Run, conditions?: readonly 'fewer_replicas'[]) => {
    const ruling = await rulingOf(bench.dependencies, bench.db, run, conditions);
    return [ruling?.rule?.id, ruling?.alsoRule?.id ?? null];
  };
  const run = await bench.planned();
  expect(await ruleIds(run)).toEqual(['high', null]);
  const withScale = (change: Parameters<typeof action>[0]) => (bench.catalog.systems = [bank, { ...shop, actions: new Map([['scale', action(change)]]) }]);
  withScale({ risk: 'low' });
  expect(await ruleIds(run)).toEqual(['high', null]);
  withScale({ riskWhen: [{ when: 'fewer_replicas', risk: 'destructive' }] });
  expect(await ruleIds(run)).toEqual(['high', null]);
  expect(await ruleIds(run, ['fewer_replicas'])).toEqual(['destructive', 'high']);
  const lower = await bench.planned({ plan: { draft: { ...run.plan.draft, conditions: ['fewer_replicas'] } } });
  expect(await ruleIds(lower)).toEqual(['destructive', 'high']);
  bench.catalog.systems = [{ ...shop, actions: new Map() }];
  expect(await ruleIds(run)).toEqual(['high', null]);
});
