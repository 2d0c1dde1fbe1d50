/** The real bot as a process of its own among stand-ins of this one: what `kill -9` is about. Time is real here; every wait is for an event. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStandIns, type StandIns } from '../../sandbox/stand-ins.ts';
import { systemClock } from '../../src/support/clock.ts';
import type { Failpoint } from '../../src/support/failpoints.ts';
import { freshStorage } from '../harness/storage.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface BotProcess extends AsyncDisposable {
  readonly standIns: StandIns;
  readonly folder: string;
  readonly intakeUrl: string;
  /** What the processes logged, the last lines. */
  log(): string;
  /** Resolves when this process has carried out something of that kind. */
  untilHandled(kind: 'command' | 'press' | 'submit'): Promise<void>;
  /** From now on the process dies where the failpoint is. */
  arm(point: Failpoint): Promise<void>;
  /** `kill -9` from outside. */
  kill(): void;
  /** Resolves when the process has died, then starts it again on the same database, with nothing armed. */
  startAgain(): Promise<void>;
}

export async function startBotProcess(): Promise<BotProcess> {
  const cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stockops-kill-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const storage = cleanup.use(await freshStorage());
  const systemsDirectory = join(folder, 'systems');
  await copySystems(systemsDirectory);
  const standIns = cleanup.use(await startStandIns({ clock: systemClock, folder, persists: false, systemsDirectory }));
  const armedFile = join(folder, 'armed');
  await writeFile(armedFile, '');

  const { PATH, HOME } = process.env;
  const environment = {
    ...standIns.environment,
    ...(PATH !== undefined && { PATH }),
    ...(HOME !== undefined && { HOME }),
    ...(storage.settings.kind === 'postgres' && { DATABASE_URL: storage.settings.url, STOCKOPS_ALLOW_LOSS: 'true' }),
    STOCKOPS_DATA_DIR: join(folder, 'database'),
    STOCKOPS_FAILPOINTS: `@${armedFile}`,
    HOST: '127.0.0.1',
    PORT: '0',
    OPS_PORT: '0',
    LOG_LEVEL: 'info',
  };
  let running: { readonly child: ChildProcess; readonly died: Promise<string | null>; readonly intakeUrl: string; readonly operationsUrl: string };
  let said = '';
  const begin = async (): Promise<void> => {
    const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve'], { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const died = new Promise<string | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    running = { child, died, ...(await readyAt(child)) };
    await standIns.slack.untilConnected();
  };
  await begin();
  cleanup.defer(async () => {
    running.child.kill('SIGKILL');
    await running.died;
  });

  return {
    standIns,
    folder,
    get intakeUrl() {
      return running.intakeUrl;
    },
    log: () => said,
    untilHandled: async (kind) => {
      for (;;) {
        const metrics = await (await fetch(`${running.operationsUrl}/metrics`)).text();
        if (metrics.includes(`stockops_interactions_total{kind="${kind}",outcome="handled"}`)) return;
      }
    },
    arm: (point) => writeFile(armedFile, point),
    kill: () => void running.child.kill('SIGKILL'),
    startAgain: async () => {
      const patience = new AbortController();
      const signal = await Promise.race([running.died, systemClock.sleep(90_000, patience.signal).then(() => 'patience')]);
      patience.abort();
      if (signal === 'patience') await standIns.slack.until(() => false, { withinMs: 1, what: 'the death of the bot' });
      if (signal !== 'SIGKILL') throw new Error(`the bot ended by ${signal ?? 'itself'} and not by SIGKILL`);
      await writeFile(armedFile, '');
      await standIns.slack.until((slack) => slack.connectionCount === 0, { what: 'the end of the dead connection' });
      await begin();
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** Reads the process's log until it says where it listens; what it said is in the error when it ends before. */
function readyAt(child: ChildProcess): Promise<{ readonly intakeUrl: string; readonly operationsUrl: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const ready = said.split('\n').find((line) => line.includes('"msg":"Ready"'));
      if (ready === undefined || !ready.endsWith('}')) return;
      const { intake, operations } = JSON.parse(ready) as { intake: string; operations: string };
      resolve({ intakeUrl: intake, operationsUrl: operations });
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', () => reject(new Error(`The bot did not start:\n${said}`)));
  });
}

/** The catalog with addresses that refuse at once: nothing outside this machine is asked. */
async function copySystems(to: string): Promise<void> {
  await cp(join(root, 'systems'), to, { recursive: true });
  for (const entry of await readdir(to, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const file = join(to, entry.name, 'system.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/((?:baseUrl|prometheusUrl|url): *"?)https?:\/\/[a-z0-9.-]+(?::\d+)?/g, '$1http://127.0.0.1:9'));
  }
}
