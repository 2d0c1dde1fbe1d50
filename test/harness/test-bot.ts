/**
 * The real bot among stand-ins, with a clock in the test's hands. Nothing runs by itself: `settle` does what is due now, `advance` moves time and does what
 * comes due on the way, in order. So a day of incidents takes seconds, and the same test gives the same story every time.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../../sandbox/alertmanager/fingerprint.ts';
import type { KubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import type { PagerDutyStandIn } from '../../sandbox/pagerduty/pagerduty.ts';
import type { SlackStandIn } from '../../sandbox/slack/stand-in.ts';
import { startStandIns, type StandIns, type StandInsOptions } from '../../sandbox/stand-ins.ts';
import type { Settings } from '../../src/config/settings.ts';
import { startBot, type RunningBot } from '../../src/commands/start-bot.ts';
import type { StorageSettings } from '../../src/storage/database.ts';
import { manualClock, type ManualClock } from '../../src/support/clock.ts';
import type { Log } from '../../src/support/log.ts';
import { whatIsWrongWithTheRecord } from './record.ts';
import { freshStorage, type TestStorage } from './storage.ts';

export interface Span {
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}
export const ms = ({ hours = 0, minutes = 0, seconds = 0 }: Span): number => ((hours * 60 + minutes) * 60 + seconds) * 1_000;

export interface TestBot extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly slack: SlackStandIn;
  readonly kubernetes: KubernetesStandIn;
  readonly pagerduty: PagerDutyStandIn;
  readonly prometheus: StandIns['prometheus'];
  readonly services: StandIns['services'];
  readonly containers: StandIns['containers'];
  readonly dockerState: string;
  readonly kubeconfig: string;
  readonly settings: Settings;
  readonly running: RunningBot;
  /** Lines of level error or warn so far; a test takes those that it expects, and an error that is left fails it at the end. */
  readonly log: { readonly level: 'warn' | 'error'; readonly message: string; readonly fields: Record<string, unknown> }[];
  expectError(message: string): void;
  /** The test changes rows past the bot, so the record cannot tell of it. */
  writesPastTheBot(): void;
  /** Anchors of the record that were logged. */
  readonly anchors: string[];
  /** What Alertmanager would send: the answer's status. */
  send(notification: object | string, token?: string): Promise<number>;
  fires(alertname: string, labels?: Record<string, string>, annotations?: Record<string, string>): Promise<Fired>;
  settle(): Promise<void>;
  advance(span: Span): Promise<void>;
  /** Stops the process's work and starts another on the same database. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** Another bot on the same database, as a second replica would be. The caller stops it. */
  another(): Promise<RunningBot>;
  readonly storage: TestStorage;
}

export interface Fired {
  readonly labels: Record<string, string>;
  ends(): Promise<void>;
  repeats(): Promise<void>;
}

export const alertmanagerToken = 'test-token-of-alertmanager-0123456789abcdef';
const start = new Date('2026-03-02T02:13:00Z');

