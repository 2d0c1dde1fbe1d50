import { expect, test } from 'vitest';
import type { Bot } from '../../src/handlers/bot.ts';
import { handleInteraction } from '../../src/handlers/interactions.ts';
import { createLanes } from '../../src/handlers/lanes.ts';
import { notificationsLane } from '../../src/handlers/notifications-lane.ts';
import { outboxLane } from '../../src/handlers/outbox-lane.ts';
import { pagesLane } from '../../src/handlers/pages-lane.ts';
import { storeInteraction } from '../../src/handlers/store-interaction.ts';
import { changeRun } from '../../src/runs/store.ts';
import { startRun } from '../../src/runs/start.ts';
import { manualClock } from '../../src/support/clock.ts';
import type { Interaction } from '../../src/views/slack-port.ts';
import { checkInvariants, demandAll } from '../harness/checker.ts';
import { notificationOf, startTestBot, type TestBot } from '../harness/test-bot.ts';
import { alerts, card, cards, fire, oncall, press, submit, support, type, writes } from '../scenarios/on-call.ts';

/**
 * Goal: a process that stood still (stopped, swapped out, a long pause) and wakes does nothing to the outside with what it had in hand; another process may
 * have done it since (F-40).
 * Method: the database that a step is handed moves the clock by 11 s between taking something in hand and acting on it, as if the process had been stopped
 * there. `test/chaos/` stops real processes.
 */
const pauseMs = 11_000;
const platform = 'U0PLATFORM';

/** The bot as one step sees it: time passes when it first does `method` on the database, before it or behind it. */
function standingStillAt(bot: TestBot, method: 'transaction' | 'selectFrom' | 'updateTable', when: 'before' | 'behind'): Bot {
  let hasPassed = false;
  const pass = (): void => {
    if (!hasPassed) bot.clock.moveTo(new Date(bot.clock.now().getTime() + pauseMs));
    hasPassed = true;
  };
  const { db } = bot.running;
  const held = new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === method && when === 'behind') return () => ({ execute: (work: never) => db.transaction().execute(work).finally(pass) });
      return (...given: unknown[]) => {
        if (name === method) pass();
        return value.apply(target, given) as unknown;
      };
    },
  });
  return { ...bot.running.app.bot, db: held };
}

/** The bot of a process that cannot write how an interaction went once it has been carried out. */
function dyingBeforeItIsOnRecord(bot: TestBot): Bot {
  const { db } = bot.running;
  const dying = new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'updateTable') return () => { throw new Error('the process died'); };
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { ...bot.running.app.bot, db: dying };
}

/** An alert that is applied, and of which nobody outside knows yet. */
async function applied(bot: TestBot): Promise<void> {
  const [alertname, labels] = alerts.mystocks;
  await bot.send(notificationOf([{ labels: { alertname, ...labels }, startsAt: bot.clock.now(), endsAt: null }]));
  await notificationsLane(bot.running.app.bot).step(bot.clock.now());
}

test('F-40: a run whose process stood still between the record of its start and the sending sends nothing, and says so', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  const { id } = await bot.running.db.selectFrom('runs').select('id').executeTakeFirstOrThrow();
  await bot.running.db.transaction().execute((tx) => changeRun(tx, id, ['planned'], { state: 'approved', by: oncall, at: bot.clock.now(), approved_at: bot.clock.now() }));
  await startRun(standingStillAt(bot, 'transaction', 'behind'), id);
  await bot.advance({ seconds: 10 });
  expect(writes(bot)).toEqual([]);
  const run = await bot.running.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  expect([run.state, (run.outcome as { reason: string }).reason]).toEqual(['failed', 'The bot stood still just before it would have been sent.']);
});

test('F-40, P-9: a page in the hand of a process that stood still is given back, and goes out once', async () => {
  await using bot = await startTestBot();
  await applied(bot);
  expect(await pagesLane(standingStillAt(bot, 'selectFrom', 'before')).step(bot.clock.now())).toBe(true);
  expect(bot.pagerduty.received).toEqual([]);
  await bot.advance({ minutes: 1 });
  expect(bot.pagerduty.received.map(({ action }) => action)).toEqual(['trigger']);
});

test('F-40: a card in the hand of a process that stood still is given back, and posted once', async () => {
  await using bot = await startTestBot();
  await applied(bot);
  expect(await outboxLane(standingStillAt(bot, 'updateTable', 'before'), 'post', 'slack posts 1', new Map()).step(bot.clock.now())).toBe(true);
  expect(cards(bot)).toEqual([]);
  await bot.advance({ minutes: 1 });
  expect(cards(bot)).toHaveLength(1);
});

