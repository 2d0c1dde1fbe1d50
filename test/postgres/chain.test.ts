/**
 * Goal: the chain has one order whoever writes into it, and nobody waits for it in a circle with other locks (docs/adr/0009).
 * Method: several processes' worth of connections on one server, in the orders that would hurt.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { record } from '../../src/audit/record.ts';
import { readEntries, readHead } from '../../src/audit/store.ts';
import { verifyChain } from '../../src/audit/verify.ts';
import { openDatabase, type Db, type Tx } from '../../src/storage/database.ts';
import { freshStorage, type TestStorage } from '../harness/storage.ts';

let storage: TestStorage;
let replicas: Db[];
beforeAll(async () => {
  storage = await freshStorage();
  replicas = await Promise.all([0, 1, 2].map(() => openDatabase(storage.settings)));
});
afterAll(async () => {
  for (const db of replicas) await db.destroy();
  await storage[Symbol.asyncDispose]();
});

const write = (tx: Tx, subject: string) => record(tx, { at: new Date('2026-03-02T02:13:00Z'), actor: 'stockops', kind: 'run.started', subject, system: null, details: {} });
const lock = (tx: Tx, name: string) => sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);

test('G-12: three replicas that write at the same time make one chain, without a gap', async () => {
  const works = replicas.flatMap((db, replica) =>
    Array.from({ length: 40 }, (_, number) => async () => {
      const failing = number % 10 === 9;
      const work = db.transaction().execute(async (tx) => {
        await write(tx, `${replica}-${number}-a`);
        await write(tx, `${replica}-${number}-b`);
        if (failing) throw new Error('taken back');
      });
      if (failing) await expect(work).rejects.toThrow('taken back');
      else await work;
    }),
  );
  await Promise.all(works.map((work) => work()));
  const entries = await Array.fromAsync(readEntries(replicas[0]!));
  expect(entries).toHaveLength(3 * 36 * 2);
  expect(await verifyChain(entries, { head: await readHead(replicas[0]!) })).toMatchObject({ kind: 'whole' });
  // What one transaction wrote stays together.
  const subjects = entries.map(({ entry }) => (JSON.parse(entry) as { subject: string }).subject);
  for (const [index, subject] of subjects.entries()) if (subject.endsWith('-a')) expect(subjects[index + 1]).toBe(subject.replace(/a$/, 'b'));
});

test('whoever has written an entry and then waits for a lock holds up nobody who has that lock and writes one', async () => {
  const [one, other] = replicas as [Db, Db];
  const [hasLock, wrote] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await Promise.all([
    one.transaction().execute(async (tx) => {
      await hasLock.promise;
      await write(tx, 'first');
      wrote.resolve();
      await lock(tx, 'the row of a card');
    }),
    other.transaction().execute(async (tx) => {
      await lock(tx, 'the row of a card');
      hasLock.resolve();
      await wrote.promise;
      await write(tx, 'second');
    }),
  ]);
  const last = (await Array.fromAsync(readEntries(one))).slice(-2).map(({ entry }) => (JSON.parse(entry) as { subject: string }).subject);
  expect(last).toEqual(['second', 'first']);
});
