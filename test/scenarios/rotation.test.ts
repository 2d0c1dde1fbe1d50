import { expect, test, vi } from 'vitest';
import { canonicalJson } from '../../src/support/json.ts';
import { signature } from '../../sandbox/slack/delivery/signed-http.ts';
import { alertmanagerToken, startTestBot, type TestBot } from '../harness/test-bot.ts';
import { card, cards, fire, oncall, press } from './on-call.ts';

/**
 * Goal: every credential is replaced while the bot works, nothing is lost meanwhile, and the old one is not used again (GUARANTEES T-17).
 * Method: a new credential is issued, then given to the bot, then the old one is revoked, with alerts and presses before, between and after.
 */
const names = ['StockApiDown', 'ServiceDown', 'MyStocksDown'] as const;
const labels = { StockApiDown: { namespace: 'stock-api' }, ServiceDown: { namespace: 'stock-service', job: 'stock-service' }, MyStocksDown: { namespace: 'mystocks' } } as const;
const withTokens = (bot: TestBot, ...tokens: string[]) => ({ ...bot.settings, ALERTMANAGER_TOKEN: tokens, alertmanagerTokens: new Map([['ALERTMANAGER_TOKEN', tokens]]) });
const refused = (bot: TestBot) => bot.slack.requests.filter(({ token, answer }) => token === 'none' || ['invalid_auth', 'not_authed', 'token_revoked'].includes(String(answer?.['error'])));

test('T-17: the tokens of Slack are replaced while cards are posted, and the old ones revoked', async () => {
  await using bot = await startTestBot();
  let { settings } = bot;
  for (const [round, name] of names.entries()) {
    const fires = bot.fires(name, { ...labels[name], severity: 'critical' });
    const issued = bot.slack.issueTokens();
    await bot.running.renewCredentials({ ...settings, SLACK_BOT_TOKEN: issued.botToken, SLACK_APP_TOKEN: issued.appToken });
    await fires;
    // What was in hand with the old one has ended before it is revoked.
    await bot.settle();
    bot.slack.revoke(settings.SLACK_BOT_TOKEN);
    bot.slack.revoke(settings.SLACK_APP_TOKEN ?? '');
    settings = { ...settings, SLACK_BOT_TOKEN: issued.botToken, SLACK_APP_TOKEN: issued.appToken };
    await bot.advance({ seconds: 30 });
    expect(cards(bot)).toHaveLength(round + 1);
    await press(bot, oncall, card(bot), 'Acknowledge');
    await bot.advance({ seconds: 30 });
    expect(canonicalJson(card(bot).blocks as never)).toContain(oncall);
  }
  expect(refused(bot)).toEqual([]);
  expect(bot.slack.connectionCount).toBe(1);
  expect(bot.log.filter(({ level }) => level === 'error')).toEqual([]);
});

test('T-17: two tokens of Alertmanager are valid while one replaces the other, then one', async () => {
  await using bot = await startTestBot();
  const next = 'the-next-token-of-alertmanager-0123456789';
  const send = (token: string) => bot.send({ version: '4' }, token);
  expect(await send(next)).toBe(401);
  await bot.running.renewCredentials(withTokens(bot, alertmanagerToken, next));
  expect([await send(alertmanagerToken), await send(next)]).toEqual([200, 200]);
  await bot.running.renewCredentials(withTokens(bot, next));
  expect([await send(alertmanagerToken), await send(next)]).toEqual([401, 200]);
});

test('T-17: tokens that are replaced while the catalog is read again count, and the old ones no longer', async () => {
  await using bot = await startTestBot();
  const next = 'the-next-token-of-alertmanager-0123456789';
  const insertInto = bot.running.db.insertInto.bind(bot.running.db);
  let renewed = Promise.resolve();
  // The catalog has been read and compared with the tokens, and is about to be in the record.
  const spy = vi.spyOn(bot.running.db, 'insertInto').mockImplementationOnce(((table: 'audit_inbox') => {
    renewed = bot.running.renewCredentials(withTokens(bot, next));
    return insertInto(table);
  }) as never);
  await bot.running.reload();
  await renewed;
  expect(spy).toHaveBeenCalled();
  spy.mockRestore();
  expect([await bot.send({ version: '4' }, alertmanagerToken), await bot.send({ version: '4' }, next)]).toEqual([401, 200]);
});

test('T-17: an app token with which the connection could not be made at first is tried again', async () => {
  await using bot = await startTestBot();
  const issued = bot.slack.issueTokens();
  const settings = { ...bot.settings, SLACK_APP_TOKEN: issued.appToken };
  bot.slack.fail({ method: 'apps.connections.open', mode: 'reset' });
  await expect(bot.running.renewCredentials(settings)).rejects.toThrow();
  await bot.running.renewCredentials(settings);
  bot.slack.revoke(bot.settings.SLACK_APP_TOKEN ?? '');
  const opened = bot.slack.requests.filter(({ method }) => method === 'apps.connections.open').length;
  expect(opened).toBeGreaterThan(2);
  await fire(bot, 'mystocks');
  await bot.advance({ seconds: 3 });
  await press(bot, oncall, card(bot), 'Acknowledge');
  expect(canonicalJson(card(bot).blocks as never)).toContain(oncall);
});

test('T-17: the next page goes to the next routing key', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await bot.advance({ minutes: 1 });
  const next = 'nextnextnextnextnextnextnextnext';
  await bot.running.renewCredentials({ ...bot.settings, routingKeys: new Map([...bot.settings.routingKeys].map(([name]) => [name, next])) });
  await bot.advance({ minutes: 10 });
  const keys = bot.pagerduty.received.map(({ routingKey }) => routingKey);
  expect(keys[0]).not.toBe(next);
  expect(keys.at(-1)).toBe(next);
});

test('T-17, T-02: two signing secrets are valid while one replaces the other, then one', async () => {
  const [old, next] = ['old-signing-secret-of-the-test-01234', 'next-signing-secret-of-the-test-0123'];
  await using bot = await startTestBot({ signingSecret: old, at: new Date() });
  const knock = async (secret: string): Promise<number> => {
    const body = new URLSearchParams({ command: '/stock', text: 'help', user_id: oncall, team_id: 'T0', channel_id: 'C0', channel_name: 'alerts', trigger_id: `${secret}.${bot.slack.requests.length}` }).toString();
    const timestamp = Math.floor(bot.clock.now().getTime() / 1_000);
    const response = await fetch(`${bot.running.intakeUrl}/slack/events`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': String(timestamp), 'x-slack-signature': signature(secret, timestamp, body) } });
    await response.text();
    await bot.settle();
    return response.status;
  };
  expect([await knock(old), await knock(next)]).toEqual([200, 401]);
  await bot.running.renewCredentials({ ...bot.settings, SLACK_SIGNING_SECRET: [next, old] });
  expect([await knock(old), await knock(next)]).toEqual([200, 200]);
  await bot.running.renewCredentials({ ...bot.settings, SLACK_SIGNING_SECRET: [next] });
  expect([await knock(old), await knock(next)]).toEqual([401, 200]);
});
