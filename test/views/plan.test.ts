import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlanDraft, Target } from '../../src/actions/plan.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import { canonicalJson, type Json } from '../../src/support/json.ts';
import { planFile } from '../../src/views/exact-plan.ts';
import { commandLine } from '../../src/views/plan-details.ts';
import { confirmationInput, planModal } from '../../src/views/plan-modal.ts';
import { runMessage } from '../../src/views/run-message.ts';
import { plan, planView, run, whole } from './every-view.ts';
import { at } from './examples.ts';
import { objectsOf, textsOf } from './limits.ts';

/** Words with everything that escaping touches, short and long, so that two different ones must not look alike. */
const word = fc.oneof(
  fc.constantFrom('v1', 'v2', 'v1\u200b', 'v1\\u{200b}', ' v1', 'v1 ', 'v1\n', 'a*b', '*a*', '∗a∗', '`a`', 'ˋaˋ', '<a>', '&lt;', '', ' ', 'a  b', 'a b', 'a\u00a0b', '@here', '＠here', 'https://a', ':fire:', '> a', '1 character, sha256', '\ud800', '\ufffd', '_nothing_'),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.string({ minLength: 101, maxLength: 130 }),
);
const sentences = fc.oneof(word, fc.string({ minLength: 480, maxLength: 520 }));
const params = fc.dictionary(fc.oneof(fc.constantFrom('replicas', 'set'), word), fc.oneof(word, fc.nat(3), fc.dictionary(word, word, { maxKeys: 2 })), { maxKeys: 2 });
const argv = fc.array(word, { maxLength: 3 });
const draft: fc.Arbitrary<PlanDraft> = fc.record(
  {
    summary: sentences,
    changes: fc.array(fc.record({ what: word, before: word, after: word }), { maxLength: 3 }),
    warnings: fc.array(sentences, { maxLength: 2 }),
    conditions: fc.subarray(['fewer_replicas', 'outside_autoscaler', 'to_zero'] as const),
    request: fc.oneof(
      fc.record({ via: fc.constant('helm' as const), context: word, arguments: argv }),
      fc.record({ via: fc.constant('compose' as const), host: word, arguments: argv }),
      fc.record({ via: fc.constant('kubernetes' as const), context: word, method: fc.constantFrom('PATCH' as const, 'PUT' as const), path: word, contentType: word, body: fc.oneof(fc.array(params, { maxLength: 2 }), params) }),
    ),
    equivalent: argv,
    undo: fc.oneof(fc.record({ impossible: sentences }), fc.record({ primitive: word, params })),
    guard: fc.dictionary(fc.constantFrom('uid', 'workloadUid', 'generation', 'chartDigest'), fc.oneof(word, fc.nat(3), fc.constant(null)), { maxKeys: 3 }),
    settleWithinMs: fc.constantFrom(60_000, 60_001, 300_000),
  },
  { requiredKeys: ['summary', 'changes', 'warnings', 'request', 'equivalent', 'undo', 'guard', 'settleWithinMs'] },
);
const workloadTarget = fc.record({ kind: fc.constant('workload' as const), context: word, namespace: word, workload: fc.constantFrom('Deployment' as const, 'StatefulSet' as const, 'DaemonSet' as const), name: word, selector: word, container: word });
const targets: fc.Arbitrary<Target> = fc.oneof(
  workloadTarget,
  fc.record({ kind: fc.constant('release' as const), context: word, namespace: word, release: word, chart: word, workload: workloadTarget }),
  fc.record({ kind: fc.constant('compose' as const), host: word, file: word, project: word, service: word, containerName: word }),
);
const plans: fc.Arbitrary<Plan> = fc.record({
  draft, target: targets, params, primitive: word, actionId: word, systemId: word, environment: word, component: fc.option(word), incidentId: fc.option(fc.nat(9)), requestedBy: word,
  risk: fc.constantFrom('low', 'high', 'destructive'), policyId: word, approvalsNeeded: fc.nat(3), catalogVersion: word, epoch: fc.nat(3), expiresAt: word,
});
const asJson = (value: unknown) => canonicalJson(value as Json);
/** The request as those see it who decide, with the same hash and everything beside the plan the same. */
const request = (made: Plan) => textsOf(runMessage(run({ is: 'waitsForApproval', needed: 1, approvers: 'SRE', people: [], ownerMissing: null, expiresAt: at('02:31') }, { plan: plan(), whole: made })).blocks).join('\n');

test('T-16: two different plans never give the same request, even with the same hash', () => {
  fc.assert(
    fc.property(plans, plans, (first, second) => {
      fc.pre(asJson(first) !== asJson(second));
      expect(request(first)).not.toBe(request(second));
    }),
    { numRuns: 600 },
  );
});

test('T-16: one changed field of a plan, however deep and however alike, changes the request', () => {
  fc.assert(
    fc.property(plans, fc.nat(), word, (first, choice, other) => {
      const leaves = valuesOf(first);
      const second = changedAt(first as unknown as Json, leaves[choice % leaves.length] as readonly string[], other) as unknown as Plan;
      fc.pre(asJson(first) !== asJson(second));
      expect(request(first)).not.toBe(request(second));
    }),
    { numRuns: 1_500 },
  );
});

