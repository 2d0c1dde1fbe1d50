import type { Clock } from '../../src/support/clock.ts';
import { listenOnLoopback, standInServer, type Loopback } from '../loopback.ts';
import { whyNotify, type LogEntry } from './decide-notification.ts';
import { fingerprint, type LabelSet } from './fingerprint.ts';
import { notify, type Attempt, type Webhook } from './notify.ts';
import { groupKeyOf, webhookBody, type Reason, type StandingAlert } from './payload.ts';
import { parseJson, silenceRoutes } from './silences.ts';

export interface AlertmanagerOptions {
  readonly clock: Clock;
  readonly port?: number;
  /** Where notifications go; may also be told later. */
  readonly webhook?: Webhook;
  readonly receiver?: string;
  readonly groupBy?: readonly string[];
  readonly groupWaitMs?: number;
  readonly groupIntervalMs?: number;
  readonly repeatIntervalMs?: number;
  readonly maxAlerts?: number;
  /** A pair tells each other what was sent, unless they are `partitioned`: then both send everything. */
  readonly peers?: 'alone' | 'pair' | 'partitioned';
}

export interface FiringAlert {
  readonly labels: LabelSet;
  readonly annotations?: LabelSet;
  readonly generatorURL?: string;
  /** Default: now. */
  readonly startsAt?: Date;
}

export interface SentNotification extends Attempt {
  readonly at: string;
  readonly externalURL: string;
  readonly groupKey: string;
  readonly reason: Reason;
  readonly body: string;
}

export interface Alertmanager extends Loopback {
  sendTo(webhook: Webhook): void;
  /** Fires it; an alert that fires already keeps its start. */
  fire(alert: FiringAlert): void;
  /** Ends the alert with exactly these labels. */
  resolve(labels: LabelSet): void;
  /** Lets it fire and end in turn, `periodMs` each, until the returned function is called; then it has ended. */
  flap(alert: FiringAlert, periodMs: number): () => void;
  standing(): readonly StandingAlert[];
  /** While silent nothing is sent, as if Alertmanager or the network before it were gone. */
  silent(isSilent: boolean): void;
  /** What was sent and how it was taken, oldest first. */
  readonly sent: readonly SentNotification[];
}

interface Group {
  readonly labels: LabelSet;
  readonly alerts: Map<string, StandingAlert>;
}

// How long the second of a pair waits for the first.
const peerWaitMs = 15_000;
const shortestFlushMs = 10_000;

