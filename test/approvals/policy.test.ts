import { expect, test } from 'vitest';
import type { Person } from '../../src/approvals/person.ts';
import { rulingFor, whatIsMissing, whyNotApprove, whyNotAsk, whyNotRespond, type Identity, type Ruling } from '../../src/approvals/policy.ts';
import { everyOutcome } from '../../src/catalog/conditions.ts';
import type { Catalog, PolicyRule, System } from '../../src/catalog/system.ts';

/** Goal: who may ask, approve and respond is one table that can be read. Method: one rule and one system, people who differ in one thing each. */
const system = { id: 'shop', name: 'Shop', access: { viewers: ['staff'], operators: ['sre'], approvers: ['sre', 'lead'], owners: ['lead'] }, environments: new Map([['production', { protected: true }], ['staging', { protected: false }]]) } as unknown as System;
const rule = (change: Partial<PolicyRule> = {}): PolicyRule => ({
  id: 'high', risk: 'high', system: null, environment: null, protectedOnly: false, mayAsk: ['operators'], mayApprove: ['approvers', 'owners'], approvals: 1, ownerAmongThem: false, confirm: true, typedConfirmation: false, expiresAfterMs: 900_000, when: [], refuse: null, cooldownMs: 0, breakGlassRank: null, line: 1, ...change,
});
const catalog = (policies: readonly PolicyRule[]): Catalog => ({ version: '', systems: [system], roles: new Map([['sre', { id: 'sre', name: 'SRE', slackGroup: null, pagerdutySchedule: null, routingKeySetting: null, slackUsers: [] }]]), policies, sharedChannels: [], samePerson: [], sources: new Map(), holds: { freeze: [], freezeAll: [], override: [] } });
const [calm] = everyOutcome({});
if (calm === undefined) throw new Error('there is always one');
const ruling = (change: Partial<PolicyRule> = {}): Ruling => rulingFor(catalog([rule(change)]), system, 'production', 'high', calm);

const person = (id: string, roles: readonly string[], change: Partial<Person> = {}): Identity => ({
  person: { id, name: id, email: `${id}@example.com`, timezone: null, isFullMember: true, kind: 'member', ...change },
  roles: new Set(roles),
  areRolesKnown: true,
});
const silent: Identity = { person: null, roles: new Set(['sre']), areRolesKnown: true };
const groupsUnknown: Identity = { ...person('U1', []), areRolesKnown: false };
const requester = person('U0', ['sre']);

for (const [why, identity, expected] of [
  ['an operator', person('U1', ['sre']), null],
  ['a viewer', person('U1', ['staff']), 'it needs the role SRE (policies › high)'],
  ['a person without a role', person('U1', []), 'it needs the role SRE'],
  ['a guest with the role', person('U1', ['sre'], { isFullMember: false, kind: 'guest' }), 'only full members'],
  ['somebody of whom Slack says nothing', silent, 'Slack did not say who you are'],
  ['somebody whose groups Slack does not say', groupsUnknown, 'Slack did not say which groups'],
] as const) {
  test(`asking, ${why}: ${expected ?? 'may'}`, () => {
    const refusal = whyNotAsk(ruling(), identity, 'Restart');
    if (expected === null) expect(refusal).toBeNull();
    else expect(refusal?.rule).toContain(expected);
  });
}

for (const [why, identity, expected] of [
  ['another approver', person('U1', ['sre']), null],
  ['an owner', person('U1', ['lead']), null],
  ['the requester', requester, 'nobody approves a request of their own'],
  ['the requester by a second account with the same address (T-14)', person('U9', ['sre'], { email: 'U0@EXAMPLE.com' }), 'nobody approves a request of their own'],
  ['somebody without the role', person('U1', ['staff']), 'it needs the role SRE or lead'],
  ['a bot', person('U1', ['sre'], { isFullMember: false, kind: 'bot' }), 'only full members'],
  ['somebody of whom Slack says nothing', silent, 'Slack did not say'],
] as const) {
  test(`approving, ${why}: ${expected ?? 'may'}`, () => {
    const refusal = whyNotApprove(ruling(), identity, requester, 'Approve');
    if (expected === null) expect(refusal).toBeNull();
    else expect(refusal?.rule).toContain(expected);
  });
}

