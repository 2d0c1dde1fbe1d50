import { parse as parseYaml } from 'yaml';
import { existing, json, shown, type ApiAnswer, type Call } from './call.ts';
import { applyConfiguration, recordUpdate, type Manager } from './managed-fields.ts';
import type { KubernetesObject, Open } from './objects.ts';
import { isObject, jsonPatch, mergePatch, sameJson, strategicMergePatch } from './patches.ts';
import { groupVersion, NAMESPACES, type Resource } from './resources.ts';
import { isAllowed } from './rights.ts';
import { alreadyExists, badRequest, forbidden, invalid, methodNotAllowed, notFound, staleVersion, undecodable, unsupportedMediaType, wrongKind } from './status.ts';
import { withDefaults } from './defaults.ts';
import { validate, whyNotDecodable } from './validation.ts';
import { newUid, now } from './world.ts';

export function isDryRun({ request, info }: Call, body?: Open): boolean {
  const values = [...request.query.getAll('dryRun'), ...(Array.isArray(body?.dryRun) ? body.dryRun : [])];
  const wrong = values.filter((value) => value !== 'All');
  if (wrong.length > 0) {
    const kind = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions', delete: 'DeleteOptions', deletecollection: 'DeleteOptions' }[info.verb] ?? 'PatchOptions';
    throw invalid({ kind, group: 'meta.k8s.io' }, '', [{ reason: 'FieldValueNotSupported', message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`, field: 'dryRun' }]);
  }
  return values.length > 0;
}

export function managerOf({ request, cluster, info }: Call): Manager {
  const name = request.query.get('fieldManager') || request.userAgent.split('/')[0] || 'unknown';
  return { name, time: now(cluster), ...((info.subresource === 'scale' || info.subresource === 'status') && { subresource: info.subresource }) };
}

export function parseBody(text: string, resource: Resource): KubernetesObject {
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

export function checkAddress({ info }: Call, object: KubernetesObject): void {
  const { name, namespace } = object.metadata;
  if (info.name !== '' && name !== info.name) throw badRequest(`the name of the object (${name ?? ''}) does not match the name on the URL (${info.name})`);
  if (namespace !== undefined && namespace !== info.namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

export function create(call: Call): ApiAnswer {
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

export function replace(call: Call): ApiAnswer {
  const { resource } = call;
  if (call.info.name === '') throw methodNotAllowed();
  const before = existing(call);
  const sent = parseBody(call.request.body, resource);
  checkAddress(call, { ...sent, metadata: { ...sent.metadata, name: sent.metadata.name ?? call.info.name } });
  const next = { ...sent, metadata: { ...sent.metadata, namespace: before.metadata.namespace, uid: sent.metadata.uid ?? before.metadata.uid } } as KubernetesObject;
  return json(200, shown(call, storeNext(call, before, next, managerOf(call), isDryRun(call))));
}

export const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'];

export function patch(call: Call): ApiAnswer {
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

export function checkFieldManager({ request }: Call, type: string): void {
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

export function parsePatch(text: string): Open {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`error decoding patch: ${whyNotJson(text)}`);
  }
}

export function applyPatch(type: string, before: KubernetesObject, text: string): KubernetesObject {
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
  if (!before) {
    const creation = { ...info, verb: 'create' };
    if (!isAllowed(cluster.store, call.user, call.around.grantsOf(call.user.name), creation)) throw forbidden({ ...creation, user: call.user.name, resource });
    return json(201, storeNew(call, next, manager, dryRun, next.metadata.managedFields));
  }
  return json(200, storeNext(call, before, next, manager, dryRun, next.metadata.managedFields));
}

/** Everything that a change of an existing object goes through, whichever way it came. */
export function storeNext(
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
