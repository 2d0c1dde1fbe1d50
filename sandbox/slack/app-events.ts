import { channelObject, messageObject, viewObject } from './api/objects.ts';
import type { JsonObject } from './block-kit/schema.ts';
import type { AppAnswer, Delivery } from './delivery/delivery.ts';
import type { Channel, Message } from './state.ts';
import type { Workspace } from './workspace-model.ts';

/** Events API: tells the app what happened, if it has subscribed to that and can see it. */
export class AppEvents {
  readonly #workspace: Workspace;
  readonly #delivery: () => Delivery;
  readonly #subscribed: ReadonlySet<string>;

  constructor(workspace: Workspace, delivery: () => Delivery, subscribed: ReadonlySet<string>) {
    this.#workspace = workspace;
    this.#delivery = delivery;
    this.#subscribed = subscribed;
  }

  messagePosted(message: Message): Promise<AppAnswer | null>[] {
    const { botUserId } = this.#workspace.state.app;
    const told = [this.#tellAboutMessage(message.channelId, { ...this.#plain(message), event_ts: message.ts })];
    // A mention arrives a second time, as an event of its own with the same ts.
    if (message.userId !== botUserId && message.text.includes(`<@${botUserId}>`)) {
      const { channel_type: _, ...mention } = this.#plain(message);
      told.push(this.#tell('app_mention', message.channelId, { ...mention, type: 'app_mention', event_ts: message.ts }));
    }
    return told;
  }

  messageChanged(message: Message, before: JsonObject): void {
    const ts = this.#workspace.nextTs();
    void this.#tellAboutMessage(message.channelId, { type: 'message', subtype: 'message_changed', channel: message.channelId, channel_type: this.#channelType(message.channelId), hidden: true, ts, event_ts: ts, message: messageObject(this.#workspace, message), previous_message: before });
  }

  messageDeleted(message: Message, before: JsonObject): void {
    const ts = this.#workspace.nextTs();
    void this.#tellAboutMessage(message.channelId, { type: 'message', subtype: 'message_deleted', channel: message.channelId, channel_type: this.#channelType(message.channelId), hidden: true, ts, event_ts: ts, deleted_ts: message.ts, previous_message: before });
  }

  homeOpened(userId: string): Promise<AppAnswer | null> {
    const home = this.#workspace.state.homes[userId];
    const channel = this.#workspace.directMessageWith(userId);
    return this.#tell('app_home_opened', channel.id, {
      type: 'app_home_opened',
      user: userId,
      channel: channel.id,
      tab: 'home',
      event_ts: this.#workspace.nextTs(),
      ...(home === undefined ? {} : { view: viewObject(this.#workspace, home, {}) }),
    });
  }

  channelArchived(channel: Channel, userId: string): Promise<AppAnswer | null> {
    const type = channel.isPrivate ? 'group_archive' : 'channel_archive';
    return this.#tell(type, channel.id, { type, channel: channel.id, user: userId, is_moved: 0, event_ts: this.#workspace.nextTs() });
  }

  channelCreated(channel: Channel): Promise<AppAnswer | null> {
    return this.#tell('channel_created', channel.id, { type: 'channel_created', channel: channelObject(this.#workspace, channel), event_ts: this.#workspace.nextTs() });
  }

  memberJoined(channel: Channel, userId: string, inviterId: string): Promise<AppAnswer | null> {
    return this.#tell('member_joined_channel', channel.id, {
      type: 'member_joined_channel',
      user: userId,
      channel: channel.id,
      channel_type: channel.isPrivate ? 'G' : 'C',
      team: this.#workspace.user(userId)?.teamId,
      inviter: inviterId,
      event_ts: this.#workspace.nextTs(),
    });
  }

  reactionAdded(message: Message, userId: string, reaction: string): Promise<AppAnswer | null> {
    return this.#tell('reaction_added', message.channelId, {
      type: 'reaction_added',
      user: userId,
      reaction,
      item_user: message.userId,
      item: { type: 'message', channel: message.channelId, ts: message.ts },
      event_ts: this.#workspace.nextTs(),
    });
  }

  groupMembersChanged(groupId: string, added: readonly string[], removed: readonly string[]): Promise<AppAnswer | null> {
    return this.#tell('subteam_members_changed', null, {
      type: 'subteam_members_changed',
      subteam_id: groupId,
      team_id: this.#workspace.state.team.id,
      date_previous_update: 0,
      date_update: this.#workspace.nowSeconds(),
      added_users: added,
      added_users_count: added.length,
      removed_users: removed,
      removed_users_count: removed.length,
      event_ts: this.#workspace.nextTs(),
    });
  }

  #plain(message: Message): JsonObject {
    return { ...messageObject(this.#workspace, message), channel: message.channelId, channel_type: this.#channelType(message.channelId) };
  }

  #channelType(channelId: string): 'channel' | 'group' | 'im' {
    const channel = this.#workspace.channel(channelId);
    if (channel?.isDirect) return 'im';
    return channel?.isPrivate ? 'group' : 'channel';
  }

  #tellAboutMessage(channelId: string, event: JsonObject): Promise<AppAnswer | null> {
    const names = { channel: 'message.channels', group: 'message.groups', im: 'message.im' } as const;
    return this.#tell(names[this.#channelType(channelId)], channelId, event);
  }

  async #tell(name: string, channelId: string | null, event: JsonObject): Promise<AppAnswer | null> {
    const { app, team } = this.#workspace.state;
    const channel = channelId === null ? undefined : this.#workspace.channel(channelId);
    if (!this.#subscribed.has(name)) return null;
    if (channel && !channel.memberIds.includes(app.botUserId)) return null;
    return this.#delivery().deliver('events_api', {
      token: 'verification-token',
      team_id: team.id,
      context_team_id: team.id,
      context_enterprise_id: null,
      api_app_id: app.appId,
      event,
      type: 'event_callback',
      event_id: this.#workspace.nextId('Ev'),
      event_time: this.#workspace.nowSeconds(),
      authorizations: [{ enterprise_id: null, team_id: team.id, user_id: app.botUserId, is_bot: true, is_enterprise_install: false }],
      is_ext_shared_channel: channel?.isExternal ?? false,
      event_context: `4-${this.#workspace.random.bytes(12).toString('hex')}`,
    });
  }
}
