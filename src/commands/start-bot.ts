import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { primitives } from '../actions/registry.ts';
import type { Ports } from '../actions/ports.ts';
import { createApp, type App, type Listening } from '../app.ts';
import type { AuditEntry, AuditKind } from '../audit/entry.ts';
import { record } from '../audit/record.ts';
import { loadCatalog, type LoadedCatalog } from '../catalog/load.ts';
import type { Problem } from '../catalog/problem.ts';
import type { Catalog } from '../catalog/system.ts';
import { secretsOf, type Settings } from '../config/settings.ts';
import { createComposePort } from '../connectors/compose/compose.ts';
import { createHelmPort } from '../connectors/helm/helm.ts';
import { createHttpPort } from '../connectors/http/http.ts';
import { readKubeconfig } from '../connectors/kubernetes/kubeconfig.ts';
import { createKubernetesPort } from '../connectors/kubernetes/kubernetes.ts';
import { createPagerDuty } from '../connectors/pagerduty/pagerduty.ts';
import { createPrometheusPort } from '../connectors/prometheus/prometheus.ts';
import { createSlackReceiver, type ReceiveSettings, type SlackReceiver } from '../connectors/slack/receive.ts';
import { createSlackPort } from '../connectors/slack/slack-port.ts';
import { beginUpkeep } from '../handlers/upkeep.ts';
import { migrate, openDatabase, type Db, type StorageSettings } from '../storage/database.ts';
import { databaseClock } from '../storage/database-clock.ts';
import { lockDataDirectory, type DataDirectoryLock } from '../storage/data-directory-lock.ts';
import { whyNotDurable } from '../storage/durability.ts';
import { memoryBeside, memoryOfProcess, openEpochs, type PastMemory } from '../storage/epochs.ts';
import { dropLeases, readInstallation } from '../storage/installation.ts';
import { readRights } from '../storage/rights.ts';
import type { Clock } from '../support/clock.ts';
import type { Random } from '../support/ids.ts';
import { messageOf, type Log } from '../support/log.ts';
import { rememberSecrets } from '../support/redact/known-secrets.ts';
import { sendersOf } from './senders-of.ts';

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
  /** Uses the credentials of these settings from now on, without a restart (T-17). Other settings stay as they were at the start. */
  renewCredentials(settings: Settings): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the whole bot from its settings: the database, the catalog, the clients, the doors.
 * @throws DataDirectoryHeld when another process has the data directory
 */
