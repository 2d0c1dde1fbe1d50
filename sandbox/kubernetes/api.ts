import { parse as parseYaml } from 'yaml';
import type { Cluster } from './cluster.ts';
import { containerOf, linesOf, parseLogOptions, renderLog, type FixedLog, type LogProgram } from './logs.ts';
import { applyConfiguration, recordUpdate, type Manager } from './managed-fields.ts';
import type { Deployment, KubernetesObject, Open, Pod } from './objects.ts';
import { timestamp } from './objects.ts';
import { isObject, jsonPatch, mergePatch, sameJson, strategicMergePatch } from './patches.ts';
import {
  ACCESS_REVIEWS, CONTROLLER_REVISIONS, DISRUPTION_BUDGETS, discovery, ENDPOINT_SLICES, findResource, groupVersion, NAMESPACES, NEW_EVENTS, NODES, PODS, REPLICA_SETS, RESOURCES, type Resource,
} from './resources.ts';
import { isAllowed, type Attempt, type Grant, type User } from './rights.ts';
import { parseFieldSelector, parseLabelSelector, selects, selectorText } from './selectors.ts';
import {
  alreadyExists, anotherUid, anotherVersion, ApiFailure, badRequest, forbidden, invalid, methodNotAllowed, noSuchPath, notFound, staleVersion, undecodable, unauthorized, unsupportedMediaType, wrongKind,
} from './status.ts';
import { storageKey, type Change } from './store.ts';
import { usageOf } from './usage.ts';
import { validate, whyNotDecodable, withDefaults } from './validation.ts';
import { askToStop, asNewEvent, newUid, now, removeWithDependents } from './world.ts';

export interface ApiRequest {
  readonly method: string;
  /** As sent, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly impersonate: string | undefined;
  readonly body: string;
}

export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly body: object }
  | { readonly kind: 'text'; readonly status: number; readonly body: string }
  | { readonly kind: 'watch'; readonly watch: Watch };

/** A watch that was granted: what to send first, and which changes to send then. */
export interface Watch {
  readonly first: readonly object[];
  readonly timeoutMs: number | undefined;
  /** The line for a change, or `undefined` when this watch does not see it. */
  lineFor(change: Change): object | undefined;
}

export interface Surroundings {
  readonly grantsOf: (user: string) => readonly Grant[];
  readonly programOf: (pod: Pod, container: string) => LogProgram;
  readonly fixedLogOf: (pod: Pod, container: string) => FixedLog | undefined;
}

/** What a path and a method mean, before anything was looked up. */
export interface RequestInfo extends Attempt {
  readonly version: string;
}

/** Paths are split after decoding, as the API server does it: `..%2fsecrets` is a name and a subresource, and leads nowhere. */
export function describeRequest(method: string, path: string, query: URLSearchParams): RequestInfo | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const [root, ...parts] = decoded.replace(/^\/+|\/+$/g, '').split('/');
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version] = root === 'api' ? ['', parts[0]] : [parts[0], parts[1]];
  let rest = parts.slice(root === 'api' ? 1 : 2);
  if (group === undefined || version === undefined || rest.length === 0) return undefined;
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status') {
    namespace = rest[1] as string;
    rest = rest.slice(2);
  }
  const [resource = '', name = '', ...sub] = rest;
  const watching = ['true', '1', ''].includes(query.get('watch') ?? 'no');
  const verb = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: name === '' ? 'deletecollection' : 'delete', GET: name === '' || watching ? (watching ? 'watch' : 'list') : 'get' }[method];
  if (verb === undefined) return undefined;
  return { verb, group, version, resource, subresource: sub.join('/'), namespace, name };
}

/** Answers one request of a known user. Effects happen before the answer is returned. */
export function answer(cluster: Cluster, request: ApiRequest, user: User | undefined, around: Surroundings): ApiAnswer {
  try {
    return dispatch(cluster, request, user, around);
  } catch (error) {
    if (error instanceof ApiFailure) return json(error.code, error.toStatus());
    throw error;
  }
}

const json = (status: number, body: object): ApiAnswer => ({ kind: 'json', status, body });

