import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { startBot } from '../src/commands/start-bot.ts';
import { DataDirectoryHeld } from '../src/storage/data-directory-lock.ts';
import { systemClock } from '../src/support/clock.ts';
import { systemRandom } from '../src/support/ids.ts';
import { createLog } from '../src/support/log.ts';
import { startAlertmanager } from './alertmanager/alertmanager.ts';
import { shiftableClock } from './clock.ts';
import { servePage } from './page/serve-page.ts';
import { startStandIns } from './stand-ins.ts';
import { worldRoutes } from './world/routes.ts';
import { createWorld } from './world/world.ts';

const usualPort = 4711;
/** Alertmanager's usual patience is half a minute; a visitor has less. */
const quickGrouping = { groupWaitMs: 1_000, groupIntervalMs: 10_000 };

/**
 * The bot with everything around it, on this machine and on loopback alone: nothing installed, no account. What happened is kept in the data directory, so
 * the next start goes on where this one ended.
 * @returns 0 stopped, 1 failed, 3 the data directory is held
 */
export async function runSandbox(environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  const folder = join(environment['STOCKOPS_DATA_DIR'] ?? './data', 'sandbox');
  const port = Number(environment['SANDBOX_PORT'] ?? usualPort);
  const log = createLog('warn');
  console.log('Starting the sandbox …');
  await using running = new AsyncDisposableStack();
  const clock = shiftableClock(systemClock, await readOffset(folder));
  const page = Fastify({ logger: false, forceCloseConnections: true });

  let standIns;
  try {
    standIns = running.use(
      await startStandIns({ clock, folder, persists: true, slack: { port }, otherwise: (request, response) => page.routing(request, response), environment: { LOG_LEVEL: 'warn' } }),
    );
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    console.error(`Port ${port} is in use, perhaps by another sandbox. Stop it, or choose another port: SANDBOX_PORT=${port + 1} npm start`);
    return 1;
  }
  const loaded = await standIns.load();
  if (!loaded.ok) throw new Error('the catalog that comes with the sandbox is wrong; run stockops check-config');
  const alertmanager = running.use(await startAlertmanager({ clock, ...quickGrouping }));
  const world = running.use(
    createWorld({
      clock,
      catalog: loaded.catalog,
      systemsDirectory: standIns.systemsDirectory,
      slack: standIns.slack,
      kubernetes: standIns.kubernetes,
      docker: standIns.containers,
      pagerduty: standIns.pagerduty,
      prometheus: standIns.prometheus,
      services: standIns.services,
      alertmanager,
      stateFile: join(folder, 'world.json'),
    }),
  );
  await page.register(servePage({ slackUrl: '', worldUrl: '', firstPerson: 'U0ONCALL' }));
  await page.register(worldRoutes(world));
  await page.ready();
  running.defer(() => page.close());

  let started;
  try {
    started = await startBot({
      settings: standIns.settings,
      storage: { kind: 'pglite', dataDirectory: join(folder, 'database') },
      clock,
      random: systemRandom,
      log,
      load: standIns.load,
      doors: { intake: { host: '127.0.0.1', port: 0 }, operations: { host: '127.0.0.1', port: 0 } },
      loops: true,
    });
  } catch (error) {
    if (!(error instanceof DataDirectoryHeld)) throw error;
    console.error(`${error.message} Another sandbox is running. Stop it first.`);
    return 3;
  }
  if (started.kind === 'wrongCatalog') throw new Error('the catalog that comes with the sandbox is wrong; run stockops check-config');
  const { bot } = started;
  running.defer(() => bot.stop());
  alertmanager.sendTo({ url: `${bot.intakeUrl}/webhooks/alertmanager`, token: standIns.alertmanagerToken });
  world.firstStory();

  console.log(`\n  Open  ${standIns.slack.url}\n\n  Everything in it is pretended, but the bot: the same program that runs in production.\n  What happens is kept in ${folder}; delete it to begin anew. Ctrl-C ends it.\n`);
  await Promise.race([new Promise((resolve) => process.once('SIGINT', resolve)), new Promise((resolve) => process.once('SIGTERM', resolve))]);
  await writeFile(join(folder, 'clock.json'), JSON.stringify({ offsetMs: clock.offsetMs() }));
  return 0;
}

/** How far the clock had been moved on; it never runs backwards, or what is due would be due again. */
async function readOffset(folder: string): Promise<number> {
  try {
    const { offsetMs } = JSON.parse(await readFile(join(folder, 'clock.json'), 'utf8')) as { offsetMs?: unknown };
    return typeof offsetMs === 'number' && offsetMs >= 0 ? offsetMs : 0;
  } catch {
    return 0;
  }
}
