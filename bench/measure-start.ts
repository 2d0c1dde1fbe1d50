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
  /** What the processor worked for it, on one that is there: unlike the above, much the same on a busy machine. */
  readonly processorMs: number;
  readonly floorProcessorMs: number;
  /** At rest, a little after the start. */
  readonly residentBytes: number;
  readonly floorResidentBytes: number;
}

const warmStarts = 3;

export async function measureStart(engine: Engine, environment: Readonly<Record<string, string>>): Promise<StartFigures> {
  const database = await engine.fresh();
  const floorDatabase = await engine.fresh();
  try {
    const cold = await startBotProcess({ ...environment, ...database.environment });
    await cold[Symbol.asyncDispose]();
    const warm: number[] = [];
    const processor: number[] = [];
    const resident: number[] = [];
    for (let start = 0; start < warmStarts; start += 1) {
      await using bot = await startBotProcess({ ...environment, ...database.environment });
      warm.push(bot.startMs);
      processor.push((await bot.usage()).processorMs);
      await pause(1_500);
      resident.push((await bot.usage()).residentBytes);
    }
    const floor: { readonly startMs: number; readonly processorMs: number; readonly residentBytes: number }[] = [];
    for (let start = 0; start <= warmStarts; start += 1) {
      await using started = await startFloor(floorDatabase.environment);
      if (start > 0) floor.push({ ...(await started.usage()), startMs: started.startMs });
    }
    return {
      coldMs: cold.startMs,
      warmMs: samplesOf(warm).p50,
      processorMs: samplesOf(processor).p50,
      residentBytes: samplesOf(resident).p50,
      floorWarmMs: samplesOf(floor.map((one) => one.startMs)).p50,
      floorProcessorMs: samplesOf(floor.map((one) => one.processorMs)).p50,
      floorResidentBytes: samplesOf(floor.map((one) => one.residentBytes)).p50,
    };
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