export async function startTestBot(options: { readonly at?: Date; readonly systemsDirectory?: string; readonly environment?: Record<string, string>; readonly slack?: StandInsOptions['slack']; readonly signingSecret?: string; readonly alsoLogTo?: Log; readonly storage?: TestStorage; readonly outlivesProcess?: boolean; readonly reach?: (storage: StorageSettings) => StorageSettings } = {}): Promise<TestBot> {
  const cleanup = new AsyncDisposableStack();
  const clock = manualClock(options.at ?? start);
  const folder = await mkdtemp(join(tmpdir(), 'stockops-test-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const storage = options.storage ?? cleanup.use(await freshStorage({ outlivesProcess: options.outlivesProcess ?? false }));
  // In HTTP mode the stand-in of Slack must know the bot's door before there is one.
  const port = options.signingSecret === undefined ? 0 : await freePort();
  const overHttp = options.signingSecret === undefined ? {} : { delivery: { http: `http://127.0.0.1:${port}/slack/events`, signingSecret: options.signingSecret } };
  const standIns = cleanup.use(
    await startStandIns({
      clock,
      folder,
      persists: false,
      ...(options.systemsDirectory !== undefined && { systemsDirectory: options.systemsDirectory }),
      slack: { ...options.slack, ...overHttp },
      environment: { STOCKOPS_INSTALLATION: 'test', ALERTMANAGER_TOKEN: alertmanagerToken, ...(options.signingSecret !== undefined && { SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: options.signingSecret }), ...options.environment },
    }),
  );
  const { slack, kubernetes, pagerduty, settings } = standIns;

  const log: TestBot['log'] = [];
  const anchors: string[] = [];
  const expected = new Set<string>();
  const recorder: Log = {
    debug: (message, fields) => options.alsoLogTo?.debug(message, fields),
    info: (message, fields = {}) => {
      if (typeof fields['anchor'] === 'string') anchors.push(fields['anchor']);
      options.alsoLogTo?.info(message, fields);
    },
    warn: (message, fields = {}) => {
      log.push({ level: 'warn', message, fields });
      options.alsoLogTo?.warn(message, fields);
    },
    error: (message, fields = {}) => {
      log.push({ level: 'error', message, fields });
      options.alsoLogTo?.error(message, fields);
    },
  };
  const begin = async (intakePort = port): Promise<RunningBot> => {
    const started = await startBot({
      settings,
      load: standIns.load,
      storage: options.reach?.(storage.settings) ?? storage.settings,
      clock,
      random: { bytes: randomBytes },
      log: recorder,
      doors: { intake: { host: '127.0.0.1', port: intakePort }, operations: { host: '127.0.0.1', port: 0 } },
      loops: false,
      followDatabaseTime: false,
    });
    if (started.kind === 'wrongCatalog') throw new Error(JSON.stringify(started.problems, null, 2));
    if (options.signingSecret === undefined) await slack.untilConnected();
    return started.bot;
  };
  let isRecorded = true;
  let running = await begin();
  cleanup.defer(async () => {
    const wrong = isRecorded ? await whatIsWrongWithTheRecord(running.db) : [];
    await running.stop();
    if (wrong.length > 0) throw new Error(`The record does not tell what happened:\n${wrong.join('\n')}`);
    const left = log.filter((line) => line.level === 'error' && !expected.has(line.message));
    if (left.length > 0) throw new Error(`The bot logged errors that the test did not expect:\n${left.map((line) => `  ${line.message} ${JSON.stringify(line.fields)}`).join('\n')}`);
    if (slack.complaints.length > 0) throw new Error(`Slack could not use an answer of the bot: ${JSON.stringify(slack.complaints)}`);
  });

  const settle = async (): Promise<void> => {
    standIns.containers.list();
    await running.app.settled();
    await kubernetes.settle();
    await running.app.lanes.runUntilIdle();
    await running.app.settled();
  };
  const advance = async (span: Span): Promise<void> => {
    const target = clock.now().getTime() + ms(span);
    await settle();
    for (;;) {
      const times = [await running.app.lanes.nextAt(), kubernetes.nextChangeAt(), clock.nextWakeAt()].filter((at) => at !== undefined).map((at) => at.getTime());
      const next = Math.max(Math.min(...times, target), clock.now().getTime() + 1);
      if (next >= target) break;
      clock.moveTo(new Date(next));
      await settle();
    }
    clock.moveTo(new Date(target));
    await settle();
  };
  const send = async (notification: object | string, token = alertmanagerToken): Promise<number> => {
    const body = typeof notification === 'string' ? notification : JSON.stringify(notification);
    const response = await fetch(`${running.intakeUrl}/webhooks/alertmanager`, { method: 'POST', body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
    await response.text();
    return response.status;
  };

  return {
    clock,
    slack,
    kubernetes,
    pagerduty,
    prometheus: standIns.prometheus,
    services: standIns.services,
    containers: standIns.containers,
    dockerState: standIns.dockerState,
    kubeconfig: settings.KUBECONFIG ?? '',
    settings,
    get running() {
      return running;
    },
    log,
    anchors,
    expectError: (message) => void expected.add(message),
    writesPastTheBot: () => void (isRecorded = false),
    send,
    fires: async (alertname, labels = {}, annotations = {}) => {
      const all = { alertname, ...labels };
      const startsAt = clock.now();
      const notify = async (endsAt: Date | null): Promise<void> => {
        const status = await send(notificationOf([{ labels: all, annotations, startsAt, endsAt }]));
        if (status !== 200) throw new Error(`the bot answered ${status} to ${alertname}`);
        await settle();
      };
      await notify(null);
      return { labels: all, ends: () => notify(clock.now()), repeats: () => notify(null) };
    },
    settle,
    advance,
    storage,
    restart: async (meanwhile) => {
      if (storage.settings.kind === 'pglite' && storage.settings.dataDirectory === 'memory') throw new Error('restart() needs a database that outlives the process: ask for one');
      await running.stop();
      await meanwhile?.();
      running = await begin();
    },
    another: () => {
      if (storage.settings.kind === 'pglite') throw new Error('another() needs a database outside the process');
      return begin(0);
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export interface AlertToSend {
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

/** A version 4 body, grouped by the alert's name and system as our own snippet for Alertmanager groups. */
export function notificationOf(alerts: readonly AlertToSend[], overrides: Record<string, unknown> = {}): object {
  const first = alerts[0]?.labels ?? {};
  const groupLabels = { alertname: first['alertname'] ?? '', ...(first['namespace'] !== undefined && { namespace: first['namespace'] }) };
  return {
    version: '4',
    groupKey: `{}:{${Object.entries(groupLabels).map(([name, value]) => `${name}="${value}"`).join(', ')}}`,
    truncatedAlerts: 0,
    status: alerts.some((alert) => alert.endsAt === null) ? 'firing' : 'resolved',
    receiver: 'stockops',
    groupLabels,
    commonLabels: first,
    commonAnnotations: alerts[0]?.annotations ?? {},
    externalURL: 'http://alertmanager.example.com:9093',
    alerts: alerts.map((alert) => ({
      status: alert.endsAt === null ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations ?? {},
      startsAt: alert.startsAt.toISOString(),
      endsAt: alert.endsAt === null ? '0001-01-01T00:00:00Z' : alert.endsAt.toISOString(),
      generatorURL: 'http://prometheus.example.com:9090/graph?g0.expr=up',
      fingerprint: fingerprint(alert.labels),
    })),
    ...overrides,
  };
}
