import { randomBytes } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import pg from 'pg';
import { migrate, openDatabase, type StorageSettings } from '../../src/storage/database.ts';
import type { Tables } from '../../src/storage/tables.ts';

/** A database of its own for one test, migrated. On PGlite unless `DATABASE_URL` names a server, where each test gets a database of its own. */
export interface TestStorage extends AsyncDisposable {
  readonly settings: StorageSettings;
}

export async function freshStorage(): Promise<TestStorage> {
  const url = process.env['DATABASE_URL'];
  return url === undefined ? { settings: { kind: 'pglite', dataDirectory: 'memory', blob: await migratedImage() }, [Symbol.asyncDispose]: async () => {} } : serverStorage(url);
}

let image: Promise<Blob> | undefined;

/** Starting PGlite from nothing takes seconds, so it is done once per file and copied. */
function migratedImage(): Promise<Blob> {
  image ??= (async () => {
    const pglite = await PGlite.create();
    const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
    await migrate(db);
    const dumped = await pglite.dumpDataDir('none');
    await db.destroy();
    return dumped;
  })();
  return image;
}

async function serverStorage(url: string): Promise<TestStorage> {
  const name = `stockops_test_${randomBytes(6).toString('hex')}`;
  await onServer(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const db = await openDatabase({ kind: 'postgres', url: own.href, connections: 1 });
  await migrate(db);
  await db.destroy();
  return { settings: { kind: 'postgres', url: own.href, connections: 6 }, [Symbol.asyncDispose]: () => onServer(url, `drop database ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
