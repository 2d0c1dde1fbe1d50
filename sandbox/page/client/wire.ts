import type { Block } from './block-kit/block.ts';

/** What the stand-ins of Slack (`/sandbox/*`) and of the outside world (`/world/*`) say to the page. */

export type UserKind = 'member' | 'guest' | 'stranger' | 'deactivated' | 'bot';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly title: string;
  readonly kind: UserKind;
  readonly color: string;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly isDirect: boolean;
  readonly memberIds: readonly string[];
  readonly lastTs: string | null;
}

export interface Command {
  readonly command: string;
  readonly usageHint: string;
  readonly description: string;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
}

export interface Workspace {
  readonly team: { readonly id: string; readonly name: string };
  readonly me: string;
  readonly users: readonly User[];
  readonly channels: readonly Channel[];
  readonly commands: readonly Command[];
  readonly userGroups?: readonly UserGroup[];
}

export interface MessageFile {
  readonly id: string;
  readonly name: string;
  readonly title?: string;
  readonly mimetype?: string;
  readonly size?: number;
}

export interface Attachment {
  readonly color?: string;
  readonly text?: string;
  readonly fallback?: string;
  readonly blocks?: readonly Block[];
}

export interface Message {
  readonly ts: string;
  readonly userId?: string | null;
  readonly botId?: string | null;
  readonly text: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly Attachment[];
  readonly threadTs?: string | null;
  /** A reply that stands in the channel too. */
  readonly isBroadcast?: boolean;
  readonly replyCount?: number;
  readonly latestReply?: string | null;
  readonly edited?: unknown;
  readonly files?: readonly MessageFile[];
  readonly ephemeralFor?: string | null;
  readonly pinned?: boolean;
  readonly reactions?: readonly { readonly name: string; readonly count: number }[];
}

export interface View {
  readonly id: string;
  readonly type: 'modal' | 'home';
  readonly title?: { readonly text: string };
  readonly submit?: { readonly text: string };
  readonly close?: { readonly text: string };
  readonly blocks: readonly Block[];
  readonly errors?: Readonly<Record<string, string>>;
}

export interface SandboxEvent {
  readonly type: 'message' | 'changed' | 'deleted' | 'ephemeral' | 'view' | 'views' | 'home' | 'pin' | 'reaction' | 'channel';
  readonly channel?: string;
  readonly ts?: string;
  readonly message?: Message;
}

export interface WorldAlert {
  readonly name: string;
  readonly severity: string;
  readonly summary: string;
  readonly firing: boolean;
  readonly flapping: boolean;
}

export interface WorldSystem {
  readonly id: string;
  readonly name: string;
  readonly alerts: readonly WorldAlert[];
}

export type PodState = 'ready' | 'starting' | 'failing' | 'ending';

export interface Pod {
  readonly name: string;
  readonly state: PodState;
  readonly reason?: string | null;
}

export interface Deployment {
  readonly name: string;
  readonly image: string;
  readonly desired: number;
  readonly pods: readonly Pod[];
}

export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly revisions: readonly {
    readonly revision: number;
    readonly status: string;
    readonly chart: string;
    readonly appVersion: string;
    readonly description: string;
    readonly updated: string;
  }[];
}

export interface SlackCall {
  readonly at: string;
  readonly method: string;
  readonly ok: boolean;
  readonly error?: string | null;
}

export interface World {
  readonly now: string;
  readonly offsetMs: number;
  readonly systems: readonly WorldSystem[];
  readonly cluster: readonly { readonly context: string; readonly namespace: string; readonly deployments: readonly Deployment[] }[];
  readonly releases: readonly Release[];
  readonly compose: readonly { readonly name: string; readonly state: string; readonly health?: string | null }[];
  readonly pagerduty: {
    readonly incidents: readonly { readonly dedupKey: string; readonly summary: string; readonly status: string; readonly severity: string; readonly openedAt: string }[];
    readonly events: readonly { readonly at: string; readonly action: string; readonly summary: string; readonly status: string }[];
  };
  readonly faults: readonly { readonly id: string; readonly title: string; readonly description: string; readonly active: boolean }[];
  readonly slackCalls: readonly SlackCall[];
}