/** Alertmanager as its webhook's receiver sees it: groups, waits, repeats, retries, a second one beside it, and the API for silences. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const { clock, receiver = 'stockops', groupBy = ['alertname', 'system'], maxAlerts = 0, peers = 'alone' } = options;
  const { groupWaitMs = 30_000, groupIntervalMs = 300_000, repeatIntervalMs = 4 * 3_600_000 } = options;
  const ending = new AbortController();
  const groups = new Map<string, Group>();
  const alerts = new Map<string, StandingAlert>();
  const sent: SentNotification[] = [];
  const running = new Set<Promise<void>>();
  let webhook = options.webhook;
  let isSilent = false;

  const server = standInServer();
  const silences = silenceRoutes(server, clock);
  alertRoutes(server);
  const loopback = await listenOnLoopback(server, options.port);
  // Partitioned ones keep a log each; the others share it, as gossip would have it.
  const logs = peers === 'partitioned' ? [new Map<string, LogEntry>(), new Map<string, LogEntry>()] : [new Map<string, LogEntry>()];
  const externalUrls = peers === 'alone' ? [loopback.url] : [loopback.url, loopback.url.replace('127.0.0.1', 'localhost')];

  function fire({ labels, annotations = {}, generatorURL = `${loopback.url}/graph?g0.tab=1`, startsAt }: FiringAlert): void {
    const id = fingerprint(labels);
    const before = alerts.get(id);
    const startedAt = before?.endsAt === null ? before.startsAt : (startsAt ?? clock.now());
    put({ labels, annotations, generatorURL, startsAt: startedAt, endsAt: null });
  }

  function resolve(labels: LabelSet): void {
    const alert = alerts.get(fingerprint(labels));
    if (alert && alert.endsAt === null) put({ ...alert, endsAt: clock.now() });
  }

  function put(alert: StandingAlert): void {
    const id = fingerprint(alert.labels);
    alerts.set(id, alert);
    const groupLabels = Object.fromEntries(groupBy.filter((name) => name in alert.labels).map((name) => [name, alert.labels[name] ?? '']));
    const key = groupKeyOf(groupLabels);
    const group = groups.get(key) ?? { labels: groupLabels, alerts: new Map<string, StandingAlert>() };
    group.alerts.set(id, alert);
    if (groups.has(key)) return;
    groups.set(key, group);
    // What began longer ago than the wait is told at once.
    const waited = clock.now().getTime() - alert.startsAt.getTime() > groupWaitMs;
    const run = runGroup(key, group, waited ? 0 : groupWaitMs).finally(() => running.delete(run));
    running.add(run);
  }

  async function runGroup(key: string, group: Group, waitMs: number): Promise<void> {
    for (let pauseMs = waitMs; ; ) {
      await clock.sleep(pauseMs, ending.signal);
      if (ending.signal.aborted) return;
      const startedMs = clock.now().getTime();
      await Promise.all(externalUrls.map((externalUrl, peer) => flush(key, group, externalUrl, peer)));
      if (group.alerts.size === 0) {
        groups.delete(key);
        return;
      }
      pauseMs = Math.max(0, startedMs + groupIntervalMs - clock.now().getTime());
    }
  }

  async function flush(key: string, group: Group, externalURL: string, peer: number): Promise<void> {
    if (peer > 0 && peers === 'pair') await clock.sleep(Math.min(peerWaitMs, groupIntervalMs / 2), ending.signal);
    const log = logs[peer] ?? logs[0];
    if (ending.signal.aborted || isSilent || !webhook || !log) return;
    const present = [...group.alerts].filter(([, alert]) => silences.hiding(alert.labels).length === 0);
    const idsWhere = (isFiring: boolean) => new Set(present.filter(([, alert]) => (alert.endsAt === null) === isFiring).map(([id]) => id));
    const [firing, resolved] = [idsWhere(true), idsWhere(false)];
    const nowMs = clock.now().getTime();
    const reason = whyNotify(log.get(key), firing, resolved, nowMs, repeatIntervalMs);
    if (reason) {
      const body = JSON.stringify(webhookBody({ receiver, groupLabels: group.labels, alerts: present.map(([, alert]) => alert), reason, externalURL, maxAlerts }));
      const attempt = await notify(clock, webhook, body, nowMs + Math.max(shortestFlushMs, groupIntervalMs), ending.signal);
      sent.push({ ...attempt, at: clock.now().toISOString(), externalURL, groupKey: key, reason, body });
      // Not taken: it stays as it is, and the next interval tells it again.
      if (attempt.outcome !== 'delivered') return;
      log.set(key, { firing, resolved, atMs: nowMs });
    }
    // Ended alerts are forgotten once told, unless they came back meanwhile.
    for (const [id, alert] of present) {
      if (alert.endsAt === null || group.alerts.get(id) !== alert) continue;
      group.alerts.delete(id);
      alerts.delete(id);
    }
  }

  function alertRoutes(app: typeof server): void {
    app.get('/-/healthy', async () => 'OK');
    app.get('/-/ready', async () => 'OK');
    app.get('/api/v2/status', async () => ({ cluster: { status: 'ready', peers: [] }, versionInfo: { version: '0.34.0' }, config: { original: '' }, uptime: clock.now().toISOString() }));
    app.get('/api/v2/alerts', async () =>
      [...alerts]
        .filter(([, alert]) => alert.endsAt === null)
        .map(([id, alert]) => {
          const silencedBy = silences.hiding(alert.labels);
          return {
            labels: alert.labels,
            annotations: alert.annotations,
            startsAt: alert.startsAt.toISOString(),
            endsAt: new Date(clock.now().getTime() + 300_000).toISOString(),
            updatedAt: clock.now().toISOString(),
            generatorURL: alert.generatorURL,
            fingerprint: id,
            receivers: [{ name: receiver }],
            status: { state: silencedBy.length > 0 ? 'suppressed' : 'active', silencedBy, inhibitedBy: [], mutedBy: [] },
          };
        }),
    );
    app.post('/api/v2/alerts', async (request, reply) => {
      const posted = parseJson(request.body);
      if (!Array.isArray(posted) || !posted.every(isPostable)) return reply.code(400).send({ code: 602, message: 'alerts in body must be a list of alerts with labels' });
      for (const alert of posted) {
        if (alert.endsAt !== undefined && Date.parse(alert.endsAt) <= clock.now().getTime()) resolve(alert.labels);
        else fire({ labels: alert.labels, ...(alert.annotations && { annotations: alert.annotations }), ...(alert.startsAt !== undefined && { startsAt: new Date(alert.startsAt) }) });
      }
      return reply.code(200).send();
    });
  }

  const stop = async () => {
    ending.abort();
    await Promise.all(running);
    await loopback.stop();
  };
  return {
    ...loopback,
    sendTo: (target) => {
      webhook = target;
    },
    fire,
    resolve,
    flap(alert, periodMs) {
      const stopping = new AbortController();
      const run = (async () => {
        for (let on = true; !stopping.signal.aborted && !ending.signal.aborted; on = !on) {
          if (on) fire(alert);
          else resolve(alert.labels);
          await clock.sleep(periodMs, AbortSignal.any([stopping.signal, ending.signal]));
        }
        resolve(alert.labels);
      })().finally(() => running.delete(run));
      running.add(run);
      return () => stopping.abort();
    },
    standing: () => [...alerts.values()].filter((alert) => alert.endsAt === null),
    silent: (silent) => {
      isSilent = silent;
    },
    sent,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface PostableAlert {
  readonly labels: LabelSet;
  readonly annotations?: LabelSet;
  readonly startsAt?: string;
  readonly endsAt?: string;
}

function isPostable(value: unknown): value is PostableAlert {
  if (typeof value !== 'object' || value === null || !('labels' in value)) return false;
  const { labels } = value;
  return typeof labels === 'object' && labels !== null && Object.keys(labels).length > 0 && Object.values(labels).every((text) => typeof text === 'string');
}
