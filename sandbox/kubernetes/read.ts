import { filterOf, existing, json, shown, type ApiAnswer, type Call, type Watch } from './call.ts';
import { containerOf, linesOf, parseLogOptions, renderLog } from './logs.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import { groupVersion, NODES, PODS } from './resources.ts';
import { ApiFailure, badRequest, notFound } from './status.ts';
import { storageKey, type Change } from './store.ts';
import { usageOf } from './usage.ts';
import { now } from './world.ts';

export function list(call: Call): ApiAnswer {
  const { cluster, request, resource, info } = call;
  const all = cluster.store.list(resource, info.namespace).filter(filterOf(call));
  const limit = Number(request.query.get('limit') ?? 0);
  const token = request.query.get('continue');
  const from = token ? decodeContinue(token) : 0;
  const page = limit > 0 ? all.slice(from, from + limit) : all.slice(from);
  const rest = all.length - from - page.length;
  return json(200, {
    kind: `${resource.kind}List`,
    apiVersion: groupVersion(resource),
    metadata: {
      resourceVersion: String(cluster.store.version),
      ...(rest > 0 && { continue: Buffer.from(JSON.stringify({ start: from + page.length })).toString('base64url'), remainingItemCount: rest }),
    },
    items: page.map((object) => {
      const { kind: _kind, apiVersion: _apiVersion, ...item } = shown(call, object);
      return item;
    }),
  });
}

function decodeContinue(token: string): number {
  try {
    return Number((JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: number }).start) || 0;
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data');
  }
}

export function startWatch(call: Call): Watch {
  const { cluster, request, resource, info } = call;
  const matches = filterOf(call);
  const visible = (object: KubernetesObject) =>
    (info.namespace === '' || object.metadata.namespace === info.namespace) && (info.name === '' || object.metadata.name === info.name) && matches(object);
  const lineFor = (change: Change): object | undefined => {
    if (change.resource !== storageKey(resource)) return undefined;
    const is = change.type !== 'DELETED' && visible(change.object);
    const was = change.before !== undefined && visible(change.before);
    if (!is && !was) return undefined;
    return { type: is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED', object: shown(call, change.object) };
  };
  const since = request.query.get('resourceVersion') ?? '';
  const timeout = Number(request.query.get('timeoutSeconds') ?? 0);
  const timeoutMs = timeout > 0 ? timeout * 1000 : undefined;
  if (since === '' || since === '0') {
    const first: object[] = cluster.store.list(resource, info.namespace).filter(visible).map((object) => ({ type: 'ADDED', object: shown(call, object) }));
    if (request.query.get('sendInitialEvents') === 'true') {
      first.push({ type: 'BOOKMARK', object: { kind: resource.kind, apiVersion: groupVersion(resource), metadata: { resourceVersion: String(cluster.store.version), annotations: { 'k8s.io/initial-events-end': 'true' } } } });
    }
    return { first, timeoutMs, lineFor };
  }
  if (!/^\d+$/.test(since)) throw new ApiFailure(500, '', `resourceVersion: Invalid value: ${JSON.stringify(since)}: strconv.ParseUint: parsing ${JSON.stringify(since)}: invalid syntax`);
  const missed = cluster.store.changesSince(resource, Number(since));
  if (missed === 'expired') {
    const gone = new ApiFailure(410, 'Expired', `too old resource version: ${since} (${cluster.store.version})`);
    return { first: [{ type: 'ERROR', object: gone.toStatus() }], timeoutMs: 0, lineFor: () => undefined };
  }
  return { first: missed.map(lineFor).filter((line) => line !== undefined), timeoutMs, lineFor };
}

export function readLog(call: Call): ApiAnswer {
  const { cluster, request, info, around } = call;
  const pod = existing(call) as Pod;
  const options = parseLogOptions(request.query, info.name, cluster.nowMs);
  const status = containerOf(pod, options);
  const lines = linesOf(status, around.programOf(pod, status.name), around.fixedLogOf(pod, status.name), options.previous, cluster.nowMs);
  return { kind: 'text', status: 200, body: renderLog(lines, options) };
}

export function readMetrics(call: Call): ApiAnswer {
  const { cluster, resource, info } = call;
  const isNodes = resource.plural === 'nodes';
  const pods = cluster.store.list<Pod>(PODS, isNodes ? '' : info.namespace).filter((pod) => pod.status.phase === 'Running');
  const quantity = (cpu: number, memory: number) => ({ cpu: `${Math.round(cpu)}m`, memory: `${Math.round(memory / 1024)}Ki` });
  const metadata = (object: KubernetesObject) => ({
    name: object.metadata.name, ...(object.metadata.namespace && { namespace: object.metadata.namespace }), creationTimestamp: now(cluster), ...(object.metadata.labels && { labels: object.metadata.labels }),
  });
  const times = { timestamp: now(cluster), window: '15s' };
  const items: KubernetesObject[] = (isNodes ? cluster.store.list(NODES) : pods).filter(filterOf(call)).map((object) => {
    const about = { kind: resource.kind, apiVersion: groupVersion(resource), metadata: metadata(object), ...times } as unknown as KubernetesObject;
    if (isNodes) {
      const used = pods.filter((pod) => pod.spec.nodeName === object.metadata.name).map((pod) => usageOf(cluster, pod));
      return { ...about, usage: quantity(used.reduce((sum, one) => sum + one.cpuMillis, 150), used.reduce((sum, one) => sum + one.memoryBytes, 2 ** 29)) };
    }
    const used = usageOf(cluster, object as Pod);
    const containers = (object as Pod).spec.containers;
    return { ...about, containers: containers.map(({ name }) => ({ name, usage: quantity(used.cpuMillis / containers.length, used.memoryBytes / containers.length) })) };
  });
  if (info.name === '') return json(200, { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata: {}, items });
  const one = items.find((item) => item.metadata.name === info.name);
  if (!one) throw notFound(resource, info.name);
  return json(200, one);
}
