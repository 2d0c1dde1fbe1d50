import { expect, test } from 'vitest';
import type { Person } from '../../src/approvals/person.ts';
import { isSamePerson, possibleRulings, rolesFor, rulingFor, whatIsMissing, whyNeverAsk, whyNotApprove, whyNotAsk, whyNotMatching, whyNotRespond, type Identity, type Ruling } from '../../src/approvals/policy.ts';
import { everyOutcome, readDemand, type KnownFacts } from '../../src/catalog/conditions.ts';
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
const groupsUnknown: Identity = { ...person('U1', []), areRolesKnown: false, silent: 'Slack' };
const turnsUnknown: Identity = { ...person('U1', []), areRolesKnown: false, silent: 'PagerDuty' };
const guest = person('U1', ['sre'], { isFullMember: false, kind: 'guest' });
const requester = person('U0', ['sre']);

/** The rule and what to do instead, of the refusals that several of the tables below end in. */
const noMember = ['only full members of this workspace may use the bot', 'Ask a member of the team.'] as const;
const nobodyKnown = ['Slack did not say who you are', 'Try again in a moment.'] as const;
const noGroups = ['Slack did not say which groups you belong to', 'Try again in a moment.'] as const;
const noTurns = ['PagerDuty did not say who is on call now', 'Try again in a moment.'] as const;

for (const [why, identity, expected] of [
  ['an operator', person('U1', ['sre']), null],
  ['a viewer', person('U1', ['staff']), ['it needs the role SRE (policies › high)', 'Ask somebody who has it: SRE.']],
  ['a person without a role', person('U1', []), ['it needs the role SRE (policies › high)', 'Ask somebody who has it: SRE.']],
  ['a guest with the role', guest, noMember],
  ['somebody of whom Slack says nothing', silent, nobodyKnown],
  ['somebody whose groups Slack does not say', groupsUnknown, noGroups],
  ['somebody while PagerDuty does not say who is on call', turnsUnknown, noTurns],
  ['an operator while PagerDuty does not say who is on call', { ...turnsUnknown, roles: new Set(['sre']) }, null],
] as const) {
  test(`asking, ${why}: ${expected?.[0] ?? 'may'}`, () => {
    expect(whyNotAsk(ruling(), identity, 'Restart')).toEqual(expected === null ? null : { refused: 'Restart', rule: expected[0], instead: expected[1] });
  });
}

