import { beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.ts';
import { addDuty, addDutyOnce, cancelDuty, claimDuty, failDuty, finishDuty, nextDutyAt, type Duty } from '../../src/storage/duties.ts';
import { claimLeftInteraction, failInteraction, finishInteraction } from '../../src/storage/interactions.ts';
import { leaseMs, triesBeforeQuarantine } from '../../src/storage/lease.ts';
import { claimNotification, failNotification, finishNotification, nextNotificationAt, storeNotification } from '../../src/storage/notifications.ts';
import { claimMessage, markSent, wantMessage } from '../../src/storage/outbox.ts';
import { blockPace, takeToken } from '../../src/storage/pace.ts';
import { withOwnDatabase } from '../harness/own-database.ts';

let db: Db;
withOwnDatabase((opened) => (db = opened));
beforeEach(async () => {
  for (const table of ['duties', 'interactions', 'notifications', 'messages', 'paces'] as const) await db.deleteFrom(table).execute();
});

const start = Date.UTC(2026, 2, 2, 2, 0);
const at = (seconds: number) => new Date(start + seconds * 1_000);

describe('F-33: what is due is taken once', () => {
  test('by three owners side by side', async () => {
    for (let number = 0; number < 60; number += 1) await addDuty(db, { kind: 'run.watch', key: String(number), dueAt: at(0) });
    const takeAll = async (owner: string): Promise<string[]> => {
      const keys: string[] = [];
      for (let duty = await claimDuty(db, owner, at(1)); duty !== undefined; duty = await claimDuty(db, owner, at(1))) keys.push(duty.key);
      return keys;
    };
    const [one, two, three] = await Promise.all([takeAll('one'), takeAll('two'), takeAll('three')]);
    expect([...one, ...two, ...three].toSorted()).toEqual(Array.from({ length: 60 }, (_, number) => String(number)).toSorted());
  });

  test('never before its time', async () => {
    await addDuty(db, { kind: 'run.watch', key: 'a', dueAt: at(10) });
    expect(await claimDuty(db, 'one', at(9.999))).toBeUndefined();
    expect(await nextDutyAt(db, 'one', at(0))).toEqual(at(10));
    expect(await claimDuty(db, 'one', at(10))).toMatchObject({ key: 'a' });
  });

  const leased = {
    duties: {
      add: () => addDuty(db, { kind: 'run.watch', key: 'a', dueAt: at(0) }),
      claim: (owner: string, now: Date) => claimDuty(db, owner, now),
      finish: (row: never) => finishDuty(db, row),
      putBack: (row: never) => failDuty(db, row, 'broken', at(40)),
      waiting: 'waiting',
      done: 'done',
    },
    interactions: {
      add: () => db.insertInto('interactions').values({ key: 'a', kind: 'press', user_id: 'U1', payload: '{}', received_at: at(0), state: 'stored', due_at: at(0) }).execute(),
      claim: (owner: string, now: Date) => claimLeftInteraction(db, owner, now),
      finish: (row: never) => finishInteraction(db, row),
      putBack: (row: never) => failInteraction(db, row, 'broken', at(40)),
      waiting: 'stored',
      done: 'handled',
    },
    notifications: {
      add: () => storeNotification(db, 'alertmanager', '{}', at(0)),
      claim: (owner: string, now: Date) => claimNotification(db, owner, now),
      finish: (row: never) => finishNotification(db, row, 'applied'),
      putBack: (row: never) => failNotification(db, row, 'broken', at(40)),
      waiting: 'stored',
      done: 'applied',
    },
  } as const;

  for (const [table, { add, claim, finish, putBack, waiting, done }] of Object.entries(leased) as [keyof typeof leased, (typeof leased)[keyof typeof leased]][]) {
    test(`F-34, F-40: ${table}: again when its holder is gone, who may then neither finish it nor put it back`, async () => {
      const row = () => db.selectFrom(table).select(['state', 'lease_owner', 'last_error']).executeTakeFirstOrThrow();
      await add();
      const asleep = (await claim('asleep', at(0))) as never;
      expect(await claim('other', at(leaseMs / 1_000 - 1))).toBeUndefined();
      const taken = (await claim('other', at(leaseMs / 1_000))) as never;
      for (const write of [finish, putBack]) {
        await write(asleep);
        expect(await row()).toEqual({ state: waiting, lease_owner: 'other', last_error: null });
      }
      await putBack(taken);
      expect(await row()).toEqual({ state: waiting, lease_owner: null, last_error: 'broken' });
      await finish((await claim('other', at(60))) as never);
      expect(await row()).toMatchObject({ state: done, lease_owner: null });
    });
  }
});

test('F-10: a duty that keeps failing is set aside after five tries, and others go on', async () => {
  await addDuty(db, { kind: 'run.watch', key: 'poison', dueAt: at(0) });
  await addDuty(db, { kind: 'run.watch', key: 'good', dueAt: at(1) });
  const done: string[] = [];
  let now = 1;
  for (let round = 0; round < 20; round += 1) {
    const duty = await claimDuty(db, 'one', at(now));
    if (duty?.key === 'poison') await failDuty(db, duty, 'broken', at(now));
    else if (duty !== undefined) {
      done.push(duty.key);
      await finishDuty(db, duty);
    }
    now += 10;
  }
  expect(done).toEqual(['good']);
  expect(await db.selectFrom('duties').select(['state', 'tries']).where('key', '=', 'poison').executeTakeFirstOrThrow()).toEqual({ state: 'quarantined', tries: triesBeforeQuarantine });
});

test('a duty waits once per kind and key: added again it moves, added once it stays, cancelled it is gone', async () => {
  await addDuty(db, { kind: 'run.watch', key: 'a', dueAt: at(10) });
  await addDuty(db, { kind: 'run.watch', key: 'a', dueAt: at(5) });
  await addDutyOnce(db, { kind: 'run.watch', key: 'a', dueAt: at(1) });
  expect((await db.selectFrom('duties').select('due_at').execute()).map((duty) => duty.due_at)).toEqual([at(5)]);
  await cancelDuty(db, 'run.watch', 'a');
  expect(await claimDuty(db, 'one', at(20))).toBeUndefined();
});

test('what a person waits for is not kept waiting by the diagnostics of a storm', async () => {
  for (let number = 0; number < 20; number += 1) await addDuty(db, { kind: 'incident.diagnose', key: String(number), dueAt: at(0) });
  await addDuty(db, { kind: 'run.start', key: 'mine', dueAt: at(5) });
  const taken: (Duty | undefined)[] = [];
  for (let hand = 0; hand < 4; hand += 1) taken.push(await claimDuty(db, 'one', at(6)));
  expect(taken.map((duty) => duty?.kind)).toEqual(['incident.diagnose', 'incident.diagnose', 'run.start', undefined]);
  // Nothing to do for this process until a lease runs out: it does not ask again and again.
  expect(await nextDutyAt(db, 'one', at(6))).toEqual(at(6 + leaseMs / 1_000));
  expect((await claimDuty(db, 'two', at(6)))?.kind).toBe('incident.diagnose');
  await finishDuty(db, taken[0]!);
  expect((await claimDuty(db, 'one', at(6)))?.kind).toBe('incident.diagnose');
});

test('F-08: of one group the next notification is taken when the one before it is done, of others at once', async () => {
  const body = (group: string, number: number) => `{"alerts":[{"labels":{"x":"\\"groupKey\\":\\"y\\""}}],"groupKey":"{}:{a=\\"${group}\\"}","n":${number}}`;
  for (const [group, number] of [['one', 1], ['one', 2], ['two', 3]] as const) await storeNotification(db, 'alertmanager', body(group, number), at(0));
  const first = (await claimNotification(db, 'a', at(1)))!;
  const other = (await claimNotification(db, 'b', at(1)))!;
  expect([first, other].map(({ body: text }) => (JSON.parse(text) as { n: number }).n)).toEqual([1, 3]);
  expect(await claimNotification(db, 'c', at(1))).toBeUndefined();
  await db.updateTable('notifications').set({ state: 'applied' }).where('id', '=', first.id).execute();
  expect(await nextNotificationAt(db)).toEqual(at(0));
  expect((JSON.parse((await claimNotification(db, 'c', at(1)))!.body) as { n: number }).n).toBe(2);
});

describe('the outbox', () => {
  const want = (key: string, more: Partial<Parameters<typeof wantMessage>[1]> = {}, seconds = 0) => wantMessage(db, { key, channel: '#alerts', kind: 'card', subject: key, priority: 11, ...more }, at(seconds));
  const claim = (kind: 'post' | 'edit' = 'post', except: string[] = []) => claimMessage(db, 'one', at(60), kind, except);
  const posted = async (key: string) => {
    const message = (await db.selectFrom('messages').selectAll().where('key', '=', key).executeTakeFirstOrThrow())!;
    await markSent(db, message, { version: message.wanted_version, channel: message.channel_id, ts: `ts ${key}`, sha256: null });
  };

  test('the most urgent first, then the oldest; a paused channel is passed over', async () => {
    await want('late', {}, 2);
    await want('early', {}, 1);
    await want('worst', { priority: 5 }, 3);
    await want('elsewhere', { channel: '#other', priority: 20 });
    expect((await claim('post', ['#alerts']))?.key).toBe('elsewhere');
    expect([(await claim())?.key, (await claim())?.key, (await claim())?.key, (await claim())?.key]).toEqual(['worst', 'early', 'late', undefined]);
  });

  test('a reply waits for what it replies to, and lends it its urgency', async () => {
    await want('card:1', { priority: 14 });
    await want('card:2', { priority: 11 });
    await want('mine', { threadKey: 'card:1', priority: 5 });
    expect((await claim())?.key).toBe('card:1');
    await posted('card:1');
    expect((await claim())?.key).toBe('mine');
  });

  test('F-15: what was wanted while it was sent stays to be sent, and an older version never counts as the newer', async () => {
    await want('a');
    const message = (await claim())!;
    await want('a');
    await markSent(db, message, { version: message.wanted_version, channel: '#alerts', ts: '1', sha256: null });
    const again = (await claim('edit'))!;
    expect(again.wanted_version).toBe(2);
    await markSent(db, again, { version: 2, channel: '#alerts', ts: '1', sha256: null });
    await markSent(db, again, { version: 1, channel: '#alerts', ts: '1', sha256: null });
    expect(await claim('edit')).toBeUndefined();
  });
});

describe('the pace is one for all processes', () => {
  const pace = { capacity: 2, perSecond: 0.5 };
  test('tokens run out, come back with time, and never more than fit', async () => {
    expect(await takeToken(db, 'k', pace, at(0))).toBe(null);
    expect(await takeToken(db, 'k', pace, at(0))).toBe(null);
    expect(await takeToken(db, 'k', pace, at(0))).toEqual(at(2));
    expect(await takeToken(db, 'k', pace, at(2))).toBe(null);
    const taken = await Promise.all([1, 2, 3].map(() => takeToken(db, 'k', pace, at(1_000))));
    // Which of three at once goes without is the server's choice.
    expect(taken.filter((until) => until === null)).toHaveLength(2);
    expect(taken.filter((until) => until !== null)).toEqual([at(1_002)]);
  });
  test('what Slack forbids is forbidden until it says, whatever tokens there are', async () => {
    await blockPace(db, 'k', at(30));
    expect((await takeToken(db, 'k', pace, at(1)))!.getTime()).toBeGreaterThanOrEqual(at(30).getTime());
    await blockPace(db, 'k', at(20));
    expect((await takeToken(db, 'k', pace, at(25)))!.getTime()).toBeGreaterThanOrEqual(at(30).getTime());
  });
});
