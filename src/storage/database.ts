import { Kysely, PGliteDialect, PostgresDialect, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import * as first from './migrations/0001-first.ts';
import * as audit from './migrations/0002-audit.ts';
import * as brokenGlass from './migrations/0003-broken-glass.ts';
import * as doingOnce from './migrations/0004-doing-once.ts';
import * as detailsOfEntries from './migrations/0005-details-of-entries.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** What a store function works on: the database, or a transaction that somebody else ends. */
export type DbOrTx = Db | Tx;

export type StorageSettings =
  /** The address is read for each new connection, so that its password can be replaced while the bot runs (T-17). */
  | { readonly kind: 'postgres'; readonly url: string; readonly connections?: number }
  | { readonly kind: 'pglite'; readonly dataDirectory: string | 'memory'; readonly blob?: Blob };

const migrations = { '0001-first': first, '0002-audit': audit, '0003-broken-glass': brokenGlass, '0004-doing-once': doingOnce, '0005-details-of-entries': detailsOfEntries };

/**
 * Opens the database. PGlite lives in this process and in a directory (or in memory, for tests); PostgreSQL is reached by its address and
 * may be shared by any number of processes. Both speak the same dialect, so nothing else in the code knows which one it is.
 */
export async function openDatabase(settings: StorageSettings): Promise<Db> {
  if (settings.kind === 'postgres') return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: newPool(settings) }) });
  const { PGlite } = await import('@electric-sql/pglite');
  const pglite = await PGlite.create({
    ...(settings.dataDirectory === 'memory' ? {} : { dataDir: settings.dataDirectory }),
    ...(settings.blob === undefined ? {} : { loadDataDir: settings.blob }),
    // bigint ids as numbers: we shall not see 2^53 rows.
    parsers: { [pg.types.builtins.INT8]: Number },
  });
  return new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
}

function newPool(settings: Extract<StorageSettings, { kind: 'postgres' }>): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  class CurrentClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super({ ...config, connectionString: settings.url });
    }
  }
  const pool = new pg.Pool({
    Client: CurrentClient,
    // So no connection outlives a replaced password for long.
    maxLifetimeSeconds: 30 * 60,
    max: settings.connections ?? 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'stockops',
    types,
  });
  // A connection that dies while idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  // The same for one that dies in somebody's hands between two statements: their next statement fails, and says why.
  pool.on('connect', (client) => void client.on('error', () => {}));
  return pool;
}

/**
 * Brings the schema up to date. Several processes may call it at once: Kysely's lock lets one migrate while the others wait.
 * A role that may not change the schema may call it as well, when there is nothing to change.
 * @throws what the database said, when a migration fails; nothing of that migration is kept then
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (isRefusal(error)) throw new Error('The schema is not up to date, and this role may not change it: run `stockops db migrate` as the owner of the tables.', { cause: error });
  if (error !== undefined) throw error;
}

const isRefusal = (error: unknown): boolean => (error as { code?: string } | undefined)?.code === '42501';
