/** The real bot on the real clock, told of alerts by a real Prometheus and Alertmanagers. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../../sandbox/slack/state.ts';
import { startStandIns, type StandIns } from '../../sandbox/stand-ins.ts';
import { startBot, type RunningBot } from '../../src/commands/start-bot.ts';
import { systemClock } from '../../src/support/clock.ts';
import type { Log } from '../../src/support/log.ts';
import { freshStorage } from '../harness/storage.ts';
import { startExporter, type Exporter } from './exporter.ts';
import { startMonitoring, type Monitoring } from './monitoring.ts';

export interface MonitoredBot extends AsyncDisposable {
  readonly service: Exporter;
  readonly monitoring: Monitoring;
  readonly slack: StandIns['slack'];
  readonly pagerduty: StandIns['pagerduty'];
  readonly bot: RunningBot;
  /** The cards in #alerts, oldest first. */
  cards(): Message[];
  /** How many webhooks the bot has answered with this status. */
  answered(status: '200' | '503'): Promise<number>;
  /** Looks until it is so. The deadline is for a test that would hang; nothing is said about how long it takes. */
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
}

export async function startMonitoredBot(wanted: Pick<Parameters<typeof startMonitoring>[0], 'alertmanagers' | 'clustered'>): Promise<MonitoredBot> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stockops-alertmanager-'));
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const storage = starting.use(await freshStorage());
  const standIns = starting.use(await startStandIns({ clock: systemClock, folder, persists: false }));
  const errors: string[] = [];
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: (message, fields) => void errors.push(`${message} ${JSON.stringify(fields)}`) };
  const started = await startBot({
    settings: standIns.settings,
    load: standIns.load,
    storage: storage.settings,
    clock: systemClock,
    random: { bytes: randomBytes },
    log,
    doors: { intake: { host: '127.0.0.1', port: 0 }, operations: { host: '127.0.0.1', port: 0 } },
    loops: true,
  });
  if (started.kind === 'wrongCatalog') throw new Error(JSON.stringify(started.problems, null, 2));
  const { bot } = started;
  starting.defer(async () => {
    await bot.stop();
    if (errors.length > 0) throw new Error(`The bot logged errors:\n${errors.join('\n')}`);
  });
  await standIns.slack.untilConnected();
  const service = starting.use(await startExporter());
  const monitoring = starting.use(
    await startMonitoring({ ...wanted, folder, target: service.address, webhookUrl: `${bot.intakeUrl}/webhooks/alertmanager`, webhookToken: standIns.alertmanagerToken }),
  );

  const running = starting.move();
  return {
    service,
    monitoring,
    slack: standIns.slack,
    pagerduty: standIns.pagerduty,
    bot,
    cards: () => standIns.slack.channel('alerts').messages(),
    answered: async (status) => (await bot.app.bot.metrics.webhooks.get()).values.filter(({ labels }) => labels.answer === status).reduce((sum, { value }) => sum + value, 0),
    until: async (what, isSo) => {
      for (const deadline = performance.now() + 120_000; !(await isSo()); await pause(50))
        if (performance.now() > deadline) throw new Error(`Waited two minutes in vain for ${what}. In #alerts: ${JSON.stringify(standIns.slack.channel('alerts').messages().map((message) => message.text))}`);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
