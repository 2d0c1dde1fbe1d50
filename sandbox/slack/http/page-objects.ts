import { fileObject } from '../api/objects.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import type { Channel, Message, OpenView, User } from '../state.ts';
import { viewAnswer } from '../views.ts';
import type { Workspace } from '../workspace-model.ts';

/** Our data as the sandbox's page reads it. */

export const pageUser = (user: User): JsonObject => ({ id: user.id, name: user.name, realName: user.realName, title: user.title, kind: user.kind, color: user.color });

export function pageChannel(workspace: Workspace, channel: Channel): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    topic: channel.topic,
    isPrivate: channel.isPrivate,
    isDirect: channel.isDirect,
    isArchived: channel.isArchived,
    isExternal: channel.isExternal,
    memberIds: channel.memberIds,
    bookmarks: channel.bookmarks,
    lastTs: workspace.messagesIn(channel.id).at(-1)?.ts ?? null,
  };
}

export function pageMessage(workspace: Workspace, message: Message): JsonObject {
  const replies = message.threadTs === null && message.ephemeralFor === null ? workspace.repliesTo(message.channelId, message.ts) : [];
  const files = workspace.state.files.filter((file) => message.fileIds.includes(file.id));
  return {
    ts: message.ts,
    userId: message.userId,
    ...(message.botId === null ? {} : { botId: message.botId }),
    text: message.text,
    ...(message.blocks === null ? {} : { blocks: message.blocks }),
    ...(message.attachments === null ? {} : { attachments: message.attachments }),
    ...(message.threadTs === null ? {} : { threadTs: message.threadTs }),
    isBroadcast: message.isBroadcast,
    replyCount: replies.length,
    latestReply: replies.at(-1)?.ts ?? null,
    replyUserIds: [...new Set(replies.map((reply) => reply.userId))],
    ...(message.edited === null ? {} : { edited: message.edited }),
    ...(files.length === 0 ? {} : { files: files.map((file) => fileObject(workspace, file)) }),
    ...(message.ephemeralFor === null ? {} : { ephemeralFor: message.ephemeralFor }),
    ...(message.subtype === null ? {} : { subtype: message.subtype }),
    pinned: workspace.channel(message.channelId)?.pins.some((pin) => pin.ts === message.ts) ?? false,
    reactions: message.reactions.map(({ name, userIds }) => ({ name, count: userIds.length, users: userIds })),
    ...(message.metadata === null ? {} : { metadata: message.metadata }),
  };
}

export function pageView(workspace: Workspace, view: OpenView): JsonObject {
  return { ...viewAnswer(workspace, view), ...(Object.keys(view.errors).length === 0 ? {} : { errors: view.errors }) };
}

/** A person sees the public channels (a guest only their own), the private ones they are in, and their talk with the bot. */
export function isVisibleTo(user: User, channel: Channel): boolean {
  if (channel.memberIds.includes(user.id)) return true;
  return !channel.isPrivate && !channel.isDirect && user.kind === 'member';
}
