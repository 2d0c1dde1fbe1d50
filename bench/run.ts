/**
 * `npm run bench`: where the bot stands beside its goals, as ratios to a floor in the same run. Loopback alone; never fails on a figure.
 * With DATABASE_URL also on that PostgreSQL. `--engine=pglite` or `postgresql` takes one of the two, `--only=start`, `intake`, `idle` or `burst` some of the
 * parts, and `--to-the-last-card` waits minutes longer, until every group of the burst has a card of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pglite, postgres, type Engine } from './engine.ts';
import { megabytes, milliseconds, seconds, tableOf, times, type Row } from './figures.ts';
import { burstSize, measureBurst, watchMs } from './measure-burst.ts';
import { measureIdleCards } from './measure-idle-cards.ts';
import { measureIntake } from './measure-intake.ts';
import { measureStart } from './measure-start.ts';
import { startWorld, strictSlack } from './world.ts';

const parts = ['start', 'intake', 'idle', 'burst'];
const { values: options } = parseArgs({
  options: { engine: { type: 'string' }, only: { type: 'string', multiple: true, default: parts }, 'to-the-last-card': { type: 'boolean', default: false } },
});
const unknown = options.only.filter((part) => !parts.includes(part));
if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}; there are: ${parts.join(', ')}.`);
const wanted = (part: string) => options.only.includes(part);

const folder = await mkdtemp(join(tmpdir(), 'stockops-bench-'));
try {
  const url = process.env['DATABASE_URL'];
  const engines = [...(url === undefined ? [] : [postgres(url)]), pglite(folder)].filter(({ name }) => options.engine === undefined || options.engine === name.toLowerCase());
  const columns = new Map<string, readonly Row[]>();
  for (const engine of engines) columns.set(engine.name, await measure(engine));
  console.log(`\n${tableOf(columns)}\n`);
  console.log('p99 of fewer than a hundred samples is the worst one. Figures of one machine and one run: compare the ratios, and only within a run.');
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function measure(engine: Engine): Promise<Row[]> {
  const rows: Row[] = [];
  const say = (what: string) => console.error(`${engine.name}: ${what} …`);

  if (wanted('start')) {
    say('starting');
    await using world = await startWorld(join(folder, `start-${engine.name}`), 'none');
    const start = await measureStart(engine, world.environment);
    rows.push(
      { what: 'start to ready, empty database', goal: null, found: milliseconds(start.coldMs), met: null },
      { what: 'start to ready', goal: '≤ 1 s', found: `${milliseconds(start.warmMs)} (floor ${milliseconds(start.floorWarmMs)}, ${times(start.warmMs, start.floorWarmMs)})`, met: start.warmMs <= 1_000 },
      { what: 'start to ready: time of the processor', goal: null, found: `${milliseconds(start.processorMs)} (floor ${milliseconds(start.floorProcessorMs)})`, met: null },
      { what: 'resident memory at rest', goal: '≤ 150 MB', found: `${megabytes(start.residentBytes)} (floor ${megabytes(start.floorResidentBytes)})`, met: start.residentBytes <= 150_000_000 },
    );
  }
  for (const alerts of wanted('intake') ? [1, 20] : []) {
    say(`webhooks of ${alerts} ${alerts === 1 ? 'alert' : 'alerts'}`);
    await using world = await startWorld(join(folder, `intake-${alerts}-${engine.name}`), 'none');
    const { bot, floor, ...rates } = await measureIntake(engine, world, alerts);
    const what = `intake, ${alerts === 1 ? '1 alert' : `${alerts} alerts`}`;
    rows.push(
      { what: `${what}: p50`, goal: null, found: `${milliseconds(bot.p50)} (floor ${milliseconds(floor.p50)}, ${times(bot.p50, floor.p50)})`, met: null },
      { what: `${what}: p99`, goal: '≤ 2× floor', found: `${milliseconds(bot.p99)} (floor ${milliseconds(floor.p99)}, ${times(bot.p99, floor.p99)})`, met: bot.p99 <= 2 * floor.p99 },
      { what: `${what}: webhooks/s`, goal: null, found: `${Math.round(rates.botPerSecond)} (floor ${Math.round(rates.floorPerSecond)}); to the end ${Math.round(rates.appliedPerSecond)}`, met: null },
    );
  }
  if (wanted('idle')) {
    say('cards, one at a time');
    await using world = await startWorld(join(folder, `idle-${engine.name}`), 'none');
    const { card, floor } = await measureIdleCards(engine, world);
    rows.push(
      { what: 'alert → card, idle: p50', goal: '≤ 25 ms', found: `${milliseconds(card.p50)} (one bare insert ${milliseconds(floor.p50)}, ${times(card.p50, floor.p50)})`, met: card.p50 <= 25 },
      { what: 'alert → card, idle: p99', goal: '≤ 100 ms', found: `${milliseconds(card.p99)} (of ${card.count}; one bare insert ${milliseconds(floor.p99)})`, met: card.p99 <= 100 },
    );
  }
  if (wanted('burst')) {
    say(`a burst of ${burstSize} groups`);
    await using world = await startWorld(join(folder, `burst-${engine.name}`), strictSlack);
    const burst = await measureBurst(engine, world, options['to-the-last-card']);
    const share = (100 * burst.limited.length) / Math.max(1, burst.calls);
    rows.push(
      { what: `burst of ${burstSize}: taken`, goal: null, found: `${seconds(burst.takenMs)}, ${burst.refused} asked to come again`, met: null },
      {
        what: `burst of ${burstSize}: all named, in their right state`,
        goal: '≤ 60 s',
        found: burst.namedMs === null ? `${burst.named} of ${burstSize} after ${seconds(watchMs)}` : seconds(burst.namedMs),
        met: burst.namedMs !== null,
      },
      { what: `burst of ${burstSize}: posts until then`, goal: '≤ 60', found: String(burst.posts), met: burst.posts <= 60 },
      { what: `burst of ${burstSize}: edits until then`, goal: '≤ 50', found: String(burst.edits), met: burst.edits <= 50 },
      { what: `burst of ${burstSize}: calls answered 429`, goal: '≤ 1 %', found: `${share.toFixed(1)} % of ${burst.calls}${burst.limited.length === 0 ? '' : ` (${[...new Set(burst.limited)].join(', ')})`}`, met: share <= 1 },
      {
        what: `burst of ${burstSize}: every own card`,
        goal: null,
        found: burst.lastCardMs === null ? `${burst.ownCards} after ${seconds(watchMs)}; at that rate all after ${seconds((watchMs * burstSize) / Math.max(1, burst.ownCards))}` : seconds(burst.lastCardMs),
        met: null,
      },
      { what: 'click → acknowledged in the burst: p50', goal: null, found: milliseconds(burst.clicks.p50), met: null },
      { what: 'click → acknowledged in the burst: p99', goal: '≤ 150 ms', found: `${milliseconds(burst.clicks.p99)} (of ${burst.clicks.count})`, met: burst.clicks.p99 <= 150 },
      { what: 'click → window in the burst: p50, p99', goal: null, found: `${milliseconds(burst.windows.p50)}, ${milliseconds(burst.windows.p99)}`, met: null },
      { what: 'resident memory after the burst', goal: null, found: megabytes(burst.residentBytes), met: null },
    );
  }
  return rows;
}
