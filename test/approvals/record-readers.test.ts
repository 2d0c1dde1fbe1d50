import { expect, test } from 'vitest';
import type { Person } from '../../src/approvals/person.ts';
import { whyNotReadRecord } from '../../src/approvals/record-readers.ts';

/** Goal: who did what is for those who have to do with it. Method: people who differ in one thing each. */
const member: Person = { id: 'U1', name: 'one', email: null, timezone: null, isFullMember: true, kind: 'member' };
const sre = { person: member, roles: new Set(['sre']), areRolesKnown: true };

for (const [who, identity, expected] of [
  ['a member with a role', sre, null],
  ['a member without one', { ...sre, roles: new Set<string>() }, ['it is for people with a role in systems/roles.yaml', 'Ask somebody on call what you want to know.']],
  ['a guest with a role', { ...sre, person: { ...member, isFullMember: false, kind: 'guest' as const } }, ['only full members of this workspace may use the bot', 'Ask a member of the team.']],
  ['a guest without one', { ...sre, person: { ...member, isFullMember: false, kind: 'guest' as const }, roles: new Set<string>() }, ['only full members of this workspace may use the bot', 'Ask a member of the team.']],
  ['somebody of whom Slack says nothing (T-05)', { ...sre, person: null }, ['Slack did not say who you are', 'Try again in a moment.']],
  ['a member with a role, while groups are not known', { ...sre, areRolesKnown: false, silent: 'Slack' }, null],
  ['somebody whose groups Slack does not say', { ...sre, roles: new Set<string>(), areRolesKnown: false, silent: 'Slack' }, ['Slack did not say which groups you belong to', 'Try again in a moment.']],
  ['somebody while PagerDuty does not say who is on call', { ...sre, roles: new Set<string>(), areRolesKnown: false, silent: 'PagerDuty' }, ['PagerDuty did not say who is on call now', 'Try again in a moment.']],
] as const) {
  test(`the record, asked for by ${who}: ${expected?.[0] ?? 'shown'}`, () => {
    expect(whyNotReadRecord(identity)).toEqual(expected === null ? null : { refused: 'Read the record', rule: expected[0], instead: expected[1] });
  });
}
