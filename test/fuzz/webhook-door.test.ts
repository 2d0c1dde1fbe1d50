/**
 * Goal: what an authenticated sender of alerts sends is never a reason for a 4xx, and nothing that it sends brings the door or the reader down (F-06, T-21, T-24, M-16).
 * Method: notifications of real Alertmanagers, changed as bytes and as JSON, into the real door without a socket between, then through the reader, and some of them to the end.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNotification } from '../../src/alerts/read-notification.ts';
import { alertmanagerToken, startTestBot, type TestBot } from '../harness/test-bot.ts';
import { fuzz, fuzzRuns } from './runs.ts';

const folder = fileURLToPath(new URL('../fixtures/alertmanager/', import.meta.url));
const samples = readdirSync(folder).filter((file) => file.endsWith('.json')).map((file) => readFileSync(`${folder}${file}`));

let bot: TestBot;
beforeAll(async () => {
  bot = await startTestBot();
});
afterAll(() => bot[Symbol.asyncDispose]());

type Change = (body: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>;
const position = fc.double({ min: 0, max: 1, noNaN: true });
const asBytes = fc.tuple(position, fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 })).map(([at, length, by]): Change => (body) => {
  const start = Math.floor(at * body.length);
  return Buffer.concat([body.subarray(0, start), by, body.subarray(start + length)]);
});
const texts = fc.constantFrom('null', '{', '}', '[', ']', '"', '\\', '\\u0000', '\\ud800', '1e999', '-0', '"__proto__":{"x":1},', '"constructor":"c",', '"labels":null,', '"alerts":[],', '"alerts":{},', '"fingerprint":"",', '"startsAt":"0000-00-00T00:00:00Z",', '"startsAt":"+275760-09-13T00:00:00Z",', '"version":"5",', '"groupKey":"other",', '\u2028', '\u202e', '<!channel>', '../../', '$(id)');
const inserted = fc.tuple(position, texts).map(([at, text]): Change => (body) => {
  const start = Math.floor(at * body.length);
  return Buffer.concat([body.subarray(0, start), Buffer.from(text), body.subarray(start)]);
});
/** Changes the value at some place of the JSON, so that the rest stays readable. */
const asJson = fc.tuple(fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 5 }), fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', '__proto__', '0001-01-01T00:00:00Z', '2026-02-30T00:00:00Z'))).map(([path, value]): Change => (body) => {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return body;
  }
  let at = json;
  for (const [depth, step] of path.entries()) {
    if (typeof at !== 'object' || at === null || Object.keys(at).length === 0) break;
    const key = Object.keys(at)[step % Object.keys(at).length]!;
    if (depth === path.length - 1) (at as Record<string, unknown>)[key] = value;
    else at = (at as Record<string, unknown>)[key];
  }
  return Buffer.from(JSON.stringify(json));
});
const bodies = fc.tuple(fc.constantFrom(...samples), fc.array(fc.oneof(asBytes, inserted, asJson), { maxLength: 3 })).map(([sample, changes]) => changes.reduce((body, apply) => apply(body), Buffer.from(sample)));
const contentTypes = fc.constantFrom('application/json', undefined, 'text/plain', 'application/json; charset=utf-16', ';;;', 'application/x-www-form-urlencoded', '/');
const encodings = fc.constantFrom(undefined, undefined, undefined, 'gzip', 'br', 'identity', 'x');

/** Each is stored, so these are a quarter of the others. */
const asked = (everyday: number) => ({ ...fuzz('webhooks', everyday), numRuns: Math.ceil(fuzzRuns(everyday) / 4) });

test('M-16, F-06: an authenticated body is answered 200 or 413, and one without a token 401', async () => {
  const door = bot.running.app.intake;
  const answers: Record<string, number> = {};
  const setting = asked(4_000);
  await fc.assert(
    fc.asyncProperty(bodies, contentTypes, encodings, fc.constantFrom(alertmanagerToken, alertmanagerToken, alertmanagerToken, 'nobody'), async (payload, contentType, encoding, token) => {
      const { statusCode } = await door.inject({ method: 'POST', url: '/webhooks/alertmanager', payload, headers: { authorization: `Bearer ${token}`, ...(contentType !== undefined && { 'content-type': contentType }), ...(encoding !== undefined && { 'content-encoding': encoding }) } });
      answers[statusCode] = (answers[statusCode] ?? 0) + 1;
      expect(statusCode).toBe(token === alertmanagerToken ? 200 : 401);
    }),
    setting,
  );
  console.log(`webhooks: ${setting.numRuns} bodies; answers ${JSON.stringify(answers)}`);
  const { count } = await bot.running.db.selectFrom('notifications').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  expect(count).toBe(answers[200]);
});

test('M-16, T-24: the reader takes every body, and what it gives is text without NUL in maps without a prototype', () => {
  const read: Record<string, number> = {};
  fc.assert(
    fc.property(bodies, (body) => {
      const found = readNotification(body.toString());
      read[found.kind] = (read[found.kind] ?? 0) + 1;
      if (found.kind === 'unreadable') return;
      for (const labels of [found.group.groupLabels, found.group.commonLabels, ...found.alerts.flatMap((alert) => [alert.labels, alert.annotations])]) {
        expect(Object.getPrototypeOf(labels)).toBe(null);
        for (const [name, value] of Object.entries(labels)) expect([name, value].every((text) => text.isWellFormed() && !text.includes('\u0000'))).toBe(true);
      }
    }),
    fuzz('the reader of webhooks', 4_000),
  );
  console.log(`the reader of webhooks: ${JSON.stringify(read)}`);
});

test('M-16, F-10: some of them to the end: each is applied or shown as unreadable, none is set aside', async () => {
  await bot.running.db.deleteFrom('notifications').execute();
  for (const body of fc.sample(bodies, { ...fuzz('webhooks to the end', 100), numRuns: Math.min(Math.ceil(fuzzRuns(4_000) / 40), 500) })) {
    expect((await bot.running.app.intake.inject({ method: 'POST', url: '/webhooks/alertmanager', payload: body, headers: { authorization: `Bearer ${alertmanagerToken}` } })).statusCode).toBe(200);
  }
  await bot.running.app.lanes.runUntilIdle();
  const states = await bot.running.db.selectFrom('notifications').select(['state', (eb) => eb.fn.countAll<number>().as('count')]).groupBy('state').execute();
  console.log(`webhooks to the end: ${JSON.stringify(states)}`);
  expect(states.map(({ state }) => state).filter((state) => state !== 'applied' && state !== 'unreadable')).toEqual([]);
});
