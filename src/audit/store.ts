import type { DbOrTx } from '../storage/database.ts';
import type { Row } from '../storage/tables.ts';
import type { Json } from '../support/json.ts';
import type { AuditEntry, AuditKind, ChainedEntry } from './entry.ts';

/** Which entries are wanted; what is left out is not asked about. */
export interface AuditFilter {
  readonly system?: string | undefined;
  readonly actor?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** The end of the chain: `sequence` 0 while nothing is in it. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

export async function readHead(db: DbOrTx): Promise<Head> {
  return db.selectFrom('audit_head').select(['sequence', 'hash']).where('id', '=', 1).executeTakeFirstOrThrow();
}

const pageSize = 1_000;

/** Every entry that the filter asks for, from the first to the last, read a page at a time. */
export async function* readEntries(db: DbOrTx, filter: AuditFilter = {}): AsyncGenerator<ChainedEntry> {
  for (let after = 0; ; ) {
    const rows = await select(db, filter).where('sequence', '>', after).orderBy('sequence').limit(pageSize).execute();
    for (const { sequence, entry, previous, hash } of rows) yield { sequence, entry, previous, hash };
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.sequence;
  }
}

/** The newest entries that the filter asks for, the newest first. */
export async function latestEntries(db: DbOrTx, filter: AuditFilter, limit: number): Promise<readonly (AuditEntry & { readonly sequence: number })[]> {
  const rows = await select(db, filter).orderBy('sequence', 'desc').limit(limit).execute();
  return rows.map(toEntry);
}

/** Who has entries, those with the newest first: whom one can ask about. */
export async function actorsInRecord(db: DbOrTx, limit: number): Promise<readonly string[]> {
  const rows = await db.selectFrom('audit_entries').select(['actor', (eb) => eb.fn.max('sequence').as('latest')]).groupBy('actor').orderBy('latest', 'desc').limit(limit).execute();
  return rows.map(({ actor }) => actor);
}

function select(db: DbOrTx, { system, actor, since, until }: AuditFilter) {
  let query = db.selectFrom('audit_entries').selectAll();
  if (system !== undefined) query = query.where('system_id', '=', system);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (since !== undefined) query = query.where('at', '>=', since.toISOString());
  if (until !== undefined) query = query.where('at', '<', until.toISOString());
  return query;
}

function toEntry(row: Row<'audit_entries'>): AuditEntry & { readonly sequence: number } {
  const { details } = JSON.parse(row.entry) as { details: Readonly<Record<string, Json>> };
  return { sequence: row.sequence, at: new Date(row.at), actor: row.actor, kind: row.kind as AuditKind, subject: row.subject, system: row.system_id, details };
}
