import { readFileSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../src/support/clock.ts';
import { systemRandom, type Random } from '../../src/support/ids.ts';
import { answer } from './api.ts';
import { describeRequest, type ApiAnswer, type ApiRequest, type Surroundings, type Watch } from './call.ts';
import { Cluster, type ClusterSnapshot } from './cluster.ts';
import { writeKubeconfigText, type Purpose } from './kubeconfig.ts';
import { defaultProgram, type FixedLog, type LogProgram } from './logs.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import { FAULT, type Fault } from './pod-life.ts';
import { DEPENDENTS } from './remove.ts';
import { DEPLOYMENTS, PODS, RESOURCES, STATEFUL_SETS } from './resources.ts';
import { administrator, operator, type Grant, type User } from './rights.ts';
import { applyManifest, tell, type Manifest, type Seed } from './seed.ts';
import { selects } from './selectors.ts';
import { ApiFailure } from './status.ts';
import { quickTiming, recordEvent, removeWithDependents, update, type Timing } from './world.ts';

export interface KubernetesStandInOptions {
  readonly clock: Clock;
  readonly host?: string;
  /** Of the first cluster; the next ones take the numbers after it. Any free one without it. */
  readonly port?: number;
  /** Everything is kept here and read again at the next start. */
  readonly stateFile?: string;
  readonly seed?: Seed;
  readonly timing?: Partial<Timing>;
  readonly random?: Random;
}

/** The sandbox may run for days; tests never come near. */
const MOST_REQUESTS = 20_000;

/** What arrived, and how it was answered; in the order of arrival. */
export interface RecordedRequest {
  readonly at: Date;
  readonly cluster: string;
  readonly user: string;
  readonly method: string;
  /** As sent. */
  readonly path: string;
  readonly query: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly contentType: string;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly dryRun: boolean;
  /** `undefined` until answered, and for ever when the answer was lost. */
  status: number | undefined;
  /** Whether the request reached the API behind a fault. */
  processed: boolean;
}

export interface ApiFault {
  readonly match?: (request: RecordedRequest) => boolean;
  /**
   * `timeout`: never answered, nothing happens. `timeout-after`: it happens, and is never answered. `reset-before`: the connection
   * breaks, nothing happens. `reset-after`: it happens, and the connection breaks. `answer`: refused with `status`. `answer-after`: it happens, and
   * something on the way answers with `status`.
   */
  readonly mode: 'timeout' | 'timeout-after' | 'reset-before' | 'reset-after' | 'answer' | 'answer-after';
  readonly status?: number;
  readonly message?: string;
  /** How often; without it until `stop`. */
  readonly times?: number;
}

export interface WorkloadName {
  /** A context of the kubeconfig; `prod` without it. */
  readonly context?: string;
  readonly namespace: string;
  /** Of a Deployment or a StatefulSet. */
  readonly deployment: string;
}

export interface KubernetesStandIn extends AsyncDisposable {
  /** Address of the first cluster. */
  readonly server: string;
  readonly requests: readonly RecordedRequest[];
  /** The requests that could have changed something: not reads, not dry runs, not questions about rights. */
  readonly writes: readonly RecordedRequest[];
  /** YAML with the contexts of the seed: `prod`, `dr`, `staging`, `outsider`, `admin`. */
  kubeconfig(): string;
  /** For who looks, unless it says otherwise. */
  writeKubeconfig(path: string, purpose?: Purpose): void;
  /** When something changes by itself next; `undefined` while all rests. */
  nextChangeAt(): Date | undefined;
  /** Everything that is due by now has happened when this resolves, and every request in hand is answered. */
  settle(): Promise<void>;
  /** The object as it is now, or `undefined`. */
  find(input: { context?: string; kind: string; namespace?: string; name: string }): KubernetesObject | undefined;
  list(input: { context?: string; kind: string; namespace?: string }): readonly KubernetesObject[];
  apply(manifest: Manifest, options?: { context?: string; manager?: string }): void;
  /** Somebody deletes it and makes it anew: the same name and specification, another uid. */
  recreate(input: { context?: string; kind: string; namespace: string; name: string }): void;
  /** Gives running pods of a workload a fault, `count` of them or all. Pods that are made later have none. */
  breakPods(input: WorkloadName & { fault: Fault; count?: number }): readonly string[];
  /** Takes the faults away again; crash loops and pull errors recover by themselves then. */
  heal(input: WorkloadName): void;
  /** Replaces the log of one pod or of all pods of a workload: lines a second apart, the last one now. */
  setLogs(input: (WorkloadName | { context?: string; namespace: string; pod: string }) & { container?: string; lines: readonly string[]; previous?: boolean }): void;
  /** What all pods of a deployment need together, in millicores: `top` shows it and the autoscaler follows it. */
  setLoad(input: WorkloadName & { cpuMillis: number }): void;
  recordEvent(input: { context?: string; kind: string; namespace: string; name: string; type: 'Normal' | 'Warning'; reason: string; message: string }): void;
  fail(fault: ApiFault): { stop(): void };
  close(): Promise<void>;
}

/** Five contexts of one empty cluster, as the real control plane of the cluster tests has them. */
export const plainSeed: Seed = {
  clusters: { cluster: { chapters: [] } },
  contexts: {
    admin: { cluster: 'cluster', user: 'admin', namespace: 'default' },
    prod: { cluster: 'cluster', user: 'stockops', namespace: 'stock-service' },
    dr: { cluster: 'cluster', user: 'stockops', namespace: 'stock-service' },
    staging: { cluster: 'cluster', user: 'stockops', namespace: 'staging' },
    outsider: { cluster: 'cluster', user: 'outsider', namespace: 'default' },
  },
  grants: { admin: administrator, stockops: operator, outsider: [] },
};

interface State {
  readonly clusters: { readonly [name: string]: ClusterSnapshot };
  readonly tokens: { readonly [user: string]: string };
  readonly fixedLogs: readonly (readonly [string, FixedLog])[];
}

/**
 * Starts clusters that speak the Kubernetes API over loopback. Nothing in them runs on a timer: their state follows from the clock
 * whenever somebody asks, and one sleeper on that clock wakes the watches.
 */
export async function startKubernetesStandIn(options: KubernetesStandInOptions): Promise<KubernetesStandIn> {
  const { clock, host = '127.0.0.1', seed = plainSeed, random = systemRandom } = options;
  const timing = { ...quickTiming, ...options.timing };
  const saved = options.stateFile === undefined ? undefined : readState(options.stateFile);
  const nowMs = () => clock.now().getTime();

  const clusters = new Map<string, Cluster>();
  for (const [name, clusterSeed] of Object.entries(seed.clusters)) {
    const cluster = new Cluster({ timing, random, nowMs: nowMs() });
    const snapshot = saved?.clusters[name];
    if (snapshot) cluster.restore(snapshot);
    else tell(cluster, clusterSeed, nowMs());
    for (const manifest of clusterSeed.rights ?? []) applyManifest(cluster, manifest, 'kubectl');
    clusters.set(name, cluster);
  }
  const users = [...new Set(Object.values(seed.contexts).flatMap(({ user, writer }) => [user, ...(writer === undefined ? [] : [writer])]))];
  const tokens = new Map(users.map((user) => [user, saved?.tokens[user] ?? `${user}-${random.bytes(12).toString('hex')}`]));
  const fixedLogs = new Map<string, FixedLog>(saved?.fixedLogs);
  const requests: RecordedRequest[] = [];
  const faults = new Set<{ fault: ApiFault; left: number }>();
  const stopping = new AbortController();
  const watches = new Set<{ cluster: Cluster; end: () => void }>();
  const sockets = new Set<Socket>();
  let inHand = 0;

  const clusterOf = (context = Object.hasOwn(seed.contexts, 'prod') ? 'prod' : (Object.keys(seed.contexts)[0] as string)): Cluster => {
    const found = clusters.get(seed.contexts[context]?.cluster ?? '');
    if (!found) throw new Error(`the stand-in has no context ${context}`);
    found.advance(nowMs());
    return found;
  };

  // ---- time and state -----------------------------------------------------------

  let wake = new AbortController();
  const nextChangeAt = (): Date | undefined => {
    const times = [...clusters.values()].map((cluster) => cluster.nextChangeAt()).filter((at) => at !== undefined);
    return times.length === 0 ? undefined : new Date(Math.min(...times));
  };
  const advanceAll = () => {
    for (const cluster of clusters.values()) cluster.advance(nowMs());
  };
  /** After a change made from outside: the sleeper looks at the new state. */
  const changed = () => {
    advanceAll();
    wake.abort();
    save();
  };
  const keepTime = async () => {
    while (!stopping.signal.aborted) {
      advanceAll();
      save();
      wake = new AbortController();
      const next = nextChangeAt();
      const signal = AbortSignal.any([wake.signal, stopping.signal]);
      if (next === undefined) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      else await clock.sleep(Math.max(1, next.getTime() - nowMs()), signal);
    }
  };

  let savedVersions = '';
  let saving: Promise<void> | undefined;
  const state = (): State => ({
    clusters: Object.fromEntries([...clusters].map(([name, cluster]) => [name, cluster.snapshot()])), tokens: Object.fromEntries(tokens), fixedLogs: [...fixedLogs],
  });
  const versions = () => [...clusters.values()].map((cluster) => cluster.store.version).join();
  const save = () => {
    const { stateFile } = options;
    if (stateFile === undefined || saving || versions() === savedVersions || stopping.signal.aborted) return;
    saving = (async () => {
      await new Promise((resolve) => setImmediate(resolve));
      savedVersions = versions();
      await writeFile(`${stateFile}.draft`, JSON.stringify(state()));
      if (!stopping.signal.aborted) await rename(`${stateFile}.draft`, stateFile);
    })().finally(() => {
      saving = undefined;
      save();
    });
  };

  // ---- requests -------------------------------------------------------------------

  const userOf = (authorization: string | undefined): User | undefined => {
    if (authorization === undefined) return { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    const name = [...tokens].find(([, token]) => authorization === `Bearer ${token}`)?.[0];
    return name === undefined ? undefined : { name, groups: [name, 'system:authenticated'] };
  };

  const surroundingsOf = (clusterName: string): Surroundings => ({
    grantsOf: (user): readonly Grant[] => seed.grants[user] ?? [],
    programOf: (_pod, container): LogProgram => seed.clusters[clusterName]?.logs?.[container] ?? defaultProgram,
    fixedLogOf: (pod, container) => fixedLogs.get(`${pod.metadata.uid}/${container}`) ?? fixedLogs.get(`${pod.metadata.uid}/`),
  });

  const faultFor = (record: RecordedRequest): ApiFault | undefined => {
    for (const entry of faults) {
      if (entry.fault.match && !entry.fault.match(record)) continue;
      entry.left -= 1;
      if (entry.left <= 0) faults.delete(entry);
      return entry.fault;
    }
    return undefined;
  };

  const serve = async (clusterName: string, incoming: IncomingMessage, outgoing: ServerResponse) => {
    const cluster = clusters.get(clusterName) as Cluster;
    outgoing.setHeader('date', clock.now().toUTCString());
    const body = await readBody(incoming);
    const [path, search] = splitUrl(incoming.url ?? '/');
    const query = new URLSearchParams(search);
    const user = userOf(incoming.headers.authorization);
    const info = describeRequest(incoming.method ?? 'GET', path, query);
    const request: ApiRequest = {
      method: incoming.method ?? 'GET', path, query, body, contentType: incoming.headers['content-type'] ?? '', userAgent: incoming.headers['user-agent'] ?? '',
      impersonate: incoming.headers['impersonate-user'] as string | undefined,
    };
    const record: RecordedRequest = {
      at: clock.now(), cluster: clusterName, user: user?.name ?? '', method: request.method, path, query: search,
      verb: info?.verb ?? '', group: info?.group ?? '', resource: info?.resource ?? '', subresource: info?.subresource ?? '', namespace: info?.namespace ?? '', name: info?.name ?? '',
      contentType: request.contentType, body: parsed(body), dryRun: query.has('dryRun') || hasDryRun(body), status: undefined, processed: false,
    };
    requests.push(record);
    if (requests.length > MOST_REQUESTS) requests.splice(0, MOST_REQUESTS / 4);
    const fault = faultFor(record);
    if (fault?.mode === 'timeout') return;
    if (fault?.mode === 'reset-before') return void incoming.socket.resetAndDestroy();
    const refuse = ({ status = 503, message = 'the server is currently unable to handle the request' }: ApiFault): void => {
      record.status = status;
      send(outgoing, { kind: 'json', status, body: new ApiFailure(status, REASONS[status] ?? 'InternalError', message).toStatus() });
    };
    if (fault?.mode === 'answer') return refuse(fault);
    cluster.advance(nowMs());
    const result = answer(cluster, request, user, surroundingsOf(clusterName));
    record.processed = true;
    if (request.method !== 'GET') changed();
    if (fault?.mode === 'timeout-after') return;
    if (fault?.mode === 'reset-after') return void incoming.socket.resetAndDestroy();
    if (fault?.mode === 'answer-after') return refuse(fault);
    record.status = result.kind === 'watch' ? 200 : result.status;
    if (result.kind === 'watch') stream(cluster, result.watch, outgoing);
    else send(outgoing, result);
  };

  const stream = (cluster: Cluster, watch: Watch, outgoing: ServerResponse) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.flushHeaders();
    const write = (line: object) => outgoing.write(`${JSON.stringify(line)}\n`);
    for (const line of watch.first) write(line);
    if (watch.timeoutMs === 0) return void outgoing.end();
    const ended = new AbortController();
    const unsubscribe = cluster.store.onChange((change) => {
      const line = watch.lineFor(change);
      if (line) write(line);
    });
    const entry = { cluster, end: () => ended.abort() };
    watches.add(entry);
    ended.signal.addEventListener('abort', () => {
      unsubscribe();
      watches.delete(entry);
      outgoing.end();
    }, { once: true });
    outgoing.on('close', entry.end);
    if (watch.timeoutMs !== undefined) void clock.sleep(watch.timeoutMs, ended.signal).then(entry.end);
  };

  const servers = new Map<string, { server: Server; url: string }>();
  let port = options.port ?? 0;
  for (const name of clusters.keys()) {
    const server = createServer((incoming, outgoing) => {
      inHand += 1;
      serve(name, incoming, outgoing)
        .catch((error: unknown) => send(outgoing, { kind: 'json', status: 500, body: new ApiFailure(500, 'InternalError', `Internal error occurred: ${String(error)}`).toStatus() }))
        .finally(() => { inHand -= 1; });
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
    servers.set(name, { server, url: `http://${host}:${(server.address() as AddressInfo).port}` });
    if (port !== 0) port += 1;
  }
  const addresses = new Map([...servers].map(([name, { url }]) => [name, url]));
  const timekeeper = keepTime();

  // ---- what a test or the sandbox's panel does ----------------------------------------

  const podsOf = ({ context, namespace, deployment }: WorkloadName): { cluster: Cluster; pods: Pod[] } => {
    const cluster = clusterOf(context);
    const owner = cluster.store.get(DEPLOYMENTS, namespace, deployment) ?? cluster.store.get(STATEFUL_SETS, namespace, deployment);
    if (!owner) throw new Error(`no workload ${deployment} in namespace ${namespace}`);
    const pods = cluster.store.list<Pod>(PODS, namespace).filter((pod) => selects(owner.spec.selector, pod.metadata.labels) && !pod.metadata.deletionTimestamp);
    return { cluster, pods };
  };
  const resourceNamed = (kind: string) => {
    const found = RESOURCES.find((one) => one.kind === kind);
    if (!found) throw new Error(`the stand-in has no kind ${kind}`);
    return found;
  };

  const close = async () => {
    if (stopping.signal.aborted) return;
    advanceAll();
    stopping.abort();
    await timekeeper;
    await saving;
    if (options.stateFile !== undefined) writeFileSync(options.stateFile, JSON.stringify(state()));
    for (const watch of [...watches]) watch.end();
    for (const socket of sockets) socket.destroy();
    await Promise.all([...servers.values()].map(({ server }) => new Promise((resolve) => server.close(resolve))));
  };

  return {
    server: [...addresses.values()][0] as string,
    requests,
    get writes() {
      return requests.filter((one) => !['get', 'list', 'watch', ''].includes(one.verb) && !one.dryRun && one.resource !== 'selfsubjectaccessreviews');
    },
    kubeconfig: () => writeKubeconfigText({ servers: addresses, tokens, contexts: seed.contexts, purpose: 'read' }),
    writeKubeconfig: (path, purpose = 'read') => writeFileSync(path, writeKubeconfigText({ servers: addresses, tokens, contexts: seed.contexts, purpose }), { mode: 0o600 }),
    nextChangeAt,
    settle: async () => {
      do {
        advanceAll();
        await new Promise((resolve) => setImmediate(resolve));
      } while (inHand > 0);
      advanceAll();
    },
    find: ({ context, kind, namespace = '', name }) => clusterOf(context).store.get(resourceNamed(kind), namespace, name),
    list: ({ context, kind, namespace = '' }) => clusterOf(context).store.list(resourceNamed(kind), namespace),
    apply: (manifest, { context, manager = 'kubectl' } = {}) => {
      applyManifest(clusterOf(context), manifest, manager);
      changed();
    },
    recreate: ({ context, kind, namespace, name }) => {
      const cluster = clusterOf(context);
      const old = cluster.store.get(resourceNamed(kind), namespace, name) as (KubernetesObject & { spec?: object }) | undefined;
      if (!old) throw new Error(`no ${kind} ${name} in namespace ${namespace}`);
      const { labels, annotations } = old.metadata;
      removeWithDependents(cluster, resourceNamed(kind), old, DEPENDENTS);
      applyManifest(cluster, { apiVersion: old.apiVersion, kind, metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) }, spec: old.spec } as Manifest, 'kubectl');
      changed();
    },
    breakPods: ({ fault, count, ...workload }) => {
      const { cluster, pods } = podsOf(workload);
      const broken = pods.slice(0, count).map((pod) => {
        update(cluster, PODS, pod, (draft) => void (draft.metadata.annotations = { ...draft.metadata.annotations, [FAULT]: fault }));
        return pod.metadata.name;
      });
      changed();
      return broken;
    },
    heal: (workload) => {
      const { cluster, pods } = podsOf(workload);
      for (const pod of pods) {
        update(cluster, PODS, pod, (draft) => {
          const { [FAULT]: _fault, ...rest } = draft.metadata.annotations ?? {};
          draft.metadata.annotations = rest;
        });
      }
      changed();
    },
    setLogs: ({ container = '', lines, previous = false, ...of }) => {
      const pods = 'pod' in of
        ? clusterOf(of.context).store.list<Pod>(PODS, of.namespace).filter((pod) => pod.metadata.name === of.pod)
        : podsOf(of).pods;
      const timed = lines.map((text, index) => ({ atMs: nowMs() - (lines.length - 1 - index) * 1000, text }));
      for (const pod of pods) {
        const key = `${pod.metadata.uid}/${container}`;
        fixedLogs.set(key, { ...fixedLogs.get(key), [previous ? 'previous' : 'current']: timed });
      }
    },
    setLoad: ({ context, namespace, deployment, cpuMillis }) => {
      clusterOf(context).loads.set(`${namespace}/${deployment}`, cpuMillis);
      changed();
    },
    recordEvent: ({ context, kind, namespace, name, type, reason, message }) => {
      const cluster = clusterOf(context);
      const about = cluster.store.get(resourceNamed(kind), namespace, name);
      if (!about) throw new Error(`no ${kind} ${name} in namespace ${namespace}`);
      recordEvent(cluster, about, type, reason, message);
      changed();
    },
    fail: (fault) => {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.add(entry);
      return { stop: () => void faults.delete(entry) };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const REASONS: { [status: number]: string } = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
};

function send(outgoing: ServerResponse, result: Exclude<ApiAnswer, { kind: 'watch' }>): void {
  if (outgoing.headersSent || outgoing.destroyed) return;
  const text = result.kind === 'json' ? `${JSON.stringify(result.body)}\n` : result.body;
  outgoing.writeHead(result.status, { 'content-type': result.kind === 'json' ? 'application/json' : 'text/plain', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function hasDryRun(body: string): boolean {
  const value = parsed(body) as { dryRun?: unknown; deleteOptions?: { dryRun?: unknown } } | null;
  const isSet = (dryRun: unknown) => Array.isArray(dryRun) && dryRun.length > 0;
  return typeof value === 'object' && value !== null && (isSet(value.dryRun) || isSet(value.deleteOptions?.dryRun));
}

function readState(path: string): State | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as State;
  } catch {
    return undefined;
  }
}
