import { z } from 'zod';
import { post } from '../posting.ts';
import type { Channel, Message } from '../state.ts';
import { isMember, joinedChannel, visibleChannel } from './channels.ts';
import type { Desk } from './method.ts';
import { count, defineMethod, flag, invalidArguments, optionalText, page, Refusal, text, tier2, tier3, tier4 } from './method.ts';
import { channelObject, messageObject } from './objects.ts';

const readScopes = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const historyScopes = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];
const manageScopes = ['channels:manage', 'groups:write'];
const window = { cursor: optionalText, limit: count, oldest: optionalText, latest: optionalText, inclusive: flag, include_all_metadata: flag };
const maximumTopic = 250;

const within = (args: { oldest?: string | undefined; latest?: string | undefined; inclusive?: boolean | undefined }) => (message: Message) => {
  const ts = Number(message.ts);
  const oldest = args.oldest === undefined ? -Infinity : Number(args.oldest);
  const latest = args.latest === undefined ? Infinity : Number(args.latest);
  return args.inclusive === true ? ts >= oldest && ts <= latest : ts > oldest && ts < latest;
};

const typeOf = (channel: Channel) => (channel.isDirect ? 'im' : channel.isPrivate ? 'private_channel' : 'public_channel');

function readNewName(desk: Desk, name: string): string {
  if (name === '') throw new Refusal('invalid_name_required');
  if ([...name].length > 80) throw new Refusal('invalid_name_maxlength');
  if (/^[-_]+$/.test(name)) throw new Refusal('invalid_name_punctuation');
  if (!/^[\p{Ll}\p{Lo}\p{Nd}_-]+$/u.test(name)) throw new Refusal('invalid_name_specials');
  // An archived channel keeps its name.
  if (desk.workspace.channel(name)) throw new Refusal('name_taken');
  return name;
}

