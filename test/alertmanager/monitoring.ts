/** A real Prometheus and real Alertmanagers on loopback, set to look, decide and notify within seconds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { freePort } from './ports.ts';
import { programPath } from './programs.ts';

export interface MonitoringOptions {
  /** For configuration, data and what the programs print. */
  readonly folder: string;
  /** `host:port` of what is scraped as job "stock-service". */
  readonly target: string;
  readonly webhookUrl: string;
  readonly webhookToken: string;
  /** How many Alertmanagers Prometheus tells. */
  readonly alertmanagers: number;
  /** Whether they know of each other, as members of one cluster. */
  readonly clustered: boolean;
}

export interface Monitoring extends AsyncDisposable {
  /** Addresses of the Alertmanagers, as they give them in `externalURL`. */
  readonly alertmanagerUrls: readonly string[];
  /** The value of one of an Alertmanager's own metrics, or 0 while it has none; labels are summed up. */
  metric(alertmanagerUrl: string, name: string): Promise<number>;
}

/** The rules wait minutes before they fire; here they wait this long, and nothing else of them is changed. */
const shortened = '1s';

export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  await using starting = new AsyncDisposableStack();
  const { folder } = options;
  await writeFile(join(folder, 'alertmanager.yml'), stringify(alertmanagerConfig(options)));
  await writeFile(join(folder, 'rules.yml'), await rulesThatFireSoon());

  const alertmanagerUrls: string[] = [];
  const members: string[] = [];
  for (let index = 0; index < options.alertmanagers; index += 1) {
    const [port, clusterPort] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const cluster = options.clustered
      ? [`--cluster.listen-address=127.0.0.1:${clusterPort}`, '--cluster.peer-timeout=2s', ...members.map((member) => `--cluster.peer=${member}`)]
      : ['--cluster.listen-address='];
    const data = join(folder, `alertmanager-${index}`);
    await mkdir(data);
    starting.use(
      run('alertmanager', data, [`--config.file=${folder}/alertmanager.yml`, `--storage.path=${data}`, `--web.listen-address=127.0.0.1:${port}`, `--web.external-url=${url}`, ...cluster]),
    );
    await ready(`${url}/-/ready`);
    alertmanagerUrls.push(url);
    members.push(`127.0.0.1:${clusterPort}`);
  }

  const port = await freePort();
  await writeFile(join(folder, 'prometheus.yml'), stringify(prometheusConfig(options, alertmanagerUrls)));
  const data = join(folder, 'prometheus');
  await mkdir(data);
  starting.use(run('prometheus', data, [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`]));
  await ready(`http://127.0.0.1:${port}/-/ready`);

  const running = starting.move();
  return {
    alertmanagerUrls,
    metric: async (url, name) => {
      const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
      return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Stock Service's own rules, the corrected ones of the two groups in the file. */
async function rulesThatFireSoon(): Promise<string> {
  const text = await readFile(fileURLToPath(new URL('../../systems/stock-service/alerts.yaml', import.meta.url)), 'utf8');
  const { groups } = parse(text) as { groups: { name: string; rules: { for?: string }[] }[] };
  const corrected = groups.filter((group) => group.name === 'stock-service');
  return stringify({ groups: corrected.map((group) => ({ ...group, rules: group.rules.map((rule) => (rule.for === undefined ? rule : { ...rule, for: shortened })) })) });
}

function prometheusConfig({ target }: MonitoringOptions, alertmanagerUrls: readonly string[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagerUrls.map((url) => url.slice('http://'.length)) }] }] },
    scrape_configs: [{ job_name: 'stock-service', static_configs: [{ targets: [target], labels: { namespace: 'stock-service' } }] }],
  };
}

function alertmanagerConfig({ webhookUrl, webhookToken }: MonitoringOptions): object {
  return {
    route: { receiver: 'stockops', group_by: ['alertname', 'system'], group_wait: '1s', group_interval: '5s', repeat_interval: '1h' },
    receivers: [{ name: 'stockops', webhook_configs: [{ url: webhookUrl, send_resolved: true, http_config: { authorization: { credentials: webhookToken } } }] }],
  };
}

function run(program: 'prometheus' | 'alertmanager', folder: string, words: readonly string[]): AsyncDisposable {
  const child = spawn(programPath(program), words, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: folder } });
  child.stderr.pipe(createWriteStream(join(folder, 'output.txt')));
  const ended = once(child, 'exit');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function ready(url: string): Promise<void> {
  for (const until = performance.now() + 60_000; ; ) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (performance.now() > until) throw new Error(`${url} is not ready after a minute.`);
    await pause(100);
  }
}
