/**
 * Goal: in HTTP mode Slack's requests come through the one listener for outside systems, and only Slack's (T-02).
 * Method: the real app with a signing secret instead of an app token; the stand-in of Slack signs as Slack does, and others try.
 */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { buttonOf } from '../harness/messages.ts';
import { startTestBot } from '../harness/test-bot.ts';

const signingSecret = 'signing-secret-of-the-test-0123456789';

test('a press that Slack signed is taken, and nothing else is', async () => {
  // The verifier reads the machine's clock, so this one test lives now.
  await using bot = await startTestBot({ signingSecret, at: new Date() });
  const url = `${bot.running.intakeUrl}/slack/events`;
  await bot.fires('ServiceDown', { namespace: 'stock-service', job: 'stock-service', severity: 'critical' });
  const [card] = bot.slack.channel('alerts').messages();

  const body = new URLSearchParams({ command: '/stock', text: 'status', team_id: 'T0HARBOR', channel_id: 'C0ALERTS', channel_name: 'alerts', user_id: 'U0ONCALL', trigger_id: '1.2.3' }).toString();
  const post = async (secret: string, at: number, headers: Record<string, string> = {}): Promise<number> => {
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': String(at), 'x-slack-signature': signature, ...headers } });
    await response.text();
    return response.status;
  };
  const now = Math.floor(bot.clock.now().getTime() / 1_000);
  expect(await post('another secret', now), 'signed by somebody else').toBe(401);
  expect(await post(signingSecret, now - 320), 'too old').toBe(401);
  expect(await post(signingSecret, now + 320), 'from the future').toBe(401);
  expect(await post(signingSecret, now, { 'x-slack-signature': '' }), 'without a signature').toBe(401);
  expect((await fetch(url, { method: 'GET' })).status, 'not a POST').toBe(404);
  expect(await bot.running.db.selectFrom('interactions').select('id').execute()).toEqual([]);

  const answer = await bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card?.ts ?? '', actionId: buttonOf(card, 'Acknowledge') });
  expect(answer.acked).toBe(true);
  await bot.advance({ seconds: 5 });
  expect(bot.slack.channel('alerts').messages()[0]?.text).toMatch(/^🟠/);
});
