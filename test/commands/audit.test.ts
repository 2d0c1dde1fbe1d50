/**
 * Goal: an auditor with a terminal can take the record with them, and prove that it is whole, or where it is not (T-23).
 * Method: the program as a process of its own, with the database's place as its only setting; nobody's token is needed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { record } from '../../src/audit/record.ts';
import { readHead } from '../../src/audit/store.ts';
import { migrate, openDatabase, type Db } from '../../src/storage/database.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stockops-audit-'));
  await withDb(migrate);
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}
function run(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { env: { PATH: process.env['PATH'] ?? '', STOCKOPS_DATA_DIR: join(folder, 'data') } }, (error, output, errors) => resolve({ status: error === null ? 0 : Number(error.code), output, errors }));
  });
}
async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
  const db = await openDatabase({ kind: 'pglite', dataDirectory: join(folder, 'data') });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

test('the record is exported whole or in part, checked with and without the database, and whoever touches it is found out', async () => {
  const head = await withDb(async (db) => {
    for (let day = 1; day <= 4; day += 1)
      await record(db, { at: new Date(`2026-03-0${day}T02:13:00Z`), actor: day === 3 ? 'U0OTHER' : 'U0ONCALL', kind: 'run.started', subject: `run_${day}`, system: day === 4 ? 'stock-api' : 'mystocks', details: {} });
    return readHead(db);
  });
  const anchor = `${head.sequence}:${head.hash}`;
  expect(await run('audit', 'verify', '--anchor', anchor)).toMatchObject({ status: 0, output: `The record is whole: 4 entries, the last one ${anchor}\n` });
  expect(await run('audit', 'verify', '--anchor', `7:${head.hash}`)).toMatchObject({ status: 1, errors: 'The record is not whole. Entry 5: it is missing: the record ends at 4 and once went on to 7.\n' });
  expect((await run('audit', 'verify', '--anchor', 'something')).status).toBe(2);

  const whole = await run('audit', 'export');
  const subjects = (text: string) => text.trim().split('\n').map((line) => (JSON.parse(line) as { entry: { subject: string } }).entry.subject);
  expect(subjects(whole.output)).toEqual(['run_1', 'run_2', 'run_3', 'run_4']);
  expect(subjects((await run('audit', 'export', '--since', '2026-03-02', '--until', '2026-03-05', '--system', 'mystocks')).output)).toEqual(['run_2', 'run_3']);
  const ofOne = await run('audit', 'export', '--actor', 'U0ONCALL');
  expect(subjects(ofOne.output)).toEqual(['run_1', 'run_2', 'run_4']);
  expect((await run('audit', 'export', '--since', 'yesterday')).status).toBe(2);

  const [file, part] = [join(folder, 'whole.jsonl'), join(folder, 'part.jsonl')];
  await writeFile(file, whole.output);
  await writeFile(part, ofOne.output);
  expect(await run('audit', 'verify', '--file', file, '--anchor', anchor)).toMatchObject({ status: 0 });
  expect(await run('audit', 'verify', '--file', part)).toMatchObject({ status: 1, errors: expect.stringContaining('Entry 3: it is missing') });
  expect(await run('audit', 'verify', '--file', part, '--partial')).toMatchObject({ status: 0 });
  await writeFile(file, (await readFile(file, 'utf8')).replace('run_2', 'run_9'));
  expect(await run('audit', 'verify', '--file', file)).toMatchObject({ status: 1, errors: expect.stringContaining('Entry 2: its hash is not that of its text') });
  await writeFile(file, `${whole.output.split('\n')[0]}\n{"half": \n`);
  expect(await run('audit', 'verify', '--file', file)).toMatchObject({ status: 1, errors: expect.stringContaining('line 2 of the file') });
  expect((await run('audit', 'verify', '--file', join(folder, 'nowhere'))).status).toBe(2);

  await withDb(async (db) => {
    await sql`alter table audit_entries disable trigger user`.execute(db);
    await sql`update audit_entries set entry = replace(entry, 'U0OTHER', 'U0ONCALL') where sequence = 3`.execute(db);
  });
  expect(await run('audit', 'verify')).toMatchObject({ status: 1, errors: 'The record is not whole. Entry 3: its hash is not that of its text: it was changed.\n' });
});

test('options that a command does not have are wrong use', async () => {
  expect((await run('check-config', '--anchor', 'x')).status).toBe(2);
  expect((await run('audit', 'erase')).status).toBe(2);
});
