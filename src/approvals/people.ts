import type { Catalog, Role } from '../catalog/system.ts';
import type { Clock } from '../support/clock.ts';
import type { PeoplePort, Person, SchedulePort } from './person.ts';
import type { Identity } from './policy.ts';

/** A role taken away counts within this time (T-15); before something starts it is asked for afresh. Slack answers for all groups 20 times a minute. */
const rememberedMs = 60_000;

export interface People {
  identify(userId: string): Promise<Identity>;
  /** As they are at this moment, in the order of the ids: before something starts. Slack is asked once for all of them. */
  identifyAfresh(userIds: readonly string[]): Promise<readonly Identity[]>;
  /** Slack ids of everybody with the role; `null` where nobody said. */
  membersOf(roleId: string): Promise<readonly string[] | null>;
}

type Groups = ReadonlyMap<string, readonly string[]>;
/** Addresses of who is on call now, by schedule; `null` where PagerDuty did not say. */
type OnCallNow = ReadonlyMap<string, readonly string[] | null>;

/**
 * Turns Slack ids into people with roles, by `roles.yaml`: user groups, PagerDuty schedules and single ids. PagerDuty knows people by their addresses, and so
 * does Slack. What was not answered is not known, is no role, and is not remembered.
 */
export function createPeople(slack: PeoplePort, schedules: SchedulePort, catalog: () => Catalog, clock: Clock): People {
  const person = remembering(clock, (userId: string) => slack.person(userId));
  const groups = remembering(clock, () => slack.groups());
  const userIdOf = remembering(clock, (email: string) => slack.userIdOf(email));
  const onCall = remembering(clock, async (scheduleId: string) => {
    const turn = await schedules.onCall(scheduleId);
    return turn.status === 'known' ? turn.people.map(({ email }) => email.toLowerCase()) : null;
  });

  const onCallNow = async (afresh: boolean): Promise<OnCallNow> => {
    const ids = new Set([...catalog().roles.values()].flatMap(({ pagerdutySchedule }) => pagerdutySchedule ?? []));
    return new Map(await Promise.all([...ids].map(async (id) => [id, await onCall(id, afresh)] as const)));
  };

  const membersOfGroup = async (handle: string): Promise<readonly string[] | null> => {
    const known = await groups('', false);
    return known === null ? null : (known.get(handle) ?? []);
  };
  const accountsOnCall = async (scheduleId: string): Promise<readonly string[] | null> => {
    const emails = await onCall(scheduleId, false);
    if (emails === null) return null;
    const accounts = await Promise.all(emails.map((email) => userIdOf(email, false)));
    return accounts.filter((id) => id !== null);
  };

  return {
    membersOf: async (roleId) => {
      const role = catalog().roles.get(roleId);
      if (role === undefined) return [];
      const [inGroup, onTurn] = await Promise.all([role.slackGroup === null ? [] : membersOfGroup(role.slackGroup), role.pagerdutySchedule === null ? [] : accountsOnCall(role.pagerdutySchedule)]);
      const known = [...new Set([...role.slackUsers, ...(inGroup ?? []), ...(onTurn ?? [])])];
      return known.length === 0 && (inGroup === null || onTurn === null) ? null : known;
    },
    identify: async (userId) => {
      // Side by side: whoever pressed a button waits, and Slack gives three seconds to answer with a window.
      const [who, known, turns] = await Promise.all([person(userId, false), groups('', false), onCallNow(false)]);
      return identityOf(userId, who, known, turns, catalog());
    },
    identifyAfresh: async (userIds) => {
      const [known, turns, ...people] = await Promise.all([groups('', true), onCallNow(true), ...userIds.map((userId) => person(userId, true))]);
      return userIds.map((userId, index) => identityOf(userId, people[index] ?? null, known, turns, catalog()));
    },
  };
}

function identityOf(userId: string, person: Person | null, groups: Groups | null, turns: OnCallNow, catalog: Catalog): Identity {
  const email = person?.email?.toLowerCase() ?? '';
  const holds = ({ slackUsers, slackGroup, pagerdutySchedule }: Role): boolean =>
    slackUsers.includes(userId) ||
    (slackGroup !== null && groups?.get(slackGroup)?.includes(userId) === true) ||
    (pagerdutySchedule !== null && email !== '' && turns.get(pagerdutySchedule)?.includes(email) === true);
  const isPagerDutySilent = [...turns.values()].includes(null);
  return {
    person,
    roles: new Set([...catalog.roles.values()].filter(holds).map((role) => role.id)),
    areRolesKnown: groups !== null && !isPagerDutySilent,
    ...(groups === null ? { silent: 'Slack' } : isPagerDutySilent ? { silent: 'PagerDuty' } : {}),
    otherAccounts: catalog.samePerson.filter((accounts) => accounts.includes(userId)).flat().filter((account) => account !== userId),
  };
}

function remembering<T>(clock: Clock, read: (key: string) => Promise<T | null>): (key: string, afresh: boolean) => Promise<T | null> {
  const remembered = new Map<string, { readonly untilMs: number; readonly answer: Promise<T | null> }>();
  return async (key, afresh) => {
    const now = clock.now().getTime();
    const known = remembered.get(key);
    if (!afresh && known !== undefined && now < known.untilMs) return known.answer;
    // The question itself is remembered, so that those who ask at the same moment ask once.
    const asked = { untilMs: now + rememberedMs, answer: read(key).catch(() => null) };
    remembered.set(key, asked);
    const value = await asked.answer;
    if (value === null && remembered.get(key) === asked) remembered.delete(key);
    return value;
  };
}
