import type { Random } from '../../src/support/ids.ts';
import { copy, microTimestamp, timestamp, type KubernetesObject, type Pod } from './objects.ts';
import { sameJson } from './patches.ts';
import { recordUpdate } from './managed-fields.ts';
import { EVENTS, NAMESPACES, type Resource } from './resources.ts';
import type { ObjectStore } from './store.ts';

/** How long things take, in milliseconds. The defaults are those of the simulated nodes of the cluster tests. */
export interface Timing {
  /** A pod that was created: until its containers run. */
  readonly startMs: number;
  /** A pod that runs: until it is ready, unless its annotation `stockops.test/ready-after` says otherwise. */
  readonly readyMs: number;
  /** A pod that was asked to stop: until it is gone. */
  readonly stopMs: number;
  /** A container that crashes: how long it ran first. */
  readonly crashMs: number;
  /** A container that crashed: how long until it is started again, unless `stockops.test/back-off` says otherwise. */
  readonly backOffMs: number;
  readonly autoscaleEveryMs: number;
  /** How long the autoscaler remembers that more pods were needed. */
  readonly scaleDownStabilizationMs: number;
}

export const quickTiming: Timing = { startMs: 100, readyMs: 200, stopMs: 200, crashMs: 1000, backOffMs: 5000, autoscaleEveryMs: 15_000, scaleDownStabilizationMs: 300_000 };

/** What a pod does next, and when. Kept beside the pods, because Kubernetes' own times are whole seconds. */
export interface Agenda {
  readonly step: string;
  readonly dueMs: number;
}

export interface AutoscalerMemory {
  readonly evaluatedMs: number;
  readonly inputs: string;
  readonly recommendations: readonly { readonly atMs: number; readonly replicas: number }[];
}

/**
 * What the controllers see of a cluster: its objects, the moment it has reached, and what they remember. They are functions
 * from the present state to the next one and are called until nothing changes, so a missed moment is made up for later.
 */
export interface World {
  readonly store: ObjectStore;
  readonly timing: Timing;
  readonly random: Random;
  /** The moment that the simulation has reached; never ahead of the clock. */
  nowMs: number;
  /** By uid of the pod. */
  readonly agendas: Map<string, Agenda>;
  /** By uid of the pod: since when it is ready, to the millisecond. */
  readonly readySinceMs: Map<string, number>;
  /** By uid of the autoscaler. */
  readonly autoscalers: Map<string, AutoscalerMemory>;
  /** By `namespace/workload`: processor time that all its pods need together, in millicores. */
  readonly loads: Map<string, number>;
  /** By uid of the deployment: when its rollout last made progress. */
  readonly progressedMs: Map<string, number>;
  /** How many pods have had an address so far. */
  nextPodAddress: number;
}

export const now = (world: World): string => timestamp(world.nowMs);

/**
 * Writes an object as a controller: counts generations, and does nothing when nothing changed. `change` may assign fields of the
 * draft and of its `metadata`, `spec` and `status`; what lies deeper is shared with the object as stored and must be replaced whole.
 */
export function update<T extends KubernetesObject>(world: World, resource: Resource, before: T, change: (draft: T) => void): T {
  const after: T = { ...before, metadata: { ...before.metadata }, ...(before.spec && { spec: { ...before.spec } }), ...(before.status && { status: { ...before.status } }) };
  change(after);
  if (sameJson(before, after)) return before;
  if (resource.countsGenerations && !sameJson(before.spec, after.spec)) {
    after.metadata.generation = (before.metadata.generation ?? 0) + 1;
    // Only what a person or a program may also want to set is worth an owner: in practice the replicas that an autoscaler writes.
    after.metadata.managedFields = recordUpdate(before, after, { name: 'kube-controller-manager', time: now(world), subresource: 'scale' });
  }
  return world.store.put(resource, after);
}

