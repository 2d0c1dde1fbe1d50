/** Everything that the bot talks to, as stand-ins on loopback, and the settings and catalog with which the real bot finds them. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { primitives } from '../src/actions/registry.ts';
import { loadCatalog, type LoadedCatalog } from '../src/catalog/load.ts';
import { readSettings, type Settings } from '../src/config/settings.ts';
import { systemClock, type Clock } from '../src/support/clock.ts';
import { containersIn } from './docker/containers.ts';
import { cryptoVolatilityHost, installDocker, writeDockerState } from './docker/docker-state.ts';
import { sandboxClusters, sandboxTiming } from './kubernetes/clusters.ts';
import type { Timing } from './kubernetes/world.ts';
import { startKubernetesStandIn, type KubernetesStandIn } from './kubernetes/stand-in.ts';
import { startPagerDutyStandIn, type PagerDutyStandIn } from './pagerduty/pagerduty.ts';
import { startPrometheusStandIn, type PrometheusStandIn } from './prometheus/prometheus.ts';
import { startServices, type Services } from './services/services.ts';
import { startSlackStandIn, type SlackStandIn, type SlackStandInOptions } from './slack/stand-in.ts';
import { sandboxAddresses, withVendorsInside } from './world/addresses.ts';
import type { Containers } from './world/parts.ts';

export interface StandInsOptions {
  readonly clock: Clock;
  /** Where the stand-ins write: their kubeconfig, the containers, and with `persists` their state. */
  readonly folder: string;
  readonly persists: boolean;
  readonly systemsDirectory?: string;
  readonly slack?: Pick<SlackStandInOptions, 'host' | 'port' | 'rateLimits' | 'delivery'>;
  /** How long pods take; without it as long as a person likes to watch. */
  readonly timing?: Partial<Timing>;
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Settings that differ. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface StandIns extends AsyncDisposable {
  readonly slack: SlackStandIn;
  readonly kubernetes: KubernetesStandIn;
  readonly pagerduty: PagerDutyStandIn;
  readonly prometheus: PrometheusStandIn;
  readonly services: Services;
  readonly containers: Containers;
  /** Where the stand-in of docker keeps its containers, its calls and its faults. */
  readonly dockerState: string;
  readonly settings: Settings;
  /** The settings as the environment of a process of its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly alertmanagerToken: string;
  readonly systemsDirectory: string;
  load(): Promise<LoadedCatalog>;
}

const programs = fileURLToPath(new URL('./bin', import.meta.url));
/** The bot may do here what the manifest that is shipped would let it do at Slack. */
const appManifest = fileURLToPath(new URL('../manifests/slack-app.yaml', import.meta.url));

export async function startStandIns(options: StandInsOptions): Promise<StandIns> {
  await using starting = new AsyncDisposableStack();
  const { clock, folder } = options;
  await mkdir(folder, { recursive: true });
  const stateFile = (name: string) => (options.persists ? { stateFile: join(folder, `${name}.json`) } : {});
  const slack = starting.use(await startSlackStandIn({ clock, installation: appManifest, ...options.slack, ...stateFile('slack'), ...(options.otherwise !== undefined && { otherwise: options.otherwise }) }));
  const kubernetes = starting.use(await startKubernetesStandIn({ clock, seed: sandboxClusters(clock.now()), timing: options.timing ?? sandboxTiming, ...stateFile('kubernetes') }));
  const pagerduty = starting.use(await startPagerDutyStandIn({ clock, ...stateFile('pagerduty') }));
  const prometheus = starting.use(await startPrometheusStandIn({ clock }));
  const services = starting.use(await startServices());
  const kubeconfig = join(folder, 'kubeconfig');
  kubernetes.writeKubeconfig(kubeconfig);
  const kubeconfigWrite = join(folder, 'kubeconfig-write');
  kubernetes.writeKubeconfig(kubeconfigWrite, 'write');
  const dockerState = join(folder, 'docker.json');
  if (!options.persists || !existsSync(dockerState)) writeDockerState(dockerState, cryptoVolatilityHost(clock.now()));
  const containers = containersIn(dockerState, clock, systemClock);
  containers.list();

  const systemsDirectory = options.systemsDirectory ?? fileURLToPath(new URL('../systems', import.meta.url));
  const alertmanagerToken = randomBytes(24).toString('hex');
  const environment: Record<string, string> = {
    ALERTMANAGER_TOKEN: alertmanagerToken,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: `${slack.url}/api/`,
    PAGERDUTY_EVENTS_URL: pagerduty.url,
    PAGERDUTY_API_URL: pagerduty.url,
    KUBECONFIG: kubeconfig,
    KUBECONFIG_WRITE: kubeconfigWrite,
    HELM_BIN: join(programs, 'helm'),
    STOCKOPS_CHARTS_DIR: fileURLToPath(new URL('.', import.meta.url)),
    DOCKER_BIN: installDocker(folder, dockerState),
    STOCKOPS_PRIVATE_HOSTS: '127.0.0.1',
    STOCKOPS_INSTALLATION: 'sandbox',
    STOCKOPS_SYSTEMS_DIR: systemsDirectory,
    LOG_LEVEL: 'warn',
    ...routingKeys,
    ...options.environment,
  };
  const read = readSettings(environment);
  if (!read.ok) throw new Error(`The stand-ins' own settings are wrong:\n${read.problems.join('\n')}`);

  const load = async (): Promise<LoadedCatalog> => {
    const plain = await loadCatalog(systemsDirectory, primitives);
    if (!plain.ok) return plain;
    const inside = await loadCatalog(systemsDirectory, primitives, { overrides: sandboxAddresses(plain.catalog, services, prometheus) });
    return inside.ok ? { ...inside, catalog: withVendorsInside(inside.catalog, services) } : inside;
  };
  const running = starting.move();
  return {
    slack,
    kubernetes,
    pagerduty,
    prometheus,
    services,
    containers,
    dockerState,
    settings: read.settings,
    environment,
    alertmanagerToken,
    systemsDirectory,
    load,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

// PagerDuty's keys are 32 characters; each system has its own, and so has each role that later steps page.
const routingKeys = Object.fromEntries(
  ['STOCK_API', 'STOCK_SERVICE', 'MYSTOCKS', 'CRYPTO_VOLATILITY', 'STOCK_ANALYSIS', 'PLATFORM_TEAM', 'DEVOPS_LEAD', 'ENGINEERING_MANAGER', 'CTO'].map((name) => [`PAGERDUTY_ROUTING_KEY_${name}`, name.toLowerCase().replaceAll('_', '').padEnd(32, '0')]),
);
