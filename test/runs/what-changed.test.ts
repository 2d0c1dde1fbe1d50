import { beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/approvals/plan.ts';
import { checkParameters, resolveTarget } from '../../src/catalog/resolve.ts';
import type { Action, System } from '../../src/catalog/system.ts';
import { givenIn, whatChanged, whyCatalogDiffers } from '../../src/runs/what-changed.ts';
import { catalogOf, changed, files, systemOf, type Files } from '../catalog/catalog-directory.ts';

/** Goal: whoever approved learns in words what is no longer so (G-6, F-49). Method: what a plan depends on, and one thing of it changed at a time. */
const guard = { generation: 3, uid: '8f7e2a10-31f5-4a57-9f0e-52d1f6c7b9aa', images: { api: 'shop:v1' } };
for (const [why, seen, words] of [
  ['nothing', { ...guard }, null],
  ['the order in which it was read', { images: { api: 'shop:v1' }, uid: guard.uid, generation: 3 }, null],
  ['a number', { ...guard, generation: 4 }, 'generation was 3 and is 4 now'],
  ['something inside', { ...guard, images: { api: 'shop:v2' } }, 'images was {"api":"shop:v1"} and is {"api":"shop:v2"} now'],
  ['what is not there any more', { generation: 3, uid: guard.uid }, 'images was {"api":"shop:v1"} and is absent now'],
  ['what was not there', { ...guard, autoscaler: 'shop' }, 'autoscaler was absent and is shop now'],
  ['what nothing is said of any more', { ...guard, generation: null }, 'generation was 3 and is absent now'],
  ['several things, in the order of their names', { ...guard, replicas: 5, generation: 4 }, 'generation was 3 and is 4 now; replicas was absent and is 5 now'],
  ['an identifier of 36 characters, which is shown whole', { ...guard, uid: '01234567-31f5-4a57-9f0e-52d1f6c7b9aa' }, 'uid was 8f7e2a10-31f5-4a57-9f0e-52d1f6c7b9aa and is 01234567-31f5-4a57-9f0e-52d1f6c7b9aa now'],
  ['a text of 40 characters, which is shown whole', { ...guard, uid: 'x'.repeat(40) }, `uid was 8f7e2a10-31f5-4a57-9f0e-52d1f6c7b9aa and is ${'x'.repeat(40)} now`],
  ['a longer one, of which the beginning is shown', { ...guard, uid: `sha256:01234567${'x'.repeat(30)}` }, 'uid was 8f7e2a10-31f5-4a57-9f0e-52d1f6c7b9aa and is sha256:01234… now'],
] as const)
  test(`of the target has changed: ${why}`, () => {
    expect(whatChanged(guard, seen)).toBe(words === null ? null : `The target has changed since the plan was made: ${words}.`);
  });

describe('the catalog of now', () => {
  let plan: Plan;
  const scaleOf = (system: System): Action => system.actions.get('scale')!;
  const shopOf = async (given: Files) => systemOf(await catalogOf(given), 'shop');
  beforeAll(async () => {
    const shop = await shopOf(files);
    const checked = checkParameters(shop, scaleOf(shop), 'web', { replicas: '5' });
    plan = { target: resolveTarget(shop, scaleOf(shop), 'production', 'web'), params: 'ok' in checked ? checked.params : {}, environment: 'production', component: 'web' } as Plan;
  });

  const inSystem = (from: string, to: string) => changed('shop/system.yaml', from, to);
  for (const [why, given, expected] of [
    ['says the same', files, null],
    ['says something else that is not of the plan', inSystem('normal: 3', 'normal: 4'), null],
    ['still allows it', inSystem('max: 9', 'max: 5'), null],
    ['allows less', inSystem('max: 9', 'max: 4'), 'The catalog no longer allows it: 5 is more than shop-web may have (2–4).'],
    ['names another object', inSystem('workload: {kind: Deployment, name: shop-web}', 'workload: {kind: Deployment, name: shop-api}'), 'The catalog names another target for it by now.'],
    ['names another cluster', inSystem('context: prod', 'context: dr'), 'The catalog names another target for it by now.'],
    ['does not have the environment any more', inSystem('  production:\n', '  live:\n'), 'The catalog no longer offers it: Shop has no environment "production".'],
    ['fixes a parameter that was free', inSystem('use: k8s.scale', 'use: k8s.scale\n    fixed: {grace: 30}'), 'The catalog gives it other parameters by now.'],
  ] as const satisfies readonly (readonly [string, Files, string | null])[])
    test(`F-49: ${why}: ${expected ?? 'the plan stands'}`, async () => {
      const shop = await shopOf(given);
      expect(whyCatalogDiffers(shop, scaleOf(shop), plan)).toBe(expected);
    });
});

for (const [why, parameters, params, given] of [
  ['a number and a text, as a person would type them', [{ name: 'replicas' }, { name: 'tag' }], { replicas: 5, tag: 'v2' }, { replicas: '5', tag: 'v2' }],
  ['false and zero, which are values', [{ name: 'wait' }, { name: 'replicas' }], { wait: false, replicas: 0 }, { wait: 'false', replicas: '0' }],
  ['nothing of what was left out', [{ name: 'tag' }, { name: 'grep' }], { grep: null }, {}],
  ['nothing of what the catalog fixed', [{ name: 'replicas' }], { replicas: 5, container: 'api' }, { replicas: '5' }],
  ['a value of the chart by the name that a person knows', [{ name: 'tag', sets: 'image.tag' }, { name: 'replicas' }], { replicas: 5, set: { 'image.tag': 'v2' } }, { tag: 'v2', replicas: '5' }],
  ['no value of the chart where none was set', [{ name: 'tag', sets: 'image.tag' }], { tag: 'v2' }, {}],
] as const)
  test(`read back from a plan is ${why}`, () => expect(givenIn({ parameters } as unknown as Action, params)).toEqual(given));
