/**
 * Goal: what is in the record can be proved later, and whoever changed it afterwards is found out (T-23).
 * Method: the database writes the chain; one thing at a time is then done to it with rights that the bot never has, and `verify` has to name the place.
 */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { genesis, hashOf, textOfEntry, type AuditEntry, type ChainedEntry } from '../../src/audit/entry.ts';
import { record } from '../../src/audit/record.ts';
import { latestEntries, readEntries, readHead } from '../../src/audit/store.ts';
import { fromLine, toLine, verifyChain, type Verified } from '../../src/audit/verify.ts';
import { openDatabase, type Db } from '../../src/storage/database.ts';
import { freshStorage, type TestStorage } from '../harness/storage.ts';

let storage: TestStorage;
let db: Db;
beforeEach(async () => {
  storage = await freshStorage();
  db = await openDatabase(storage.settings);
});
afterEach(async () => {
  await db.destroy();
  await storage[Symbol.asyncDispose]();
});

const at = new Date('2026-03-02T02:13:00Z');
const entry = (number: number, more: Partial<AuditEntry> = {}): AuditEntry => ({ at: new Date(at.getTime() + number * 1_000), actor: 'U0ONCALL', kind: 'run.planned', subject: `run_${number}`, system: 'mystocks', details: { number }, ...more });
async function writeEntries(count: number): Promise<ChainedEntry[]> {
  for (let number = 1; number <= count; number += 1) await record(db, entry(number));
  return all();
}
const all = (): Promise<ChainedEntry[]> => Array.fromAsync(readEntries(db));
const verify = async (anchors: readonly { readonly sequence: number; readonly hash: string }[] = []): Promise<Verified> => verifyChain(readEntries(db), { anchors, head: await readHead(db) });
/** As the owner of the tables could. */
const tamper = async (...statements: readonly string[]): Promise<void> => {
  await sql`alter table audit_entries disable trigger user`.execute(db);
  for (const statement of statements) await sql.raw(statement).execute(db);
  await sql`alter table audit_entries enable trigger user`.execute(db);
};

