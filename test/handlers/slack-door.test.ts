/**
 * Goal: in HTTP mode Slack's requests come through the one listener for outside systems, only Slack's are taken, and each has one effect (T-02, T-03).
 * Method: the real app with a signing secret instead of an app token; the stand-in of Slack signs as Slack does, and others try.
 */
import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpReceiver, largestBodyBytes } from '../../src/connectors/slack/http-receiver.ts';
import { systemClock } from '../../src/support/clock.ts';
import { buttonOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';

const signingSecret = 'signing-secret-of-the-test-0123456789';
const form = 'application/x-www-form-urlencoded';

let bot: TestBot;
beforeAll(async () => {
  bot = await startTestBot({ signingSecret });
});
afterAll(() => bot[Symbol.asyncDispose]());

const now = () => Math.floor(bot.clock.now().getTime() / 1_000);
const sign = (body: string | Buffer, stamp: number | string, secret = signingSecret) => `v0=${createHmac('sha256', secret).update(`v0:${stamp}:`).update(body).digest('hex')}`;
const stored = async () => (await bot.running.db.selectFrom('interactions').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count;

type Headers = Record<string, string | string[] | undefined>;
/** Over a socket, header lines as given, so that a header can be there twice. */
function post(body: string | Buffer, headers: Headers, url = bot.running.intakeUrl): Promise<number> {
  return new Promise((resolve, reject) => {
    const given = Object.fromEntries(Object.entries({ 'content-type': form, ...headers }).filter(([, value]) => value !== undefined)) as Record<string, string | string[]>;
    const sent = httpRequest(`${url}/slack/events`, { method: 'POST', headers: given }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
const signed = (body: string | Buffer, stamp: number | string = now()): Headers => ({ 'x-slack-request-timestamp': String(stamp), 'x-slack-signature': sign(body, stamp) });

let asked = 0;
const command = (text = 'help') => new URLSearchParams({ command: '/stock', text, team_id: 'T0HARBOR', channel_id: 'C0ALERTS', channel_name: 'alerts', user_id: 'U0ONCALL', trigger_id: `1.2.${(asked += 1)}` }).toString();

test('a press that Slack signed is taken', async () => {
  await bot.fires('ServiceDown', { namespace: 'stock-service', job: 'stock-service', severity: 'critical' });
  const [card] = bot.slack.channel('alerts').messages();
  const answer = await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card?.ts ?? '', actionId: buttonOf(card, 'Acknowledge') });
  expect(answer.acked).toBe(true);
  await bot.advance({ seconds: 5 });
  expect(bot.slack.channel('alerts').messages()[0]?.text).toMatch(/^🟠/);
});

describe('T-02: what Slack did not sign is refused with 401, and nothing is stored', () => {
  const body = command();
  const payload = (json: unknown) => `payload=${encodeURIComponent(JSON.stringify(json))}`;
  const tries: readonly (readonly [string, () => { readonly body: string | Buffer; readonly headers: Headers }])[] = [
    ['a request without any header of Slack’s', () => ({ body, headers: {} })],
    ['another secret', () => ({ body, headers: { ...signed(body), 'x-slack-signature': sign(body, now(), 'another secret') } })],
    ['an empty secret', () => ({ body, headers: { ...signed(body), 'x-slack-signature': sign(body, now(), '') } })],
    ['no signature', () => ({ body, headers: { 'x-slack-request-timestamp': String(now()) } })],
    ['an empty signature', () => ({ body, headers: { ...signed(body), 'x-slack-signature': '' } })],
    ['no timestamp', () => ({ body, headers: { 'x-slack-signature': sign(body, now()) } })],
    ['a timestamp 301 s old', () => ({ body, headers: signed(body, now() - 301) })],
    ['a timestamp 301 s ahead', () => ({ body, headers: signed(body, now() + 301) })],
    ['a timestamp with a fraction', () => ({ body, headers: signed(body, `${now()}.0`) })],
    ['a timestamp in hexadecimal', () => ({ body, headers: signed(body, `0x${now().toString(16)}`) })],
    ['a timestamp with an exponent', () => ({ body, headers: signed(body, '1e99') })],
    ['a timestamp that is no number', () => ({ body, headers: signed(body, 'now') })],
    ['a negative timestamp', () => ({ body, headers: signed(body, `-${now()}`) })],
    ['an empty timestamp', () => ({ body, headers: signed(body, '') })],
    ['two timestamps', () => ({ body, headers: { ...signed(body), 'x-slack-request-timestamp': [String(now()), String(now())] } })],
    ['two signatures, the right one first', () => ({ body, headers: { ...signed(body), 'x-slack-signature': [sign(body, now()), sign(body, now(), 'x')] } })],
    ['two signatures, the right one last', () => ({ body, headers: { ...signed(body), 'x-slack-signature': [sign(body, now(), 'x'), sign(body, now())] } })],
    ['another version of the signature', () => ({ body, headers: { ...signed(body), 'x-slack-signature': sign(body, now()).replace('v0=', 'v1=') } })],
    ['a signature without its version', () => ({ body, headers: { ...signed(body), 'x-slack-signature': sign(body, now()).slice(3) } })],
    ['a signature that is cut', () => ({ body, headers: { ...signed(body), 'x-slack-signature': sign(body, now()).slice(0, -2) } })],
    ['a signature with something behind it', () => ({ body, headers: { ...signed(body), 'x-slack-signature': `${sign(body, now())}=` } })],
    ['a signature in capitals', () => ({ body, headers: { ...signed(body), 'x-slack-signature': `v0=${sign(body, now()).slice(3).toUpperCase()}` } })],
    ['a body with one more byte', () => ({ body: `${body}&`, headers: signed(body) })],
    ['a body written anew with the same meaning', () => ({ body: `${new URLSearchParams([...new URLSearchParams(body)].toReversed())}`, headers: signed(body) })],
    ['bytes that only read the same', () => ({ body: Buffer.from([0x61, 0xff]), headers: signed(Buffer.from('a\ufffd')) })],
    ['the signature of another timestamp', () => ({ body, headers: { ...signed(body), 'x-slack-request-timestamp': String(now() - 1) } })],
    // P-11: the three ways past Bolt's verification.
    ['ssl_check=1 (P-11)', () => ({ body: 'ssl_check=1', headers: {} })],
    ['any ssl_check that counts as true (P-11)', () => ({ body: `ssl_check=yes&${body}`, headers: {} })],
    ['a payload smuggled in beside ssl_check (P-11)', () => ({ body: `ssl_check=1&${payload({ type: 'block_actions' })}`, headers: { 'x-slack-request-timestamp': String(now()) } })],
    ['ssl_check in the address', () => ({ body, headers: { 'x-slack-ssl-check': '1' } })],
    ['a challenge that nobody signed', () => ({ body: '{"type":"url_verification","challenge":"x"}', headers: { 'content-type': 'application/json' } })],
  ];
  for (const [why, make] of tries)
    test(`refuses ${why}`, async () => {
      const before = await stored();
      const { body: sent, headers } = make();
      expect(await post(sent, headers)).toBe(401);
      expect(await stored()).toBe(before);
    });

  test('takes a timestamp that is 300 s off, either way', async () => {
    for (const stamp of [now() - 300, now() + 300]) {
      const body = command();
      expect(await post(body, signed(body, stamp))).toBe(200);
    }
    await bot.settle();
  });

  test('P-11: without a signing secret the bot does not start', () => {
    expect(() => createHttpReceiver(() => [''], systemClock, () => {})).toThrow('anybody could be Slack');
  });
});

describe('T-02, T-24: what Slack signed and nobody can read is refused, and brings nothing down', () => {
  for (const [why, body, contentType] of [
    ['null, which brings Bolt’s receiver down (P-11)', 'null', 'application/json'],
    ['a number', '5', 'application/json'],
    ['a list', '[]', 'application/json'],
    ['an empty body', '', 'application/json'],
    ['half an object', '{"type":"event_callback"', 'application/json'],
    ['an unknown type', '{"type":"tea"}', 'application/json'],
    ['a type that is inherited', '{"__proto__":{"type":"event_callback"}}', 'application/json'],
    ['an event without an event', '{"type":"event_callback"}', 'application/json'],
    ['a press without a person', `payload=${encodeURIComponent('{"type":"block_actions","actions":[{}]}')}`, form],
    ['a press of null', 'payload=null', form],
    ['two payloads', 'payload=%7B%7D&payload=%7B%7D', form],
    ['a form without anything', 'a=b', form],
  ] as const)
    test(`${why} is 400`, async () => {
      const before = await stored();
      expect(await post(body, { ...signed(body), 'content-type': contentType })).toBe(400);
      expect(await stored()).toBe(before);
    });

  test('a body above a mebibyte is 413, and is not read to its end', async () => {
    const body = Buffer.alloc(largestBodyBytes + 1, 'a');
    expect(await post(body, signed(body)).catch(() => 413)).toBe(413);
  });

  test('a challenge that Slack signed is answered', async () => {
    const body = '{"type":"url_verification","challenge":"3eZbrw1aB10FEMAGAZd4FyFQ"}';
    const answer = await fetch(`${bot.running.intakeUrl}/slack/events`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...(signed(body) as Record<string, string>) } });
    expect([answer.status, await answer.json()]).toEqual([200, { challenge: '3eZbrw1aB10FEMAGAZd4FyFQ' }]);
  });

  test('F-19: what cannot be stored is 503, so that Slack tells the person', async () => {
    const body = command();
    await bot.running.db.schema.alterTable('interactions').renameTo('interactions_hidden').execute();
    expect(await post(body, signed(body))).toBe(503);
    await bot.running.db.schema.alterTable('interactions_hidden').renameTo('interactions').execute();
  });
});

/** The bytes of a press on Acknowledge, as Slack would send and sign them. */
function pressBytes(ts: string, actionId: string, value: string): string {
  return `payload=${encodeURIComponent(
    JSON.stringify({
      type: 'block_actions', team: { id: 'T0HARBOR' }, user: { id: 'U0ONCALL', team_id: 'T0HARBOR' }, trigger_id: '7.8.9', channel: { id: bot.slack.channel('alerts').id }, message: { ts },
      container: { type: 'message', message_ts: ts, channel_id: bot.slack.channel('alerts').id }, actions: [{ action_id: actionId, action_ts: '1772417580.000100', value, type: 'button', block_id: 'x' }],
    }),
  )}`;
}

const onServer = process.env['DATABASE_URL'] !== undefined;
test(`T-03, P-12: the same signed bytes a hundred times to ${onServer ? 'each of two replicas' : 'the bot'} are one press, and after five minutes none`, async () => {
  await bot.fires('ServiceDown', { namespace: 'stock-api', severity: 'critical' });
  await bot.advance({ seconds: 5 });
  const card = bot.slack.channel('alerts').messages().find(({ text }) => text.includes('Stock API'));
  const actionId = buttonOf(card, 'Acknowledge');
  const button = ((card?.blocks ?? []) as unknown as { elements?: { action_id?: string; value?: string }[] }[]).flatMap(({ elements = [] }) => elements).find(({ action_id: id }) => id === actionId);
  const body = pressBytes(card?.ts ?? '', actionId, button?.value ?? '');
  const headers = signed(body);
  const before = await stored();

  const replica = onServer ? await bot.another() : null;
  const doors = [bot.running.intakeUrl, ...(replica === null ? [] : [replica.intakeUrl])];
  const answers = await Promise.all(doors.flatMap((door) => Array.from({ length: 100 }, () => post(body, headers, door))));
  expect(new Set(answers)).toEqual(new Set([200]));
  await bot.advance({ seconds: 5 });
  await replica?.app.settled();
  expect(await stored()).toBe(before + 1);
  const entries = await bot.running.db.selectFrom('timeline_entries').innerJoin('incidents', 'incidents.id', 'timeline_entries.incident_id').select('text').where('system_id', '=', 'stock-api').where('kind', '=', 'acknowledged').execute();
  expect(entries).toHaveLength(1);

  await bot.advance({ minutes: 5, seconds: 1 });
  expect(await post(body, headers)).toBe(401);
  expect(await stored()).toBe(before + 1);
  await replica?.stop();
});
