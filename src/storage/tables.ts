/** The tables as Kysely sees them. Column names are the words of the glossary in snake_case; every time is handed in, never `now()`. */
import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { Json } from '../support/json.ts';
import type { AuditEntryTable, AuditHeadTable, AuditInboxTable } from './record-tables.ts';

type Jsonb<T> = ColumnType<T, string, string>;
type NullableJsonb = ColumnType<Json | null, string | null | undefined, string | null>;
type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type BigSerial = Generated<number>;

export interface Tables {
  installation: InstallationTable;
  notifications: NotificationTable;
  incidents: IncidentTable;
  alerts: AlertTable;
  announced_events: AnnouncedEventTable;
  timeline_entries: TimelineEntryTable;
  messages: MessageTable;
  paces: PaceTable;
  storms: StormTable;
  duties: DutyTable;
  pages: PageTable;
  interactions: InteractionTable;
  runs: RunTable;
  approvals: ApprovalTable;
  audit_inbox: AuditInboxTable;
  audit_head: AuditHeadTable;
  audit_entries: AuditEntryTable;
  freezes: FreezeTable;
  broken_glass: BrokenGlassTable;
}

/** One row. `epoch` grows when the database's past changed under us (failover, restore); older approvals are void then (F-37). */
export interface InstallationTable {
  id: number;
  /** Names this installation in PagerDuty's dedup keys. */
  name: string;
  epoch: number;
  /** By what the database was known when the epoch began; `null` until the first look. */
  past: ColumnType<string | null, string | undefined, string>;
}

/** A webhook body as it came, committed before it is answered (G-1). */
export interface NotificationTable {
  id: BigSerial;
  source: string;
  body: string;
  body_sha256: string;
  /** Notifications with the same one are applied in the order in which they came: the source and its group, as far as that can be told unread. */
  order_key: string;
  received_at: Time;
  /** `stored` → `applied` | `unreadable` | `quarantined` */
  state: 'stored' | 'applied' | 'unreadable' | 'quarantined';
  tries: ColumnType<number, number | undefined, number>;
  last_error: string | null;
  due_at: Time;
  lease_owner: string | null;
  lease_until: NullableTime;
}

export interface IncidentTable {
  id: BigSerial;
  source: string;
  origin: 'alertmanager' | 'person' | 'intake';
  /** SHA-256 of Alertmanager's groupKey, which has no upper length; with the system and environment the identity while open (G-2). */
  group_key_hash: string;
  system_id: string | null;
  environment: string | null;
  component: string | null;
  alert_name: string;
  title: string;
  severity: string;
  rank: 1 | 2 | 3 | 4;
  state: 'triggered' | 'acknowledged' | 'resolved';
  version: number;
  /** The version that the incident had when its state last changed, or something was done to its system: an older card is stale (F-21). */
  state_version: ColumnType<number, number | undefined, number>;
  channel_id: string;
  opened_at: Time;
  alerts_since: Time;
  alerts_ended_at: NullableTime;
  acknowledged_at: NullableTime;
  acknowledged_by: string | null;
  resolved_at: NullableTime;
  resolved_by: string | null;
  cause: string | null;
  impact: string | null;
  reopened_count: number;
  truncated_alerts: number;
  alertmanager_urls: Jsonb<readonly string[]>;
  /** Which storm its card waits in, while one is on. */
  storm_id: number | null;
}

/** One episode of one alert: at most one is firing per source and fingerprint (unique partial index). */
export interface AlertTable {
  id: BigSerial;
  source: string;
  fingerprint: string;
  incident_id: number;
  status: 'firing' | 'resolved';
  labels: Jsonb<Record<string, string>>;
  annotations: Jsonb<Record<string, string>>;
  /** The earliest that was said, and the latest: two Prometheus servers differ (G-2). */
  starts_at: Time;
  latest_starts_at: Time;
  ends_at: NullableTime;
  generator_url: string;
  notified_at: Time;
}

/** News that was told (SV-29): told again only after it had ended for a while. */
export interface AnnouncedEventTable {
  key: string;
  /** Fingerprints of the alerts that say so now. */
  firing: Jsonb<readonly string[]>;
  ended_at: NullableTime;
}

export interface TimelineEntryTable {
  id: BigSerial;
  incident_id: number;
  at: Time;
  kind: string;
  actor: string;
  text: string;
  details: NullableJsonb;
}

/**
 * The outbox: one row per Slack message that should exist. What it says is rendered when it is sent, from the state of that moment, so the newest
 * state always wins; `wanted_version` above `sent_version` means that the message is behind.
 */
