/**
 * Goal: whoever takes over the bot, or its password to the database, cannot change what is in the record (T-23); and the bot needs no more than that role has.
 * Method: the SQL that is shipped, on a real server; the whole bot plays a story as `stockops_bot`, and then everything is tried that must not work.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { record } from '../../src/audit/record.ts';
import { readEntries, readHead } from '../../src/audit/store.ts';
import { verifyChain } from '../../src/audit/verify.ts';
import { migrate, openDatabase, type Db, type StorageSettings } from '../../src/storage/database.ts';
import { readRights } from '../../src/storage/rights.ts';
import { startTestBot } from '../harness/test-bot.ts';
import { approver, ask, fire, oncall, press, reply, support, writes } from '../scenarios/on-call.ts';

const server = new URL(process.env['DATABASE_URL'] ?? '');
const database = `stockops_roles_${randomBytes(6).toString('hex')}`;
/** The server has one set of roles for all databases, so this test has its own two. */
const suffix = randomBytes(4).toString('hex');
const [owner, bot] = [`stockops_owner_${suffix}`, `stockops_bot_${suffix}`];
const password = randomBytes(12).toString('hex');

function urlOf(role: string | null, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  if (role !== null) [url.username, url.password] = [role, password];
  return url.href;
}

/** Does what psql does with the file: its variable, and the change of database in the middle. */
async function psql(file: string, url: string): Promise<void> {
  const text = (await readFile(new URL(`../../manifests/postgres/${file}`, import.meta.url), 'utf8')).replaceAll(/^--.*$/gm, '').replaceAll(':"database"', `"${database}"`).replaceAll('stockops_owner', owner).replaceAll('stockops_bot', bot);
  let at = url;
  for (const part of text.split(/^\\connect .*$/m)) {
    const client = new pg.Client({ connectionString: at });
    await client.connect();
    // One statement at a time: a database is not created inside the transaction that several statements are.
    const statements = part.includes('begin;') ? [part] : part.split(';').filter((statement) => statement.trim() !== '');
    for (const statement of statements) await client.query(statement);
    await client.end();
    at = urlOf(null, database);
  }
}

const asBot = (): StorageSettings => ({ kind: 'postgres', url: urlOf(bot, database), connections: 4 });
const storage = () => ({ settings: asBot(), copy: () => Promise.reject(new Error('these stories take no copy')), [Symbol.asyncDispose]: async () => {} });
let db: Db;
beforeAll(async () => {
  await psql('roles.sql', server.href);
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  for (const role of [owner, bot]) await client.query(`alter role ${role} password '${password}'`);
  await client.end();
  const asOwner = await openDatabase({ kind: 'postgres', url: urlOf(owner, database), connections: 1 });
  await migrate(asOwner);
  await asOwner.destroy();
  await psql('rights.sql', urlOf(owner, database));
  db = await openDatabase(asBot());
});
afterAll(async () => {
  await db.destroy();
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(`drop database ${database} with (force)`);
  for (const role of [owner, bot]) await client.query(`drop role ${role}`);
  await client.end();
});

test('a story from the alert to the approved change, as the role of the bot', async () => {
  await using story = await startTestBot({ storage: storage() });
  await fire(story, 'mystocks');
  await ask(story, oncall, 'Scale…', { replicas: '2' });
  await press(story, support, reply(story, 'from 3 to 2'), 'Approve');
  await press(story, approver, reply(story, 'from 3 to 2'), 'Approve');
  await story.advance({ seconds: 40 });
  expect(writes(story)).toEqual(['PATCH mystocks/mystocks-api/scale']);
  // A day goes by: anchors, and room in the database, are within its rights.
  await story.advance({ hours: 2 });
  expect((await db.selectFrom('duties').select('last_error').where('last_error', 'is not', null).execute())).toEqual([]);
  const kinds = new Set((await db.selectFrom('audit_entries').select('kind').execute()).map(({ kind }) => kind));
  for (const kind of ['process.started', 'page.accepted', 'run.planned', 'run.awaiting_approval', 'refused', 'approval.approved', 'run.approved', 'run.started', 'run.succeeded']) expect(kinds, kind).toContain(kind);
});

test('T-23: the role of the bot cannot change, delete, or add to the chain by itself', async () => {
  await record(db, { at: new Date('2026-03-02T02:13:00Z'), actor: 'stockops', kind: 'process.started', subject: 'test', system: null, details: {} });
  for (const statement of [
    `update audit_entries set hash = 'x'`,
    'delete from audit_entries',
    'truncate audit_entries',
    `insert into audit_entries (sequence, entry, previous, hash) values (1000000, '{}', '', '')`,
    'update audit_head set sequence = 0',
    'delete from audit_head',
    'update audit_inbox set entry = entry',
    'delete from audit_inbox',
    'alter table audit_entries disable trigger user',
    'alter table audit_inbox disable trigger user',
    'drop table audit_entries',
    `create or replace function audit_chain() returns trigger language plpgsql as $$ begin return null; end $$`,
    'drop function audit_chain() cascade',
    `set session_replication_role = replica`,
    `set role ${owner}`,
    'create table mine (id integer)',
    'create temporary table audit_entries (id integer)',
    `insert into kysely_migration (name, timestamp) values ('9999', '')`,
  ])
    await expect(sql.raw(statement).execute(db), statement).rejects.toThrow(/permission denied|must be owner/);
  expect(await verifyChain(readEntries(db), { head: await readHead(db) })).toMatchObject({ kind: 'whole' });
});

test('T-23: the role that is shipped has no power over the record and all that it needs; that of an owner has, and is told', async () => {
  expect(await readRights(db)).toEqual({ closed: [], overTheRecord: false });
  const asOwner = await openDatabase({ kind: 'postgres', url: urlOf(owner, database), connections: 1 });
  expect(await readRights(asOwner)).toEqual({ closed: [], overTheRecord: true });
  await asOwner.destroy();
});

test('a table that a migration brought and nobody opened to the bot is named at the start, before anything else happens', async () => {
  const client = new pg.Client({ connectionString: urlOf(owner, database) });
  await client.connect();
  await client.query('create table somebody_elses (id integer)');
  expect(await readRights(db)).toEqual({ closed: [], overTheRecord: false });
  await client.query(`grant truncate on audit_head to ${bot}`);
  expect(await readRights(db)).toEqual({ closed: [], overTheRecord: true });
  await client.query(`revoke truncate on audit_head from ${bot}`);
  await client.query(`revoke delete on pages from ${bot}`);
  await expect(startTestBot({ storage: storage() })).rejects.toThrow('The role of the bot may not use pages in the database: run manifests/postgres/rights.sql');
  await client.query(`grant delete on pages to ${bot}`);
  await client.query('drop table somebody_elses');
  await client.end();
});

test('a schema that is not up to date is said so to a role that may not change it', async () => {
  const client = new pg.Client({ connectionString: urlOf(owner, database) });
  await client.connect();
  const { rows } = await client.query<{ name: string; timestamp: string }>(`delete from kysely_migration where name = (select max(name) from kysely_migration) returning *`);
  await expect(migrate(db)).rejects.toThrow('run `stockops db migrate` as the owner of the tables');
  await client.query('insert into kysely_migration (name, timestamp) values ($1, $2)', [rows[0]?.name, rows[0]?.timestamp]);
  await client.end();
  await migrate(db);
});
