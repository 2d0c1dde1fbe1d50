import { expect, test } from 'vitest';
import { createPeople } from '../../src/approvals/people.ts';
import type { PeoplePort, Person } from '../../src/approvals/person.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { manualClock } from '../../src/support/clock.ts';

/** Goal: rights follow Slack within a minute, at once when it matters, and no answer is never a yes. Method: a Slack that is changed and silenced, and the clock. */
const role = (id: string, slackGroup: string | null, slackUsers: readonly string[] = []) => [id, { id, name: id, slackGroup, pagerdutySchedule: null, slackUsers }] as const;
const catalog = { roles: new Map([role('sre', 'sre-oncall'), role('lead', 'sre-leads', ['U2']), role('single', null, ['U1'])]) } as unknown as Catalog;

function arrange() {
  const clock = manualClock(new Date('2026-03-02T02:00:00Z'));
  const slack = { groups: new Map([['sre-oncall', ['U1']]]) as ReadonlyMap<string, readonly string[]> | null, isSilent: false, calls: 0 };
  const member: Person = { id: 'U1', name: 'one', email: null, timezone: null, isFullMember: true, kind: 'member' };
  const port: PeoplePort = {
    person: async (id) => ((slack.calls += 1), slack.isSilent ? null : { ...member, id }),
    groups: async () => ((slack.calls += 1), slack.groups),
  };
  return { clock, slack, people: createPeople(port, () => catalog, clock) };
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
  expect(await people.identify('U1')).toEqual({ person: null, roles: new Set(['single']), areRolesKnown: false });
  slack.isSilent = false;
  slack.groups = new Map([['sre-oncall', ['U1']]]);
  expect((await people.identify('U1')).roles.has('sre')).toBe(true);
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
