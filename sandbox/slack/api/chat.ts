import { z } from 'zod';
import { countCharacters } from '../block-kit/schema.ts';
import { edit, post, readContent, readMetadata, remove } from '../posting.ts';
import type { Content, ContentArguments } from '../posting.ts';
import { existingMessage, postableChannel, visibleChannel } from './channels.ts';
import { defineMethod, flag, json, optionalText, Refusal, text, tier3, tier4 } from './method.ts';
import { messageObject } from './objects.ts';

const content = { text: optionalText, blocks: json, attachments: json, markdown_text: optionalText };
const formatting = { mrkdwn: flag, parse: optionalText, link_names: flag, unfurl_links: flag, unfurl_media: flag, username: optionalText, icon_emoji: optionalText, icon_url: optionalText, as_user: flag };
const maximumUpdateText = 4000;

const warningsOf = (warnings: readonly string[]) => (warnings.length === 0 ? {} : { warning: warnings.join(','), response_metadata: { warnings } });

const orNone = <T>(list: readonly T[] | null) => (list === null || list.length === 0 ? null : [...list]);

/** A new text without blocks takes the old blocks away; they stay only when neither is given. An empty list takes away too. */
function changeOf(args: ContentArguments, wanted: Content): Parameters<typeof edit>[4] {
  const hasText = args.text !== undefined || args.markdown_text !== undefined;
  return {
    ...(hasText ? { text: wanted.text } : {}),
    ...(hasText || args.blocks !== undefined ? { blocks: orNone(wanted.blocks) } : {}),
    ...(args.attachments === undefined ? {} : { attachments: orNone(wanted.attachments) }),
  };
}

export const chatMethods = [
  defineMethod({
    name: 'chat.postMessage',
    scopes: ['chat:write'],
    pace: 'posts',
    args: z.strictObject({ channel: text, ...content, ...formatting, thread_ts: optionalText, reply_broadcast: flag, metadata: json }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const channel = postableChannel(desk, args.channel);
      const wanted = readContent(workspace, args);
      const metadata = readMetadata(args.metadata);
      if ((args.username ?? args.icon_emoji ?? args.icon_url) !== undefined && !desk.scopes.has('chat:write.customize')) throw new Refusal('missing_scope', { needed: 'chat:write.customize', provided: [...desk.scopes].join(',') });
      const parent = args.thread_ts === undefined ? undefined : workspace.message(channel.id, args.thread_ts);
      // Slack documents no error for a thread that is not there. Here it is one, so that nobody posts into the void unseen.
      if (args.thread_ts !== undefined && !parent) throw new Refusal('thread_not_found');
      if (parent && parent.threadTs !== null) throw new Refusal('cannot_reply_to_message');
      const message = post(workspace, desk.events, {
        channel,
        userId: workspace.state.app.botUserId,
        botId: workspace.state.app.botId,
        content: wanted,
        threadTs: parent?.ts ?? null,
        isBroadcast: args.reply_broadcast ?? false,
        metadata,
      });
      return { channel: channel.id, ts: message.ts, message: messageObject(workspace, message, { withMetadata: true }), ...warningsOf(wanted.warnings) };
    },
  }),

  defineMethod({
    name: 'chat.update',
    scopes: ['chat:write'],
    pace: tier3,
    args: z.strictObject({ channel: text, ts: text, ...content, ...formatting, reply_broadcast: flag, metadata: json, file_ids: json }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const channel = visibleChannel(desk, args.channel);
      if (channel.isArchived) throw new Refusal('is_archived');
      const message = existingMessage(desk, channel, args.ts);
      if (message.userId !== workspace.state.app.botUserId) throw new Refusal('cant_update_message');
      if (args.text !== undefined && countCharacters(args.text) > maximumUpdateText) throw new Refusal('msg_too_long');
      const wanted = readContent(workspace, args);
      const metadata = args.metadata === undefined ? undefined : readMetadata(args.metadata);
      edit(workspace, desk.events, message, workspace.state.app.botUserId, { ...changeOf(args, wanted), ...(metadata === undefined ? {} : { metadata }) });
      return { channel: channel.id, ts: message.ts, text: message.text, message: messageObject(workspace, message, { withMetadata: true }), ...warningsOf(wanted.warnings) };
    },
  }),

  defineMethod({
    name: 'chat.delete',
    scopes: ['chat:write'],
    pace: tier3,
    args: z.strictObject({ channel: text, ts: text, as_user: flag }),
    answer: (args, desk) => {
      const channel = visibleChannel(desk, args.channel);
      const message = existingMessage(desk, channel, args.ts);
      if (message.userId !== desk.workspace.state.app.botUserId) throw new Refusal('cant_delete_message');
      remove(desk.workspace, desk.events, message);
      return { channel: channel.id, ts: args.ts };
    },
  }),

  defineMethod({
    name: 'chat.postEphemeral',
    scopes: ['chat:write'],
    pace: tier4,
    args: z.strictObject({ channel: text, user: text, ...content, ...formatting, thread_ts: optionalText, metadata: json }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const channel = postableChannel(desk, args.channel);
      if (!channel.memberIds.includes(args.user)) throw new Refusal('user_not_in_channel');
      const wanted = readContent(workspace, args);
      const message = post(workspace, desk.events, {
        channel,
        userId: workspace.state.app.botUserId,
        botId: workspace.state.app.botId,
        content: wanted,
        threadTs: args.thread_ts ?? null,
        ephemeralFor: args.user,
      });
      return { message_ts: message.ts, ...warningsOf(wanted.warnings) };
    },
  }),

  defineMethod({
    name: 'chat.getPermalink',
    scopes: [],
    pace: { perMinute: 600 },
    args: z.strictObject({ channel: text, message_ts: text }),
    answer: (args, desk) => {
      const channel = visibleChannel(desk, args.channel);
      const message = existingMessage(desk, channel, args.message_ts);
      const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
      return { channel: channel.id, permalink: `https://${desk.workspace.state.team.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}` };
    },
  }),
];

