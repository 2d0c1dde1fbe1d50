/** The real bot as processes of its own among stand-ins of this one: what `kill -9` is about. Time is real here; every wait is for an event. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStandIns, type StandIns } from '../../sandbox/stand-ins.ts';
import { quickTiming } from '../../sandbox/kubernetes/world.ts';
import { openDatabase, type Db } from '../../src/storage/database.ts';
import { databaseClock } from '../../src/storage/database-clock.ts';
import { dropLeases } from '../../src/storage/installation.ts';
import { systemClock } from '../../src/support/clock.ts';
import type { Failpoint, Fault } from '../../src/support/failpoints.ts';
import { checkInvariants, type SentBody, type Verdict } from '../harness/checker.ts';
import { freshStorage } from '../harness/storage.ts';

/** So often, five seconds apart, is looked whether all holds: edits wait for Slack's pace. What does not hold then never will. */
const looksForRest = 24;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One process of the bot. */
export interface BotProcess {
  readonly pid: number;
  readonly intakeUrl: string;
  readonly operationsUrl: string;
  /** Resolves with what ended it: a signal, or its exit status. */
  readonly ended: Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** `kill -9` from outside; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Met {
  readonly point: Failpoint;
  readonly fault: Fault;
  readonly process: BotProcess;
}

/** One installation: a database, the stand-ins around it, and the processes that share it. */
export interface Installation extends AsyncDisposable {
  readonly standIns: StandIns;
  readonly isOnPostgres: boolean;
  readonly running: readonly BotProcess[];
  /** Every webhook that was sent by `send`. */
  readonly sent: readonly SentBody[];
  /** What the processes said last. */
  log(): string;
  /** Resolves when it is ready and Slack's stand-in has its connection. */
  start(): Promise<BotProcess>;
  /** The first process that comes there, in whatever it does, has the fault; after that nobody has. `before`: what else strikes, on the way there. */
  arm(point: Failpoint, fault: Fault, before?: readonly string[]): Promise<void>;
  /** Of what was armed last, `before` not counted. */
  untilMet(withinMs?: number): Promise<Met>;
  disarm(): Promise<void>;
  /** What is returned resolves when the processes have carried out one more of that kind. */
  counting(kind: 'command' | 'press' | 'submit'): Promise<() => Promise<void>>;
  /** Sends a webhook to one of the processes. `undefined`: no answer came. */
  send(notification: object, to?: BotProcess): Promise<number | undefined>;
  /** As if the half minute had passed after which a dead process's work is free. On PGlite a start does the same. */
  leasesRunOut(): Promise<void>;
  /** Asks the database. On PGlite only while no process runs. */
  query<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Waits until all has come to rest, ends every process, and says what holds (I1 to I14). */
  check(): Promise<readonly Verdict[]>;
}

export async function startInstallation(environment: Readonly<Record<string, string>> = {}): Promise<Installation> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stockops-chaos-'));
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const storage = starting.use(await freshStorage());
  const systemsDirectory = join(folder, 'systems');
  await copySystems(systemsDirectory);
  const standIns = starting.use(await startStandIns({ clock: systemClock, folder, persists: false, systemsDirectory, timing: quickTiming }));
  const armedFile = join(folder, 'armed');
  const settings = storage.settings.kind === 'postgres' ? storage.settings : ({ kind: 'pglite', dataDirectory: join(folder, 'database') } as const);
  const shared: { db?: Db } = {};
  if (settings.kind === 'postgres') {
    const db = await openDatabase({ ...settings, connections: 2 });
    starting.defer(() => db.destroy());
    shared.db = db;
  }

  const { PATH, HOME } = process.env;
  const settingsOfBot = {
    ...standIns.environment,
    ...(PATH !== undefined && { PATH }),
    ...(HOME !== undefined && { HOME }),
    ...(settings.kind === 'postgres' && { DATABASE_URL: settings.url, STOCKOPS_ALLOW_LOSS: 'true' }),
    STOCKOPS_DATA_DIR: join(folder, 'database'),
    STOCKOPS_FAILPOINTS: `@${armedFile}`,
    NODE_COMPILE_CACHE: join(tmpdir(), 'stockops-chaos-compiled'),
    HOST: '127.0.0.1',
    PORT: '0',
    OPS_PORT: '0',
    LOG_LEVEL: 'info',
    ...environment,
  };

  const running = new Set<BotProcess>();
  const sent: SentBody[] = [];
  let said = '';
  let met: Met | undefined;
  let awaited: string | undefined = '';
  let tellMet = (): void => {};
  starting.defer(async () => {
    await Promise.all([...running].map((one) => one.kill()));
  });

  const start = async (): Promise<BotProcess> => {
    const connectionsBefore = standIns.slack.connectionCount;
    const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve'], { cwd: root, env: settingsOfBot, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? String(code))));
    const urls = await readyAt(child, (line) => {
      said = `${said}${line}\n`.slice(-4_000);
      const [, point, fault, pid] = /^failpoint (\S+)=(\w+) in (\d+)$/.exec(line) ?? [];
      if (point !== awaited || Number(pid) !== child.pid) return;
      met = { point: point as Failpoint, fault: fault as Fault, process: one };
      tellMet();
    });
    const one: BotProcess = {
      pid: child.pid ?? 0,
      ...urls,
      ended,
      signal: (signal) => void child.kill(signal),
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
    running.add(one);
    void ended.then(() => running.delete(one));
    await standIns.slack.until((slack) => slack.connectionCount > connectionsBefore, { withinMs: 60_000, what: 'the connection of the bot' });
    return one;
  };

  const query = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    if (shared.db !== undefined) return work(shared.db);
    if (running.size > 0) throw new Error('PGlite is in the hands of the bot while that runs');
    const db = await openDatabase(settings);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  };

