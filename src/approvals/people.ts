import type { Catalog, Role } from '../catalog/system.ts';
import type { Clock } from '../support/clock.ts';
import type { PeoplePort, Person } from './person.ts';
import type { Identity } from './policy.ts';

/** A role taken away counts within this time (T-15); before something starts it is asked for afresh. Slack answers for all groups 20 times a minute. */
const rememberedMs = 60_000;

export interface People {
  identify(userId: string): Promise<Identity>;
  /** As they are at this moment, in the order of the ids: before something starts. Slack is asked once for all of them. */
  identifyAfresh(userIds: readonly string[]): Promise<readonly Identity[]>;
  /** Slack ids of everybody with the role; `null` where Slack did not say. */
  membersOf(roleId: string): Promise<readonly string[] | null>;
}

type Groups = ReadonlyMap<string, readonly string[]>;

/** Turns Slack ids into people with roles, by `roles.yaml`: user groups and single ids. What Slack did not answer is not remembered. */
export function createPeople(slack: PeoplePort, catalog: () => Catalog, clock: Clock): People {
  const person = remembering(clock, (userId: string) => slack.person(userId));
  const groups = remembering(clock, () => slack.groups());

  return {
    membersOf: async (roleId) => {
      const role = catalog().roles.get(roleId);
      return role === undefined ? [] : membersIn(role, role.slackGroup === null ? null : await groups('', false));
    },
    identify: async (userId) => {
      // Side by side: whoever pressed a button waits, and Slack gives three seconds to answer with a window.
      const [who, known] = await Promise.all([person(userId, false), groups('', false)]);
      return identityOf(userId, who, known, catalog());
    },
    identifyAfresh: async (userIds) => {
      const [known, ...people] = await Promise.all([groups('', true), ...userIds.map((userId) => person(userId, true))]);
      return userIds.map((userId, index) => identityOf(userId, people[index] ?? null, known, catalog()));
    },
  };
}

function identityOf(userId: string, person: Person | null, groups: Groups | null, catalog: Catalog): Identity {
  const held = [...catalog.roles.values()].filter((role) => membersIn(role, groups)?.includes(userId) === true);
  return { person, roles: new Set(held.map((role) => role.id)), areRolesKnown: groups !== null };
}

function membersIn(role: Role, groups: Groups | null): readonly string[] | null {
  if (role.slackGroup === null) return role.slackUsers;
  if (groups === null) return role.slackUsers.length > 0 ? role.slackUsers : null;
  return [...role.slackUsers, ...(groups.get(role.slackGroup) ?? [])];
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
