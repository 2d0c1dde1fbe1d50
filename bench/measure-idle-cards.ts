import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, groups, type Group } from './alerts.ts';
import { startBotProcess } from './bot.ts';
import type { Engine } from './engine.ts';
import { samplesOf, type Samples } from './figures.ts';
import { send, sendUntilTaken } from './load.ts';
import { startFloor } from './measure-start.ts';
import type { World } from './world.ts';

const cards = 20;
/** Longer than the pace of a channel, so that no card waits for the one before. */
const pauseMs = 1_300;

/**
 * From the moment at which Alertmanager begins to send until the call that posts the card has arrived at Slack, whose own time is so left out. One alert at a
 * time, and nothing else to do; after each, one webhook to the floor.
 */
export async function measureIdleCards(engine: Engine, world: World): Promise<{ readonly card: Samples; readonly floor: Samples }> {
  const database = await engine.fresh();
  const floorDatabase = await engine.fresh();
  try {
    const { slack } = world.standIns;
    await using bot = await startBotProcess({ ...world.environment, ...database.environment });
    await using floor = await startFloor(floorDatabase.environment);
    await slack.untilConnected();
    const target = { url: bot.webhookUrl, token: world.standIns.alertmanagerToken };
    const delays: number[] = [];
    const floorDelays: number[] = [];
    // The first one meets cold code and a channel whose id is not known yet; it does not count.
    for (const group of calm(cards + 1, `idle-${engine.name}`)) {
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
      const floorStart = performance.now();
      await send({ ...target, url: floor.url }, bodyOf(group));
      floorDelays.push(performance.now() - floorStart);
    }
    return { card: samplesOf(delays.slice(1)), floor: samplesOf(floorDelays.slice(1)) };
  } finally {
    await database.drop();
    await floorDatabase.drop();
  }
}

/** Without the worst: their diagnostics go to the thread after the card, at the same channel's pace, and the next card would wait for them. */
function calm(count: number, prefix: string): Group[] {
  return groups(2 * count, prefix)
    .filter(({ labels }) => labels['severity'] !== 'critical')
    .slice(0, count);
}
