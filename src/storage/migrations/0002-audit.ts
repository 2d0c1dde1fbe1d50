import { type Kysely, sql } from 'kysely';

/**
 * The record. An entry is written into `audit_inbox` with the change that it tells of; the database puts it into the chain at the very end of that
 * transaction, when all its other locks are held already: whoever has the head waits for nothing more, so nobody can wait in a circle (docs/adr/0009).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The function runs with its owner's rights, so it must not find tables where its caller could put others of the same name.
  const { rows } = await sql<{ schema: string }>`select quote_ident(current_schema()) as schema`.execute(db);
  for (const statement of statements(rows[0]?.schema ?? 'public')) await sql.raw(statement).execute(db);
}

const statements = (schema: string): readonly string[] => [
  `create table audit_inbox (
    id bigint generated always as identity primary key,
    entry text not null
  )`,

  `create table audit_head (
    id integer primary key check (id = 1),
    sequence bigint not null,
    hash text not null
  )`,
  `insert into audit_head (id, sequence, hash) values (1, 0, repeat('0', 64))`,

  // The text of the entry is what is hashed; the columns after it are read from it, so that they cannot say something else.
  `create table audit_entries (
    sequence bigint primary key,
    entry text not null,
    previous text not null,
    hash text not null,
    at text collate "C" not null generated always as ((entry::jsonb) ->> 'at') stored,
    actor text not null generated always as ((entry::jsonb) ->> 'actor') stored,
    kind text not null generated always as ((entry::jsonb) ->> 'kind') stored,
    subject text not null generated always as ((entry::jsonb) ->> 'subject') stored,
    system_id text generated always as ((entry::jsonb) ->> 'system') stored
  )`,
  `create index audit_entries_by_actor on audit_entries (actor, sequence)`,
  `create index audit_entries_by_system on audit_entries (system_id, sequence)`,
  `create index audit_entries_by_subject on audit_entries (subject, sequence)`,

  `create function audit_chain() returns trigger language plpgsql security definer set search_path = ${schema}, pg_temp as $$
  declare
    head audit_head%rowtype;
    next_sequence bigint;
    next_hash text;
  begin
    select * into strict head from audit_head where id = 1 for update;
    next_sequence := head.sequence + 1;
    next_hash := encode(sha256(convert_to('{"entry":' || new.entry || ',"previous":"' || head.hash || '","sequence":' || next_sequence || '}', 'UTF8')), 'hex');
    insert into audit_entries (sequence, entry, previous, hash) values (next_sequence, new.entry, head.hash, next_hash);
    update audit_head set sequence = next_sequence, hash = next_hash where id = 1;
    delete from audit_inbox where id = new.id;
    return null;
  end $$`,
  `create constraint trigger audit_chain after insert on audit_inbox deferrable initially deferred for each row execute function audit_chain()`,

  // Rights keep the application from it (manifests/postgres/); this keeps the owner from doing it by mistake.
  `create function audit_refuse() returns trigger language plpgsql as $$
  begin
    raise exception 'the record is only added to: % of % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
  end $$`,
  `create trigger audit_entries_stay before update or delete or truncate on audit_entries for each statement execute function audit_refuse()`,
  `create trigger audit_head_stays before delete or truncate on audit_head for each statement execute function audit_refuse()`,
];
