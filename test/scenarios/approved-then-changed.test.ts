import { sql } from 'kysely';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startRun } from '../../src/runs/start.ts';
import { findRun } from '../../src/runs/store.ts';
import type { Json } from '../../src/support/json.ts';
import { arrangeWith } from '../contract/arrange.ts';
import { labelsOf, textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, fire, modalText, oncall, press, reply, writes } from './on-call.ts';
import { systemsThatChange, type ChangeableSystems } from './systems-that-change.ts';

/**
 * Goal: what was approved is what runs, once, in time, on the very object that was looked at (G-6, T-13).
 * Method: scaling MyStocks down is approved while its cluster is away, so that it waits; then one thing changes, and the cluster is back.
 */
async function approved(bot: TestBot) {
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const away = bot.kubernetes.fail({ mode: 'reset-before' });
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  const { id } = await bot.running.db.selectFrom('runs').select('id').where('state', '=', 'approved').executeTakeFirstOrThrow();
  away.stop();
  return { id, run: async () => (await findRun(bot.running.db, id))!, start: (changes: object = {}) => startRun({ ...bot.running.app.bot, ...changes }, id) };
}

test('T-13: whichever field of the stored plan is changed, it never starts', async () => {
  await using bot = await startTestBot();
  const { id, run, start } = await approved(bot);
  const { plan } = await run();
  bot.writesPastTheBot();
  const store = (value: unknown) => sql`update runs set plan = ${JSON.stringify(value)}::jsonb, state = 'approved', outcome = null, finished_at = null where id = ${id}`.execute(bot.running.db);
  const leaves = leavesOf(plan as unknown as Json);
  expect(leaves.length).toBeGreaterThan(30);
  for (const leaf of leaves) {
    await store(changedAt(plan as unknown as Json, leaf));
    await start();
    expect(await run(), leaf.join('.')).toMatchObject({ state: 'voided' });
  }
  expect(writes(bot)).toEqual([]);
  // As it was agreed to, it does.
  await store(plan);
  await start();
  expect(writes(bot)).toHaveLength(1);
});

const admin = (bot: TestBot) => arrangeWith(join(dirname(bot.dockerState), 'kubeconfig'));
const api = { kind: 'workload', context: 'admin', namespace: 'mystocks', workload: 'Deployment', name: 'mystocks-api', selector: 'app=mystocks-api', container: 'mystocks-api' } as const;
const theApi = { kind: 'Deployment', namespace: 'mystocks', name: 'mystocks-api' };

for (const [why, change, words] of [
  ['somebody has scaled it', (bot) => admin(bot).change(api, { spec: { replicas: 4 } }), /generation was \d+ and is \d+ now; replicas was 3 and is 4 now/],
  ['it was deleted and made anew with the same name', async (bot) => bot.kubernetes.recreate(theApi), /uid was \S+ and is \S+ now/],
  ['the catalog allows less', (_, systems) => systems.replace('mystocks/system.yaml', /replicas: \{min: 1/, 'replicas: {min: 3'), /The catalog no longer allows it: 2 is fewer than/],
  ['the catalog names another object', (_, systems) => systems.replace('mystocks/system.yaml', /selector: app=mystocks-api/, 'selector: tier=api'), /The catalog names another target/],
  ['the policy wants two people', (_, systems) => systems.replace('policies.yaml', /(id: protected-high[^]*?approvals: )1/, '$12'), /the policy has become stricter/],
  ['whoever asked has lost the role', async (bot) => bot.slack.workspace.state.userGroups.forEach((group) => (group.userIds = group.userIds.filter((id) => id !== oncall))), /Whoever asked for it may no longer/],
] as const satisfies readonly (readonly [string, (bot: TestBot, systems: ChangeableSystems) => Promise<unknown>, RegExp])[]) {
  test(`T-13: when ${why}, the approval is void, says what has changed, and offers a fresh plan`, async () => {
    await using systems = await systemsThatChange();
    await using bot = await startTestBot({ systemsDirectory: systems.path });
    const { run, start } = await approved(bot);
    await change(bot, systems);
    expect(await bot.running.reload()).toEqual([]);
    await start();
    expect(await run()).toMatchObject({ state: 'voided' });
    await bot.advance({ seconds: 3 });
    expect(textOf(reply(bot, 'from 3 to 2'))).toMatch(words);
    expect(labelsOf(reply(bot, 'from 3 to 2'))).toEqual(['Ask again…']);
    await bot.advance({ minutes: 1 });
    expect(writes(bot)).not.toContain('PATCH mystocks/mystocks-api/scale');
  });
}

test('T-13: what is void is asked for again with one press, from how things are now', async () => {
  await using bot = await startTestBot();
  const { start } = await approved(bot);
  await admin(bot).change(api, { spec: { replicas: 4 } });
  await start();
  await bot.advance({ seconds: 3 });
  await press(bot, oncall, reply(bot, 'from 3 to 2'), 'Ask again…');
  expect(modalText(bot, oncall)).toContain('Scale mystocks-api from 4 to 2');
});

test('F-37: approvals of another epoch are void', async () => {
  await using bot = await startTestBot();
  const { run, start } = await approved(bot);
  const { epochs } = bot.running.app.bot;
  await start({ epochs: { ...epochs, current: () => epochs.current() + 1, check: async () => epochs.current() + 1 } });
  expect(await run()).toMatchObject({ state: 'voided' });
  expect(writes(bot)).toEqual([]);
});

for (const [why, afterMs, begins] of [
  ['a moment before its time is over', -1, 1],
  ['when its time is over', 0, 0],
  ['a moment later', 1, 0],
] as const) {
  test(`T-13: an approved plan that starts ${why} ${begins === 1 ? 'runs' : 'does not run'}`, async () => {
    await using bot = await startTestBot();
    const { run, start } = await approved(bot);
    bot.clock.moveTo(new Date((await run()).expiresAt.getTime() + afterMs));
    await start();
    expect(writes(bot)).toHaveLength(begins);
    if (begins === 0) expect(await run()).toMatchObject({ state: 'voided', outcome: { reason: 'It could not start in time: the plan has run out.' } });
  });
}

test('T-13: an object that is made anew between the last look and the write is refused by the cluster, and nothing is changed', async () => {
  await using bot = await startTestBot();
  const { run, start } = await approved(bot);
  let isAnew = false;
  bot.kubernetes.fail({
    match: ({ method, dryRun }) => {
      if (method === 'PATCH' && !dryRun && !isAnew) {
        isAnew = true;
        bot.kubernetes.recreate(theApi);
      }
      return false;
    },
    mode: 'answer',
  });
  await start();
  expect(isAnew).toBe(true);
  expect(await run()).toMatchObject({ state: 'failed', outcome: { lines: ['Nothing was changed.'] } });
  expect(bot.kubernetes.find(theApi)?.['spec']).toMatchObject({ replicas: 3 });
});

test('T-13: an approval is used once', async () => {
  await using bot = await startTestBot();
  const { run, start } = await approved(bot);
  await Promise.all([start(), start(), start()]);
  expect(writes(bot)).toHaveLength(1);
  await bot.advance({ minutes: 1 });
  expect(await run()).toMatchObject({ state: 'succeeded' });
  await start();
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toHaveLength(1);
});

function leavesOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item as Json, [...path, key]));
}

function changedAt(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return typeof value === 'number' ? value + 1 : `${String(value)}!`;
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? changedAt(item as Json, rest) : (item as Json)));
  return { ...(value as Record<string, Json>), [key]: changedAt((value as Record<string, Json>)[key] as Json, rest) };
}
