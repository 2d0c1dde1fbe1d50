import { expect, test } from 'vitest';
import type { Person } from '../../src/approvals/person.ts';
import { whyNotReadRecord } from '../../src/approvals/record-readers.ts';

/** Goal: who did what is for those who have to do with it. Method: people who differ in one thing each. */
const member: Person = { id: 'U1', name: 'one', email: null, timezone: null, isFullMember: true, kind: 'member' };
const sre = { person: member, roles: new Set(['sre']), areRolesKnown: true };

for (const [who, identity, expected] of [
  ['a member with a role', sre, null],
  ['a member without one', { ...sre, roles: new Set<string>() }, 'it is for people with a role'],
  ['a guest with a role', { ...sre, person: { ...member, isFullMember: false, kind: 'guest' as const } }, 'only full members'],
  ['somebody of whom Slack says nothing (T-05)', { ...sre, person: null }, 'Slack did not say who you are'],
  ['somebody whose groups Slack does not say', { ...sre, roles: new Set<string>(), areRolesKnown: false }, 'Slack did not say which groups'],
] as const) {
  test(`the record, asked for by ${who}: ${expected ?? 'shown'}`, () => {
    const denied = whyNotReadRecord(identity);
    if (expected === null) expect(denied).toBeNull();
    else expect(denied?.rule).toContain(expected);
  });
}
