/** The tables of the record (T-23), as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely';

/** Where an entry waits for the end of its transaction; empty to everybody else. */
export interface AuditInboxTable {
  id: Generated<number>;
  entry: string;
}

/** One row: the last entry of the chain. */
export interface AuditHeadTable {
  id: number;
  sequence: number;
  hash: string;
}

type Derived<T> = ColumnType<T, never, never>;

/** The record (T-23). Written by the database alone, at the end of a transaction; never changed. */
export interface AuditEntryTable {
  sequence: Derived<number>;
  /** Canonical JSON: what is hashed. */
  entry: Derived<string>;
  /** The hash of the entry before. */
  previous: Derived<string>;
  hash: Derived<string>;
  /** ISO 8601 UTC with milliseconds, so that the order of texts is the order of times. */
  at: Derived<string>;
  actor: Derived<string>;
  kind: Derived<string>;
  subject: Derived<string>;
  system_id: Derived<string | null>;
}
