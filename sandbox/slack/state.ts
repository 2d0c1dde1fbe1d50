import type { JsonObject } from './block-kit/schema.ts';

/**
 * Everything that a workspace holds and that survives a restart: plain data, so it can be written to a file as it is.
 * Names are ours; `api/objects.ts` turns them into what Slack answers.
 */
export type UserKind = 'member' | 'guest' | 'stranger' | 'deactivated' | 'bot';

export interface User {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly realName: string;
  readonly title: string;
  readonly email: string | null;
  kind: UserKind;
  readonly color: string;
}

export interface Pin {
  readonly ts: string;
  readonly by: string;
  readonly at: number;
}

export interface Bookmark {
  readonly id: string;
  readonly title: string;
  readonly link: string;
  readonly emoji: string | null;
}

export interface Channel {
  readonly id: string;
  name: string;
  topic: string;
  purpose: string;
  readonly isPrivate: boolean;
  /** A conversation between one person and the bot; it has no name. */
  readonly isDirect: boolean;
  /** Shared with another organisation (Slack Connect). */
  readonly isExternal: boolean;
  isArchived: boolean;
  readonly createdAt: number;
  readonly creatorId: string;
  memberIds: string[];
  pins: Pin[];
  bookmarks: Bookmark[];
}

export interface Reaction {
  readonly name: string;
  readonly userIds: string[];
}

export interface Message {
  readonly channelId: string;
  readonly ts: string;
  readonly userId: string;
  readonly botId: string | null;
  text: string;
  blocks: JsonObject[] | null;
  attachments: JsonObject[] | null;
  readonly threadTs: string | null;
  /** A reply that is also shown in the channel. */
  readonly isBroadcast: boolean;
  edited: { readonly userId: string; readonly ts: string } | null;
  metadata: JsonObject | null;
  readonly fileIds: string[];
  reactions: Reaction[];
  /** The one person who sees it; such a message is in no history. */
  readonly ephemeralFor: string | null;
  readonly subtype: string | null;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly description: string;
  userIds: string[];
}

/** A modal or a home tab that somebody sees. */
export interface OpenView {
  readonly id: string;
  readonly userId: string;
  readonly type: 'modal' | 'home';
  /** What the app sent, with ids completed. */
  content: JsonObject;
  hash: string;
  readonly rootViewId: string;
  readonly previousViewId: string | null;
  /** What the person has entered so far: block id → action id → value. */
  entered: Entered;
  /** Errors by block id, as the app answered to the last submission. */
  errors: Record<string, string>;
}

export type Entered = Record<string, Record<string, JsonObject>>;

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  title: string;
  readonly altText: string | null;
  readonly snippetType: string | null;
  contentBase64: string | null;
  isComplete: boolean;
  channelIds: string[];
}

export interface ResponseUrl {
  readonly token: string;
  readonly userId: string;
  readonly channelId: string;
  /** The message that was pressed, if it was one. */
  readonly ts: string | null;
  readonly isEphemeral: boolean;
  readonly threadTs: string | null;
  readonly expiresAt: number;
  usesLeft: number;
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
}

export interface AppIdentity {
  readonly appId: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly name: string;
}

export interface WorkspaceState {
  readonly version: 1;
  readonly team: Team;
  readonly app: AppIdentity;
  readonly users: User[];
  readonly channels: Channel[];
  readonly userGroups: UserGroup[];
  messages: Message[];
  /** Per person, the modals from the bottom to the one on top. */
  modals: Record<string, OpenView[]>;
  homes: Record<string, OpenView>;
  files: StoredFile[];
  responseUrls: ResponseUrl[];
  /** The last timestamp given out, in microseconds: timestamps never repeat, whatever the clock does. */
  lastTimestampMicros: number;
}