test('each entry names the hash of the one before, and its own is of its canonical text', async () => {
  const written = await writeEntries(3);
  expect(written.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(written.map(({ previous }) => previous)).toEqual([genesis, written[0]?.hash, written[1]?.hash]);
  for (const each of written) expect(each.hash).toBe(hashOf(each));
  expect(written[0]?.entry).toBe('{"actor":"U0ONCALL","at":"2026-03-02T02:13:01.000Z","details":{"number":1},"kind":"run.planned","subject":"run_1","system":"mystocks"}');
  expect(await verify()).toEqual({ kind: 'whole', entries: 3, last: { sequence: 3, hash: written[2]?.hash } });
  expect(await readHead(db)).toEqual({ sequence: 3, hash: written[2]?.hash });
});

test('G-10: an entry is there when its transaction is, and not when it is not', async () => {
  await db.transaction().execute(async (tx) => {
    await record(tx, entry(1));
    expect(await Array.fromAsync(readEntries(tx))).toEqual([]);
  });
  expect(await all()).toHaveLength(1);
  await expect(db.transaction().execute(async (tx) => {
    await record(tx, entry(2));
    throw new Error('no');
  })).rejects.toThrow('no');
  expect(await all()).toHaveLength(1);
  await record(db, entry(3));
  expect((await all()).map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('G-10: a change whose entry cannot be written is not made', async () => {
  await sql`alter table audit_entries add constraint refuses_everything check (sequence < 0)`.execute(db);
  await expect(db.transaction().execute(async (tx) => {
    await tx.insertInto('duties').values({ kind: 'run.watch', key: 'a', payload: '{}', due_at: at, lease_owner: null, last_error: null, state: 'waiting' }).execute();
    await record(tx, entry(1));
  })).rejects.toThrow('refuses_everything');
  expect(await db.selectFrom('duties').selectAll().execute()).toEqual([]);
});

test('texts that no database takes, and details without end, do not keep an entry from being written', async () => {
  const hostile = 'a\u0000b\uD800c"\\</script>\u2028';
  await record(db, entry(1, { actor: hostile, subject: hostile, details: { hostile, deep: { a: { b: { c: { d: { e: 1 } } } } }, list: Array.from({ length: 500 }, (_, index) => index), proto: JSON.parse('{"__proto__": 1}') } }));
  await record(db, entry(2, { details: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, 'x'.repeat(5_000)])) }));
  const [first, second] = await all();
  expect((JSON.parse(first?.entry ?? '') as { actor: string }).actor).toBe('a\uFFFDb\uFFFDc"\\</script>\u2028');
  for (const each of [first, second]) expect(each?.entry.length).toBeLessThanOrEqual(16 * 1024);
  expect(second?.entry).toContain('"tooLong"');
  expect(await verify()).toMatchObject({ kind: 'whole', entries: 2 });
});

describe('T-23: verify names the first entry that is not what was written', () => {
  const broken = async (): Promise<{ readonly sequence: number; readonly why: string }> => {
    const verified = await verify();
    if (verified.kind !== 'broken') throw new Error('nothing was noticed');
    return verified;
  };

  test('edited', async () => {
    await writeEntries(5);
    await tamper(`update audit_entries set entry = replace(entry, 'U0ONCALL', 'U0SOMEONE') where sequence = 3`);
    expect(await broken()).toMatchObject({ sequence: 3, why: expect.stringContaining('it was changed') });
  });

  test('edited, with a hash that fits: the next one does not follow on it', async () => {
    const written = await writeEntries(5);
    const forged = { ...written[2]!, entry: textOfEntry(entry(3, { actor: 'U0SOMEONE' })) };
    await tamper(`update audit_entries set entry = '${forged.entry}', hash = '${hashOf(forged)}' where sequence = 3`);
    expect(await broken()).toMatchObject({ sequence: 4, why: expect.stringContaining('does not follow on entry 3') });
  });

  test('deleted', async () => {
    await writeEntries(5);
    await tamper('delete from audit_entries where sequence = 2');
    expect(await broken()).toMatchObject({ sequence: 2, why: expect.stringContaining('it is missing') });
  });

  test('deleted from the beginning', async () => {
    await writeEntries(5);
    await tamper('delete from audit_entries where sequence <= 2');
    expect(await broken()).toMatchObject({ sequence: 1, why: expect.stringContaining('entry 3 follows on 0') });
  });

  test('deleted, and what follows moved up', async () => {
    await writeEntries(5);
    await tamper('delete from audit_entries where sequence = 2', 'update audit_entries set sequence = sequence - 1 where sequence > 2');
    expect(await broken()).toMatchObject({ sequence: 2 });
  });

  test('put into another order', async () => {
    await writeEntries(5);
    await tamper('update audit_entries set sequence = -2 where sequence = 2', 'update audit_entries set sequence = 2 where sequence = 3', 'update audit_entries set sequence = 3 where sequence = -2');
    expect(await broken()).toMatchObject({ sequence: 2, why: expect.stringContaining('it was changed') });
  });

  test('cut off at the end', async () => {
    await writeEntries(5);
    await tamper('delete from audit_entries where sequence > 3');
    expect(await broken()).toMatchObject({ sequence: 4, why: expect.stringContaining('once went on to 5') });
  });

  test('cut off at the end, and the head with it: an anchor remembers', async () => {
    const written = await writeEntries(5);
    const anchor = { sequence: 5, hash: written[4]!.hash };
    await tamper('delete from audit_entries where sequence > 3', `update audit_head set sequence = 3, hash = '${written[2]!.hash}'`);
    expect(await verify()).toMatchObject({ kind: 'whole', entries: 3 });
    expect(await verify([anchor])).toMatchObject({ kind: 'broken', sequence: 4, why: expect.stringContaining('once went on to 5') });
  });

  test('the whole chain written anew: an anchor remembers', async () => {
    const written = await writeEntries(5);
    const anchor = { sequence: 4, hash: written[3]!.hash };
    let previous = genesis;
    const statements = written.map((each) => {
      const forged = { sequence: each.sequence, entry: each.entry.replace('U0ONCALL', 'U0SOMEONE'), previous };
      previous = hashOf(forged);
      return `update audit_entries set entry = '${forged.entry}', previous = '${forged.previous}', hash = '${previous}' where sequence = ${each.sequence}`;
    });
    await tamper(...statements, `update audit_head set hash = '${previous}'`);
    expect(await verify()).toMatchObject({ kind: 'whole', entries: 5 });
    expect(await verify([anchor])).toMatchObject({ kind: 'broken', sequence: 4, why: expect.stringContaining('anchor') });
  });

  test('an entry that the head does not know', async () => {
    await writeEntries(3);
    await tamper('update audit_head set sequence = 2');
    expect(await broken()).toMatchObject({ sequence: 3, why: expect.stringContaining('head') });
  });
});

test('T-23: not even the owner of the tables changes an entry by mistake', async () => {
  await writeEntries(2);
  for (const statement of [`update audit_entries set hash = ''`, 'delete from audit_entries', 'truncate audit_entries', 'delete from audit_head', 'truncate audit_head'])
    await expect(sql.raw(statement).execute(db), statement).rejects.toThrow('the record is only added to');
  expect(await verify()).toMatchObject({ kind: 'whole', entries: 2 });
});

test('an exported line holds the entry, and is the same text again when it is read', async () => {
  const written = await writeEntries(3);
  expect(written.map(toLine).map(fromLine)).toEqual(written);
  expect(fromLine('{"sequence":1}')).toBeNull();
  expect(fromLine('no line')).toBeNull();
});

test('a file exported with a filter is checked for what it holds, when that is said', async () => {
  const written = await writeEntries(6);
  const some = written.filter(({ sequence }) => sequence !== 1 && sequence !== 4);
  expect(await verifyChain(some)).toMatchObject({ kind: 'broken', sequence: 1 });
  expect(await verifyChain(some, { partial: true, anchors: [{ sequence: 4, hash: written[3]!.hash }, { sequence: 5, hash: written[4]!.hash }] })).toMatchObject({ kind: 'whole', entries: 4 });
  const edited = some.map((each) => (each.sequence === 5 ? { ...each, entry: each.entry.replace('U0ONCALL', 'U0OTHER') } : each));
  expect(await verifyChain(edited, { partial: true })).toMatchObject({ kind: 'broken', sequence: 5 });
});

test('entries are found by system, person and time, the newest first', async () => {
  await record(db, entry(1));
  await record(db, entry(2, { actor: 'U0OTHER' }));
  await record(db, entry(3, { system: null, actor: 'stockops' }));
  await record(db, entry(4, { system: 'stock-api' }));
  const found = async (filter: Parameters<typeof latestEntries>[1], limit = 10) => (await latestEntries(db, filter, limit)).map(({ sequence }) => sequence);
  expect(await found({})).toEqual([4, 3, 2, 1]);
  expect(await found({}, 2)).toEqual([4, 3]);
  expect(await found({ system: 'mystocks' })).toEqual([2, 1]);
  expect(await found({ actor: 'U0OTHER' })).toEqual([2]);
  expect(await found({ since: new Date(at.getTime() + 3_000) })).toEqual([4, 3]);
  expect(await found({ until: new Date(at.getTime() + 2_000) })).toEqual([1]);
  expect((await latestEntries(db, { system: 'stock-api' }, 1))[0]).toEqual({ ...entry(4, { system: 'stock-api' }), sequence: 4 });
});
