import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { systemClock } from '../../../src/support/clock.ts';
import { connectBolt } from './bolt-app.ts';
import { call } from './call.ts';

const manifest = `
features:
  app_home: {home_tab_enabled: false}
  slash_commands:
    - {command: /ops, usage_hint: status, description: Ask the bot}
oauth_config:
  scopes: {bot: [chat:write, commands]}
settings:
  event_subscriptions: {bot_events: [app_mention]}
`;

test('an app may do what its manifest says, and hears what it has subscribed to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slack-manifest-'));
  const installation = join(folder, 'slack-app.yaml');
  await writeFile(installation, manifest);
  try {
    await using slack = await startSlackStandIn({ clock: systemClock, installation });
    await using _app = await connectBolt(slack, (bolt) => bolt.command('/ops', async ({ ack }) => ack()));

    expect(await slack.command({ as: 'oncall', channel: '#alerts', command: '/ops' })).toMatchObject({ acked: true });
    expect(await slack.command({ as: 'oncall', channel: '#alerts', command: '/stock' })).toMatchObject({ acked: false });
    expect((await call(slack, 'users.info', { user: 'U0ONCALL' })).body).toMatchObject({ error: 'missing_scope', needed: 'users:read', provided: 'chat:write,commands' });
    expect((await call(slack, 'views.publish', { user_id: 'U0ONCALL', view: {} })).body.error).toBe('not_enabled');

    expect((await slack.say({ as: 'oncall', channel: '#alerts', text: 'hello' })).answers).toEqual([]);
    expect((await slack.say({ as: 'oncall', channel: '#alerts', text: '<@U0STOCKOPS> hello' })).answers).toMatchObject([{ acked: true }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
