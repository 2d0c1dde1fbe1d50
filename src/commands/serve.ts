import { enableCompileCache, flushCompileCache } from 'node:module';
import { formatProblems } from '../catalog/summary.ts';
import { readSettings, type Environment } from '../config/settings.ts';
import { DataDirectoryHeld } from '../storage/data-directory-lock.ts';
import { systemClock } from '../support/clock.ts';
import { systemRandom } from '../support/ids.ts';
import { createLog, messageOf } from '../support/log.ts';
import { watchCredentialFiles } from './renew-credentials.ts';
import { storageOf } from './storage-of.ts';

/** How long work in hand may take to end after SIGTERM. */
const graceMs = 25_000;

/** Runs the bot until it is told to stop. @returns 0 stopped, 1 failed, 2 wrong settings or catalog, 3 the data directory is held */
export async function serve(environment: Environment): Promise<number> {
  const read = readSettings(environment);
  if (!read.ok) {
    console.error(`The settings are wrong:\n${read.problems.map((problem) => `  ${problem}`).join('\n')}`);
    return 2;
  }
  const { settings } = read;
  const log = createLog(settings.LOG_LEVEL);
  for (const file of read.openFiles) log.warn('A file with a credential can be read or changed by others', { file });
  const storage = storageOf(settings);
  // What has been compiled once is kept for the next start, which then takes half the time. Where nothing can be written, nothing is kept.
  enableCompileCache();
  let started;
  try {
    const { startBot } = await import('./start-bot.ts');
    started = await startBot({
      settings,
      storage,
      clock: systemClock,
      random: systemRandom,
      log,
      doors: { intake: { host: settings.HOST, port: settings.PORT }, operations: { host: settings.OPS_HOST, port: settings.OPS_PORT } },
      loops: true,
    });
  } catch (error) {
    if (error instanceof DataDirectoryHeld) {
      console.error(`${error.message} Only one process may use it. Stop the other one, or set DATABASE_URL to share PostgreSQL.`);
      return 3;
    }
    log.error('The bot could not start', { error: messageOf(error) });
    return 1;
  }
  if (started.kind === 'wrongCatalog') {
    console.error(formatProblems(started.problems));
    return 2;
  }
  const { bot } = started;
  if (storage.kind === 'pglite') log.warn('PGlite: what is stored survives a crash of this process, not of the machine, and one process only. For production set DATABASE_URL.');
  log.info('Ready', { intake: bot.intakeUrl, operations: bot.operationsUrl });
  flushCompileCache();
  const credentials = watchCredentialFiles({ environment, settings, clock: systemClock, log, renew: (changed) => bot.renewCredentials(changed) });
  process.on('SIGHUP', () => {
    void bot.reload().catch((error: unknown) => log.error('The catalog could not be read again; the old one stays in force', { error: messageOf(error) }));
    void credentials.look();
  });
  await stopSignal();
  credentials.stop();
  log.info('Stopping');
  const late = systemClock.sleep(graceMs).then(() => log.warn('Not everything in hand ended in time; it goes on at the next start'));
  await Promise.race([bot.stop(), late]);
  process.exit(0);
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