test('T-16: every field of a plan is in the request', () => {
  for (const leaf of valuesOf(whole())) expect(request(changedAt(whole() as unknown as Json, leaf, 'other') as unknown as Plan), leaf.join('.')).not.toBe(request(whole()));
});

test('T-16: the requester sees the same plan in the window where it is confirmed', () => {
  const shown = (made: Plan) => textsOf(planModal(planView({ whole: made })).blocks).join('\n');
  for (const leaf of valuesOf(whole())) expect(shown(changedAt(whole() as unknown as Json, leaf, 'other') as unknown as Plan), leaf.join('.')).not.toBe(shown(whole()));
});

function leavesOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item as Json, [...path, key]));
}

/** What kind of thing it is decides which fields there are, so it is left alone here. */
const valuesOf = (made: Plan) => leavesOf(made as unknown as Json).filter((path) => !['kind', 'via', 'method'].includes(path.at(-1) ?? ''));

function changedAt(value: Json, [key, ...rest]: readonly string[], other: string): Json {
  if (key === undefined) return typeof value === 'number' ? value + 1 : other;
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? changedAt(item as Json, rest, other) : (item as Json)));
  return { ...(value as Record<string, Json>), [key]: changedAt((value as Record<string, Json>)[key] as Json, rest, other) };
}

test('T-16: a long value is named by its length and hash, never cut, and goes whole into a file', () => {
  const long = { ...plan(), changes: [{ what: 'config', before: 'a'.repeat(500), after: `${'a'.repeat(499)}b` }] };
  for (const shown of [request(whole(long)), textsOf(planModal(planView({ plan: long })).blocks).join('\n')]) {
    expect(shown).toMatch(/500 characters, sha256 `[0-9a-f]{32}` → \*500 characters, sha256 `[0-9a-f]{32}`\*/);
    expect(shown).not.toContain('aaaa');
  }
  expect(planFile(whole(long))?.body).toContain(`${'a'.repeat(499)}b`);
  expect(planFile(whole())).toBeNull();
});

test('T-16: a plan that has no room in a message is named by its hash as a whole, and goes into a file', () => {
  const large = whole({ ...plan(), changes: Array.from({ length: 90 }, (_, index) => ({ what: `value ${index}`, before: 'a'.repeat(60), after: 'b'.repeat(60) })) });
  expect(request(large)).toMatch(/\*The plan, whole\*, is \d+ characters, sha256 `[0-9a-f]{32}`/);
  expect(request(large)).not.toContain('Left out');
  expect(planFile(large)?.body).toContain('value 89');
});

test('the plan asks for as much as the rule does', () => {
  const alone = planModal(planView({ actionTitle: 'Scale', need: { approvals: 0, approvers: '', because: 'staging', typedConfirmation: null } }));
  expect([alone.submit?.text, objectsOf(alone, 'input')]).toEqual(['Scale', []]);
  const approval = planModal(planView());
  expect(approval.submit?.text).toBe('Ask for approval');
  expect(textsOf(approval.blocks).join('\n')).toContain('Needs *one more person* from SRE');
  const typed = planModal(planView({ need: { approvals: 2, approvers: 'SRE', because: 'production', typedConfirmation: 'stock-service' } }));
  expect(objectsOf(typed, 'input').map(({ block_id }) => block_id)).toEqual([confirmationInput]);
});

test('an approval shows who asked, what changes, how many are missing and until when', () => {
  const shown = textsOf(runMessage(run({ is: 'waitsForApproval', needed: 2, approvers: 'SRE', people: ['U0PLATFORM', 'U0APPROVER'], ownerMissing: null, expiresAt: at('02:31') })).blocks).join('\n');
  for (const fact of ['Asked by <@U0ONCALL> for INC-42', '`9f3c·21ab`', '1 of 2 from SRE', 'image `v2.4.1` → `v2.4.0`', '2026-11-22T02:31:00Z', 'In-memory caches start empty.', 'May decide: <@U0PLATFORM>.']) expect(shown).toContain(fact);
});

test('what is not known offers to look, to be settled, and to let others go past, and nothing else', () => {
  const content = runMessage(run({ is: 'unknown', startedAt: at('02:17'), since: at('02:18'), reason: 'The connection broke.', evidence: null }));
  expect(objectsOf(content.blocks, 'button').map(({ action_id }) => action_id)).toEqual(['run.lookAgain', 'run.itHappened', 'run.itDidNot', 'run.override']);
  expect(textsOf(content.blocks).join('\n')).toContain('It will not be tried again by itself');
});

test('a run that worked but whose checks are bad does not read as a success', () => {
  const checks = [{ title: 'Health check', reading: { headline: 'answers 503', state: 'bad' as const, lines: [] } }];
  const content = runMessage(run({ is: 'succeeded', startedAt: at('02:17'), endedAt: at('02:18'), lines: [], checks, comparison: null, canUndo: true }));
  expect(content.text).toContain('done, but 1 of 1 check is not good');
});

test('the line to type instead is safe to paste', () => {
  expect(commandLine(['kubectl', 'scale', '--replicas=5', '--', 'deployment/a b', "it's", '$(x)', ''])).toBe(`kubectl scale --replicas=5 -- 'deployment/a b' 'it'\\''s' '$(x)' ''`);
});
