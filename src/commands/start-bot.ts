import { resolve } from 'node:path';
import { primitives } from '../actions/registry.ts';
import type { Ports } from '../actions/ports.ts';
import { createApp, type App, type Listening } from '../app.ts';
import { loadCatalog, type LoadedCatalog } from '../catalog/load.ts';
import type { Problem } from '../catalog/problem.ts';
import type { Catalog } from '../catalog/system.ts';
import type { Settings } from '../config/settings.ts';
import { createComposePort } from '../connectors/compose/compose.ts';
import { createHelmPort } from '../connectors/helm/helm.ts';
import { createHttpPort } from '../connectors/http/http.ts';
import { readKubeconfig } from '../connectors/kubernetes/kubeconfig.ts';
import { createKubernetesPort } from '../connectors/kubernetes/kubernetes.ts';
import { createPagerDuty } from '../connectors/pagerduty/pagerduty.ts';
import { createPrometheusPort } from '../connectors/prometheus/prometheus.ts';
import { createSlackReceiver, type ReceiveSettings } from '../connectors/slack/receive.ts';
import { createSlackPort } from '../connectors/slack/slack-port.ts';
import { migrate, openDatabase, type Db, type StorageSettings } from '../storage/database.ts';
import { databaseClock } from '../storage/database-clock.ts';
import { lockDataDirectory, type DataDirectoryLock } from '../storage/data-directory-lock.ts';
import { whyNotDurable } from '../storage/durability.ts';
import { dropLeases, readInstallation } from '../storage/installation.ts';
import type { Clock } from '../support/clock.ts';
import type { Random } from '../support/ids.ts';
import { messageOf, type Log } from '../support/log.ts';

export interface BotParts {
  readonly settings: Settings;
  readonly storage: StorageSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where the catalog comes from, when not from the files alone: a machine with stand-ins has other addresses. */
  readonly load?: () => Promise<LoadedCatalog>;
  readonly doors: { readonly intake: Listening; readonly operations: Listening };
  /** `false`: the lanes are stepped by hand. */
  readonly loops: boolean;
  /** `false`: the clock that is handed in decides, also on PostgreSQL. */
  readonly followDatabaseTime?: boolean;
}

export type Started = { readonly kind: 'running'; readonly bot: RunningBot } | { readonly kind: 'wrongCatalog'; readonly problems: readonly Problem[] };

export interface RunningBot {
  readonly app: App;
  readonly db: Db;
  readonly intakeUrl: string;
  readonly operationsUrl: string;
  /** Reads the catalog again. A wrong one changes nothing and says why. */
  reload(): Promise<readonly Problem[]>;
  stop(): Promise<void>;
}

/**
 * Starts the whole bot from its settings: the database, the catalog, the clients, the doors.
 * @throws DataDirectoryHeld when another process has the data directory
 */
