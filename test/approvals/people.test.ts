import { expect, test } from 'vitest';
import { createPeople } from '../../src/approvals/people.ts';
import type { PeoplePort, Person, SchedulePort } from '../../src/approvals/person.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { manualClock } from '../../src/support/clock.ts';

/** Goal: rights follow Slack within a minute, at once when it matters, and no answer is never a yes. Method: a Slack that is changed and silenced, and the clock. */
const role = (id: string, slackGroup: string | null, slackUsers: readonly string[] = [], pagerdutySchedule: string | null = null) => [id, { id, name: id, slackGroup, pagerdutySchedule, slackUsers }] as const;
const catalog = { roles: new Map([role('sre', 'sre-oncall'), role('lead', 'sre-leads', ['U2']), role('single', null, ['U1']), role('turn', null, [], 'PSCHED1'), role('night', 'sre-night', [], 'PSCHED1')]), samePerson: [['U1', 'U2']] } as unknown as Catalog;

function arrange() {
  const clock = manualClock(new Date('2026-03-02T02:00:00Z'));
  const slack = {
    groups: new Map([['sre-oncall', ['U1']]]) as ReadonlyMap<string, readonly string[]> | null,
    isSilent: false,
    isBroken: false,
    calls: 0,
    emails: new Map([['U1', 'one@example.com'], ['U3', 'Three@Example.com']]),
    addressesAsked: 0,
    guests: new Set<string>(),
  };
  const pagerduty = { onCall: ['three@example.com'] as readonly string[] | null, asked: 0 };
  const member: Person = { id: 'U1', name: 'one', email: null as string | null, timezone: null, isFullMember: true, kind: 'member' };
  const port: PeoplePort = {
    person: async (id) => {
      slack.calls += 1;
      if (slack.isBroken) throw new Error('not read');
      return slack.isSilent ? null : { ...member, id, email: slack.emails.get(id) ?? null, isFullMember: !slack.guests.has(id) };
    },
    userIdOf: async (email) => ((slack.addressesAsked += 1), [...slack.emails].find(([, known]) => known.toLowerCase() === email)?.[0] ?? null),
    groups: async () => ((slack.calls += 1), slack.groups),
  };
  const schedules: SchedulePort = {
    onCall: async () => ((pagerduty.asked += 1), pagerduty.onCall === null ? { status: 'unknown' } : { status: 'known', people: pagerduty.onCall.map((email) => ({ email })) }),
  };
  return { clock, slack, pagerduty, people: createPeople(port, schedules, () => catalog, clock) };
}

test('a person has the roles of their groups and those that name them', async () => {
  const { people } = arrange();
  const { person, roles, areRolesKnown } = await people.identify('U1');
  expect([person?.id, [...roles], areRolesKnown]).toEqual(['U1', ['sre', 'single'], true]);
});

test('T-15: a role that was taken away counts within a minute, and at once where it is asked afresh', async () => {
  const { people, slack, clock } = arrange();
  await people.identify('U1');
  slack.groups = new Map();
  expect((await people.identify('U1')).roles.has('sre')).toBe(true);
  expect((await people.identifyAfresh(['U1']))[0]?.roles.has('sre')).toBe(false);
  slack.groups = new Map([['sre-oncall', ['U1']]]);
  clock.moveTo(new Date(clock.now().getTime() + 60_000));
  expect((await people.identify('U1')).roles.has('sre')).toBe(true);
});

test('T-05: what Slack does not answer is not known, is not remembered, and is no role', async () => {
  const { people, slack } = arrange();
  slack.isSilent = true;
  slack.groups = null;
  expect(await people.identify('U1')).toEqual({ person: null, roles: new Set(['single']), areRolesKnown: false, silent: 'Slack', otherAccounts: ['U2'] });
  slack.isSilent = false;
  slack.groups = new Map([['sre-oncall', ['U1']]]);
  expect((await people.identify('U1')).roles.has('sre')).toBe(true);
});

test('T-05: an answer that breaks off is no answer, and is not remembered', async () => {
  const { people, slack } = arrange();
  slack.isBroken = true;
  expect((await people.identify('U1')).person).toBeNull();
  slack.isBroken = false;
  expect((await people.identify('U1')).person?.id).toBe('U1');
});

test('T-15: somebody who is a guest by now is one at once where it is asked afresh, and so for everybody who asks after that', async () => {
  const { people, slack } = arrange();
  expect((await people.identify('U1')).person?.isFullMember).toBe(true);
  slack.guests.add('U1');
  slack.groups = new Map();
  expect((await people.identify('U1')).person?.isFullMember).toBe(true);
  expect((await people.identifyAfresh(['U2', 'U1'])).map(({ person }) => [person?.id, person?.isFullMember])).toEqual([['U2', true], ['U1', false]]);
  const after = await people.identify('U1');
  expect([after.person?.isFullMember, after.roles.has('sre')]).toEqual([false, false]);
});

test('within a minute Slack and PagerDuty are asked once, whatever is asked about whomever', async () => {
  const { people, slack, pagerduty } = arrange();
  await people.identify('U3');
  await people.membersOf('night');
  await people.identify('U3');
  await people.membersOf('night');
  // The account, and the groups.
  expect([slack.calls, slack.addressesAsked, pagerduty.asked]).toEqual([2, 1, 1]);
});