export async function startBot(parts: BotParts): Promise<Started> {
  const { settings, log } = parts;
  rememberSecrets(secretsOf(settings));
  const credentials = currentCredentials(settings);
  const storage = currentStorage(parts.storage, credentials);
  const loadFiles = parts.load ?? (() => loadCatalog(settings.STOCKOPS_SYSTEMS_DIR, primitives));
  /** The catalog, and the tokens of those whom it lets send alerts: they fit together, or neither counts. */
  const load = async () => {
    const loaded = await loadFiles();
    if (!loaded.ok) return loaded;
    const senders = sendersOf(loaded.catalog, credentials.now.alertmanagerTokens);
    return senders.ok ? { ...senders, catalog: loaded.catalog } : senders;
  };
  const loaded = await load();
  if (!loaded.ok) return { kind: 'wrongCatalog', problems: loaded.problems };
  let inForce = loaded;

  const lock: DataDirectoryLock | null = storage.kind === 'pglite' && storage.dataDirectory !== 'memory' ? await lockDataDirectory(storage.dataDirectory) : null;
  const db = await openDatabase(storage);
  const notDurable = storage.kind === 'postgres' ? await whyNotDurable(db) : null;
  if (notDurable !== null && !settings.STOCKOPS_ALLOW_LOSS) {
    await db.destroy();
    throw new Error(`PostgreSQL is not set up to keep what it confirms: ${notDurable} (STOCKOPS_ALLOW_LOSS=true accepts it.)`);
  }
  await migrate(db);
  if (storage.kind === 'postgres') await checkRights(db, log);
  if (storage.kind === 'pglite') await dropLeases(db);
  const clock = storage.kind === 'postgres' && parts.followDatabaseTime !== false ? await databaseClock(db, parts.clock) : parts.clock;
  const connections = openConnections(settings, () => inForce.catalog);
  const installation = await readInstallation(db, settings.STOCKOPS_INSTALLATION);
  const inRecord = (kind: AuditKind, details: AuditEntry['details']) => record(db, { at: clock.now(), actor: 'stockops', kind, subject: installation, system: null, details });

  const epochs = await openEpochs(db, await memoryFor(storage, log));
  let receiver: SlackReceiver | undefined;
  // Not the one of before: where the connection could not be made anew, that is tried again with the same settings.
  let connectedWith = settings.SLACK_APP_TOKEN;
  const sayTokensDoNotFit = (problems: readonly Problem[]) => log.error('The changed tokens do not fit the sources; those of before stay in force', { first: problems[0]?.message });
  const app = createApp({
    db,
    installation,
    epochs,
    readOnly: settings.STOCKOPS_READ_ONLY,
    clock,
    random: parts.random,
    log,
    catalog: () => inForce.catalog,
    ports: connections.ports,
    pagerduty: createPagerDuty({
      eventsUrl: settings.PAGERDUTY_EVENTS_URL,
      apiUrl: settings.PAGERDUTY_API_URL,
      get token() {
        return credentials.now.PAGERDUTY_API_TOKEN;
      },
    }),
    routingKey: (setting) => credentials.now.routingKeys.get(setting),
    slack: (onMeasured) => createSlackPort(slackSettings(credentials, clock), onMeasured),
    receiver: (sink) => (receiver = createSlackReceiver(slackSettings(credentials, clock), sink)),
    sources: () => inForce.sources,
    upkeep: { auditChannel: settings.STOCKOPS_AUDIT_CHANNEL ?? null, keepMs: settings.STOCKOPS_KEEP_DAYS * 86_400_000 },
  });
  await inRecord('process.started', { process: app.bot.owner, version: packageJson.version, epoch: epochs.current(), catalogVersion: inForce.catalog.version });
  await beginUpkeep(db, clock.now());
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
          await inRecord('catalog.refused', { process: app.bot.owner, problems: again.problems.length, inForce: inForce.catalog.version });
          return again.problems;
        }
        await inRecord('catalog.loaded', { process: app.bot.owner, version: again.catalog.version, before: inForce.catalog.version });
        // The tokens may have been replaced since they were compared.
        const senders = sendersOf(again.catalog, credentials.now.alertmanagerTokens);
        if (!senders.ok) sayTokensDoNotFit(senders.problems);
        inForce = senders.ok ? { ...again, ...senders } : again;
        log.info('The catalog was read again', { version: again.catalog.version.slice(0, 12) });
        return [];
      },
      renewCredentials: async (next) => {
        rememberSecrets(secretsOf(next));
        credentials.now = next;
        const senders = sendersOf(inForce.catalog, next.alertmanagerTokens);
        if (senders.ok) inForce = { ...inForce, ...senders };
        else sayTokensDoNotFit(senders.problems);
        if (next.SLACK_APP_TOKEN !== connectedWith) await receiver?.renew();
        connectedWith = next.SLACK_APP_TOKEN;
        log.info('Credentials were read again; what they replace may be revoked now');
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

/** @throws Error where a table is closed to the role: better now than in the midst of an incident */
async function checkRights(db: Db, log: Log): Promise<void> {
  const { closed, overTheRecord } = await readRights(db);
  if (closed.length > 0) {
    await db.destroy();
    throw new Error(`The role of the bot may not use ${closed.join(', ')} in the database: run manifests/postgres/rights.sql as the owner of the tables.`);
  }
  if (overTheRecord) log.warn('The role of the database could change the record; docs/operating.md says how to give the bot one that cannot');
}

/** Where nothing can be written beside the data directory, an older copy of it is noticed only while the process lives. */
async function memoryFor(storage: StorageSettings, log: Log): Promise<PastMemory> {
  if (storage.kind === 'postgres' || storage.dataDirectory === 'memory') return memoryOfProcess();
  const memory = memoryBeside(storage.dataDirectory);
  try {
    await access(dirname(storage.dataDirectory), constants.W_OK);
    return memory;
  } catch {
    log.warn('Nothing can be written beside the data directory, so it will not be noticed when an older copy of it is put in its place', { directory: dirname(storage.dataDirectory) });
    return memoryOfProcess();
  }
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

/** What is replaced while the bot runs. Everything that needs a credential asks here when it needs it. */
interface CurrentCredentials {
  now: Settings;
}

const currentCredentials = (settings: Settings): CurrentCredentials => ({ now: settings });

function currentStorage(storage: StorageSettings, credentials: CurrentCredentials): StorageSettings {
  if (storage.kind !== 'postgres') return storage;
  return {
    ...storage,
    get url() {
      return credentials.now.DATABASE_URL ?? storage.url;
    },
  };
}

function slackSettings(credentials: CurrentCredentials, clock: Clock): ReceiveSettings {
  const { SLACK_API_URL: apiUrl } = credentials.now;
  return {
    get botToken() {
      return credentials.now.SLACK_BOT_TOKEN;
    },
    ...(apiUrl !== undefined && { apiUrl }),
    get mode() {
      return receiveMode(credentials.now, clock);
    },
  };
}

function receiveMode(settings: Settings, clock: Clock): ReceiveSettings['mode'] {
  if (settings.SLACK_APP_TOKEN !== undefined) return { kind: 'socket', appToken: settings.SLACK_APP_TOKEN };
  return { kind: 'http', signingSecrets: settings.SLACK_SIGNING_SECRET ?? [], clock };
}