export interface MessageTable {
  id: BigSerial;
  /** `card:42`, `diagnostics:42`, `run:run_9f3c`: at most one message per key and channel. */
  key: string;
  channel_id: string;
  /** Key of the message whose thread it belongs to. */
  thread_key: string | null;
  /** Which renderer makes it. */
  kind: string;
  subject: string;
  /** For messages that are said once and never change. */
  content: NullableJsonb;
  /** 0 is sent first. */
  priority: number;
  wanted_version: number;
  sent_version: number;
  /** Slack's name for the posted message; `null` until it is known to exist. */
  posted_ts: string | null;
  /** Where it really is, when `channel_id` does not take it (F-14). */
  posted_channel: string | null;
  /** Set before the call, so that a lost answer is looked up instead of posted twice (G-3). */
  posting_since: NullableTime;
  /** Of what Slack shows now: the same again is not sent. */
  sent_sha256: string | null;
  due_at: Time;
  lease_owner: string | null;
  lease_until: NullableTime;
  tries: ColumnType<number, number | undefined, number>;
  last_error: string | null;
  state: 'open' | 'undeliverable';
  pinned: boolean;
  pin_wanted: boolean;
  created_at: Time;
}

/** A bucket of permissions to call Slack: one per channel for posts, one per workspace for edits. */
export interface PaceTable {
  key: string;
  tokens: number;
  filled_at: Time;
  /** Slack said `Retry-After`. */
  blocked_until: NullableTime;
}

export interface StormTable {
  id: BigSerial;
  channel_id: string;
  started_at: Time;
  last_opened_at: Time;
  ended_at: NullableTime;
}

/** Whatever waits, with the time when it is due. */
export interface DutyTable {
  id: BigSerial;
  kind: string;
  key: string;
  payload: Jsonb<Json>;
  due_at: Time;
  state: 'waiting' | 'done' | 'cancelled' | 'quarantined';
  lease_owner: string | null;
  lease_until: NullableTime;
  tries: ColumnType<number, number | undefined, number>;
  last_error: string | null;
}

/** What PagerDuty is to be told, in order per dedup_key (G-7). */
export interface PageTable {
  id: BigSerial;
  incident_id: number;
  action: 'trigger' | 'acknowledge' | 'resolve';
  dedup_key: string;
  routing_key_setting: string;
  step: number;
  role: string;
  until: 'acknowledged' | 'resolved';
  due_at: Time;
  state: 'waiting' | 'accepted' | 'cancelled' | 'refused';
  lease_owner: string | null;
  lease_until: NullableTime;
  tries: ColumnType<number, number | undefined, number>;
  first_try_at: NullableTime;
  next_try_at: NullableTime;
  accepted_at: NullableTime;
  last_error: string | null;
}

/** A press, command or submitted modal, stored before it is acknowledged (G-9). `key` is the replay guard (T-03). */
export interface InteractionTable {
  id: BigSerial;
  key: string;
  kind: 'press' | 'command' | 'submit' | 'home';
  user_id: string;
  payload: Jsonb<Json>;
  received_at: Time;
  state: 'stored' | 'handled' | 'failed';
  due_at: Time;
  lease_owner: string | null;
  lease_until: NullableTime;
  tries: ColumnType<number, number | undefined, number>;
  last_error: string | null;
}

export type RunState =
  | 'planned'
  | 'awaiting_approval'
  | 'approved'
  | 'started'
  | 'succeeded'
  | 'failed'
  | 'unknown'
  | 'denied'
  | 'expired'
  | 'withdrawn'
  | 'voided';

export interface RunTable {
  id: string;
  incident_id: number | null;
  system_id: string;
  environment: string;
  action_id: string;
  primitive: string;
  component: string | null;
  risk: 'read' | 'low' | 'high' | 'destructive';
  target: Jsonb<Json>;
  /** What may be changed by one run at a time. */
  target_key: string;
  params: Jsonb<Json>;
  plan: Jsonb<Json>;
  plan_hash: string;
  catalog_version: string;
  epoch: number;
  requested_by: string;
  requested_at: Time;
  approvals_needed: number;
  policy_id: string;
  expires_at: Time;
  state: RunState;
  version: ColumnType<number, number | undefined, number>;
  /** Where its message lives. */
  channel_id: string;
  thread_key: string | null;
  approved_at: NullableTime;
  started_at: NullableTime;
  finished_at: NullableTime;
  receipt: NullableJsonb;
  progress_line: string | null;
  outcome: NullableJsonb;
  undo_of: string | null;
  /** Who let others go past it while its outcome is unknown, and why. It holds its target no longer. */
  overridden: NullableJsonb;
}

export interface ApprovalTable {
  run_id: string;
  user_id: string;
  decision: 'approved' | 'denied';
  reason: string | null;
  at: Time;
}

/** No change starts while one is in force: neither lifted, nor past its end. Lifted by `null`: it ended by itself. */
export interface FreezeTable {
  id: BigSerial;
  /** `null`: every system. */
  system_id: string | null;
  reason: string;
  frozen_by: string;
  frozen_at: Time;
  /** When it ends by itself; `null`: when somebody lifts it. */
  ends_at: NullableTime;
  lifted_at: NullableTime;
  lifted_by: string | null;
}

/** A run that its incident's commander let start without the approvals that were missing. */
export interface BrokenGlassTable {
  run_id: string;
  user_id: string;
  reason: string;
  at: Time;
}

export type Row<T extends keyof Tables> = Selectable<Tables[T]>;
export type NewRow<T extends keyof Tables> = Insertable<Tables[T]>;
