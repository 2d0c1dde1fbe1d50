/**
 * Goal: whatever knocks at Slack's door, nothing has an effect without Slack's signature over these very bytes, and nothing brings the bot down (T-02, M-16).
 * Method: requests as Slack signs them, changed in one to four ways, into the real door without a socket between. A second reading of Slack's rule says which are still valid.
 */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { fuzz, fuzzRuns } from './runs.ts';

const secret = 'signing-secret-of-the-fuzz-0123456789';
const form = 'application/x-www-form-urlencoded';

let bot: TestBot;
const crashes: unknown[] = [];
const onCrash = (error: unknown) => void crashes.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', onCrash);
  bot = await startTestBot({ signingSecret: secret });
});
afterAll(async () => {
  await bot[Symbol.asyncDispose]();
  process.off('unhandledRejection', onCrash);
});

interface Knock {
  readonly body: Buffer;
  readonly stamp: string;
  readonly signature: string;
  readonly contentType: string;
  readonly url: string;
}

const sign = (body: Buffer, stamp: string, key = secret, version = 'v0') => `${version}=${createHmac('sha256', key).update(`${version}:${stamp}:`).update(body).digest('hex')}`;
const payload = (json: unknown) => `payload=${encodeURIComponent(JSON.stringify(json))}`;
const press = { type: 'block_actions', team: { id: 'T0HARBOR' }, user: { id: 'U0ONCALL', team_id: 'T0HARBOR' }, trigger_id: '1.2.3', channel: { id: 'C0ALERTS' }, message: { ts: '1.2' }, container: { type: 'message' }, actions: [{ action_id: 'incident.acknowledge', action_ts: '1.2', value: 'x' }] };
const bodies: readonly (readonly [string, string])[] = [
  [new URLSearchParams({ command: '/stock', text: 'help', team_id: 'T0HARBOR', channel_id: 'C0ALERTS', channel_name: 'alerts', user_id: 'U0ONCALL', trigger_id: '1.2.3' }).toString(), form],
  [payload(press), form],
  [payload({ type: 'view_submission', team: { id: 'T0HARBOR' }, user: { id: 'U0ONCALL' }, view: { id: 'V1', callback_id: 'x', state: { values: {} } } }), form],
  [JSON.stringify({ type: 'event_callback', team_id: 'T0HARBOR', event_id: 'Ev1', event: { type: 'app_home_opened', user: 'U0ONCALL' } }), 'application/json'],
  ['ssl_check=1', form],
  [`ssl_check=1&${payload(press)}`, form],
];
const now = () => Math.floor(bot.clock.now().getTime() / 1_000);
const knock = (body: Buffer, contentType: string): Knock => ({ body, stamp: String(now()), signature: sign(body, String(now())), contentType, url: '/slack/events' });

