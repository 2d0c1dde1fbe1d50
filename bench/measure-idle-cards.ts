import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, groups } from './alerts.ts';
import { startBotProcess } from './bot.ts';
import type { Engine } from './engine.ts';
import { samplesOf, type Samples } from './figures.ts';
import { sendUntilTaken } from './load.ts';
import type { World } from './world.ts';

const cards = 24;
/** Longer than the pace of a channel, so that no card waits for the one before. */
const pauseMs = 1_300;

/**
 * From the moment at which Alertmanager begins to send until the call that posts the card has arrived at Slack, whose own time is so left out. One alert at a
 * time, and nothing else to do.
 */
export async function measureIdleCards(engine: Engine, world: World): Promise<Samples> {
  const database = await engine.fresh();
  try {
    const { slack } = world.standIns;
    await using bot = await startBotProcess({ ...world.environment, ...database.environment });
    await slack.untilConnected();
    const target = { url: bot.webhookUrl, token: world.standIns.alertmanagerToken };
    const delays: number[] = [];
    // The first one meets cold code and a channel whose id is not known yet; it does not count.
    for (const group of groups(cards + 1, `idle-${engine.name}`)) {
      const start = performance.now();
      const arrived = new Promise<number>((resolve) => {
        const unsubscribe = slack.workspace.subscribe(() => {
          const call = slack.requests.at(-1);
          if (call?.method !== 'chat.postMessage' || !JSON.stringify(call.args).includes(group.name)) return;
          unsubscribe();
          resolve(performance.now());
        });
      });
      await sendUntilTaken(target, bodyOf(group));
      delays.push((await arrived) - start);
      await pause(pauseMs);
    }
    return samplesOf(delays.slice(1));
  } finally {
    await database.drop();
  }
}