const ownRequest = ['nobody approves a request of their own', 'Somebody else with the role SRE or lead must look at it.'] as const;
for (const [why, identity, expected] of [
  ['another approver', person('U1', ['sre']), null],
  ['an owner', person('U1', ['lead']), null],
  ['the requester', requester, ownRequest],
  ['the requester by a second account with the same address (T-14)', person('U9', ['sre'], { email: 'U0@EXAMPLE.com' }), ownRequest],
  ['the requester by a second account that roles.yaml lists (T-14)', { ...person('U9', ['sre']), otherAccounts: ['U0'] }, ownRequest],
  ['somebody without the role', person('U1', ['staff']), ['it needs the role SRE or lead (policies › high)', 'Ask somebody who has it: SRE or lead.']],
  ['a guest with the role', guest, noMember],
  ['a bot', person('U1', ['sre'], { isFullMember: false, kind: 'bot' }), noMember],
  ['somebody of whom Slack says nothing', silent, nobodyKnown],
  ['somebody whose groups Slack does not say', groupsUnknown, noGroups],
] as const) {
  test(`approving, ${why}: ${expected?.[0] ?? 'may'}`, () => {
    expect(whyNotApprove(ruling(), identity, requester, 'Approve')).toEqual(expected === null ? null : { refused: 'Approve', rule: expected[0], instead: expected[1] });
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
  ['nothing needed, so no owner among nobody', { approvals: 0, ownerAmongThem: true }, 0, [], null],
] as const) {
  test(`what is missing: ${why}`, () => expect(whatIsMissing(ruling(change), needed, approvers, requester)).toEqual(expected));
}

test('where no rule matches nobody may ask or approve, and nothing is enough', () => {
  const none = rulingFor(catalog([rule({ environment: 'staging' })]), system, 'production', 'high', calm);
  const refusal = { rule: 'no rule of systems/policies.yaml allows it', instead: 'Ask the owner of the system to add one.' };
  expect(whyNotAsk(none, one, 'Restart')).toEqual({ refused: 'Restart', ...refusal });
  expect(whyNotApprove(none, one, requester, 'Approve')).toEqual({ refused: 'Approve', ...refusal });
  expect(whatIsMissing(none, 0, [one, other, owner], requester)).toEqual({ people: 1, owner: false });
  expect(whatIsMissing(none, 2, [one, other, owner], requester)).toEqual({ people: 2, owner: false });
});

test('the first rule that matches decides, and an environment that nobody knows is a guarded one', () => {
  const policies = [rule({ id: 'guarded', protectedOnly: true }), rule({ id: 'open' })];
  expect(rulingFor(catalog(policies), system, 'production', 'high', calm).rule?.id).toBe('guarded');
  expect(rulingFor(catalog(policies), system, 'staging', 'high', calm).rule?.id).toBe('open');
  expect(rulingFor(catalog(policies), system, 'nowhere', 'high', calm).rule?.id).toBe('guarded');
});

for (const [why, change, environment, expected] of [
  ['any place, the same risk', {}, 'production', null],
  ['another risk', { risk: 'low' }, 'production', 'it is for risk low'],
  ['this system', { system: 'shop' }, 'production', null],
  ['another system', { system: 'bank' }, 'production', 'it is for bank'],
  ['this environment', { environment: 'production' }, 'production', null],
  ['another environment', { environment: 'staging' }, 'production', 'it is for staging'],
  ['protected environments, and it is one', { protectedOnly: true }, 'production', null],
  ['protected environments, and it is none', { protectedOnly: true }, 'staging', 'it is for protected environments, and staging is not'],
  ['demands that hold', { when: [readDemand('outsideBusinessHours'), readDemand('not openIncidentOfRank1')] }, 'production', null],
  ['a condition that is not so', { when: [readDemand('outsideBusinessHours'), readDemand('openIncidentOfRank1')] }, 'production', 'it is for when an incident of rank 1 is open, and no incident of rank 1 is open'],
  ['the opposite of what is so', { when: [readDemand('not outsideBusinessHours')] }, 'production', 'it is for when inside business hours, and outside business hours'],
] as const satisfies readonly (readonly [string, Partial<PolicyRule>, string, string | null])[]) {
  test(`a rule for ${why}: ${expected ?? 'decides'}`, () => {
    expect(whyNotMatching(rule(change), system, environment, 'high', { ...calm, outsideBusinessHours: true })).toBe(expected);
  });
}

test('the words of a rule are the roles of this system, or a role by its id', () => {
  expect(rolesFor(['owners', 'platform', 'approvers'], system)).toEqual(['lead', 'platform', 'sre', 'lead']);
});

test('a rule for everyone is for every full member, and for nobody else', () => {
  const open = ruling({ mayAsk: ['everyone'] });
  expect(whyNotAsk(open, person('U1', []), 'Restart')).toBeNull();
  expect(whyNotAsk(open, groupsUnknown, 'Restart')).toBeNull();
  expect(whyNotAsk(open, guest, 'Restart')).toEqual({ refused: 'Restart', rule: noMember[0], instead: noMember[1] });
});

/** At night leads may ask, by day operators; before the time is known, both are possible. */
const atNight = rule({ id: 'night', when: [readDemand('outsideBusinessHours')], mayAsk: ['owners'] });
const byDay = rule({ id: 'day' });
const known: KnownFacts = Object.fromEntries(Object.entries(calm).filter(([condition]) => condition !== 'outsideBusinessHours'));
const rulings = (...policies: readonly PolicyRule[]) => possibleRulings(catalog(policies), system, 'production', 'high', known);

test('while a fact is not known, every ruling that it may lead to is possible, each once', () => {
  expect(rulings(atNight, byDay).map((each) => each.rule?.id)).toEqual(['day', 'night']);
  expect(rulings(byDay).map((each) => each.rule?.id)).toEqual(['day']);
  expect(rulings(atNight).map((each) => each.rule?.id)).toEqual([undefined, 'night']);
  expect(rulings(atNight, byDay).map((each) => [each.system.id, each.roleName('sre'), each.roleName('lead')])).toEqual([['shop', 'SRE', 'lead'], ['shop', 'SRE', 'lead']]);
});

const noRole = person('U1', []);
for (const [why, policies, identity, expected] of [
  ['whom one of the possible rulings lets ask', [atNight, byDay], one, null],
  ['whom only the less likely one lets ask', [atNight, byDay], person('U3', ['lead']), null],
  ['whom none lets ask: told what holds on an ordinary day', [atNight, byDay], noRole, ['it needs the role SRE (policies › day)', 'Ask somebody who has it: SRE.']],
  ['whom none lets ask, where the ordinary day is refused: told who they would have to be', [atNight, { ...byDay, refuse: 'it is for the night' }], noRole, ['it needs the role lead (policies › night)', 'Ask somebody who has it: lead.']],
  ['whom none lets ask, where no rule is for the ordinary day: told who they would have to be', [atNight], noRole, ['it needs the role lead (policies › night)', 'Ask somebody who has it: lead.']],
  ['where every ruling refuses', [{ ...atNight, refuse: 'nobody is there at night' }, { ...byDay, refuse: 'it is locked for the audit' }], one, ['it is locked for the audit (policies › day)', 'Ask again when that is so.']],
  ['where there is no rule at all', [], one, ['no rule of systems/policies.yaml allows it', 'Ask the owner of the system to add one.']],
] as const satisfies readonly (readonly [string, readonly PolicyRule[], Identity, readonly [string, string] | null])[]) {
  test(`asking while not everything is known, somebody ${why}`, () => {
    expect(whyNeverAsk(rulings(...policies), identity, 'Restart')).toEqual(expected === null ? null : { refused: 'Restart', rule: expected[0], instead: expected[1] });
  });
}

for (const [why, of, identity, expected] of [
  ['a viewer', system, person('U1', ['staff']), null],
  ['an operator', system, person('U1', ['sre']), null],
  ['an owner', system, person('U1', ['lead']), null],
  ['a person without a role', system, person('U1', []), ['it needs a role of Shop: SRE or lead or staff', 'Tell somebody who has one.']],
  ['a guest with a role', system, guest, noMember],
  ['somebody of whom Slack says nothing', system, silent, nobodyKnown],
  ['somebody whose groups Slack does not say', system, groupsUnknown, noGroups],
  ['somebody while PagerDuty does not say who is on call', system, turnsUnknown, noTurns],
  ['any member, where no system is known', null, person('U1', []), null],
  ['a guest, where no system is known', null, guest, noMember],
] as const) {
  test(`answering for an incident is for those who have to do with its system (${why}: ${expected?.[0] ?? 'may'})`, () => {
    expect(whyNotRespond(catalog([]), of, identity, 'Acknowledge')).toEqual(expected === null ? null : { refused: 'Acknowledge', rule: expected[0], instead: expected[1] });
  });
}

const account = (id: string, email: string | null, otherAccounts?: readonly string[]): Identity => ({ ...person(id, [], { email }), ...(otherAccounts === undefined ? {} : { otherAccounts }) });
for (const [why, a, b, expected] of [
  ['one account, without an address', account('U1', null), account('U1', null), true],
  ['two accounts with one address, whatever its capitals', account('U1', 'one@example.com'), account('U2', 'One@Example.COM'), true],
  ['two addresses', account('U1', 'one@example.com'), account('U2', 'two@example.com'), false],
  ['two accounts without an address', account('U1', null), account('U2', null), false],
  ['two accounts with an empty address', account('U1', ''), account('U2', ''), false],
  ['an address and none', account('U1', 'one@example.com'), account('U2', null), false],
  ['the first is listed with the second', account('U1', null, ['U2']), account('U2', null), true],
  ['the second is listed with the first', account('U1', null), account('U2', null, ['U1']), true],
  ['both are listed with others', account('U1', null, ['U3']), account('U2', null, ['U4']), false],
  ['of the first Slack says nothing', silent, account('U1', null), false],
  ['of the second Slack says nothing', account('U1', null), silent, false],
  ['of both Slack says nothing', silent, silent, false],
] as const) {
  test(`T-14: ${why}: ${expected ? 'one person' : 'two people'}`, () => expect(isSamePerson(a, b)).toBe(expected));
}

test('T-14: two accounts that are listed as one person approve once', () => {
  expect(whatIsMissing(ruling({ approvals: 2 }), 2, [one, { ...person('U7', ['sre']), otherAccounts: ['U1'] }], requester)).toEqual({ people: 1, owner: false });
  expect(whyNotApprove(ruling(), person('U9', ['sre']), { ...requester, otherAccounts: ['U9'] }, 'Approve')?.rule).toBe(ownRequest[0]);
});

test('T-05: nobody approves while Slack does not say who asked: it might be themselves', () => {
  expect(whyNotApprove(ruling(), one, silent, 'Approve')).toEqual({ refused: 'Approve', rule: 'Slack did not say who asked for it, and that might be you', instead: 'Try again in a moment.' });
});

test('F-49: the rule of then counts beside the rule of now, in how many, in who, and in an owner', () => {
  const both = (now: Partial<PolicyRule>, then: Partial<PolicyRule>): Ruling => ({ ...ruling(now), alsoRule: rule({ id: 'then', ...then }) });
  expect(whatIsMissing(both({}, { approvals: 2 }), 1, [one], requester)).toEqual({ people: 1, owner: false });
  expect(whatIsMissing(both({}, { ownerAmongThem: true }), 1, [one], requester)).toEqual({ people: 0, owner: true });
  expect(whatIsMissing(both({ mayApprove: ['operators'] }, { mayApprove: ['owners'] }), 1, [one], requester)).toEqual({ people: 1, owner: false });
  expect(whyNotAsk(both({}, { mayAsk: ['owners'] }), one, 'Restart')?.rule).toContain('policies › then');
  expect(whyNotAsk(both({}, {}), one, 'Restart')).toBeNull();
  // A rule that asks for no approval has no approvers to be among.
  expect(whyNotApprove(both({ approvals: 0, mayApprove: [] }, {}), one, requester, 'Approve')).toBeNull();
});

test('where no rule asks for approvals, only those whom the rule names may give one all the same', () => {
  const none = ruling({ approvals: 0, mayApprove: ['owners'] });
  expect(whyNotApprove(none, owner, requester, 'Approve')).toBeNull();
  expect(whyNotApprove(none, one, requester, 'Approve')).toEqual({ refused: 'Approve', rule: 'it needs the role lead (policies › high)', instead: 'Ask somebody who has it: lead.' });
});

test('a rule that refuses says why, to whoever asks and whoever approves, and nothing is enough', () => {
  const refusing = ruling({ refuse: 'it is locked for the audit', mayAsk: [], mayApprove: [], approvals: 0 });
  expect(whyNotAsk(refusing, one, 'Restart')).toEqual({ refused: 'Restart', rule: 'it is locked for the audit (policies › high)', instead: 'Ask again when that is so.' });
  expect(whyNotApprove(refusing, owner, requester, 'Approve')?.rule).toContain('locked for the audit');
  expect(whatIsMissing(refusing, 0, [one, owner], requester)).toEqual({ people: 1, owner: false });
});