export const conversationMethods = [
  defineMethod({
    name: 'conversations.list',
    scopes: readScopes,
    pace: tier2,
    args: z.strictObject({ cursor: optionalText, limit: count, types: optionalText, exclude_archived: flag }),
    answer: (args, desk) => {
      const types = (args.types ?? 'public_channel').split(',').map((type) => type.trim());
      if (types.some((type) => !['public_channel', 'private_channel', 'im', 'mpim'].includes(type))) throw new Refusal('invalid_types');
      const visible = desk.workspace.state.channels.filter((channel) => types.includes(typeOf(channel)) && (!channel.isPrivate || isMember(desk, channel)) && !(args.exclude_archived && channel.isArchived));
      const { items, nextCursor } = page(visible, args.limit ?? 100, args.cursor);
      return { channels: items.map((channel) => channelObject(desk.workspace, channel)), response_metadata: { next_cursor: nextCursor } };
    },
  }),

  defineMethod({
    name: 'conversations.info',
    scopes: readScopes,
    pace: tier3,
    args: z.strictObject({ channel: text, include_locale: flag, include_num_members: flag }),
    answer: (args, desk) => ({ channel: channelObject(desk.workspace, visibleChannel(desk, args.channel)) }),
  }),

  defineMethod({
    name: 'conversations.history',
    scopes: historyScopes,
    pace: tier3,
    args: z.strictObject({ channel: text, ...window }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      const found = desk.workspace
        .messagesIn(channel.id)
        .filter((message) => message.threadTs === null || message.isBroadcast)
        .filter(within(args))
        .reverse();
      const { items, nextCursor } = page(found, Math.min(args.limit ?? 100, 999), args.cursor);
      return {
        messages: items.map((message) => messageObject(desk.workspace, message, { withMetadata: args.include_all_metadata ?? false })),
        has_more: nextCursor !== '',
        pin_count: channel.pins.length,
        ...(nextCursor === '' ? {} : { response_metadata: { next_cursor: nextCursor } }),
      };
    },
  }),

  defineMethod({
    name: 'conversations.replies',
    scopes: historyScopes,
    pace: tier3,
    args: z.strictObject({ channel: text, ts: text, ...window }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      const named = desk.workspace.message(channel.id, args.ts);
      const parent = named?.threadTs ? desk.workspace.message(channel.id, named.threadTs) : named;
      if (!parent) throw new Refusal('thread_not_found');
      const replies = desk.workspace.repliesTo(channel.id, parent.ts).filter(within(args));
      const { items, nextCursor } = page(replies, Math.min(args.limit ?? 1000, 1000), args.cursor);
      return {
        messages: [parent, ...items].map((message) => messageObject(desk.workspace, message, { withMetadata: args.include_all_metadata ?? false })),
        has_more: nextCursor !== '',
        ...(nextCursor === '' ? {} : { response_metadata: { next_cursor: nextCursor } }),
      };
    },
  }),

  defineMethod({
    name: 'conversations.members',
    scopes: readScopes,
    pace: tier4,
    args: z.strictObject({ channel: text, cursor: optionalText, limit: count }),
    answer: (args, desk) => {
      const { items, nextCursor } = page(visibleChannel(desk, args.channel).memberIds, args.limit ?? 100, args.cursor);
      return { members: items, response_metadata: { next_cursor: nextCursor } };
    },
  }),

  defineMethod({
    name: 'conversations.open',
    scopes: ['im:write', 'mpim:write'],
    pace: tier3,
    args: z.strictObject({ channel: optionalText, users: optionalText, return_im: flag, prevent_creation: flag }),
    answer: (args, desk) => {
      if (args.channel !== undefined) return { channel: channelObject(desk.workspace, visibleChannel(desk, args.channel)) };
      const ids = (args.users ?? '').split(',').filter((id) => id !== '');
      if (ids.length === 0) throw new Refusal('users_list_not_supplied');
      if (ids.length > 1) throw new Refusal('not_enough_users', { response_metadata: { messages: ['The stand-in opens conversations with one person only.'] } });
      const user = desk.workspace.user(ids[0] as string);
      if (!user) throw new Refusal('user_not_found');
      if (user.kind === 'deactivated') throw new Refusal('user_disabled');
      if (user.kind === 'bot') throw new Refusal('cannot_dm_bot');
      const channel = desk.workspace.directMessageWith(user.id);
      return { channel: args.return_im ? channelObject(desk.workspace, channel) : { id: channel.id } };
    },
  }),

  defineMethod({
    name: 'conversations.create',
    scopes: manageScopes,
    pace: tier2,
    args: z.strictObject({ name: text, is_private: flag }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const needed = args.is_private ? 'groups:write' : 'channels:manage';
      if (!desk.scopes.has(needed)) throw new Refusal('missing_scope', { needed, provided: [...desk.scopes].join(',') });
      const { botUserId } = workspace.state.app;
      const channel: Channel = {
        id: workspace.nextId('C'),
        name: readNewName(desk, args.name),
        topic: '',
        purpose: '',
        isPrivate: args.is_private ?? false,
        isDirect: false,
        isExternal: false,
        isArchived: false,
        createdAt: workspace.nowSeconds(),
        creatorId: botUserId,
        memberIds: [botUserId],
        pins: [],
        bookmarks: [],
      };
      workspace.state.channels.push(channel);
      workspace.changed({ type: 'channel', channel: channel.id });
      void desk.events.channelCreated(channel);
      return { channel: channelObject(workspace, channel) };
    },
  }),

  defineMethod({
    name: 'conversations.invite',
    scopes: ['channels:write.invites', 'groups:write.invites', ...manageScopes],
    pace: tier3,
    args: z.strictObject({ channel: text, users: text, force: flag }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const channel = joinedChannel(desk, args.channel);
      if (channel.isDirect) throw new Refusal('method_not_supported_for_channel_type');
      if (channel.isArchived) throw new Refusal('is_archived');
      const ids = args.users.split(',').map((id) => id.trim());
      if (ids.length > 100) throw invalidArguments('[ERROR] no more than 100 users');
      const problems = ids.flatMap((id) => {
        const error = whyNotInvited(desk, channel, id);
        return error === null ? [] : [{ user: id, ok: false, error }];
      });
      const invitable = ids.filter((id) => !problems.some((problem) => problem.user === id));
      if (problems.length > 0 && (!args.force || invitable.length === 0)) throw new Refusal(problems[0]?.error as string, { errors: problems });
      for (const id of invitable) {
        channel.memberIds.push(id);
        void desk.events.memberJoined(channel, id, workspace.state.app.botUserId);
      }
      workspace.changed({ type: 'channel', channel: channel.id });
      return { channel: channelObject(workspace, channel), ...(problems.length > 0 ? { errors: problems } : {}) };
    },
  }),

  defineMethod({
    name: 'conversations.setTopic',
    scopes: ['channels:write.topic', 'groups:write.topic', 'im:write.topic', ...manageScopes],
    pace: tier2,
    args: z.strictObject({ channel: text, topic: text }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      if (channel.isArchived) throw new Refusal('is_archived');
      if ([...args.topic].length > maximumTopic) throw new Refusal('too_long');
      channel.topic = args.topic;
      desk.workspace.changed({ type: 'channel', channel: channel.id });
      const { botUserId, botId } = desk.workspace.state.app;
      post(desk.workspace, desk.events, { channel, userId: botUserId, botId, subtype: 'channel_topic', content: { text: `<@${botUserId}> set the channel topic: ${args.topic}`, blocks: null, attachments: null } });
      return { channel: channelObject(desk.workspace, channel) };
    },
  }),

  defineMethod({
    name: 'conversations.join',
    scopes: ['channels:join'],
    pace: tier3,
    args: z.strictObject({ channel: text }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const channel = visibleChannel(desk, args.channel);
      if (channel.isPrivate) throw new Refusal('method_not_supported_for_channel_type');
      if (channel.isArchived) throw new Refusal('is_archived');
      const wasMember = isMember(desk, channel);
      if (!wasMember) channel.memberIds.push(workspace.state.app.botUserId);
      workspace.changed({ type: 'channel', channel: channel.id });
      return { channel: channelObject(workspace, channel), ...(wasMember ? { warning: 'already_in_channel', response_metadata: { warnings: ['already_in_channel'] } } : {}) };
    },
  }),
];

function whyNotInvited(desk: Desk, channel: Channel, id: string): string | null {
  const user = desk.workspace.user(id);
  if (!user) return 'user_not_found';
  if (id === desk.workspace.state.app.botUserId) return 'cant_invite_self';
  if (channel.memberIds.includes(id)) return 'already_in_channel';
  if (user.kind === 'deactivated') return 'user_not_found';
  if (user.kind === 'stranger') return 'no_external_invite_permission';
  return null;
}
