import { existing, filterOf, json, type ApiAnswer, type Call } from './call.ts';
import { timestamp, type KubernetesObject, type Pod } from './objects.ts';
import { CONTROLLER_REVISIONS, DISRUPTION_BUDGETS, ENDPOINT_SLICES, groupVersion, NAMESPACES, PODS, REPLICA_SETS, RESOURCES } from './resources.ts';
import { selects } from './selectors.ts';
import { anotherUid, anotherVersion, ApiFailure, methodNotAllowed } from './status.ts';
import { askToStop, removeWithDependents } from './world.ts';
import { isDryRun, parsePatch } from './write.ts';

/** What goes along with its owner. */
export const DEPENDENTS = [REPLICA_SETS, CONTROLLER_REVISIONS, ENDPOINT_SLICES, PODS];

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

export function remove(call: Call): ApiAnswer {
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

export function removeAll(call: Call): ApiAnswer {
  const { cluster, resource, info } = call;
  const options = deleteOptions(call);
  const dryRun = isDryRun(call, options);
  const doomed = cluster.store.list(resource, info.namespace).filter(filterOf(call));
  for (const object of doomed) removeOne(call, object, options, dryRun);
  return json(200, { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata: { resourceVersion: String(cluster.store.version) }, items: doomed });
}

/** Deletes a pod unless a disruption budget says that too few would be left. */
export function evict(call: Call): ApiAnswer {
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
