import { z } from 'zod';
import { count, defineMethod, flag, optionalText, page, Refusal, text, tier2, tier3, tier4 } from './method.ts';
import { userGroupObject, userObject } from './objects.ts';

export const peopleMethods = [
  defineMethod({
    name: 'users.info',
    scopes: ['users:read'],
    pace: tier4,
    args: z.strictObject({ user: text, include_locale: flag }),
    answer: (args, desk) => {
      const user = desk.workspace.user(args.user);
      if (!user) throw new Refusal('user_not_found');
      return { user: userObject(user) };
    },
  }),

  defineMethod({
    name: 'users.list',
    scopes: ['users:read'],
    pace: tier2,
    args: z.strictObject({ cursor: optionalText, limit: count, include_locale: flag }),
    answer: (args, desk) => {
      const { items, nextCursor } = page(desk.workspace.state.users, args.limit ?? 1000, args.cursor);
      return { members: items.map(userObject), cache_ts: desk.workspace.nowSeconds(), response_metadata: { next_cursor: nextCursor } };
    },
  }),

  defineMethod({
    name: 'users.lookupByEmail',
    scopes: ['users:read.email'],
    pace: tier3,
    args: z.strictObject({ email: text }),
    answer: (args, desk) => {
      const user = desk.workspace.state.users.find((candidate) => candidate.email?.toLowerCase() === args.email.toLowerCase() && candidate.kind !== 'deactivated');
      if (!user) throw new Refusal('users_not_found');
      return { user: userObject(user) };
    },
  }),

  defineMethod({
    name: 'usergroups.list',
    scopes: ['usergroups:read'],
    pace: tier2,
    args: z.strictObject({ include_count: flag, include_disabled: flag, include_users: flag }),
    answer: (args, desk) => ({ usergroups: desk.workspace.state.userGroups.map((group) => userGroupObject(desk.workspace, group, args.include_users ?? false)) }),
  }),

  defineMethod({
    name: 'usergroups.users.list',
    scopes: ['usergroups:read'],
    pace: tier2,
    args: z.strictObject({ usergroup: text, include_disabled: flag }),
    answer: (args, desk) => {
      const group = desk.workspace.state.userGroups.find((candidate) => candidate.id === args.usergroup);
      if (!group) throw new Refusal('no_such_subteam');
      return { users: group.userIds };
    },
  }),
];
