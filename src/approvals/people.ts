import type { Catalog } from '../catalog/system.ts';
import type { Clock } from '../support/clock.ts';
import type { PeoplePort, Person } from './person.ts';
import type { Identity } from './policy.ts';

/** A role taken away counts within this time (T-15). */
const rememberedMs = 60_000;

export interface People {
  identify(userId: string, options?: { readonly afresh?: boolean }): Promise<Identity>;
  /** Slack ids of everybody with the role; `null` where Slack did not say. */
  membersOf(roleId: string): Promise<readonly string[] | null>;
}

/** Turns Slack ids into people with roles, by `roles.yaml`: user groups and single ids. */
export function createPeople(slack: PeoplePort, catalog: () => Catalog, clock: Clock): People {
  const remembered = new Map<string, { at: number; value: unknown }>();

  async function remember<T>(key: string, afresh: boolean, read: () => Promise<T | null>): Promise<T | null> {
    const now = clock.now().getTime();
    const known = remembered.get(key);
    if (!afresh && known !== undefined && now - known.at < rememberedMs) return known.value as T;
    const value = await read();
    if (value === null) remembered.delete(key);
    else remembered.set(key, { at: now, value });
    return value;
  }

  async function membersOf(roleId: string): Promise<readonly string[] | null> {
    const role = catalog().roles.get(roleId);
    if (role === undefined) return [];
    if (role.slackGroup === null) return role.slackUsers;
    const groups = await remember('groups', false, () => slack.groups());
    return groups === null ? (role.slackUsers.length > 0 ? role.slackUsers : null) : [...role.slackUsers, ...(groups.get(role.slackGroup) ?? [])];
  }

  return {
    membersOf: (roleId) => membersOf(roleId),
    identify: async (userId, { afresh = false } = {}) => {
      const person = await remember<Person>(`person ${userId}`, afresh, () => slack.person(userId));
      if (afresh) await remember('groups', true, () => slack.groups());
      const roles = new Set<string>();
      for (const roleId of catalog().roles.keys()) if ((await membersOf(roleId))?.includes(userId) === true) roles.add(roleId);
      return { person, roles };
    },
  };
}
