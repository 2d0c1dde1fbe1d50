import { expect, test } from 'vitest';
import { hashPlan } from '../../src/approvals/plan-hash.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import type { Json } from '../../src/support/json.ts';

/** Goal: an approval covers every word of the plan (G-6, T-13). Method: one plan, each of its fields changed in turn. */
const plan = {
  draft: {
    summary: 'Scale shop from 3 to 5',
    changes: [{ what: 'replicas', before: '3', after: '5' }],
    warnings: ['An autoscaler may undo it.'],
    request: { via: 'kubernetes', context: 'prod', method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/shop/scale', contentType: 'application/json-patch+json', body: [{ op: 'replace', path: '/spec/replicas', value: 5 }] },
    equivalent: ['kubectl', 'scale'],
    undo: { primitive: 'k8s.scale', params: { replicas: 3 } },
    guard: { uid: 'a', generation: 7 },
    settleWithinMs: 300_000,
  },
  target: { kind: 'workload', context: 'prod', namespace: 'shop', workload: 'Deployment', name: 'shop', selector: 'app=shop', container: 'shop' },
  params: { replicas: 5 },
  primitive: 'k8s.scale',
  actionId: 'scale',
  systemId: 'shop',
  environment: 'production',
  component: 'api',
  incidentId: 42,
  requestedBy: 'U0ONCALL',
  risk: 'low',
  policyId: 'low',
  approvalsNeeded: 0,
  catalogVersion: 'c1',
  epoch: 1,
  expiresAt: '2026-03-02T02:28:00.000Z',
} as const satisfies Plan;

for (const path of pathsOf(plan as unknown as Json)) {
  test(`a change of ${path.join('.')} is another plan`, () => {
    expect(hashPlan(changed(plan as unknown as Json, path) as unknown as Plan)).not.toBe(hashPlan(plan));
  });
}

test('the order in which a database keeps its fields does not matter', () => {
  const reversed = Object.fromEntries(Object.entries(plan).toReversed()) as unknown as Plan;
  expect(hashPlan(reversed)).toBe(hashPlan(plan));
});

function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, item]) => pathsOf(item as Json, [...path, key]));
}

function changed(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return typeof value === 'number' ? value + 1 : `${String(value)}!`;
  const copy = structuredClone(value) as Record<string, Json>;
  copy[key] = changed(copy[key] ?? null, rest);
  return copy;
}