  const living = starting.move();
  return {
    standIns,
    isOnPostgres: settings.kind === 'postgres',
    get running() {
      return [...running];
    },
    sent,
    log: () => said,
    start,
    arm: async (point, fault, before = []) => {
      met = undefined;
      awaited = point;
      await writeFile(armedFile, [...before, `${point}=${fault}`].join(','));
    },
    untilMet: async (withinMs = 180_000) => {
      const patience = new AbortController();
      const meeting = new Promise<void>((resolve) => {
        tellMet = resolve;
        if (met !== undefined) resolve();
      });
      await Promise.race([meeting, systemClock.sleep(withinMs, patience.signal)]);
      patience.abort();
      if (met === undefined) throw new Error(`Nobody came to the failpoint that is armed. The bot said:\n${said}`);
      return met;
    },
    disarm: () => rm(armedFile, { force: true }),
    counting: async (kind) => {
      const count = async (): Promise<number> => {
        const counts = await Promise.all(
          [...running].map(async ({ operationsUrl }) => {
            const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
            return Number(new RegExp(`^stockops_interactions_total\\{kind="${kind}",outcome="handled"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
          }),
        );
        return counts.reduce((sum, one) => sum + one, 0);
      };
      const before = await count();
      return async () => {
        while ((await count()) <= before) await systemClock.sleep(20);
      };
    },
    send: async (notification, to = [...running][0]) => {
      const body = JSON.stringify(notification);
      const status = await fetch(`${to?.intakeUrl ?? ''}/webhooks/alertmanager`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${standIns.alertmanagerToken}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(10_000),
      }).then((response) => response.status, () => undefined);
      sent.push({ body, acknowledged: status === 200 });
      return status;
    },
    leasesRunOut: async () => {
      if (shared.db !== undefined) await dropLeases(shared.db);
    },
    query,
    check: async () => {
      const isOnPostgres = settings.kind === 'postgres';
      const end = () => Promise.all([...running].map((one) => one.kill()));
      for (let looks = 1; ; looks += 1) {
        if (!isOnPostgres) await end();
        const verdicts = await query(async (db) => checkInvariants(db, standIns, (isOnPostgres ? await databaseClock(db, systemClock) : systemClock).now(), sent));
        if (verdicts.every(({ broken }) => broken.length === 0) || looks === looksForRest) {
          await end();
          return verdicts;
        }
        // What Slack's pace has held up comes to rest meanwhile.
        if (running.size === 0) await start();
        await systemClock.sleep(5_000);
      }
    },
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}

/** Reads what the process says, line by line, for as long as it lives; resolves when it says where it listens. */
function readyAt(child: ChildProcess, hear: (line: string) => void): Promise<{ readonly intakeUrl: string; readonly operationsUrl: string }> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      let begun = '';
      stream?.on('data', (chunk: Buffer) => {
        const parts = (begun + chunk.toString()).split('\n');
        begun = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          hear(line);
          if (!line.includes('"msg":"Ready"')) continue;
          const { intake, operations } = JSON.parse(line) as { intake: string; operations: string };
          resolve({ intakeUrl: intake, operationsUrl: operations });
        }
      });
    }
    child.once('exit', () => reject(new Error(`The bot did not start:\n${lines.join('\n')}`)));
  });
}

/**
 * The catalog with addresses that refuse at once, so that nothing outside this machine is asked; without cool-downs, because here the same thing is done
 * again and again; with one approval for what needs two; and a plan that would stop a service needs no incident, and runs out at once.
 */
async function copySystems(to: string): Promise<void> {
  await cp(join(root, 'systems'), to, { recursive: true });
  const change = async (file: string, edit: (text: string) => string): Promise<void> => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, edit(text));
  };
  const withoutCooldown = (text: string): string => text.replaceAll(/cooldown: *\w+/g, 'cooldown: 0s');
  await change(join(to, 'defaults.yaml'), withoutCooldown);
  await change(join(to, 'policies.yaml'), (text) =>
    text.replace(/ *- id: protected-destructive-without-need\n(?:.+\n)*/, '').replace(/(- id: protected-destructive\n(?:.*\n)*? *expiresAfter: )15m/, '$15s'),
  );
  for (const entry of await readdir(to, { withFileTypes: true })) {
    const file = join(to, entry.name, 'system.yaml');
    if (!entry.isDirectory() || !existsSync(file)) continue;
    await change(file, (text) =>
      withoutCooldown(text)
        .replace(/((?:baseUrl|prometheusUrl|url): *"?)https?:\/\/[a-z0-9.-]+(?::\d+)?/g, '$1http://127.0.0.1:9')
        .replace(/(use: compose\.stop\n(?:.*\n)*? *risk: )destructive/, '$1high'),
    );
  }
}
