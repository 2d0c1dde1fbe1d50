import { z } from 'zod';
import { existingMessage, joinedChannel } from './channels.ts';
import { defineMethod, optionalText, Refusal, text, tier2, tier3 } from './method.ts';
import { messageObject } from './objects.ts';

/** Pins, reactions and bookmarks: what is put onto a message or a channel. */

const maximumPins = 100;
const maximumBookmarks = 100;

export const markMethods = [
  defineMethod({
    name: 'pins.add',
    scopes: ['pins:write'],
    pace: tier2,
    args: z.strictObject({ channel: text, timestamp: optionalText }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      if (args.timestamp === undefined) throw new Refusal('no_item_specified');
      const message = existingMessage(desk, channel, args.timestamp);
      if (message.subtype !== null) throw new Refusal('not_pinnable');
      if (channel.pins.some((pin) => pin.ts === message.ts)) throw new Refusal('already_pinned');
      if (channel.pins.length >= maximumPins) throw new Refusal('too_many_pins');
      channel.pins.push({ ts: message.ts, by: desk.workspace.state.app.botUserId, at: desk.workspace.nowSeconds() });
      desk.workspace.changed({ type: 'pin', channel: channel.id, ts: message.ts });
      return {};
    },
  }),

  defineMethod({
    name: 'pins.remove',
    scopes: ['pins:write'],
    pace: tier2,
    args: z.strictObject({ channel: text, timestamp: optionalText }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      if (args.timestamp === undefined) throw new Refusal('no_item_specified');
      const { ts } = existingMessage(desk, channel, args.timestamp);
      if (!channel.pins.some((pin) => pin.ts === ts)) throw new Refusal('no_pin');
      channel.pins = channel.pins.filter((pin) => pin.ts !== ts);
      desk.workspace.changed({ type: 'pin', channel: channel.id, ts });
      return {};
    },
  }),

  defineMethod({
    name: 'pins.list',
    scopes: ['pins:read', 'pins:write'],
    pace: tier2,
    args: z.strictObject({ channel: text }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      return {
        items: channel.pins.flatMap((pin) => {
          const message = desk.workspace.message(channel.id, pin.ts);
          return message ? [{ type: 'message', channel: channel.id, created: pin.at, created_by: pin.by, message: messageObject(desk.workspace, message) }] : [];
        }),
      };
    },
  }),

  defineMethod({
    name: 'reactions.add',
    scopes: ['reactions:write'],
    pace: tier3,
    args: z.strictObject({ channel: text, timestamp: text, name: text }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel);
      if (channel.isArchived) throw new Refusal('is_archived');
      if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(args.name)) throw new Refusal('invalid_name');
      const message = existingMessage(desk, channel, args.timestamp);
      const { botUserId } = desk.workspace.state.app;
      const reaction = message.reactions.find((existing) => existing.name === args.name);
      if (reaction?.userIds.includes(botUserId)) throw new Refusal('already_reacted');
      if (reaction) reaction.userIds.push(botUserId);
      else message.reactions.push({ name: args.name, userIds: [botUserId] });
      desk.workspace.changed({ type: 'reaction', channel: channel.id, ts: message.ts });
      return {};
    },
  }),

  defineMethod({
    name: 'bookmarks.add',
    scopes: ['bookmarks:write'],
    pace: tier2,
    args: z.strictObject({ channel_id: text, title: text, type: text, link: optionalText, emoji: optionalText, entity_id: optionalText, access_level: optionalText, parent_id: optionalText }),
    answer: (args, desk) => {
      const channel = joinedChannel(desk, args.channel_id);
      if (args.type !== 'link') throw new Refusal('invalid_bookmark_type');
      if (args.link === undefined || args.link.length > 2048 || !/^https?:\/\//.test(args.link) || !URL.canParse(args.link)) throw new Refusal('invalid_link');
      if (args.title.length > 256) throw new Refusal('invalid_arguments', { response_metadata: { messages: ['[ERROR] title must be less than 257 characters'] } });
      if (channel.bookmarks.length >= maximumBookmarks) throw new Refusal('too_many_bookmarks');
      const bookmark = { id: desk.workspace.nextId('Bk'), title: args.title, link: args.link, emoji: args.emoji ?? null };
      channel.bookmarks.push(bookmark);
      desk.workspace.changed({ type: 'channel', channel: channel.id });
      return { bookmark: { ...bookmark, channel_id: channel.id, type: 'link', date_created: desk.workspace.nowSeconds(), app_id: desk.workspace.state.app.appId } };
    },
  }),
];
