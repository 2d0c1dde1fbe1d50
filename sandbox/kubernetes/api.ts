import { describeRequest, existing, json, shown, type ApiAnswer, type ApiRequest, type Call, type Surroundings } from './call.ts';
import type { Cluster } from './cluster.ts';
import { list, readLog, readMetrics, startWatch } from './read.ts';
import { evict, remove, removeAll } from './remove.ts';
import { ACCESS_REVIEWS, discovery, findResource, groupVersion, NAMESPACES, RESOURCES, type Resource } from './resources.ts';
import { isAllowed, type User } from './rights.ts';
import { scale } from './scale.ts';
import { ApiFailure, badRequest, forbidden, invalid, methodNotAllowed, noSuchPath, unauthorized } from './status.ts';
import { create, parseBody, patch, replace } from './write.ts';

/** Answers one request of a known user. Effects happen before the answer is returned. */
export function answer(cluster: Cluster, request: ApiRequest, user: User | undefined, around: Surroundings): ApiAnswer {
  try {
    return dispatch(cluster, request, user, around);
  } catch (error) {
    if (error instanceof ApiFailure) return json(error.code, error.toStatus());
    throw error;
  }
}

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

function impersonated(cluster: Cluster, request: ApiRequest, user: User, around: Surroundings): User {
  if (request.impersonate === undefined) return user;
  const users: Resource = { ...NAMESPACES, plural: 'users', kind: 'User' };
  const attempt = { verb: 'impersonate', group: '', resource: 'users', subresource: '', namespace: '', name: request.impersonate };
  if (!isAllowed(cluster.store, user, around.grantsOf(user.name), attempt)) throw forbidden({ ...attempt, user: user.name, resource: users });
  return { name: request.impersonate, groups: ['system:authenticated'] };
}

function reviewAccess({ cluster, request, user, around, resource }: Call): ApiAnswer {
  const sent = parseBody(request.body, resource);
  const asked = sent.spec?.resourceAttributes as { [name: string]: string | undefined } | undefined;
  if (!asked) throw invalid(resource, '', [{ reason: 'FieldValueInvalid', message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified', field: 'spec.resourceAttributes' }]);
  const attempt = { verb: asked.verb ?? '', group: asked.group ?? '', resource: asked.resource ?? '', subresource: asked.subresource ?? '', namespace: asked.namespace ?? '', name: asked.name ?? '' };
  const allowed = isAllowed(cluster.store, user, around.grantsOf(user.name), attempt);
  return json(201, { kind: resource.kind, apiVersion: groupVersion(resource), metadata: {}, spec: sent.spec, status: { allowed } });
}