test('an answer that fails late does not make a later one forgotten', async () => {
  const clock = manualClock(new Date('2026-03-02T02:00:00Z'));
  const answers: ((groups: ReadonlyMap<string, readonly string[]> | null) => void)[] = [];
  const port: PeoplePort = { person: async () => null, userIdOf: async () => null, groups: () => new Promise((resolve) => answers.push(resolve)) };
  const people = createPeople(port, { onCall: async () => ({ status: 'known', people: [] }) }, () => catalog, clock);
  const early = people.identify('U1');
  const later = people.identifyAfresh(['U1']);
  answers[1]?.(new Map([['sre-oncall', ['U1']]]));
  expect((await later)[0]?.roles.has('sre')).toBe(true);
  answers[0]?.(null);
  expect((await early).areRolesKnown).toBe(false);
  expect((await people.identify('U1')).roles.has('sre')).toBe(true);
  expect(answers).toHaveLength(2);
});

test('however many are asked for afresh, their groups are asked for once', async () => {
  const { people, slack } = arrange();
  await people.identifyAfresh(['U1', 'U2', 'U3']);
  expect(slack.calls).toBe(4);
});

test('members of a role are null where only Slack would know and does not say', async () => {
  const { people, slack } = arrange();
  slack.groups = null;
  expect(await people.membersOf('sre')).toBeNull();
  expect(await people.membersOf('lead')).toEqual(['U2']);
  expect(await people.membersOf('single')).toEqual(['U1']);
});

test('the members of a role are those of its group, those on its schedule, and those that it names', async () => {
  const { people, slack } = arrange();
  slack.groups = new Map([['sre-oncall', ['U1', 'U4']], ['sre-leads', ['U2', 'U5']], ['sre-night', ['U3', 'U6']]]);
  expect(await people.membersOf('sre')).toEqual(['U1', 'U4']);
  expect(await people.membersOf('lead')).toEqual(['U2', 'U5']);
  expect(await people.membersOf('night')).toEqual(['U3', 'U6']);
});

test('nobody is a member of a role that is not in the catalog, of a group that Slack does not have, or of a turn without people', async () => {
  const { people, pagerduty } = arrange();
  pagerduty.onCall = [];
  expect(await people.membersOf('gone')).toEqual([]);
  expect(await people.membersOf('night')).toEqual([]);
});

test('the members of a role without a group are known also while Slack does not say who is in which', async () => {
  const { people, pagerduty, slack } = arrange();
  slack.groups = null;
  pagerduty.onCall = [];
  expect(await people.membersOf('turn')).toEqual([]);
});

test('whoever is on call without an account in Slack is no member', async () => {
  const { people, pagerduty } = arrange();
  pagerduty.onCall = ['nobody@example.com', 'three@example.com'];
  expect(await people.membersOf('turn')).toEqual(['U3']);
});

test('whoever is on call in PagerDuty now has the role of that schedule, found by address, whatever its capitals', async () => {
  const { people, pagerduty, clock } = arrange();
  expect((await people.identify('U3')).roles).toEqual(new Set(['turn', 'night']));
  expect(await people.membersOf('turn')).toEqual(['U3']);
  pagerduty.onCall = ['one@example.com'];
  clock.moveTo(new Date(clock.now().getTime() + 59_999));
  expect((await people.identify('U3')).roles.has('turn')).toBe(true);
  clock.moveTo(new Date(clock.now().getTime() + 1));
  expect((await people.identify('U3')).roles.has('turn')).toBe(false);
  expect(await people.membersOf('turn')).toEqual(['U1']);
});

test('T-15: a turn that has ended counts at once where it is asked afresh, and PagerDuty is asked once for all', async () => {
  const { people, pagerduty } = arrange();
  await people.identify('U3');
  pagerduty.onCall = [];
  pagerduty.asked = 0;
  expect((await people.identifyAfresh(['U3', 'U1', 'U2'])).map(({ roles }) => roles.has('turn'))).toEqual([false, false, false]);
  expect(pagerduty.asked).toBe(1);
});

test('T-05: a schedule that does not answer is no role for anybody, is not remembered, and is not the same as nobody', async () => {
  const { people, pagerduty } = arrange();
  pagerduty.onCall = null;
  expect(await people.identify('U3')).toMatchObject({ roles: new Set(), areRolesKnown: false, silent: 'PagerDuty' });
  expect(await people.membersOf('turn')).toBeNull();
  expect(await people.membersOf('night')).toBeNull();
  pagerduty.onCall = ['three@example.com'];
  expect((await people.identify('U3')).roles.has('turn')).toBe(true);
});

test('T-05: somebody without an address is on no schedule', async () => {
  const { people, pagerduty } = arrange();
  pagerduty.onCall = [''];
  expect((await people.identify('U2')).roles.has('turn')).toBe(false);
});

test('T-14: accounts that roles.yaml lists together know of each other', async () => {
  const { people } = arrange();
  const [one, two, three] = await people.identifyAfresh(['U1', 'U2', 'U3']);
  expect([one?.otherAccounts, two?.otherAccounts, three?.otherAccounts]).toEqual([['U2'], ['U1'], []]);
});