const splice = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 12 }));
const cut = (body: Buffer, [at, length, by]: readonly [number, number, Uint8Array]): Buffer => {
  const start = Math.floor(at * body.length);
  return Buffer.concat([body.subarray(0, start), by, body.subarray(start + length)]);
};
const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 80 });
/** One way to change a request that was signed: what an attacker has in hand is a request that was valid. */
const change = fc.oneof(
  splice.map((how) => (of: Knock): Knock => ({ ...of, body: cut(of.body, how) })),
  fc.constantFrom('ssl_check=1&', 'ssl_check=yes&', 'payload=null&', 'payload=%7B%7D&').map((front) => (of: Knock): Knock => ({ ...of, body: Buffer.concat([Buffer.from(front), of.body]) })),
  fc.integer({ min: -100_000, max: 100_000 }).map((off) => (of: Knock): Knock => ({ ...of, stamp: String(now() + off) })),
  fc.integer({ min: -700, max: 700 }).map((off) => (of: Knock): Knock => ({ ...of, stamp: String(now() + off), signature: sign(of.body, String(now() + off)) })),
  fc.oneof(printable, fc.constantFrom('', '0', '-1', '1e10', 'NaN', 'Infinity', '0x65', '१२३', ' 1', '1 ')).map((stamp) => (of: Knock): Knock => ({ ...of, stamp: [...stamp].every((letter) => letter >= ' ' && letter <= '~') ? stamp : '' })),
  fc.oneof(printable, fc.constantFrom('', 'v0=', 'v1=', 'v0', '=', 'v0==')).map((signature) => (of: Knock): Knock => ({ ...of, signature })),
  fc.constantFrom('v1', 'V0', 'v00').map((version) => (of: Knock): Knock => ({ ...of, signature: sign(of.body, of.stamp, secret, version) })),
  fc.constantFrom('', 'another', `${secret} `, secret.slice(1)).map((key) => (of: Knock): Knock => ({ ...of, signature: sign(of.body, of.stamp, key) })),
  fc.nat({ max: 66 }).map((at) => (of: Knock): Knock => ({ ...of, signature: of.signature.slice(0, at) })),
  fc.constantFrom(form, 'application/json', 'text/plain', `${form}; charset=utf-8`, 'multipart/form-data; boundary=x', 'x', '').map((contentType) => (of: Knock): Knock => ({ ...of, contentType })),
  fc.constantFrom('/slack/events?ssl_check=1', '/slack/events?payload=%7B%7D', '/slack/events#x', '/slack/events?//').map((url) => (of: Knock): Knock => ({ ...of, url })),
  // Signed anew after the change: what Slack itself might one day send.
  splice.map((how) => (of: Knock): Knock => ({ ...knock(cut(of.body, how), of.contentType), url: of.url })),
);
const json = fc.jsonValue({ maxDepth: 4 }).map((value): [string, string] => [JSON.stringify(value), 'application/json']);
const knocks = fc.tuple(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...bodies) }, { weight: 1, arbitrary: json }), fc.array(change, { minLength: 1, maxLength: 4 }));

/** Slack's rule, read a second time. */
const isValid = ({ body, stamp, signature }: Knock) => /^[0-9]+$/.test(stamp) && Math.abs(Number(stamp) - now()) <= 300 && signature === sign(body, stamp);

test('M-16, T-02: no request has an effect without a valid signature, none is answered 5xx, and none brings the bot down', async () => {
  const door = bot.running.app.intake;
  const answers: Record<string, number> = {};
  let valid = 0;
  await fc.assert(
    fc.asyncProperty(knocks, async ([[text, contentType], changes]) => {
      const made = changes.reduce((of, apply) => apply(of), knock(Buffer.from(text), contentType));
      const before = valid;
      if (isValid(made)) valid += 1;
      const { statusCode } = await door.inject({
        method: 'POST',
        url: made.url,
        payload: made.body,
        headers: { ...(made.contentType !== '' && { 'content-type': made.contentType }), 'x-slack-request-timestamp': made.stamp, 'x-slack-signature': made.signature },
      });
      answers[statusCode] = (answers[statusCode] ?? 0) + 1;
      expect(statusCode, 'a status').toBeLessThan(500);
      if (valid === before) expect(statusCode, 'without a signature').toBe(401);
      else expect(statusCode, 'with a signature').not.toBe(401);
    }),
    fuzz('Slack’s door', 3_000),
  );
  await bot.settle();
  const { count } = await bot.running.db.selectFrom('interactions').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  console.log(`Slack’s door: ${fuzzRuns(3_000)} requests, ${valid} with a valid signature, ${count} stored; answers ${JSON.stringify(answers)}`);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(valid);
  expect(crashes).toEqual([]);
  // The door still opens for what is Slack's.
  const plain = knock(Buffer.from(bodies[0]![0]), form);
  expect((await door.inject({ method: 'POST', url: plain.url, payload: plain.body, headers: { 'content-type': form, 'x-slack-request-timestamp': plain.stamp, 'x-slack-signature': plain.signature } })).statusCode).toBe(200);
});
