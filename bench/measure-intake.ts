import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, groups } from './alerts.ts';
import { startBotProcess } from './bot.ts';
import type { Engine } from './engine.ts';
import { samplesOf, type Samples } from './figures.ts';
import { asFastAsTaken, steadily, type Target } from './load.ts';
import { startFloor } from './measure-start.ts';
import type { World } from './world.ts';

export interface IntakeFigures {
  readonly bot: Samples;
  readonly floor: Samples;
  readonly botPerSecond: number;
  readonly floorPerSecond: number;
  /** Stored notifications that became incidents and cards, per second, while the backlog of the fast sending was worked off. */
  readonly appliedPerSecond: number;
}

const perSecond = 10;
const perRound = 50;
const rounds = 2;
const fast = 100;
const fastAtOnce = 16;
/** So many groups fire and go on firing; every further webhook repeats one of them, as Alertmanager does. */
const groupCount = 20;

/** The bot and the floor take turns, so that whatever else the machine does falls on both. */
export async function measureIntake(engine: Engine, world: World, alerts: number): Promise<IntakeFigures> {
  const database = await engine.fresh();
  const floorDatabase = await engine.fresh();
  try {
    await using bot = await startBotProcess({ ...world.environment, ...database.environment });
    await using floor = await startFloor(floorDatabase.environment);
    const token = world.standIns.alertmanagerToken;
    const botTarget: Target = { url: bot.webhookUrl, token };
    const floorTarget: Target = { url: floor.url, token };
    const bodies = groups(groupCount, `intake${alerts}`).map((group) => bodyOf(group, { alerts }));
    const many = (count: number) => Array.from({ length: count }, (_, index) => bodies[index % bodies.length] ?? '');

    let sent = 0;
    const applied = async (): Promise<void> => {
      while ((await bot.metric('stockops_notifications_total')) < sent) await pause(50);
    };
    const toBot = async <T>(count: number, act: (target: Target, some: readonly string[]) => Promise<T>): Promise<T> => {
      sent += count;
      return act(botTarget, many(count));
    };
    // Both have met every group, and every connection is open, before anything counts.
    await toBot(groupCount, (target, some) => steadily(target, some, perSecond));
    await steadily(floorTarget, many(groupCount), perSecond);
    await applied();

    const botMs: number[] = [];
    const floorMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floorMs.push(...(await steadily(floorTarget, many(perRound), perSecond)));
      botMs.push(...(await toBot(perRound, (target, some) => steadily(target, some, perSecond))));
      await applied();
    }
    const floorPerSecond = await asFastAsTaken(floorTarget, many(fast), fastAtOnce);
    const start = performance.now();
    const botPerSecond = await toBot(fast, (target, some) => asFastAsTaken(target, some, fastAtOnce));
    await applied();
    const appliedPerSecond = (fast * 1_000) / (performance.now() - start);
    return { bot: samplesOf(botMs), floor: samplesOf(floorMs), botPerSecond, floorPerSecond, appliedPerSecond };
  } finally {
    await database.drop();
    await floorDatabase.drop();
  }
}
