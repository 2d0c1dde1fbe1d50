import type { PeoplePort } from '../approvals/person.ts';
import type { HomeContent, MessageContent, ModalContent } from './blocks.ts';

/** What the bot needs of Slack. `connectors/slack` implements it over the real clients. No method retries by itself. */
export interface SlackPort extends PeoplePort {
  /** `key` goes into the message's metadata, so that a lost answer can be looked up. */
  post(message: { readonly channel: string; readonly threadTs: string | null; readonly content: MessageContent; readonly key: string }): Promise<SlackAnswer>;
  update(message: { readonly channel: string; readonly ts: string; readonly content: MessageContent; readonly key: string }): Promise<SlackAnswer>;
  /** Looks for a message of ours by its key, other than `except`. `undefined`: Slack did not say; `null`: it is not there. */
  find(message: { readonly channel: string; readonly threadTs: string | null; readonly key: string; readonly since: Date; readonly except?: string }): Promise<string | null | undefined>;
  pin(channel: string, ts: string, pinned: boolean): Promise<SlackAnswer>;
  upload(file: { readonly channel: string; readonly threadTs: string | null; readonly name: string; readonly title: string; readonly body: string }): Promise<SlackAnswer>;

  openView(triggerId: string, view: ModalContent): Promise<ViewAnswer>;
  /** On top of the modal that is open. */
  pushView(triggerId: string, view: ModalContent): Promise<ViewAnswer>;
  /** `ifStill`: only while the modal is as it was with that hash; a modal that has gone on is left alone. */
  updateView(viewId: string, view: ModalContent, ifStill?: string): Promise<ViewAnswer>;
  publishHome(userId: string, view: HomeContent): Promise<ViewAnswer>;
  /** Seen by one person only. */
  whisper(message: { readonly channel: string; readonly userId: string; readonly threadTs: string | null; readonly content: MessageContent }): Promise<SlackAnswer>;
  /** A direct message. */
  tell(userId: string, content: MessageContent): Promise<SlackAnswer>;

  /** The channel's id for a name such as `#alerts`; an id is returned as it is. `null` where there is none. */
  channelId(nameOrId: string): Promise<string | null>;
  channelName(channelId: string): Promise<string | null>;
  /** Whether people of other organisations are in it, and whether we are. `null`: Slack did not say. */
  channelStanding(channelId: string): Promise<{ readonly isShared: boolean; readonly isMember: boolean } | null>;
  permalink(channel: string, ts: string): Promise<string | null>;
}

/**
 * - `lost`: it may or may not have happened
 * - `limited`: Slack wants us to wait
 * - `refused`: it did not happen; `permanent` when the same call would be refused again
 */
export type SlackAnswer =
  | { readonly status: 'done'; readonly ts: string }
  | { readonly status: 'lost'; readonly reason: string }
  | { readonly status: 'limited'; readonly retryAfterMs: number }
  | { readonly status: 'refused'; readonly error: string; readonly permanent: boolean };

export type ViewAnswer = { readonly status: 'done'; readonly viewId: string; readonly hash: string } | { readonly status: 'failed'; readonly error: string };

/** Something that a person did in Slack, parsed at the door. All text in it is untrusted. */
export type Interaction = Press | Command | Submission | HomeOpened;

interface Common {
  /** Names this one act; the same one delivered twice has the same key (T-03). */
  readonly key: string;
  readonly userId: string;
  readonly teamId: string;
}
export interface Press extends Common {
  readonly kind: 'press';
  readonly actionId: string;
  readonly value: string;
  readonly channelId: string | null;
  readonly messageTs: string | null;
  readonly threadTs: string | null;
  /** The modal that it was pressed in; `null` on a message and on the Home tab. */
  readonly viewId: string | null;
  readonly triggerId: string;
}
export interface Command extends Common {
  readonly kind: 'command';
  readonly text: string;
  readonly channelId: string;
  readonly channelName: string;
  readonly triggerId: string;
}
export interface Submission extends Common {
  readonly kind: 'submit';
  readonly viewName: string;
  readonly viewId: string;
  readonly context: string;
  /** What was typed or chosen, by input name. */
  readonly values: Readonly<Record<string, string>>;
}
export interface HomeOpened extends Common {
  readonly kind: 'home';
}

/** How a sent modal is answered within Slack's three seconds. */
export type SubmissionAnswer = { readonly kind: 'close' } | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> } | { readonly kind: 'update'; readonly view: ModalContent };
