import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlanDraft, Target } from '../../src/actions/plan.ts';
import { canonicalJson, type Json } from '../../src/support/json.ts';
import { commandLine, planFile } from '../../src/views/plan-details.ts';
import { confirmationInput, planModal, wholePlanModal } from '../../src/views/plan-modal.ts';
import { runMessage } from '../../src/views/run-message.ts';
import { plan, planHash, planView, run, target } from './every-view.ts';
import { at } from './examples.ts';
import { objectsOf, textsOf } from './limits.ts';

/** Words with everything that escaping touches, short and long, so that two different ones must not look alike. */
const word = fc.oneof(
  fc.constantFrom('v1', 'v2', 'v1\u200b', ' v1', 'a*b', '*a*', '`a`', '<a>', '&lt;', ''),
  fc.string({ maxLength: 12 }),
  fc.string({ minLength: 101, maxLength: 130 }),
);
const draft: fc.Arbitrary<PlanDraft> = fc.record({
  summary: fc.constantFrom('Scale a', 'Scale b'),
  changes: fc.array(fc.record({ what: fc.constantFrom('image', 'replicas'), before: word, after: word }), { maxLength: 2 }),
  warnings: fc.array(fc.constantFrom('One.', 'Two.'), { maxLength: 2 }),
  request: fc.record({ via: fc.constant('helm' as const), context: word, arguments: fc.array(word, { maxLength: 3 }) }),
  equivalent: fc.array(word, { maxLength: 3 }),
  undo: fc.oneof(fc.record({ impossible: fc.constantFrom('It deletes.', 'It drops.') }), fc.record({ primitive: fc.constant('k8s.scale'), params: fc.record({ replicas: fc.nat(3) }) })),
  guard: fc.record({ uid: word, revision: fc.nat(3) }),
  settleWithinMs: fc.constantFrom(60_000, 300_000),
});
const targets: fc.Arbitrary<Target> = fc.constantFrom<Target>(
  target(),
  { ...target(), namespace: 'other' },
  { kind: 'workload', context: 'prod', namespace: 'a', workload: 'Deployment', name: 'a', selector: 'app=a', container: 'a' },
  { kind: 'compose', host: 'local', file: 'compose.yaml', project: 'crypto', service: 'api', containerName: 'api' },
);
const asJson = (value: unknown) => canonicalJson(value as Json);

test('T-16: two different plans never look alike, even with the same hash', () => {
  fc.assert(
    fc.property(draft, draft, targets, targets, (first, second, firstTarget, secondTarget) => {
      fc.pre(asJson(first) !== asJson(second) || asJson(firstTarget) !== asJson(secondTarget));
      const rendered = (made: PlanDraft, on: Target) => JSON.stringify(wholePlanModal(planView({ plan: made, target: on, planHash })).blocks);
      expect(rendered(first, firstTarget)).not.toBe(rendered(second, secondTarget));
    }),
    { numRuns: 1_500 },
  );
});

test('T-16: one changed field of a plan changes what is shown', () => {
  fc.assert(
    fc.property(draft, fc.constantFrom<keyof PlanDraft>('summary', 'changes', 'warnings', 'request', 'equivalent', 'undo', 'guard', 'settleWithinMs'), draft, (first, field, other) => {
      const second = { ...first, [field]: other[field] };
      fc.pre(asJson(first) !== asJson(second));
      const rendered = (made: PlanDraft) => JSON.stringify(wholePlanModal(planView({ plan: made })).blocks);
      expect(rendered(first)).not.toBe(rendered(second));
    }),
    { numRuns: 1_500 },
  );
});

const workload = { kind: 'workload', context: 'prod', namespace: 'a', workload: 'Deployment', name: 'a', selector: 'app=a', container: 'a' } as const;
for (const one of [
  workload,
  { kind: 'release', context: 'prod', namespace: 'a', release: 'a', chart: 'a-1', workload },
  { kind: 'compose', host: 'local', file: 'compose.yaml', project: 'crypto', service: 'api', containerName: 'api' },
] as const satisfies readonly Target[]) {
  for (const field of Object.keys(one).filter((name) => name !== 'kind')) {
    test(`T-16: a ${one.kind} with another ${field} looks different`, () => {
      const other = { ...one, [field]: field === 'workload' ? (one.kind === 'release' ? { ...workload, name: 'b' } : 'StatefulSet') : 'other' } as Target;
      const rendered = (on: Target) => textsOf(wholePlanModal(planView({ target: on })).blocks).join('\n');
      expect(rendered(other)).not.toBe(rendered(one));
    });
  }
}

test('T-16: a long value is named by its length and hash, never cut, and goes whole into a file', () => {
  const long = { ...plan(), changes: [{ what: 'config', before: 'a'.repeat(500), after: `${'a'.repeat(499)}b` }] };
  const shown = textsOf(planModal(planView({ plan: long })).blocks).join('\n');
  expect(shown).toMatch(/500 characters, sha256 `[0-9a-f]{16}` → \*500 characters, sha256 `[0-9a-f]{16}`\*/);
  expect(shown).not.toContain('aaaa');
  expect(planFile(long, target())?.body).toContain(`${'a'.repeat(499)}b`);
  expect(planFile(plan(), target())).toBeNull();
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
  const shown = textsOf(runMessage(run({ is: 'waitsForApproval', needed: 2, approvers: 'SRE', expiresAt: at('02:31') })).blocks).join('\n');
  for (const fact of ['Asked by <@U0ONCALL> for INC-42', '`9f3c·21ab`', '1 of 2 from SRE', 'image `v2.4.1` → `v2.4.0`', '2026-11-22T02:31:00Z', 'In-memory caches start empty.']) expect(shown).toContain(fact);
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
