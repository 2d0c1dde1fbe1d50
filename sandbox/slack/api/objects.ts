import type { JsonObject } from '../block-kit/schema.ts';
import type { Channel, Message, OpenView, StoredFile, User, UserGroup } from '../state.ts';
import type { Workspace } from '../workspace-model.ts';

/** Our data in Slack's spelling, as its API answers and its payloads show it. */

export function userObject(user: User): JsonObject {
  const isForeign = user.kind === 'stranger';
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    deleted: user.kind === 'deactivated',
    ...(user.kind === 'deactivated' ? {} : { color: user.color, real_name: user.realName, tz: 'Etc/UTC', tz_label: 'Coordinated Universal Time', tz_offset: 0 }),
    profile: {
      title: user.title,
      real_name: user.realName,
      real_name_normalized: user.realName,
      display_name: user.realName,
      display_name_normalized: user.realName,
      ...(user.email === null ? {} : { email: user.email }),
      team: user.teamId,
    },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.kind === 'guest',
    is_ultra_restricted: false,
    is_bot: user.kind === 'bot',
    is_app_user: false,
    ...(isForeign ? { is_stranger: true } : {}),
    updated: 0,
  };
}

export function channelObject(workspace: Workspace, channel: Channel): JsonObject {
  const botUserId = workspace.state.app.botUserId;
  if (channel.isDirect) {
    return {
      id: channel.id,
      created: channel.createdAt,
      is_im: true,
      is_org_shared: false,
      is_archived: false,
      user: channel.memberIds.find((id) => id !== botUserId),
      is_user_deleted: false,
    };
  }
  const described = (value: string) => ({ value, creator: value === '' ? '' : channel.creatorId, last_set: value === '' ? 0 : channel.createdAt });
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_general: channel.name === 'general',
    is_shared: channel.isExternal,
    is_ext_shared: channel.isExternal,
    is_org_shared: false,
    pending_shared: [],
    is_pending_ext_shared: false,
    is_member: channel.memberIds.includes(botUserId),
    created: channel.createdAt,
    creator: channel.creatorId,
    context_team_id: workspace.state.team.id,
    unlinked: 0,
    topic: described(channel.topic),
    purpose: described(channel.purpose),
    previous_names: [],
    num_members: channel.memberIds.length,
  };
}

/** `withMetadata` is what `include_all_metadata` asks for. */
export function messageObject(workspace: Workspace, message: Message, { withMetadata = false }: { withMetadata?: boolean } = {}): JsonObject {
  const { app, team } = workspace.state;
  const isParent = message.threadTs === null && message.ephemeralFor === null;
  const replies = isParent ? workspace.repliesTo(message.channelId, message.ts) : [];
  const latest = replies.at(-1);
  const pinned = workspace.channel(message.channelId)?.pins.some((pin) => pin.ts === message.ts) ?? false;
  return {
    type: 'message',
    ...(message.subtype === null ? {} : { subtype: message.subtype }),
    user: message.userId,
    ts: message.ts,
    ...(message.botId === null
      ? {}
      : { bot_id: message.botId, app_id: app.appId, bot_profile: { id: app.botId, app_id: app.appId, user_id: app.botUserId, name: app.name, team_id: team.id, deleted: false, updated: 0, icons: {} } }),
    text: message.text,
    team: workspace.user(message.userId)?.teamId ?? team.id,
    ...(message.blocks === null ? {} : { blocks: message.blocks }),
    ...(message.attachments === null ? {} : { attachments: message.attachments }),
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs, parent_user_id: workspace.message(message.channelId, message.threadTs)?.userId }),
    ...(latest === undefined
      ? {}
      : { thread_ts: message.ts, reply_count: replies.length, reply_users_count: new Set(replies.map((reply) => reply.userId)).size, reply_users: [...new Set(replies.map((reply) => reply.userId))], latest_reply: latest.ts, is_locked: false, subscribed: false }),
    ...(message.edited === null ? {} : { edited: { user: message.edited.userId, ts: message.edited.ts } }),
    ...(message.fileIds.length === 0 ? {} : { files: workspace.state.files.filter((file) => message.fileIds.includes(file.id)).map((file) => fileObject(workspace, file)) }),
    ...(message.reactions.length === 0 ? {} : { reactions: message.reactions.map((reaction) => ({ name: reaction.name, users: reaction.userIds, count: reaction.userIds.length })) }),
    ...(pinned ? { pinned_to: [message.channelId] } : {}),
    ...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
  };
}

export function viewObject(workspace: Workspace, view: OpenView, stateValues: JsonObject): JsonObject {
  const { app, team } = workspace.state;
  const { content } = view;
  return {
    id: view.id,
    team_id: team.id,
    type: view.type,
    blocks: content['blocks'],
    private_metadata: content['private_metadata'] ?? '',
    callback_id: content['callback_id'] ?? '',
    state: { values: stateValues },
    hash: view.hash,
    title: content['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    clear_on_close: content['clear_on_close'] ?? false,
    notify_on_close: content['notify_on_close'] ?? false,
    close: content['close'] ?? null,
    submit: content['submit'] ?? null,
    previous_view_id: view.previousViewId,
    root_view_id: view.rootViewId,
    app_id: app.appId,
    external_id: content['external_id'] ?? '',
    app_installed_team_id: team.id,
    bot_id: app.botId,
  };
}

export function userGroupObject(workspace: Workspace, group: UserGroup, withUsers: boolean): JsonObject {
  return {
    id: group.id,
    team_id: workspace.state.team.id,
    is_usergroup: true,
    is_subteam: true,
    name: group.name,
    description: group.description,
    handle: group.handle,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: 0,
    auto_type: null,
    created_by: 'USLACKBOT',
    updated_by: 'USLACKBOT',
    deleted_by: null,
    prefs: { channels: [], groups: [] },
    user_count: group.userIds.length,
    ...(withUsers ? { users: group.userIds } : {}),
  };
}

export function fileObject(workspace: Workspace, file: StoredFile): JsonObject {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    mimetype: mimeType(file.name),
    filetype: file.name.split('.').at(-1) ?? '',
    size: file.sizeBytes,
    mode: file.snippetType === null ? 'hosted' : 'snippet',
    user: workspace.state.app.botUserId,
    alt_txt: file.altText ?? '',
    url_private: `/sandbox/files/${file.id}`,
    channels: file.channelIds,
  };
}

export function mimeType(name: string): string {
  const types: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', svg: 'image/svg+xml', json: 'application/json', csv: 'text/csv', md: 'text/markdown', html: 'text/plain' };
  return types[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'text/plain';
}
