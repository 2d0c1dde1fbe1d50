import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate, openDatabase } from '../../src/storage/database.ts';
import { freshStorage } from '../harness/storage.ts';

const folder = fileURLToPath(new URL('../../src/storage/migrations/', import.meta.url));
const golden = fileURLToPath(new URL('../golden/schema.txt', import.meta.url));
const goldenHashes = fileURLToPath(new URL('../golden/migrations.sha256', import.meta.url));

/**
 * The hash of each migration is on record, so that editing one is a decision. After a release it is always the wrong one: a database that has the migration
 * would differ from one that gets it tomorrow. Before, `GOLDEN_UPDATE=1` writes the files anew.
 */
test('migrations are as they are on record', () => {
  const hashes = readdirSync(folder).toSorted().map((name) => `${createHash('sha256').update(readFileSync(`${folder}${name}`)).digest('hex')}  ${name}\n`);
  if (process.env['GOLDEN_UPDATE'] !== undefined) writeFileSync(goldenHashes, hashes.join(''));
  expect(hashes.join('')).toBe(readFileSync(goldenHashes, 'utf8'));
});

test('F-42: from nothing, twice, and two at once, the schema is the one on record', async () => {
  await using storage = await freshStorage();
  const db = await openDatabase(storage.settings);
  await migrate(db);
  await Promise.all([migrate(db), migrate(db)]);
  const { rows } = await sql<{ line: string }>`
    select format('%s.%s %s%s%s', table_name, column_name, data_type, case is_nullable when 'NO' then ' not null' else '' end,
      coalesce(' default ' || column_default, '')) as line
    from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%'
    union all select regexp_replace(indexdef, 'public\.', '', 'g') from pg_indexes where schemaname = 'public' and tablename not like 'kysely%'
    union all select format('%s check %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint where contype in ('c', 'f') and connamespace = 'public'::regnamespace
    order by 1`.execute(db);
  await db.destroy();
  const schema = `${rows.map((row) => row.line).toSorted().join('\n')}\n`;
  if (process.env['GOLDEN_UPDATE'] !== undefined) writeFileSync(golden, schema);
  expect(schema).toBe(readFileSync(golden, 'utf8'));
});

test('F-42: two processes that start on an empty database at once both end with the schema', async () => {
  const db = await openDatabase({ kind: 'pglite', dataDirectory: 'memory' });
  await Promise.all([migrate(db), migrate(db)]);
  expect(await db.selectFrom('incidents').selectAll().execute()).toEqual([]);
  await db.destroy();
});
