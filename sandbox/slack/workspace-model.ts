import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/ids.ts';
import type { Channel, Message, OpenView, User, WorkspaceState } from './state.ts';

/** What happened in the workspace, for those who look on: the page, `until`, and the file it is kept in. */
export type Change =
  | { readonly type: 'message' | 'changed'; readonly channel: string; readonly ts: string; readonly message: Message }
  | { readonly type: 'deleted'; readonly channel: string; readonly ts: string; readonly threadTs: string | null }
  | { readonly type: 'ephemeral'; readonly channel: string; readonly ts: string; readonly user: string; readonly message: Message }
  | { readonly type: 'view' | 'views' | 'home'; readonly user: string; readonly viewId: string | null }
  | { readonly type: 'pin' | 'reaction'; readonly channel: string; readonly ts: string }
  | { readonly type: 'channel'; readonly channel: string }
  | { readonly type: 'delivery' | 'call' };

/** The workspace in memory: its data, how to find things in it, and the ids and timestamps it gives out. */
export class Workspace {
  readonly state: WorkspaceState;
  readonly clock: Clock;
  readonly random: Random;
  readonly #listeners = new Set<(change: Change) => void>();
  /** What everybody in a channel can see, by place; and the replies of each thread. Storms look up thousands. */
  readonly #placed = new Map<string, Message>();
  readonly #threads = new Map<string, Message[]>();

  constructor(state: WorkspaceState, clock: Clock, random: Random) {
    this.state = state;
    this.clock = clock;
    this.random = random;
    for (const message of state.messages) this.#index(message);
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  changed(change: Change): void {
    // A listener may leave while it is told; a set allows that.
    for (const listener of this.#listeners) listener(change);
  }

  nowSeconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  /** `1732249000.000100`: unique and growing, also while the clock stands still or goes back. */
  nextTs(): string {
    const micros = Math.max(this.clock.now().getTime() * 1000, this.state.lastTimestampMicros + 100);
    this.state.lastTimestampMicros = micros;
    return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
  }

  nextId(prefix: string): string {
    return `${prefix}0${this.random.bytes(6).toString('hex').toUpperCase().slice(0, 9)}`;
  }

  nextHash(): string {
    return `${this.nowSeconds()}.${this.random.bytes(4).toString('hex')}`;
  }

  user(id: string): User | undefined {
    return this.state.users.find((user) => user.id === id);
  }

  /** By id, by `name` or `#name`. */
  channel(idOrName: string): Channel | undefined {
    const name = idOrName.replace(/^#/, '');
    return this.state.channels.find((channel) => channel.id === idOrName) ?? this.state.channels.find((channel) => channel.name !== '' && channel.name === name);
  }

  /** The conversation between one person and the bot; it begins when it is first needed. */
  directMessageWith(userId: string): Channel {
    const botUserId = this.state.app.botUserId;
    const existing = this.state.channels.find((channel) => channel.isDirect && channel.memberIds.includes(userId));
    if (existing) return existing;
    const channel: Channel = {
      id: `D${userId.slice(1)}`,
      name: '',
      topic: '',
      purpose: '',
      isPrivate: true,
      isDirect: true,
      isExternal: false,
      isArchived: false,
      createdAt: this.nowSeconds(),
      creatorId: botUserId,
      memberIds: [userId, botUserId],
      pins: [],
      bookmarks: [],
    };
    this.state.channels.push(channel);
    this.changed({ type: 'channel', channel: channel.id });
    return channel;
  }

  /** One that everybody in the channel can see. */
  message(channelId: string, ts: string): Message | undefined {
    return this.#placed.get(placeOf(channelId, ts));
  }

  ephemeral(channelId: string, ts: string, userId: string): Message | undefined {
    return this.state.messages.find((message) => message.channelId === channelId && message.ts === ts && message.ephemeralFor === userId);
  }

  messagesIn(channelId: string): Message[] {
    return this.state.messages.filter((message) => message.channelId === channelId && message.ephemeralFor === null);
  }

  /** Oldest first, without the message itself. */
  repliesTo(channelId: string, threadTs: string): readonly Message[] {
    return this.#threads.get(placeOf(channelId, threadTs)) ?? [];
  }

  view(id: string): OpenView | undefined {
    for (const stack of Object.values(this.state.modals)) {
      const found = stack.find((view) => view.id === id);
      if (found) return found;
    }
    return Object.values(this.state.homes).find((view) => view.id === id);
  }

  add(message: Message): void {
    this.state.messages.push(message);
    this.#index(message);
    if (message.ephemeralFor !== null) return this.changed({ type: 'ephemeral', channel: message.channelId, ts: message.ts, user: message.ephemeralFor, message });
    this.changed({ type: 'message', channel: message.channelId, ts: message.ts, message });
    this.#threadChanged(message);
  }

  remove(message: Message): void {
    const channel = this.channel(message.channelId);
    this.state.messages = this.state.messages.filter((other) => other !== message);
    if (channel) channel.pins = channel.pins.filter((pin) => pin.ts !== message.ts);
    this.#unindex(message);
    this.changed({ type: 'deleted', channel: message.channelId, ts: message.ts, threadTs: message.threadTs });
    this.#threadChanged(message);
  }

  /** A first message says how many replies it has, so it changes with them. */
  #threadChanged(reply: Message): void {
    const parent = reply.threadTs === null || reply.ephemeralFor !== null ? undefined : this.message(reply.channelId, reply.threadTs);
    if (parent) this.changed({ type: 'changed', channel: parent.channelId, ts: parent.ts, message: parent });
  }

  #index(message: Message): void {
    if (message.ephemeralFor !== null) return;
    this.#placed.set(placeOf(message.channelId, message.ts), message);
    if (message.threadTs === null) return;
    const thread = placeOf(message.channelId, message.threadTs);
    this.#threads.set(thread, [...(this.#threads.get(thread) ?? []), message]);
  }

  #unindex(message: Message): void {
    if (message.ephemeralFor !== null) return;
    this.#placed.delete(placeOf(message.channelId, message.ts));
    if (message.threadTs === null) return;
    const thread = placeOf(message.channelId, message.threadTs);
    this.#threads.set(thread, (this.#threads.get(thread) ?? []).filter((other) => other !== message));
  }
}

const placeOf = (channelId: string, ts: string): string => `${channelId} ${ts}`;
