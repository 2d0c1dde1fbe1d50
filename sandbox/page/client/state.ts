import { createStore } from './store.ts';
import type { Message, View, Workspace, World } from './wire.ts';

/** `home` is the bot's App Home; anything else is a channel's id. */
export type Place = string;
export const home: Place = 'home';

export interface Notice {
  readonly id: number;
  readonly text: string;
}

export interface State {
  readonly connection: 'connecting' | 'open' | 'lost';
  readonly me: string;
  readonly workspace: Workspace | undefined;
  readonly place: Place | undefined;
  readonly thread: string | undefined;
  /** By channel, oldest first; absent while not loaded. Replies are among them. */
  readonly messages: Readonly<Record<string, readonly Message[]>>;
  /** By channel, the newest message that this person has had before their eyes. */
  readonly lastRead: Readonly<Record<string, string>>;
  /** Where the line "New" stands in the open channel: after this message. */
  readonly newAfter: string | undefined;
  readonly homeView: View | null;
  /** Open modals, the topmost last. */
  readonly views: readonly View[];
  readonly world: World | undefined;
  readonly isWorldOpen: boolean;
  /** On a phone one of the two is in sight. */
  readonly isListOpen: boolean;
  readonly isSwitcherOpen: boolean;
  readonly notices: readonly Notice[];
}

export const state = createStore<State>({
  connection: 'connecting',
  me: '',
  workspace: undefined,
  place: undefined,
  thread: undefined,
  messages: {},
  lastRead: {},
  newAfter: undefined,
  homeView: null,
  views: [],
  world: undefined,
  isWorldOpen: false,
  isListOpen: false,
  isSwitcherOpen: false,
  notices: [],
});

export function isUnread(lastTs: string | null, lastRead: string | undefined): boolean {
  return lastTs !== null && (lastRead === undefined || Number(lastTs) > Number(lastRead));
}