export async function startBot(parts: BotParts): Promise<Started> {
  const { settings, storage, log } = parts;
  const load = parts.load ?? (() => loadCatalog(settings.STOCKOPS_SYSTEMS_DIR, primitives));
  const loaded = await load();
  if (!loaded.ok) return { kind: 'wrongCatalog', problems: loaded.problems };
  let catalog: Catalog = loaded.catalog;

  const lock: DataDirectoryLock | null = storage.kind === 'pglite' && storage.dataDirectory !== 'memory' ? await lockDataDirectory(storage.dataDirectory) : null;
  const db = await openDatabase(storage);
  const notDurable = storage.kind === 'postgres' ? await whyNotDurable(db) : null;
  if (notDurable !== null && !settings.STOCKOPS_ALLOW_LOSS) {
    await db.destroy();
    throw new Error(`PostgreSQL is not set up to keep what it confirms: ${notDurable} (STOCKOPS_ALLOW_LOSS=true accepts it.)`);
  }
  await migrate(db);
  if (storage.kind === 'pglite') await dropLeases(db);
  const clock = storage.kind === 'postgres' && parts.followDatabaseTime !== false ? await databaseClock(db, parts.clock) : parts.clock;
  const connections = openConnections(settings, () => catalog);

  const app = createApp({
    db,
    installation: await readInstallation(db, settings.STOCKOPS_INSTALLATION),
    clock,
    random: parts.random,
    log,
    catalog: () => catalog,
    ports: connections.ports,
    pagerduty: createPagerDuty({
      eventsUrl: settings.PAGERDUTY_EVENTS_URL,
      apiUrl: settings.PAGERDUTY_API_URL,
      ...(settings.PAGERDUTY_API_TOKEN !== undefined && { token: settings.PAGERDUTY_API_TOKEN }),
      ...(settings.PAGERDUTY_FROM !== undefined && { from: settings.PAGERDUTY_FROM }),
    }),
    routingKey: (setting) => settings.routingKeys.get(setting),
    slack: (onMeasured) => createSlackPort(slackSettings(settings), onMeasured),
    receiver: (sink) => createSlackReceiver({ ...slackSettings(settings), mode: receiveMode(settings) }, sink),
    sources: [{ name: 'alertmanager', tokens: settings.ALERTMANAGER_TOKEN }],
  });
  const urls = await app.start({ ...parts.doors, loops: parts.loops });

  return {
    kind: 'running',
    bot: {
      app,
      db,
      ...urls,
      reload: async () => {
        const again = await load();
        if (!again.ok) {
          log.error('The changed catalog is wrong; the old one stays in force', { problems: again.problems.length, first: again.problems[0]?.message });
          return again.problems;
        }
        catalog = again.catalog;
        log.info('The catalog was read again', { version: catalog.version.slice(0, 12) });
        return [];
      },
      stop: async () => {
        await app.stop();
        await connections.close();
        await db.destroy().catch((error: unknown) => log.warn('The database did not close', { error: messageOf(error) }));
        await lock?.release();
      },
    },
  };
}

function openConnections(settings: Settings, catalog: () => Catalog): { readonly ports: Ports; close(): Promise<void> } {
  const kubeconfigs = {
    ...(settings.KUBECONFIG !== undefined && { kubeconfigPath: settings.KUBECONFIG }),
    ...(settings.KUBECONFIG_WRITE !== undefined && { writeKubeconfigPath: settings.KUBECONFIG_WRITE }),
  };
  const kubernetes = createKubernetesPort({ ...kubeconfigs, allowExec: settings.KUBECONFIG_ALLOW_EXEC });
  const privateHosts = new Set(settings.STOCKOPS_PRIVATE_HOSTS);
  const http = createHttpPort({ allowPrivate: (hostname) => privateHosts.has(hostname) });
  return {
    ports: {
      kubernetes,
      helm: createHelmPort({ program: settings.HELM_BIN, chartsFolder: resolve(settings.STOCKOPS_CHARTS_DIR), ...kubeconfigs, checkKubeconfig: (path) => void readKubeconfig(path, settings.KUBECONFIG_ALLOW_EXEC) }),
      compose: createComposePort({
        program: settings.DOCKER_BIN,
        projects: () => catalog().systems.flatMap((system) => [...system.environments.values()].filter((environment) => environment.platform === 'compose')),
      }),
      http,
      prometheus: createPrometheusPort({}),
    },
    close: async () => {
      await Promise.all([kubernetes.close(), http.close()]);
    },
  };
}

function slackSettings(settings: Settings): { botToken: string; apiUrl?: string } {
  return { botToken: settings.SLACK_BOT_TOKEN, ...(settings.SLACK_API_URL !== undefined && { apiUrl: settings.SLACK_API_URL }) };
}

function receiveMode(settings: Settings): ReceiveSettings['mode'] {
  if (settings.SLACK_APP_TOKEN !== undefined) return { kind: 'socket', appToken: settings.SLACK_APP_TOKEN };
  return { kind: 'http', signingSecret: settings.SLACK_SIGNING_SECRET ?? '' };
}
