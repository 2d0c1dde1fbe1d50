/**
 * Goal: the policy decides as a few lines of plain reading would, whatever stands in the file.
 * Method: random rules, places, facts and people; a model that goes through the rules from the top and knows nothing of the code (M-20).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { possibleRulings, rulingFor, whatIsMissing, whyNeverAsk, whyNotApprove, whyNotAsk, type Identity } from '../../src/approvals/policy.ts';
import { policyConditions, type Facts } from '../../src/catalog/conditions.ts';
import type { Catalog, PolicyRule, System } from '../../src/catalog/system.ts';

const roleIds = ['a', 'b', 'c', 'd'] as const;
const environments = new Map([['production', { protected: true }], ['staging', { protected: false }]]);
const risks = ['read', 'low', 'high', 'destructive'] as const;

const demand = fc.record({ condition: fc.constantFrom(...policyConditions), holds: fc.boolean() });
const rule = fc.record({
  risk: fc.constantFrom(...risks),
  system: fc.option(fc.constantFrom('shop', 'mall'), { nil: null }),
  environment: fc.option(fc.constantFrom('production', 'staging'), { nil: null }),
  protectedOnly: fc.boolean(),
  when: fc.array(demand, { maxLength: 2 }),
  refuse: fc.option(fc.constant('it is not the season'), { nil: null, freq: 5 }),
  mayAsk: fc.subarray([...roleIds, 'operators', 'owners'], { minLength: 1 }),
  mayApprove: fc.subarray([...roleIds, 'approvers', 'owners'], { minLength: 1 }),
  approvals: fc.integer({ min: 0, max: 3 }),
  ownerAmongThem: fc.boolean(),
});
const facts = fc.record(Object.fromEntries(policyConditions.map((condition) => [condition, fc.boolean()])) as Record<keyof Facts, fc.Arbitrary<boolean>>);
const access = fc.record({ viewers: fc.subarray([...roleIds]), operators: fc.subarray([...roleIds]), approvers: fc.subarray([...roleIds]), owners: fc.subarray([...roleIds]) });
const someone = fc.record({ id: fc.constantFrom('U1', 'U2', 'U3', 'U4', 'U5'), email: fc.constantFrom('one@x', 'two@x', 'ONE@x', null), roles: fc.subarray([...roleIds]), isFullMember: fc.boolean() });
const world = fc.record({ rules: fc.array(rule, { maxLength: 6 }), access, facts, environment: fc.constantFrom('production', 'staging'), risk: fc.constantFrom(...risks), requester: someone, approvers: fc.uniqueArray(someone, { maxLength: 4, selector: ({ id }) => id }) });
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Someone = World['requester'];

function real({ rules, access: lists }: World) {
  const system = { id: 'shop', name: 'Shop', access: lists, environments } as unknown as System;
  const policies: PolicyRule[] = rules.map((each, index) => ({ ...each, id: `rule-${index}`, confirm: true, typedConfirmation: false, expiresAfterMs: 1, cooldownMs: 0, breakGlassRank: null, line: index }));
  return { system, catalog: { version: '', systems: [system], roles: new Map(), policies, sharedChannels: [], samePerson: [], sources: new Map(), holds: { freeze: [], freezeAll: [], override: [] } } satisfies Catalog };
}
const identity = ({ id, email, roles, isFullMember }: Someone): Identity => ({ person: { id, name: id, email, timezone: null, isFullMember, kind: isFullMember ? 'member' : 'guest' }, roles: new Set(roles), areRolesKnown: true });

/** The model. */
function deciding({ rules, facts: so, environment, risk }: World): World['rules'][number] | undefined {
  for (const each of rules) {
    if (each.risk !== risk || each.system === 'mall') continue;
    if (each.environment !== null && each.environment !== environment) continue;
    if (each.protectedOnly && environment === 'staging') continue;
    if (each.when.every(({ condition, holds }) => so[condition] === holds)) return each;
  }
  return undefined;
}
const holds = (person: Someone, words: readonly string[], lists: World['access']) => words.some((word) => person.roles.includes(word as 'a') || (lists[word as 'owners'] ?? []).some((role) => person.roles.includes(role)));
const same = (one: Someone, other: Someone) => one.id === other.id || (one.email !== null && one.email.toLowerCase() === other.email?.toLowerCase());

const runs = { numRuns: 5_000 };

test('M-20: the rule that decides, and who may ask, are those of the model', () => {
  fc.assert(
    fc.property(world, (given) => {
      const { system, catalog } = real(given);
      const ruling = rulingFor(catalog, system, given.environment, given.risk, given.facts);
      const expected = deciding(given);
      expect(ruling.rule?.id).toBe(expected && `rule-${given.rules.indexOf(expected)}`);
      const may = expected !== undefined && expected.refuse === null && given.requester.isFullMember && holds(given.requester, expected.mayAsk, given.access);
      expect(whyNotAsk(ruling, identity(given.requester), '') === null).toBe(may);
      // Whoever may in the end is never turned away before everything is known.
      if (may) expect(whyNeverAsk(possibleRulings(catalog, system, given.environment, given.risk, {}), identity(given.requester), '')).toBeNull();
    }),
    runs,
  );
});

test('M-20, T-14: who may approve, and when it is enough, are those of the model: each human once, never the requester, an owner where one is asked for', () => {
  fc.assert(
    fc.property(world, (given) => {
      const expected = deciding(given);
      if (expected === undefined || expected.refuse !== null || expected.approvals === 0) return;
      const { system, catalog } = real(given);
      const ruling = rulingFor(catalog, system, given.environment, given.risk, given.facts);
      const entitled = given.approvers.filter((person) => person.isFullMember && !same(person, given.requester) && holds(person, expected.mayApprove, given.access));
      for (const person of given.approvers) expect(whyNotApprove(ruling, identity(person), identity(given.requester), '') === null).toBe(entitled.includes(person));
      const humans = entitled.filter((person, index) => !entitled.slice(0, index).some((earlier) => same(earlier, person)));
      const isEnough = humans.length >= expected.approvals && (!expected.ownerAmongThem || humans.some((person) => holds(person, ['owners'], given.access)));
      expect(whatIsMissing(ruling, expected.approvals, given.approvers.map(identity), identity(given.requester)) === null).toBe(isEnough);
    }),
    runs,
  );
});

test('F-49: of two rules both must be met, so another rule beside the deciding one never lets through more', () => {
  fc.assert(
    fc.property(world, fc.nat(), (given, pick) => {
      const { system, catalog } = real(given);
      const ruling = rulingFor(catalog, system, given.environment, given.risk, given.facts);
      const alsoRule = catalog.policies[pick % Math.max(1, catalog.policies.length)] ?? null;
      const both = { ...ruling, alsoRule };
      const [requester, approvers] = [identity(given.requester), given.approvers.map(identity)];
      if (whyNotAsk(ruling, requester, '') !== null) expect(whyNotAsk(both, requester, '')).not.toBeNull();
      const needed = ruling.rule?.approvals ?? 1;
      if (needed > 0 && whatIsMissing(ruling, needed, approvers, requester) !== null) expect(whatIsMissing(both, needed, approvers, requester)).not.toBeNull();
    }),
    runs,
  );
});
