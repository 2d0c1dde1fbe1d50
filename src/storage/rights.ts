import { sql } from 'kysely';
import type { Db } from './database.ts';
import type { Tables } from './tables.ts';

export interface Rights {
  /** Tables that the bot's role cannot use as it must, by name: a migration brought them, and `manifests/postgres/rights.sql` was not run after it. */
  readonly closed: readonly string[];
  /** The role could change or delete entries of the record, as an owner of the tables can (T-23). */
  readonly overTheRecord: boolean;
}

const all = ['select', 'insert', 'update', 'delete'];
/** Of our own tables; what else is in the schema is no concern of the bot. */
const needs: Readonly<Record<keyof Tables | 'kysely_migration' | 'kysely_migration_lock', readonly string[]>> = {
  installation: all, notifications: all, incidents: all, alerts: all, announced_events: all, timeline_entries: all, messages: all, paces: all, storms: all, duties: all, pages: all, interactions: all, runs: all, approvals: all, freezes: all, broken_glass: all,
  audit_inbox: ['insert'], audit_head: ['select'], audit_entries: ['select'], kysely_migration: ['select'], kysely_migration_lock: ['select'],
};
const record = ['audit_entries', 'audit_head'];

/** What the role that is connected may do to the tables of a server. */
export async function readRights(db: Db): Promise<Rights> {
  const { rows } = await sql<{ name: string; right: string; granted: boolean }>`
    select t.tablename as name, r."right", has_table_privilege(quote_ident(t.schemaname) || '.' || quote_ident(t.tablename), r."right") as granted
    from pg_tables t, unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as r("right") where t.schemaname = current_schema() and t.tablename in (${sql.join(Object.keys(needs))})`.execute(db);
  const isNeeded = ({ name, right }: { name: string; right: string }) => needs[name as keyof typeof needs].includes(right);
  return {
    closed: [...new Set(rows.filter((row) => !row.granted && isNeeded(row)).map(({ name }) => name))].sort(),
    overTheRecord: rows.some(({ name, right, granted }) => granted && record.includes(name) && right !== 'select'),
  };
}
