/**
 * Notices when the database's past has changed under us: after a failover to a server that was behind, or a restore from a copy, it may have forgotten
 * that something was started (F-37). A new epoch begins then, and what was approved in an older one counts no longer.
 *
 * The database is known again by who it is (the server's own identity, its timeline, which another server gets when it takes over, and the database and
 * table themselves, which a restored dump makes anew) and by how far its log had come when something was last sent: a log that is shorter now is an older
 * copy. How far it had come is remembered outside of it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Db, DbOrTx, Tx } from './database.ts';

export interface Past {
  readonly identity: string;
  /** Bytes of the write-ahead log so far. */
  readonly position: number;
}

export async function readPast(db: DbOrTx): Promise<Past> {
  const { rows } = await sql<{ system: string; timeline: string; database: number; table_id: number; position: number }>`
    select (select system_identifier from pg_control_system())::text as system, left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline,
      (select oid from pg_database where datname = current_database())::bigint as database, 'runs'::regclass::oid::bigint as table_id,
      (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint as position`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the database does not say which one it is');
  return { identity: `${row.system}/${row.timeline}/${row.database}/${row.table_id}`, position: row.position };
}

/** What is remembered outside the database. */
export interface PastMemory {
  read(): Promise<Past | null>;
  write(past: Past): Promise<void>;
  /** It may know more than the database after a start, not only while the process lives. */
  readonly outlivesProcess: boolean;
}

export function memoryOfProcess(): PastMemory {
  let remembered: Past | null = null;
  return { outlivesProcess: false, read: async () => remembered, write: async (past) => void (remembered = past) };
}

/** A file beside the data directory, where a copy of the directory does not reach. */
export function memoryBeside(dataDirectory: string): PastMemory {
  const path = `${dataDirectory.replace(/\/+$/, '')}.past`;
  let writing = Promise.resolve();
  return {
    outlivesProcess: true,
    read: async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return text === null ? null : pastIn(text);
    },
    // One after the other: runs that start at the same moment would take each other's file away.
    write: (past) => {
      writing = writing.catch(() => {}).then(async () => {
        await writeFile(`${path}.new`, JSON.stringify(past));
        await rename(`${path}.new`, path);
      });
      return writing;
    },
  };
}

/** A file that was cut off, as a machine that loses its power may leave it, remembers no past that we know: a new epoch begins, and the bot starts. */
function pastIn(text: string): Past {
  const unknown: Past = { identity: 'not readable', position: 0 };
  try {
    return (JSON.parse(text) as Past | null) ?? unknown;
  } catch {
    return unknown;
  }
}

export interface Epochs {
  /** The one that new plans belong to. */
  current(): number;
  /** The epoch, in a transaction; `null` when the past has changed and `begin` has not dealt with that yet: nothing may start then. */
  check(tx: DbOrTx): Promise<number | null>;
  /** Begins a new epoch, with what must follow from it in the same transaction. `false`: another process was quicker. */
  begin(follow: (tx: Tx, epoch: number) => Promise<void>): Promise<boolean>;
  /** Remembers outside the database how far it has come. Before anything is sent: from then on an older copy is known as one. */
  remember(): Promise<void>;
}

export async function openEpochs(db: Db, memory: PastMemory): Promise<Epochs> {
  const first = await readPast(db);
  await db.updateTable('installation').set({ past: first.identity }).where('id', '=', 1).where('past', 'is', null).execute();
  let current = (await db.selectFrom('installation').select('epoch').where('id', '=', 1).executeTakeFirstOrThrow()).epoch;

  const look = async (tx: DbOrTx, row: { readonly epoch: number; readonly past: string | null }): Promise<{ readonly epoch: number | null; readonly past: Past }> => {
    const past = await readPast(tx);
    const remembered = await memory.read();
    const isOlder = remembered !== null && (remembered.identity === past.identity ? past.position < remembered.position : memory.outlivesProcess);
    return { epoch: row.past !== past.identity || isOlder ? null : row.epoch, past };
  };
  const standing = (tx: DbOrTx) => tx.selectFrom('installation').select(['epoch', 'past']).where('id', '=', 1);

  return {
    current: () => current,
    check: async (tx) => {
      const { epoch } = await look(tx, await standing(tx).executeTakeFirstOrThrow());
      if (epoch !== null) current = epoch;
      return epoch;
    },
    begin: async (follow) => {
      const begun = await db.transaction().execute(async (tx) => {
        const row = await standing(tx).forUpdate().executeTakeFirstOrThrow();
        const seen = await look(tx, row);
        if (seen.epoch !== null) return false;
        await tx.updateTable('installation').set({ epoch: row.epoch + 1, past: seen.past.identity }).where('id', '=', 1).execute();
        await follow(tx, row.epoch + 1);
        current = row.epoch + 1;
        return true;
      });
      await memory.write(await readPast(db));
      return begun;
    },
    remember: async () => memory.write(await readPast(db)),
  };
}