function dispatch(cluster: Cluster, request: ApiRequest, authenticated: User | undefined, around: Surroundings): ApiAnswer {
  if (!authenticated) throw unauthorized();
  const user = impersonated(cluster, request, authenticated, around);
  const path = request.path.replace(/\/+$/, '');
  if (request.method === 'GET') {
    if (['/healthz', '/livez', '/readyz'].includes(path)) return { kind: 'text', status: 200, body: 'ok' };
    const found = discovery(path);
    if (found) return json(200, found);
  }
  const info = describeRequest(request.method, request.path, request.query);
  if (!info) return { kind: 'text', status: 404, body: '404 page not found\n' };
  if (!RESOURCES.some((one) => one.group === info.group && one.version === info.version)) return { kind: 'text', status: 404, body: '404 page not found\n' };
  const resource = findResource(info.group, info.version, info.resource);
  if (!resource) throw noSuchPath();
  if (!isAllowed(cluster.store, user, around.grantsOf(user.name), info)) throw forbidden({ ...info, user: user.name, resource });
  if (info.subresource !== '' && !resource.subresources.includes(info.subresource)) throw noSuchPath();
  if (info.subresource !== '' && info.name === '') throw badRequest('name must be provided');
  if (resource.namespaced && info.namespace === '' && !['list', 'watch'].includes(info.verb)) throw info.name === '' ? methodNotAllowed() : noSuchPath();

  const call: Call = { cluster, request, resource, info, user, around };
  if (resource === ACCESS_REVIEWS) return reviewAccess(call);
  if (resource.group === 'metrics.k8s.io') return readMetrics(call);
  if (info.subresource === 'log') return readLog(call);
  if (info.subresource === 'eviction') return evict(call);
  if (info.subresource === 'scale') return scale(call);
  switch (info.verb) {
    case 'get': return json(200, shown(call, existing(call)));
    case 'list': return list(call);
    case 'watch': return { kind: 'watch', watch: startWatch(call) };
    case 'create': return create(call);
    case 'update': return replace(call);
    case 'patch': return patch(call);
    case 'delete': return remove(call);
    case 'deletecollection': return removeAll(call);
    default: throw methodNotAllowed();
  }
}

interface Call {
  readonly cluster: Cluster;
  readonly request: ApiRequest;
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: User;
  readonly around: Surroundings;
}

function impersonated(cluster: Cluster, request: ApiRequest, user: User, around: Surroundings): User {
  if (request.impersonate === undefined) return user;
  const users: Resource = { ...NAMESPACES, plural: 'users', kind: 'User' };
  const attempt = { verb: 'impersonate', group: '', resource: 'users', subresource: '', namespace: '', name: request.impersonate };
  if (!isAllowed(cluster.store, user, around.grantsOf(user.name), attempt)) throw forbidden({ ...attempt, user: user.name, resource: users });
  return { name: request.impersonate, groups: ['system:authenticated'] };
}

// ---- reading ------------------------------------------------------------------

function existing({ cluster, resource, info }: Call): KubernetesObject {
  const found = cluster.store.get(resource, info.namespace, info.name);
  if (!found) throw notFound(resource, info.name);
  return found;
}

/** The object in the form of the group it was asked for. */
function shown({ resource }: Pick<Call, 'resource'>, object: KubernetesObject): KubernetesObject {
  return resource === NEW_EVENTS ? asNewEvent(object) : object;
}

