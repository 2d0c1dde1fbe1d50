import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import pg from 'pg';
import packageJson from '../../package.json' with { type: 'json' };
import { migrate, openDatabase, type StorageSettings } from '../../src/storage/database.ts';
import type { Tables } from '../../src/storage/tables.ts';

/** A database of its own for one test, migrated. On PGlite unless `DATABASE_URL` names a server, where each test gets a database of its own. */
export interface TestStorage extends AsyncDisposable {
  readonly settings: StorageSettings;
  /** Takes a copy, as a backup would, while nothing is connected; the answer puts it in the place of what is there then. */
  copy(): Promise<() => Promise<void>>;
}

export async function freshStorage({ outlivesProcess = false } = {}): Promise<TestStorage> {
  const url = process.env['DATABASE_URL'];
  if (url !== undefined) return serverStorage(url);
  if (outlivesProcess) return directoryStorage();
  const copy = () => Promise.reject(new Error('a database in memory cannot be copied: ask for one that outlives its process'));
  return { settings: { kind: 'pglite', dataDirectory: 'memory', blob: await migratedImage() }, copy, [Symbol.asyncDispose]: async () => {} };
}

async function directoryStorage(): Promise<TestStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-storage-'));
  const dataDirectory = join(folder, 'data');
  const pglite = await PGlite.create({ dataDir: dataDirectory, loadDataDir: await migratedImage() });
  await pglite.close();
  const copy = async () => {
    await cp(dataDirectory, join(folder, 'copy'), { recursive: true });
    return async () => {
      await rm(dataDirectory, { recursive: true });
      await cp(join(folder, 'copy'), dataDirectory, { recursive: true });
    };
  };
  return { settings: { kind: 'pglite', dataDirectory }, copy, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

let image: Promise<Blob> | undefined;

/** Starting PGlite from nothing takes seconds, so it is done once for all files and runs, until the storage's code changes, and copied. */
function migratedImage(): Promise<Blob> {
  image ??= (async () => {
    const path = join(tmpdir(), `stockops-test-image-${await storageVersion()}.tar`);
    const kept = await readFile(path).catch(() => null);
    if (kept !== null) return new Blob([kept]);
    const pglite = await PGlite.create();
    const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
    await migrate(db);
    const dumped = await pglite.dumpDataDir('none');
    await db.destroy();
    // Two files of tests may be here at once; each reads a whole one.
    const own = `${path}.${randomBytes(6).toString('hex')}`;
    await writeFile(own, dumped.stream());
    await rename(own, path);
    return dumped;
  })();
  return image;
}

async function storageVersion(): Promise<string> {
  const folder = new URL('../../src/storage/', import.meta.url);
  const hash = createHash('sha256').update(packageJson.dependencies['@electric-sql/pglite']);
  for (const name of (await readdir(folder, { recursive: true })).filter((each) => each.endsWith('.ts')).toSorted()) hash.update(name).update(await readFile(new URL(name, folder)));
  return hash.digest('hex').slice(0, 16);
}

async function serverStorage(url: string): Promise<TestStorage> {
  const name = `stockops_test_${randomBytes(6).toString('hex')}`;
  await onServer(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const db = await openDatabase({ kind: 'postgres', url: own.href, connections: 1 });
  await migrate(db);
  await db.destroy();
  const copy = async () => {
    await onServer(url, `create database ${name}_copy template ${name}`);
    return async () => {
      await onServer(url, `drop database ${name} with (force)`);
      await onServer(url, `alter database ${name}_copy rename to ${name}`);
    };
  };
  return { settings: { kind: 'postgres', url: own.href, connections: 6 }, copy, [Symbol.asyncDispose]: () => onServer(url, `drop database ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
