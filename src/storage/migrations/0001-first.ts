import { type Kysely, sql } from 'kysely';

// A released migration is never edited: `test/storage/migrations.test.ts` keeps the hash of each.
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table installation (
    id integer primary key check (id = 1),
    name text not null,
    epoch integer not null default 1
  )`,

  `create table notifications (
    id bigint generated always as identity primary key,
    source text not null,
    body text not null,
    body_sha256 text not null,
    order_key text not null,
    received_at timestamptz not null,
    state text not null default 'stored' check (state in ('stored', 'applied', 'unreadable', 'quarantined')),
    tries integer not null default 0,
    last_error text,
    due_at timestamptz not null,
    lease_owner text,
    lease_until timestamptz
  )`,
  `create index notifications_waiting on notifications (due_at, id) where state = 'stored'`,
  `create index notifications_in_order on notifications (order_key, id) where state = 'stored'`,

  `create table storms (
    id bigint generated always as identity primary key,
    channel_id text not null,
    started_at timestamptz not null,
    last_opened_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create unique index storms_one_per_channel on storms (channel_id) where ended_at is null`,

  `create table incidents (
    id bigint generated always as identity primary key,
    source text not null,
    origin text not null check (origin in ('alertmanager', 'person', 'intake')),
    group_key_hash text not null,
    system_id text,
    environment text,
    component text,
    alert_name text not null,
    title text not null,
    severity text not null,
    rank integer not null check (rank between 1 and 4),
    state text not null check (state in ('triggered', 'acknowledged', 'resolved')),
    version integer not null default 1,
    state_version integer not null default 1,
    channel_id text not null,
    opened_at timestamptz not null,
    alerts_since timestamptz not null,
    alerts_ended_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    resolved_by text,
    cause text,
    impact text,
    reopened_count integer not null default 0,
    truncated_alerts integer not null default 0,
    alertmanager_urls jsonb not null default '[]',
    storm_id bigint references storms (id)
  )`,
  // One open incident per group, system and environment. A read before the insert would not be enough: nothing locks a row that does not exist.
  `create unique index incidents_one_open on incidents (source, group_key_hash, coalesce(system_id, ''), coalesce(environment, ''))
    where state <> 'resolved'`,
  `create index incidents_open on incidents (state, rank) where state <> 'resolved'`,
  `create index incidents_by_group on incidents (source, group_key_hash, id)`,
  `create index incidents_by_storm on incidents (storm_id) where storm_id is not null`,

  `create table alerts (
    id bigint generated always as identity primary key,
    source text not null,
    fingerprint text not null,
    incident_id bigint not null references incidents (id),
    status text not null check (status in ('firing', 'resolved')),
    labels jsonb not null,
    annotations jsonb not null,
    starts_at timestamptz not null,
    latest_starts_at timestamptz not null,
    ends_at timestamptz,
    generator_url text not null,
    notified_at timestamptz not null
  )`,
  `create unique index alerts_one_firing on alerts (source, fingerprint) where status = 'firing'`,
  `create index alerts_by_incident on alerts (incident_id, status)`,
  `create index alerts_by_identity on alerts (source, fingerprint, id)`,

  `create table announced_events (
    key text primary key,
    firing jsonb not null default '[]',
    ended_at timestamptz
  )`,

  `create table timeline_entries (
    id bigint generated always as identity primary key,
    incident_id bigint not null references incidents (id),
    at timestamptz not null,
    kind text not null,
    actor text not null,
    text text not null
  )`,
  `create index timeline_entries_by_incident on timeline_entries (incident_id, id)`,

  `create table messages (
    id bigint generated always as identity primary key,
    key text not null,
    channel_id text not null,
    thread_key text,
    kind text not null,
    subject text not null,
    content jsonb,
    priority integer not null,
    wanted_version integer not null default 1,
    sent_version integer not null default 0,
    posted_ts text,
    posted_channel text,
    posting_since timestamptz,
    sent_sha256 text,
    due_at timestamptz not null,
    lease_owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    last_error text,
    state text not null default 'open' check (state in ('open', 'undeliverable')),
    pinned boolean not null default false,
    pin_wanted boolean not null default false,
    created_at timestamptz not null,
    unique (key, channel_id)
  )`,
  `create index messages_behind on messages (channel_id, priority, due_at)
    where state = 'open' and (wanted_version > sent_version or pin_wanted <> pinned)`,

  `create index messages_by_subject on messages (kind, subject)`,
  `create index messages_by_thread on messages (thread_key, channel_id) where thread_key is not null`,

  `create table paces (
    key text primary key,
    tokens double precision not null,
    filled_at timestamptz not null,
    blocked_until timestamptz
  )`,

  `create table duties (
    id bigint generated always as identity primary key,
    kind text not null,
    key text not null,
    payload jsonb not null default '{}',
    due_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'cancelled', 'quarantined')),
    lease_owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    last_error text
  )`,
  `create unique index duties_one_waiting on duties (kind, key) where state = 'waiting'`,
  `create index duties_waiting on duties (due_at) where state = 'waiting'`,

  `create table pages (
    id bigint generated always as identity primary key,
    incident_id bigint not null references incidents (id),
    action text not null check (action in ('trigger', 'acknowledge', 'resolve')),
    dedup_key text not null,
    routing_key_setting text not null,
    step integer not null,
    role text not null,
    until text not null check (until in ('acknowledged', 'resolved')),
    due_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'accepted', 'cancelled', 'refused')),
    lease_owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    first_try_at timestamptz,
    next_try_at timestamptz,
    accepted_at timestamptz,
    last_error text
  )`,
  `create index pages_waiting on pages (due_at) where state = 'waiting'`,
  `create index pages_by_incident on pages (incident_id, id)`,
  `create index pages_by_key on pages (dedup_key, id) where state = 'waiting'`,

  `create table interactions (
    id bigint generated always as identity primary key,
    key text not null unique,
    kind text not null check (kind in ('press', 'command', 'submit', 'home')),
    user_id text not null,
    payload jsonb not null,
    received_at timestamptz not null,
    state text not null default 'stored' check (state in ('stored', 'handled', 'failed')),
    due_at timestamptz not null,
    lease_owner text,
    lease_until timestamptz,
    tries integer not null default 0,
    last_error text
  )`,
  `create index interactions_waiting on interactions (due_at) where state = 'stored'`,

  `create table runs (
    id text primary key,
    incident_id bigint references incidents (id),
    system_id text not null,
    environment text not null,
    action_id text not null,
    primitive text not null,
    component text,
    risk text not null check (risk in ('read', 'low', 'high', 'destructive')),
    target jsonb not null,
    target_key text not null,
    params jsonb not null,
    plan jsonb not null,
    plan_hash text not null,
    catalog_version text not null,
    epoch integer not null,
    requested_by text not null,
    requested_at timestamptz not null,
    approvals_needed integer not null,
    policy_id text not null,
    expires_at timestamptz not null,
    state text not null check (state in ('planned', 'awaiting_approval', 'approved', 'started', 'succeeded', 'failed', 'unknown', 'denied', 'expired', 'withdrawn', 'voided')),
    version integer not null default 1,
    channel_id text not null,
    thread_key text,
    approved_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    receipt jsonb,
    progress_line text,
    outcome jsonb,
    undo_of text references runs (id)
  )`,
  // One change at a time per target: a second one cannot start while the first runs or nobody knows whether it ran (G-5).
  `create unique index runs_one_per_target on runs (target_key) where state in ('started', 'unknown')`,
  `create index runs_by_incident on runs (incident_id, requested_at)`,
  `create index runs_by_target on runs (target_key, requested_at)`,

  `create table approvals (
    run_id text not null references runs (id),
    user_id text not null,
    decision text not null check (decision in ('approved', 'denied')),
    reason text,
    at timestamptz not null,
    primary key (run_id, user_id)
  )`,
];
