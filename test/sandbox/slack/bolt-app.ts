import { App, LogLevel } from '@slack/bolt';
import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';

/** A real Bolt app in Socket Mode, connected to the stand-in. It has no listeners yet. */
export async function connectBolt(slack: SlackStandIn, listen: (app: App) => void): Promise<App & AsyncDisposable> {
  const app = new App({
    token: slack.botToken,
    appToken: slack.appToken,
    socketMode: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: `${slack.url}/api/`, retryConfig: { retries: 0 } },
  });
  listen(app);
  await app.start();
  return Object.assign(app, { [Symbol.asyncDispose]: async () => void (await app.stop()) });
}