const one = person('U1', ['sre']);
const other = person('U2', ['sre']);
const owner = person('U3', ['lead']);
for (const [why, change, needed, approvers, expected] of [
  ['nobody yet', {}, 1, [], { people: 1, owner: false }],
  ['one of one', {}, 1, [one], null],
  ['one of two', { approvals: 2 }, 2, [one], { people: 1, owner: false }],
  ['two of two', { approvals: 2 }, 2, [one, other], null],
  ['two accounts of one person', { approvals: 2 }, 2, [one, person('U7', ['sre'], { email: 'u1@example.com' })], { people: 1, owner: false }],
  ['two, but no owner among them', { approvals: 2, ownerAmongThem: true }, 2, [one, other], { people: 0, owner: true }],
  ['an owner and another', { approvals: 2, ownerAmongThem: true }, 2, [one, owner], null],
  ['one who has lost the role since (T-15)', {}, 1, [person('U1', ['staff'])], { people: 1, owner: false }],
  ['the requester among them', {}, 1, [requester], { people: 1, owner: false }],
  ['a rule that became stricter (F-49)', { approvals: 2 }, 1, [one], { people: 1, owner: false }],
  ['a rule that became milder', { approvals: 0 }, 1, [], { people: 1, owner: false }],
  ['nothing needed, then and now', { approvals: 0 }, 0, [], null],
] as const) {
  test(`what is missing: ${why}`, () => expect(whatIsMissing(ruling(change), needed, approvers, requester)).toEqual(expected));
}

test('where no rule matches nobody may, and nothing is enough', () => {
  const none = rulingFor(catalog([rule({ environment: 'staging' })]), system, 'production', 'high', calm);
  expect(whyNotAsk(none, one, 'Restart')?.rule).toContain('no rule');
  expect(whatIsMissing(none, 0, [one, other, owner], requester)).toEqual({ people: 1, owner: false });
});

test('the first rule that matches decides, and an environment that nobody knows is a guarded one', () => {
  const policies = [rule({ id: 'guarded', protectedOnly: true }), rule({ id: 'open' })];
  expect(rulingFor(catalog(policies), system, 'production', 'high', calm).rule?.id).toBe('guarded');
  expect(rulingFor(catalog(policies), system, 'staging', 'high', calm).rule?.id).toBe('open');
  expect(rulingFor(catalog(policies), system, 'nowhere', 'high', calm).rule?.id).toBe('guarded');
});

test('answering for an incident is for those who have to do with its system, and for every member where no system is known', () => {
  expect(whyNotRespond(catalog([]), system, person('U1', ['staff']), 'Acknowledge')).toBeNull();
  expect(whyNotRespond(catalog([]), system, person('U1', []), 'Acknowledge')?.rule).toContain('it needs a role of Shop');
  expect(whyNotRespond(catalog([]), null, person('U1', []), 'Acknowledge')).toBeNull();
  expect(whyNotRespond(catalog([]), null, person('U1', [], { isFullMember: false, kind: 'guest' }), 'Acknowledge')?.rule).toContain('only full members');
});

test('T-14: accounts that are listed as one person are one, whichever of them knows of the other', () => {
  const listed = { ...person('U9', ['sre']), otherAccounts: ['U0'] };
  expect(whyNotApprove(ruling(), listed, requester, 'Approve')?.rule).toContain('nobody approves a request of their own');
  expect(whyNotApprove(ruling(), person('U9', ['sre']), { ...requester, otherAccounts: ['U9'] }, 'Approve')?.rule).toContain('nobody approves a request of their own');
  expect(whatIsMissing(ruling({ approvals: 2 }), 2, [one, { ...person('U7', ['sre']), otherAccounts: ['U1'] }], requester)).toEqual({ people: 1, owner: false });
});

test('T-05: nobody approves while Slack does not say who asked: it might be themselves', () => {
  expect(whyNotApprove(ruling(), one, silent, 'Approve')?.rule).toContain('Slack did not say who asked');
});

test('F-49: the rule of then counts beside the rule of now, in how many, in who, and in an owner', () => {
  const both = (now: Partial<PolicyRule>, then: Partial<PolicyRule>): Ruling => ({ ...ruling(now), alsoRule: rule({ id: 'then', ...then }) });
  expect(whatIsMissing(both({}, { approvals: 2 }), 1, [one], requester)).toEqual({ people: 1, owner: false });
  expect(whatIsMissing(both({}, { ownerAmongThem: true }), 1, [one], requester)).toEqual({ people: 0, owner: true });
  expect(whatIsMissing(both({ mayApprove: ['operators'] }, { mayApprove: ['owners'] }), 1, [one], requester)).toEqual({ people: 1, owner: false });
  expect(whyNotAsk(both({}, { mayAsk: ['owners'] }), one, 'Restart')?.rule).toContain('policies › then');
  // A rule that asks for no approval has no approvers to be among.
  expect(whyNotApprove(both({ approvals: 0, mayApprove: [] }, {}), one, requester, 'Approve')).toBeNull();
});

test('a rule that refuses says why, to whoever asks and whoever approves, and nothing is enough', () => {
  const refusing = ruling({ refuse: 'it is locked for the audit', mayAsk: [], mayApprove: [], approvals: 0 });
  expect(whyNotAsk(refusing, one, 'Restart')).toEqual({ refused: 'Restart', rule: 'it is locked for the audit (policies › high)', instead: 'Ask again when that is so.' });
  expect(whyNotApprove(refusing, owner, requester, 'Approve')?.rule).toContain('locked for the audit');
  expect(whatIsMissing(refusing, 0, [one, owner], requester)).toEqual({ people: 1, owner: false });
});
