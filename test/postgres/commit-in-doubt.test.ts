import { expect, test } from 'vitest';
import { startRun } from '../../src/runs/start.ts';
import { startFaultProxy } from '../harness/fault-proxy.ts';
import { startTestBot } from '../harness/test-bot.ts';
import { writes } from '../scenarios/on-call.ts';
import { clear, planOf, runWith, stateOf } from './approved-runs.ts';

/**
 * Goal: only who saw the commit of `started` sends. When the connection is cut during that COMMIT nothing is sent, whichever way the commit went; if it turns
 * out that it went through, the run is not known until evidence says that nothing happened (F-25, I4).
 * Method: a proxy between the bot and PostgreSQL cuts the line at the COMMIT of exactly that transaction, before it arrives or before its answer comes back,
 * a hundred times each.
 */
const rounds = 100;

test('F-25: a connection cut during the COMMIT of `started`: nothing is sent, and what was committed after all is not known', async () => {
  const server = new URL(process.env['DATABASE_URL'] ?? '');
  await using proxy = await startFaultProxy({ host: server.hostname, port: Number(server.port || 5432) });
  await using bot = await startTestBot({
    reach: (storage) => {
      if (storage.kind !== 'postgres') throw new Error('this needs a PostgreSQL server');
      const url = new URL(storage.url);
      url.host = `127.0.0.1:${proxy.port}`;
      return { ...storage, url: url.href };
    },
  });
  bot.writesPastTheBot();
  const { db, app } = bot.running;
  const plan = await planOf(bot, 5);
  const { people } = app.bot;
  // Slack takes a question as often as it takes one; who these people are does not change here.
  const patient = { ...app.bot, people: { ...people, identifyAfresh: (ids: readonly string[]) => Promise.all(ids.map(people.identify)) } };

  const seen = { approved: 0, unknown: 0 };
  for (let round = 0; round < rounds * 2; round += 1) {
    const id = `run_${round}`;
    await runWith(db, plan, id, 'approved', bot.clock.now());
    const lost = round % 2 === 0 ? 'onTheWay' : 'onTheWayBack';
    const cut = proxy.cut({ after: '"started_at"', at: 'commit', lost });
    await expect(startRun(patient, id)).rejects.toThrow();
    await cut;
    expect(await stateOf(db, id)).toBe(lost === 'onTheWay' ? 'approved' : 'started');
    if (lost === 'onTheWayBack') {
      // Whoever comes back to it finds a start that nobody owns.
      await startRun(patient, id);
      expect(await stateOf(db, id)).toBe('unknown');
    }
    seen[lost === 'onTheWay' ? 'approved' : 'unknown'] += 1;
    expect(writes(bot)).toEqual([]);
    await clear(db);
  }
  console.log(`COMMIT of started, cut ${rounds * 2} times: ${JSON.stringify(seen)}, 0 sent`);

  // The last of them by the bot itself: evidence closes it, and the same plan without a cut is carried out once.
  await runWith(db, plan, 'run_last', 'started', bot.clock.now());
  await startRun(app.bot, 'run_last');
  await bot.advance({ minutes: 5 });
  expect(await db.selectFrom('runs').select(['state', 'outcome']).where('id', '=', 'run_last').executeTakeFirstOrThrow()).toMatchObject({ state: 'failed', outcome: { reason: 'It did not happen.' } });
  expect(writes(bot)).toEqual([]);
  await clear(db);
  await runWith(db, plan, 'run_whole', 'approved', bot.clock.now());
  await startRun(app.bot, 'run_whole');
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('F-25: a line that is cut anywhere in a start never lets it happen twice', async () => {
  const server = new URL(process.env['DATABASE_URL'] ?? '');
  await using proxy = await startFaultProxy({ host: server.hostname, port: Number(server.port || 5432) });
  await using bot = await startTestBot({ reach: (storage) => (storage.kind === 'postgres' ? { ...storage, url: storage.url.replace(/@[^/]+|\/\/[^@/]+(?=\/)/, (host) => `${host.startsWith('@') ? '@' : '//'}127.0.0.1:${proxy.port}`) } : storage) });
  bot.writesPastTheBot();
  const { db, app } = bot.running;
  const plan = await planOf(bot, 5);
  let sent = 0;
  const { people } = app.bot;
  const counting = { ...app.bot, people: { ...people, identifyAfresh: (ids: readonly string[]) => Promise.all(ids.map(people.identify)) }, ports: { ...app.bot.ports, kubernetes: { ...app.bot.ports.kubernetes, send: async () => ((sent += 1), { status: 'accepted' as const, answer: null }) } } };
  for (let bytes = 200; bytes < 12_000; bytes += 200) {
    await clear(db);
    await runWith(db, plan, 'run_cut', 'approved', bot.clock.now());
    sent = 0;
    const cut = proxy.cutAfterBytes(bytes);
    await startRun(counting, 'run_cut').catch(() => {});
    for (let again = 0; again < 3; again += 1) await startRun(counting, 'run_cut').catch(() => {});
    expect(sent, `cut after ${bytes} bytes`).toBeLessThanOrEqual(1);
    const state = await stateOf(db, 'run_cut');
    // What was sent is never forgotten.
    if (sent === 1) expect(['started', 'unknown']).toContain(state);
    else expect(['approved', 'unknown']).toContain(state);
    await Promise.race([cut, db.selectFrom('runs').select('id').execute()]);
  }
});