function filterOf({ request, resource }: Call): (object: KubernetesObject) => boolean {
  const byLabel = parseLabelSelector(request.query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(request.query.get('fieldSelector') ?? '', resource.kind);
  return (object) => byLabel(object.metadata.labels ?? {}) && byField(object);
}

function list(call: Call): ApiAnswer {
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

function startWatch(call: Call): Watch {
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

function readLog(call: Call): ApiAnswer {
  const { cluster, request, info, around } = call;
  const pod = existing(call) as Pod;
  const options = parseLogOptions(request.query, info.name, cluster.nowMs);
  const status = containerOf(pod, options);
  const lines = linesOf(status, around.programOf(pod, status.name), around.fixedLogOf(pod, status.name), options.previous, cluster.nowMs);
  return { kind: 'text', status: 200, body: renderLog(lines, options) };
}

function readMetrics(call: Call): ApiAnswer {
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

function reviewAccess({ cluster, request, user, around, resource }: Call): ApiAnswer {
  const sent = parseBody(request.body, resource);
  const asked = sent.spec?.resourceAttributes as { [name: string]: string | undefined } | undefined;
  if (!asked) throw invalid(resource, '', [{ reason: 'FieldValueInvalid', message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified', field: 'spec.resourceAttributes' }]);
  const attempt = { verb: asked.verb ?? '', group: asked.group ?? '', resource: asked.resource ?? '', subresource: asked.subresource ?? '', namespace: asked.namespace ?? '', name: asked.name ?? '' };
  const allowed = isAllowed(cluster.store, user, around.grantsOf(user.name), attempt);
  return json(201, { kind: resource.kind, apiVersion: groupVersion(resource), metadata: {}, spec: sent.spec, status: { allowed } });
}

// ---- writing ------------------------------------------------------------------

function isDryRun({ request, info }: Call, body?: Open): boolean {
  const values = [...request.query.getAll('dryRun'), ...(Array.isArray(body?.dryRun) ? body.dryRun : [])];
  const wrong = values.filter((value) => value !== 'All');
  if (wrong.length > 0) {
    const kind = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', delete: 'DeleteOptions', deletecollection: 'DeleteOptions' }[info.verb] ?? 'PatchOptions';
    throw invalid({ kind, group: 'meta.k8s.io' }, '', [{ reason: 'FieldValueNotSupported', message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`, field: 'dryRun' }]);
  }
  return values.length > 0;
}

function managerOf({ request, cluster, info }: Call): Manager {
  const name = request.query.get('fieldManager') || request.userAgent.split('/')[0] || 'unknown';
  return { name, time: now(cluster), ...((info.subresource === 'scale' || info.subresource === 'status') && { subresource: info.subresource }) };
}

function parseBody(text: string, resource: Resource): KubernetesObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    try {
      body = parseYaml(text);
    } catch {
      body = undefined;
    }
  }
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: ${whyNotJson(text)} (${Buffer.from(text).subarray(0, 16).toString('hex')})`);
  if ((body.kind !== undefined && body.kind !== resource.kind) || (body.apiVersion !== undefined && body.apiVersion !== groupVersion(resource))) throw wrongKind(resource, body);
  return { ...body, kind: resource.kind, apiVersion: groupVersion(resource), metadata: { ...body.metadata } } as KubernetesObject;
}

function checkAddress({ info }: Call, object: KubernetesObject): void {
  const { name, namespace } = object.metadata;
  if (info.name !== '' && name !== info.name) throw badRequest(`the name of the object (${name ?? ''}) does not match the name on the URL (${info.name})`);
  if (namespace !== undefined && namespace !== info.namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function create(call: Call): ApiAnswer {
  const { resource, info } = call;
  if (info.name !== '') throw methodNotAllowed();
  const sent = parseBody(call.request.body, resource);
  checkAddress(call, sent);
  return json(201, shown(call, storeNew(call, sent, managerOf(call), isDryRun(call))));
}

function storeNew({ cluster, resource, info }: Pick<Call, 'cluster' | 'resource' | 'info'>, sent: KubernetesObject, manager: Manager, dryRun: boolean, managedFields?: KubernetesObject['metadata']['managedFields']): KubernetesObject {
  if (resource.namespaced && !cluster.store.get(NAMESPACES, '', info.namespace)) throw notFound(NAMESPACES, info.namespace);
  const object = withDefaults(resource, sent);
  const { metadata } = object;
  if (metadata.name === undefined && metadata.generateName) metadata.name = `${metadata.generateName}${newUid(cluster.random).slice(0, 5)}`;
  if (resource.namespaced) metadata.namespace = info.namespace;
  const problem = whyNotDecodable(resource, object);
  if (problem) throw badRequest(`${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${problem}`);
  validate(resource, object, undefined);
  if (cluster.store.get(resource, info.namespace, metadata.name)) throw alreadyExists(resource, metadata.name);
  if (resource.kind === 'Pod') object.status = { phase: 'Pending', qosClass: 'Burstable' };
  else if (['Deployment', 'StatefulSet', 'ReplicaSet', 'HorizontalPodAutoscaler'].includes(resource.kind)) object.status = resource.kind === 'ReplicaSet' ? { replicas: 0 } : {};
  metadata.uid = newUid(cluster.random);
  metadata.creationTimestamp = now(cluster);
  if (resource.countsGenerations) metadata.generation = 1;
  metadata.managedFields = managedFields ?? recordUpdate(undefined, object, manager);
  return dryRun ? object : cluster.store.put(resource, object);
}

function replace(call: Call): ApiAnswer {
  const { resource } = call;
  if (call.info.name === '') throw methodNotAllowed();
  const before = existing(call);
  const sent = parseBody(call.request.body, resource);
  checkAddress(call, { ...sent, metadata: { ...sent.metadata, name: sent.metadata.name ?? call.info.name } });
  const next = { ...sent, metadata: { ...sent.metadata, namespace: before.metadata.namespace, uid: sent.metadata.uid ?? before.metadata.uid } } as KubernetesObject;
  return json(200, shown(call, storeNext(call, before, next, managerOf(call), isDryRun(call))));
}

const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'];

function patch(call: Call): ApiAnswer {
  const { resource, info, request } = call;
  if (info.name === '') throw methodNotAllowed();
  const type = request.contentType.split(';')[0]?.trim() ?? '';
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType();
  checkFieldManager(call, type);
  const dryRun = isDryRun(call);
  if (type === 'application/apply-patch+yaml') return apply(call, dryRun);
  const before = existing(call);
  const next = applyPatch(type, before, request.body);
  checkAddress(call, next);
  const problem = whyNotDecodable(resource, next);
  if (problem) throw undecodable(next, problem);
  return json(200, shown(call, storeNext(call, before, next, managerOf(call), dryRun)));
}

function checkFieldManager({ request }: Call, type: string): void {
  const name = request.query.get('fieldManager');
  const of = { kind: 'PatchOptions', group: 'meta.k8s.io' };
  if (type === 'application/apply-patch+yaml' && !name) throw invalid(of, '', [{ reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' }]);
  if (type !== 'application/apply-patch+yaml' && request.query.get('force') !== null) throw invalid(of, '', [{ reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' }]);
  if (name !== null && name.length > 128) throw invalid(of, '', [{ reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes', field: 'fieldManager' }]);
}

/** What Go's decoder says of a text that is no JSON, as far as its first characters tell. */
function whyNotJson(text: string): string {
  const start = text.trimStart();
  if (start === '') return 'unexpected end of JSON input';
  const literal = ['null', 'true', 'false'].find((word) => word[0] === start[0]);
  const at = literal === undefined ? -1 : [...literal].findIndex((character, index) => start[index] !== character);
  if (literal !== undefined && at > 0) return start[at] === undefined ? 'unexpected end of JSON input' : `invalid character '${start[at]}' in literal ${literal} (expecting '${literal[at]}')`;
  return /^["[{\d-]/.test(start) ? 'unexpected end of JSON input' : `invalid character '${start[0]}' looking for beginning of value`;
}

function parsePatch(text: string): Open {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`error decoding patch: ${whyNotJson(text)}`);
  }
}

function applyPatch(type: string, before: KubernetesObject, text: string): KubernetesObject {
  const body = parsePatch(text);
  if (type === 'application/json-patch+json') return jsonPatch(before, body);
  if (!isObject(body)) throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  return type === 'application/merge-patch+json' ? mergePatch(before, body) : strategicMergePatch(before, body);
}

function apply(call: Call, dryRun: boolean): ApiAnswer {
  const { cluster, resource, info, request } = call;
  const config = parseBody(request.body, resource);
  config.metadata.name ??= info.name;
  checkAddress(call, config);
  if (config.metadata.managedFields) throw badRequest('metadata.managedFields must be nil');
  const manager = managerOf(call);
  const before = cluster.store.get(resource, info.namespace, info.name);
  const problem = whyNotDecodable(resource, config);
  if (problem) throw badRequest(`failed to create typed patch object (${info.namespace}/${info.name}; ${groupVersion(resource)}, Kind=${resource.kind}): ${problem}`);
  const next = applyConfiguration(before, config, manager, request.query.get('force') === 'true');
  if (!before) return json(201, storeNew(call, next, manager, dryRun, next.metadata.managedFields));
  return json(200, storeNext(call, before, next, manager, dryRun, next.metadata.managedFields));
}

/** Everything that a change of an existing object goes through, whichever way it came. */
function storeNext(
  { cluster, resource, info }: Pick<Call, 'cluster' | 'resource' | 'info'>, before: KubernetesObject, sent: KubernetesObject, manager: Manager, dryRun: boolean,
  managedFields?: KubernetesObject['metadata']['managedFields'],
): KubernetesObject {
  const { name } = before.metadata;
  if (sent.metadata.resourceVersion && sent.metadata.resourceVersion !== before.metadata.resourceVersion) throw staleVersion(resource, name);
  const merged = info.subresource === 'status' ? { ...before, status: sent.status } : { ...sent, ...(before.status !== undefined && { status: before.status }) };
  const next = withDefaults(resource, merged as KubernetesObject);
  next.metadata = {
    ...next.metadata, resourceVersion: before.metadata.resourceVersion, creationTimestamp: before.metadata.creationTimestamp,
    ...(before.metadata.generation !== undefined && { generation: before.metadata.generation }),
  };
  validate(resource, next, before);
  // A deployment counts changes of its annotations as well.
  const counted = ({ spec, metadata }: KubernetesObject) => (resource.kind === 'Deployment' ? [spec, metadata.annotations ?? {}] : [spec]);
  if (resource.countsGenerations && !sameJson(counted(before), counted(next))) next.metadata.generation = (before.metadata.generation ?? 0) + 1;
  next.metadata.managedFields = managedFields ?? recordUpdate(before, next, manager);
  const { managedFields: was, ...metadata } = before.metadata;
  const { managedFields: is, ...nextMetadata } = next.metadata;
  const unchanged = sameJson({ ...before, metadata }, { ...next, metadata: nextMetadata }) && sameOwnership(was, is);
  if (unchanged) return before;
  return dryRun ? next : cluster.store.put(resource, next);
}

const sameOwnership = (a: Open, b: Open): boolean => {
  const timeless = (entries: Open) => (entries ?? []).map(({ time: _time, ...entry }: Open) => entry);
  return sameJson(timeless(a), timeless(b));
};

const SCALE: Pick<Resource, 'kind' | 'group'> = { kind: 'Scale', group: 'autoscaling' };

function scaleOf(object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec.replicas }, status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object.spec.selector) },
  };
}

function scale(call: Call): ApiAnswer {
  const { resource, request, info } = call;
  const before = existing(call) as Deployment;
  const seen = scaleOf(before);
  if (info.verb === 'get') return json(200, seen);
  let sent: KubernetesObject;
  if (info.verb === 'patch') {
    const type = request.contentType.split(';')[0]?.trim() ?? '';
    if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType();
    checkFieldManager(call, type);
    sent = type === 'application/apply-patch+yaml' ? (mergePatch(seen, parseYaml(request.body)) as KubernetesObject) : applyPatch(type, seen, request.body);
  } else if (info.verb === 'update') {
    sent = parsePatch(request.body) as KubernetesObject;
  } else {
    throw methodNotAllowed();
  }
  checkAddress(call, sent);
  const replicas: unknown = sent.spec?.replicas ?? 0;
  if (typeof replicas !== 'number') throw undecodable(sent, `json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`);
  if (!Number.isInteger(replicas) || replicas > 2 ** 31 - 1) throw undecodable(sent, `json: cannot unmarshal number ${replicas} into Go struct field ScaleSpec.spec.replicas of type int32`);
  if (replicas < 0) throw invalid(SCALE, info.name, [{ reason: 'FieldValueInvalid', message: `Invalid value: ${replicas}: must be greater than or equal to 0`, field: 'spec.replicas' }]);
  if (sent.metadata.uid !== undefined && sent.metadata.uid !== before.metadata.uid) {
    throw new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${resource.plural}/scale.${resource.group} "${info.name}": Precondition failed: UID in precondition: ${sent.metadata.uid}, UID in object meta: ${before.metadata.uid}`, { name: info.name, group: resource.group, kind: `${resource.plural}/scale` });
  }
  const next = structuredClone(before) as KubernetesObject;
  next.spec.replicas = replicas;
  next.metadata.resourceVersion = sent.metadata.resourceVersion ?? '';
  const stored = storeNext({ ...call, info: { ...info, subresource: '' } }, before, next, managerOf(call), isDryRun(call));
  return json(200, scaleOf(stored));
}

// ---- removing -----------------------------------------------------------------

const DEPENDENTS = [REPLICA_SETS, CONTROLLER_REVISIONS, ENDPOINT_SLICES, PODS];

interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

function deleteOptions({ request }: Call): DeleteOptions {
  const body: DeleteOptions = request.body === '' ? {} : (parsePatch(request.body) as DeleteOptions);
  const grace = request.query.get('gracePeriodSeconds');
  const policy = request.query.get('propagationPolicy');
  return { ...body, ...(grace !== null && { gracePeriodSeconds: Number(grace) }), ...(policy !== null && { propagationPolicy: policy }) };
}

function remove(call: Call): ApiAnswer {
  const { resource, info } = call;
  const object = existing(call);
  const options = deleteOptions(call);
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== object.metadata.uid) throw anotherUid(resource, info.name, uid, object.metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) throw anotherVersion(resource, info.name, resourceVersion, object.metadata.resourceVersion);
  const dryRun = isDryRun(call, options);
  const last = removeOne(call, object, options, dryRun);
  if (resource === PODS || resource === NAMESPACES) return json(200, last);
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: info.name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid: object.metadata.uid } });
}

function removeOne({ cluster, resource }: Call, object: KubernetesObject, options: DeleteOptions, dryRun: boolean): KubernetesObject {
  if (dryRun) return object;
  if (resource === PODS) {
    const pod = object as Pod;
    if (options.gracePeriodSeconds === 0) cluster.store.remove(PODS, pod);
    else askToStop(cluster, PODS, pod, options.gracePeriodSeconds);
    return cluster.store.get(PODS, pod.metadata.namespace as string, pod.metadata.name) ?? pod;
  }
  if (resource === NAMESPACES) {
    for (const kind of RESOURCES) if (kind.namespaced && kind.group !== 'metrics.k8s.io') for (const one of cluster.store.list(kind, object.metadata.name)) cluster.store.remove(kind, one);
    cluster.store.remove(NAMESPACES, object);
    return { ...object, metadata: { ...object.metadata, deletionTimestamp: timestamp(cluster.nowMs) }, status: { phase: 'Terminating' } };
  }
  removeWithDependents(cluster, resource, object, options.propagationPolicy === 'Orphan' ? [] : DEPENDENTS);
  return object;
}

function removeAll(call: Call): ApiAnswer {
  const { cluster, resource, info } = call;
  const options = deleteOptions(call);
  const dryRun = isDryRun(call, options);
  const doomed = cluster.store.list(resource, info.namespace).filter(filterOf(call));
  for (const object of doomed) removeOne(call, object, options, dryRun);
  return json(200, { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata: { resourceVersion: String(cluster.store.version) }, items: doomed });
}

/** Deletes a pod unless a disruption budget says that too few would be left. */
function evict(call: Call): ApiAnswer {
  const { cluster, info, request } = call;
  if (info.verb !== 'create') throw methodNotAllowed();
  const pod = existing(call) as Pod;
  const body = parsePatch(request.body);
  const { uid } = body.deleteOptions?.preconditions ?? {};
  if (uid !== undefined && uid !== pod.metadata.uid) throw anotherUid(PODS, info.name, uid, pod.metadata.uid);
  const budget = cluster.store.list(DISRUPTION_BUDGETS, info.namespace).find((one) => selects(one.spec.selector, pod.metadata.labels));
  if (budget && (budget.status?.disruptionsAllowed ?? 0) < 1) {
    throw new ApiFailure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${budget.metadata.name} needs ${budget.status?.desiredHealthy} healthy pods and has ${budget.status?.currentHealthy} currently` }],
    });
  }
  if (!isDryRun(call, body.deleteOptions)) askToStop(cluster, PODS, pod, body.deleteOptions?.gracePeriodSeconds);
  return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}
