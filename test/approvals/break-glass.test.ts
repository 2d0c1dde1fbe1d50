import { expect, test } from 'vitest';
import { whyNotBreakGlass, whyNotCommander, type GlassSituation } from '../../src/approvals/break-glass.ts';
import type { Identity, Ruling } from '../../src/approvals/policy.ts';
import type { PolicyRule, System } from '../../src/catalog/system.ts';

/** Goal: approvals that do not come can be gone without by one person, in one kind of incident, once in an hour, and never before approvers had time. Method: a situation in which it is right, one thing changed at a time. */
const system = { id: 'shop', name: 'Shop', access: { viewers: [], operators: ['sre'], approvers: ['sre'], owners: [] } } as unknown as System;
const rule = (change: Partial<PolicyRule> = {}): PolicyRule => ({
  id: 'high', risk: 'high', system: null, environment: null, protectedOnly: false, mayAsk: ['operators'], mayApprove: ['approvers'], approvals: 1, ownerAmongThem: false, confirm: true, typedConfirmation: false, expiresAfterMs: 900_000, when: [], refuse: null, cooldownMs: 0, breakGlassRank: 2, line: 1, ...change,
});
const ruling = (change: Partial<PolicyRule> = {}, also: Partial<PolicyRule> | null = null): Ruling => ({ rule: rule(change), alsoRule: also === null ? null : rule({ id: 'then', ...also }), system, roleName: (id) => id });
const commander: Identity = { person: { id: 'U1', name: 'one', email: null, timezone: null, isFullMember: true, kind: 'member' }, roles: new Set(['sre']), areRolesKnown: true };

const askedAt = new Date('2026-03-02T02:00:00Z');
const later = (ms: number) => new Date(askedAt.getTime() + ms);
const minutes = (amount: number) => amount * 60_000;
const incident = { id: 42, state: 'acknowledged', rank: 2 } as const;
const right: GlassSituation = { incident, commander: 'U1', askedAt, last: null };
const approvers = 'Find somebody who may approve: /stock oncall.';

for (const [why, by, who, situation, expected] of [
  ['the commander of an incident that is bad enough', ruling(), commander, right, null],
  ['the commander of a worse one', ruling(), commander, { ...right, incident: { ...incident, rank: 1 } }, null],
  ['an incident that nobody has resolved', ruling(), commander, { ...right, incident: { ...incident, state: 'triggered' } }, null],
  ['an incident that is less bad', ruling(), commander, { ...right, incident: { ...incident, rank: 3 } }, ['it takes an open incident of rank 2 or worse that it is for (policies › high)', approvers]],
  ['an incident that is over', ruling(), commander, { ...right, incident: { ...incident, state: 'resolved' } }, ['it takes an open incident of rank 2 or worse that it is for (policies › high)', approvers]],
  ['no incident', ruling(), commander, { ...right, incident: null }, ['it takes an open incident of rank 2 or worse that it is for (policies › high)', approvers]],
  ['a rule for the worst incidents alone', ruling({ breakGlassRank: 1 }), commander, right, ['it takes an open incident of rank 1 that it is for (policies › high)', approvers]],
  ['a rule that nobody may go past', ruling({ breakGlassRank: null }), commander, right, ['nobody may go on without its approvals (policies › high)', approvers]],
  ['the rule of then, which nobody may go past (F-49)', ruling({}, { breakGlassRank: null }), commander, right, ['nobody may go on without its approvals (policies › then)', approvers]],
  ['the rule of then, which was for worse incidents (F-49)', ruling({}, { breakGlassRank: 1 }), commander, right, ['it takes an open incident of rank 1 that it is for (policies › then)', approvers]],
  ['the rule of then, which asked for no approvals', ruling({}, { approvals: 0, breakGlassRank: null }), commander, right, null],
  ['no rule that asks for approvals any more', ruling({ approvals: 0, breakGlassRank: null }), commander, right, null],
  ['no rule that asks for approvals any more, and no incident', ruling({ approvals: 0, breakGlassRank: null }), commander, { ...right, incident: null }, ['it takes an open incident that it is for', approvers]],
  ['no rule that asks for approvals any more, and an incident that is over', ruling({ approvals: 0, breakGlassRank: null }), commander, { ...right, incident: { ...incident, state: 'resolved' } }, ['it takes an open incident that it is for', approvers]],
  ['somebody else', ruling(), commander, { ...right, commander: 'U2' }, ['only the commander of INC-42 may', 'Ask <@U2>, who has it.']],
  ['an incident that nobody has', ruling(), commander, { ...right, commander: null }, ['only the commander of INC-42 may', 'Nobody has it yet: acknowledge it first.']],
  ['a commander who may not ask for it', ruling(), { ...commander, roles: new Set() }, right, ['it needs the role sre (policies › high)', 'Ask somebody who has it: sre.']],
  ['a commander who is a guest', ruling(), { ...commander, person: { ...commander.person!, isFullMember: false } }, right, ['only full members of this workspace may use the bot', 'Ask a member of the team.']],
  ['somebody of whom Slack says nothing (T-05)', ruling(), { ...commander, person: null }, right, ['Slack did not say who you are', 'Try again in a moment.']],
] as const satisfies readonly (readonly [string, Ruling, Identity, GlassSituation, readonly [string, string] | null])[]) {
  test(`breaking the glass, ${why}: ${expected?.[0] ?? 'may'}`, () => {
    const refusal = expected === null ? null : { refused: 'Break the glass', rule: expected[0], instead: expected[1] };
    expect(whyNotCommander(by, who, situation, 'Break the glass')).toEqual(refusal);
    expect(whyNotBreakGlass(by, who, situation, later(minutes(2)), 'Break the glass')).toEqual(refusal);
  });
}

const once = 'the glass is broken at most once in an hour, by anybody';
for (const [why, situation, now, expected] of [
  ['just after approvers were asked', right, askedAt, ['approvers have 2 minutes to come', 'Try again in 120 s.']],
  ['a moment before they have had their time', right, later(minutes(2) - 1), ['approvers have 2 minutes to come', 'Try again in 1 s.']],
  ['when they have had their time', right, later(minutes(2)), null],
  ['an hour after the last time', { ...right, last: { at: askedAt, isOver: true } }, later(minutes(60)), null],
  ['a moment before an hour has passed', { ...right, last: { at: askedAt, isOver: true } }, later(minutes(60) - 1), [once, 'It may be again in 1 min; until then somebody must approve.']],
  ['half an hour after the last time', { ...right, last: { at: askedAt, isOver: true } }, later(minutes(30)), [once, 'It may be again in 30 min; until then somebody must approve.']],
  ['long after the last time, which is not over', { ...right, last: { at: askedAt, isOver: false } }, later(minutes(90)), ['the glass is broken for something else that is not over', 'Look at #incidents, and wait until that is settled.']],
] as const satisfies readonly (readonly [string, GlassSituation, Date, readonly [string, string] | null])[]) {
  test(`breaking the glass ${why}: ${expected?.[1] ?? 'may'}`, () => {
    expect(whyNotBreakGlass(ruling(), commander, situation, now, 'Break the glass')).toEqual(expected === null ? null : { refused: 'Break the glass', rule: expected[0], instead: expected[1] });
  });
}
