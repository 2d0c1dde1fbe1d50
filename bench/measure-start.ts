import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { startBotProcess } from './bot.ts';
import type { Engine } from './engine.ts';
import { freePort, startProcess, type ServerProcess } from './process.ts';
import { samplesOf } from './figures.ts';

export interface StartFigures {
  /** On an empty database. */
  readonly coldMs: number;
  /** On one that is there: the middle of several starts. */
  readonly warmMs: number;
  readonly floorWarmMs: number;
  /** At rest, a little after the start. */
  readonly residentBytes: number;
}

const warmStarts = 3;

export async function measureStart(engine: Engine, environment: Readonly<Record<string, string>>): Promise<StartFigures> {
  const database = await engine.fresh();
  const floorDatabase = await engine.fresh();
  try {
    const cold = await startBotProcess({ ...environment, ...database.environment });
    await cold[Symbol.asyncDispose]();
    const warm: number[] = [];
    const resident: number[] = [];
    for (let start = 0; start < warmStarts; start += 1) {
      await using bot = await startBotProcess({ ...environment, ...database.environment });
      warm.push(bot.startMs);
      await pause(1_500);
      resident.push(await bot.residentBytes());
    }
    const floor: number[] = [];
    for (let start = 0; start <= warmStarts; start += 1) {
      await using process = await startFloor(floorDatabase.environment);
      if (start > 0) floor.push(process.startMs);
    }
    return { coldMs: cold.startMs, warmMs: samplesOf(warm).p50, floorWarmMs: samplesOf(floor).p50, residentBytes: samplesOf(resident).p50 };
  } finally {
    await database.drop();
    await floorDatabase.drop();
  }
}

export async function startFloor(environment: Readonly<Record<string, string>>): Promise<ServerProcess & { readonly url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const started = await startProcess([fileURLToPath(new URL('./floor.ts', import.meta.url))], { ...environment, PORT: new URL(url).port }, `${url}/readyz`);
  return { ...started, url };
}
