import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';

/** A database engine, and how to get empty databases of it. */
export interface Engine {
  readonly name: string;
  /** The settings, as environment, that make a process use an empty database of its own; `drop` throws it away. */
  fresh(): Promise<{ readonly environment: Readonly<Record<string, string>>; drop(): Promise<void> }>;
}

export function pglite(folder: string): Engine {
  return {
    name: 'PGlite',
    fresh: async () => ({ environment: { STOCKOPS_DATA_DIR: join(folder, `pglite-${randomBytes(4).toString('hex')}`) }, drop: async () => {} }),
  };
}

/** The server at `url`; whoever it names may create databases. */
export function postgres(url: string): Engine {
  const onServer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    name: 'PostgreSQL',
    fresh: async () => {
      const name = `stockops_bench_${randomBytes(6).toString('hex')}`;
      await onServer(`create database ${name}`);
      const own = new URL(url);
      own.pathname = `/${name}`;
      return { environment: { DATABASE_URL: own.href }, drop: () => onServer(`drop database if exists ${name} with (force)`) };
    },
  };
}
