import type { Cluster } from './cluster.ts';
import type { FixedLog, LogProgram } from './logs.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import { NEW_EVENTS, type Resource } from './resources.ts';
import type { Attempt, Grant, User } from './rights.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { notFound } from './status.ts';
import type { Change } from './store.ts';
import { asNewEvent } from './world.ts';

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

/** A request that was understood and allowed. */
export interface Call {
  readonly cluster: Cluster;
  readonly request: ApiRequest;
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: User;
  readonly around: Surroundings;
}

export const json = (status: number, body: object): ApiAnswer => ({ kind: 'json', status, body });

export function existing({ cluster, resource, info }: Call): KubernetesObject {
  const found = cluster.store.get(resource, info.namespace, info.name);
  if (!found) throw notFound(resource, info.name);
  return found;
}

/** The object in the form of the group it was asked for. */
export function shown({ resource }: Pick<Call, 'resource'>, object: KubernetesObject): KubernetesObject {
  return resource === NEW_EVENTS ? asNewEvent(object) : object;
}

export function filterOf({ request, resource }: Call): (object: KubernetesObject) => boolean {
  const byLabel = parseLabelSelector(request.query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(request.query.get('fieldSelector') ?? '', resource.kind);
  return (object) => byLabel(object.metadata.labels ?? {}) && byField(object);
}
