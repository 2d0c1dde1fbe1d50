import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { sandboxAddresses } from '../sandbox/world/addresses.ts';
import { startStandIns, type StandIns } from '../sandbox/stand-ins.ts';
import type { RateLimitOptions } from '../sandbox/slack/rate-limits.ts';
import { systemClock } from '../src/support/clock.ts';

/** Slack's rule to the letter: one post per second and channel, with no burst let through. */
export const strictSlack: RateLimitOptions = { posts: { perSecond: 1, burst: 1 } };

export interface World extends AsyncDisposable {
  readonly standIns: StandIns;
  /** What the bot's process needs to know of them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Everything that the bot talks to, in this process and on loopback alone: also the addresses in the catalog are of stand-ins. */
export async function startWorld(folder: string, rateLimits: RateLimitOptions): Promise<World> {
  await using starting = new AsyncDisposableStack();
  const standIns = starting.use(await startStandIns({ clock: systemClock, folder, persists: false, slack: { rateLimits } }));
  const systemsDirectory = join(folder, 'systems');
  await cp(fileURLToPath(new URL('../systems', import.meta.url)), systemsDirectory, { recursive: true });
  await moveInside(systemsDirectory, standIns);
  const running = starting.move();
  return { standIns, environment: { ...standIns.environment, STOCKOPS_SYSTEMS_DIR: systemsDirectory }, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function moveInside(systemsDirectory: string, standIns: StandIns): Promise<void> {
  const loaded = await standIns.load();
  if (!loaded.ok) throw new Error(`The catalog is wrong: ${JSON.stringify(loaded.problems, null, 2)}`);
  const addresses = sandboxAddresses(loaded.catalog, standIns.services, standIns.prometheus);
  for (const folder of (await readdir(systemsDirectory, { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
    const path = join(systemsDirectory, folder.name, 'system.yaml');
    const text = await readFile(path, 'utf8');
    const probesInside = text.replace(/(probe[^\n]*url: ")(https?:[^"]+)"/g, (_, before: string, url: string) => `${before}${standIns.services.outsideUrlOf(url)}"`);
    const file = parse(probesInside) as { environments: Record<string, object> };
    for (const name of Object.keys(file.environments)) Object.assign(file.environments[name] ?? {}, addresses[`${folder.name}/${name}`]);
    await writeFile(path, stringify(file));
  }
}