export function create<T extends KubernetesObject>(world: World, resource: Resource, draft: Omit<T, 'metadata'> & { metadata: Partial<T['metadata']> }): T {
  const object = copy(draft) as T;
  object.metadata.uid = newUid(world.random);
  object.metadata.creationTimestamp = now(world);
  if (resource.countsGenerations) object.metadata.generation = 1;
  return world.store.put(resource, object);
}

/** Removes an object and everything that it controls, as the garbage collector does. */
export function removeWithDependents(world: World, resource: Resource, object: KubernetesObject, dependents: readonly Resource[]): void {
  world.store.remove(resource, object);
  for (const kind of dependents) {
    for (const child of world.store.list(kind, object.metadata.namespace)) {
      if (child.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid)) {
        if (child.kind === 'Pod') askToStop(world, kind, child as Pod);
        else removeWithDependents(world, kind, child, dependents);
      }
    }
  }
}

/** Marks a pod for deletion; it goes when its containers have stopped. */
export function askToStop(world: World, resource: Resource, pod: Pod, graceSeconds = pod.spec.terminationGracePeriodSeconds ?? 30): void {
  if (pod.metadata.deletionTimestamp) return;
  update(world, resource, pod, (draft) => {
    draft.metadata.deletionTimestamp = timestamp(world.nowMs + graceSeconds * 1000);
    draft.metadata.deletionGracePeriodSeconds = graceSeconds;
    draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
  });
}

export function newUid(random: Random): string {
  const hex = random.bytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters that make no words, as Kubernetes ends generated names. */
export function nameSuffix(bytes: Uint8Array): string {
  return [...bytes].map((byte) => NAME_ALPHABET[byte % NAME_ALPHABET.length]).join('');
}

const EVENT_LIFETIME_MS = 3_600_000;

/** Tells what happened to an object. The same thing again within the hour counts up, as the real recorders do. */
export function recordEvent(world: World, about: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string, component = 'kubelet'): void {
  const namespace = about.metadata.namespace ?? 'default';
  if (!world.store.get(NAMESPACES, '', namespace)) return;
  const same = world.store.list(EVENTS, namespace).find((event) => event.involvedObject.uid === about.metadata.uid && event.reason === reason && event.message === message);
  if (same) {
    const next = structuredClone(same);
    next.count += 1;
    next.lastTimestamp = now(world);
    world.store.put(EVENTS, next);
    return;
  }
  create(world, EVENTS, {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: `${about.metadata.name}.${(BigInt(Math.round(world.nowMs)) * 1_000_000n + BigInt(world.random.bytes(2).readUInt16BE())).toString(16)}`, namespace },
    involvedObject: { kind: about.kind, namespace, name: about.metadata.name, uid: about.metadata.uid, apiVersion: about.apiVersion, resourceVersion: about.metadata.resourceVersion },
    reason, message, type, count: 1,
    source: { component, ...(component === 'kubelet' && about.kind === 'Pod' && { host: (about as Pod).spec.nodeName }) },
    firstTimestamp: now(world), lastTimestamp: now(world), eventTime: null,
    reportingComponent: component, reportingInstance: '',
  });
}

/** Events are kept for an hour. */
export function forgetOldEvents(world: World): void {
  for (const event of world.store.list(EVENTS)) {
    const last = Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
    if (last + EVENT_LIFETIME_MS < world.nowMs) world.store.remove(EVENTS, event);
  }
}

/** The events.k8s.io form of a core event. */
export function asNewEvent(event: KubernetesObject): KubernetesObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingInstance, ...rest } = event;
  return {
    ...rest, apiVersion: 'events.k8s.io/v1', regarding: involvedObject, note: message, reportingController: event.reportingComponent ?? source?.component,
    deprecatedSource: source, deprecatedFirstTimestamp: firstTimestamp, deprecatedLastTimestamp: lastTimestamp, deprecatedCount: count,
    eventTime: event.eventTime ?? microTimestamp(Date.parse(firstTimestamp ?? event.metadata.creationTimestamp)),
  } as KubernetesObject;
}