test('F-40: an edit in the hand of a process that stood still is left out, because a newer one may be there', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await bot.advance({ seconds: 30 });
  const edits = () => bot.slack.requests.filter(({ method }) => method === 'chat.update').length;
  const before = edits();
  await bot.running.db.updateTable('messages').set({ wanted_version: 100, sent_sha256: null }).where('kind', '=', 'card').execute();
  expect(await outboxLane(standingStillAt(bot, 'selectFrom', 'before'), 'edit', 'slack edits', new Map()).step(bot.clock.now())).toBe(true);
  expect(edits()).toBe(before);
  await bot.advance({ seconds: 30 });
  expect(edits()).toBe(before + 1);
});

test('F-20: an incident that is declared by a modal which is carried out twice, because of a crash, is one incident', async () => {
  await using bot = await startTestBot();
  await type(bot, support, 'mystocks', 'incident Portfolios show yesterday');
  await submit(bot, support, { title: 'Portfolios show yesterday', impact: 'Customers see old numbers.', description: 'stale portfolios', severity: 'P2 High' });
  await bot.running.db.updateTable('interactions').set({ state: 'stored', due_at: bot.clock.now() }).where('kind', '=', 'submit').execute();
  await bot.advance({ minutes: 1 });
  expect(cards(bot)).toHaveLength(1);
  demandAll(await checkInvariants(bot.running.db, bot, bot.clock.now()));
});

test('F-20: a freeze that was lifted by a process which died before it had that on record is not lifted once more, when it was frozen anew meanwhile', async () => {
  await using bot = await startTestBot();
  const frozen = () => bot.running.db.selectFrom('freezes').select('reason').where('lifted_at', 'is', null).execute();
  await type(bot, platform, 'mystocks', 'freeze mystocks the audit');
  const unfreeze: Interaction = { kind: 'command', key: 'unfreeze of the test', userId: platform, teamId: 'T0STOCKS', channelId: 'C0MYSTOCKS', channelName: 'mystocks', text: 'unfreeze mystocks', triggerId: '1.1' };
  await storeInteraction(bot.running.db, unfreeze, bot.clock.now());
  await expect(handleInteraction(dyingBeforeItIsOnRecord(bot), unfreeze)).rejects.toThrow('the process died');
  expect(await frozen()).toEqual([]);
  await type(bot, platform, 'mystocks', 'freeze mystocks a restore');
  await bot.advance({ minutes: 2 });
  expect(await frozen()).toEqual([{ reason: 'a restore' }]);
});

test('F-40: what somebody typed stays in the hand of the process that works it out, however long the outside takes to answer', async () => {
  await using bot = await startTestBot();
  const working = bot.running.app.bot;
  const answer = Promise.withResolvers<void>();
  const slack = new Proxy(working.slack, { get: (port, name) => (name === 'whisper' ? () => answer.promise.then(() => ({ status: 'done' })) : Reflect.get(port, name)) });
  const asked: Interaction = { kind: 'command', key: 'systems of the test', userId: platform, teamId: 'T0STOCKS', channelId: 'C0MYSTOCKS', channelName: 'mystocks', text: 'systems', triggerId: '1.1' };
  await storeInteraction(bot.running.db, asked, bot.clock.now());
  const handling = handleInteraction({ ...working, slack }, asked);
  for (let passed = 0; passed < 60; passed += 5) await bot.advance({ seconds: 5 });
  expect(bot.slack.ephemerals(platform)).toEqual([]);
  expect(await bot.running.db.selectFrom('interactions').select(['lease_owner', 'tries']).where('key', '=', asked.key).execute()).toEqual([{ lease_owner: working.owner, tries: 1 }]);
  answer.resolve();
  await handling;
});

test('F-44: a lane is stuck when it does not come round for a minute; one that carries out effects has as long as an effect may take', async () => {
  const clock = manualClock(new Date('2026-03-02T02:13:00Z'));
  const busy = { step: () => new Promise<boolean>(() => {}), nextAt: async () => undefined };
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const lanes = createLanes([{ name: 'pages', ...busy }, { name: 'duties 1', patienceMs: 300_000, ...busy }], clock, log);
  lanes.start();
  clock.moveTo(new Date(clock.now().getTime() + 59_000));
  expect(lanes.stuckFor(60_000)).toBeUndefined();
  clock.moveTo(new Date(clock.now().getTime() + 2_000));
  expect(lanes.stuckFor(60_000)?.name).toBe('pages');
  const alone = createLanes([{ name: 'duties 1', patienceMs: 300_000, ...busy }], clock, log);
  alone.start();
  clock.moveTo(new Date(clock.now().getTime() + 200_000));
  expect(alone.stuckFor(60_000)).toBeUndefined();
  clock.moveTo(new Date(clock.now().getTime() + 200_000));
  expect(alone.stuckFor(60_000)?.name).toBe('duties 1');
});
