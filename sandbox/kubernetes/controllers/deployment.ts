import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../../../src/support/json.ts';
import { controllerOf, ownedBy, type Condition, type Deployment, type Labels, type PodTemplate, type ReplicaSet } from '../objects.ts';
import { sameJson } from '../patches.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../resources.ts';
import { create, nameSuffix, now, recordEvent, removeWithDependents, update, type World } from '../world.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAXIMUM = 'deployment.kubernetes.io/max-replicas';
const HASH = 'pod-template-hash';
/** Annotations of a deployment that are not handed on to its replica sets. */
const NOT_COPIED = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED, MAXIMUM, 'deprecated.deployment.rollback.to']);

/** One round of the deployment controller: at most one step towards the wanted state, then the status. */
export function reconcileDeployment(world: World, name: { namespace: string; name: string }): void {
  const deployment = world.store.get<Deployment>(DEPLOYMENTS, name.namespace, name.name);
  if (!deployment) return;
  const sets = replicaSetsOf(world, deployment);
  const newest = sets.find((set) => sameTemplate(set.spec.template, deployment.spec.template));

  if (!deployment.spec.paused && !newest) {
    createReplicaSet(world, deployment, sets);
  } else if (newest && !deployment.spec.paused) {
    keepRevision(world, deployment, newest, sets);
  }
  const current = world.store.get<Deployment>(DEPLOYMENTS, name.namespace, name.name) as Deployment;
  const all = replicaSetsOf(world, current);
  const upToDate = all.find((set) => sameTemplate(set.spec.template, current.spec.template));
  const old = all.filter((set) => set !== upToDate);

  if (current.spec.paused || all.some((set) => set.spec.replicas > 0 && set.metadata.annotations?.[DESIRED] !== String(current.spec.replicas))) {
    scaleInProportion(world, current, all, upToDate);
  } else if (upToDate) {
    if (current.spec.strategy.type === 'Recreate') recreate(world, current, upToDate, old);
    else roll(world, current, upToDate, old);
  }
  const settled = world.store.get<Deployment>(DEPLOYMENTS, name.namespace, name.name) as Deployment;
  writeStatus(world, settled);
  forgetOldSets(world, world.store.get<Deployment>(DEPLOYMENTS, name.namespace, name.name) as Deployment);
}

/** When the deadline of a rollout that makes no progress runs out. */
export function progressDeadlineAt(world: World, deployment: Deployment): number | undefined {
  if (deployment.spec.paused || isComplete(deployment)) return undefined;
  const progressing = deployment.status?.conditions?.find((one) => one.type === 'Progressing');
  if (!progressing || progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable') return undefined;
  return (world.progressedMs.get(deployment.metadata.uid) ?? world.nowMs) + deployment.spec.progressDeadlineSeconds * 1000;
}

export function replicaSetsOf(world: World, deployment: Deployment): ReplicaSet[] {
  return world.store.list<ReplicaSet>(REPLICA_SETS, deployment.metadata.namespace)
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
    .sort((a, b) => revisionOf(a) - revisionOf(b) || Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp));
}

const revisionOf = (object: { metadata: { annotations?: Labels } }): number => Number(object.metadata.annotations?.[REVISION] ?? 0);

function sameTemplate(ofSet: PodTemplate, wanted: PodTemplate): boolean {
  const { [HASH]: _hash, ...labels } = ofSet.metadata?.labels ?? {};
  return sameJson({ ...ofSet, metadata: { ...ofSet.metadata, labels } }, { ...wanted, metadata: { ...wanted.metadata, labels: wanted.metadata?.labels ?? {} } });
}

function copiedAnnotations(deployment: Deployment): Labels {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key)));
}

function createReplicaSet(world: World, deployment: Deployment, sets: readonly ReplicaSet[]): void {
  const hash = nameSuffix(createHash('sha256').update(canonicalJson(deployment.spec.template as unknown as Json)).digest().subarray(0, 10));
  const revision = String(Math.max(0, ...sets.map(revisionOf)) + 1);
  const labels = { ...deployment.spec.template.metadata?.labels, [HASH]: hash };
  const allowed = deployment.spec.replicas + surge(deployment) - sum(sets, (set) => set.spec.replicas);
  const replicas = deployment.spec.strategy.type === 'Recreate'
    ? (sets.some((set) => set.spec.replicas > 0 || set.status.replicas > 0) ? 0 : deployment.spec.replicas)
    : Math.max(0, Math.min(allowed, deployment.spec.replicas));
  const set = create<ReplicaSet>(world, REPLICA_SETS, {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace as string,
      labels,
      annotations: { ...copiedAnnotations(deployment), ...sizes(deployment), [REVISION]: revision },
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      replicas,
      selector: { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector.matchLabels, [HASH]: hash } },
      template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
      ...(deployment.spec.minReadySeconds !== undefined && { minReadySeconds: deployment.spec.minReadySeconds }),
    },
    status: { replicas: 0 },
  });
  if (replicas > 0) recordEvent(world, deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`, 'deployment-controller');
  setRevision(world, deployment, revision);
  progress(world, deployment, 'NewReplicaSetCreated', `Created new replica set "${set.metadata.name}"`);
}

/** A template that was there before becomes the newest revision again, under a new number. */
function keepRevision(world: World, deployment: Deployment, newest: ReplicaSet, sets: readonly ReplicaSet[]): void {
  const highest = Math.max(0, ...sets.filter((set) => set !== newest).map(revisionOf));
  const before = revisionOf(newest);
  const comesBack = before <= highest;
  update(world, REPLICA_SETS, newest, (draft) => {
    const annotations = { ...draft.metadata.annotations, ...copiedAnnotations(deployment) };
    if (comesBack) {
      annotations[REVISION] = String(highest + 1);
      if (before > 0) annotations[REVISION_HISTORY] = [...(annotations[REVISION_HISTORY]?.split(',') ?? []), String(before)].join(',');
    }
    draft.metadata.annotations = annotations;
  });
  setRevision(world, deployment, comesBack ? String(highest + 1) : String(before));
  if (comesBack) progress(world, deployment, 'FoundNewReplicaSet', `Found new replica set "${newest.metadata.name}"`);
}

function setRevision(world: World, deployment: Deployment, revision: string): void {
  const current = world.store.get<Deployment>(DEPLOYMENTS, deployment.metadata.namespace as string, deployment.metadata.name) as Deployment;
  update(world, DEPLOYMENTS, current, (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision };
  });
}

/** The number of pods changed: no rollout, the sets that exist share the change. */
function scaleInProportion(world: World, deployment: Deployment, all: readonly ReplicaSet[], newest: ReplicaSet | undefined): void {
  const active = all.filter((set) => set.spec.replicas > 0);
  const wanted = deployment.spec.replicas;
  const only = active.length <= 1 ? (active[0] ?? newest ?? all.at(-1)) : undefined;
  if (only) {
    scaleSet(world, deployment, only, wanted);
  } else if (newest && newest.status.availableReplicas === wanted && newest.spec.replicas === wanted) {
    for (const set of active) if (set !== newest) scaleSet(world, deployment, set, 0);
  } else if (active.length > 1) {
    const total = sum(active, (set) => set.spec.replicas);
    let toAdd = (wanted > 0 ? wanted + surge(deployment) : 0) - total;
    const bySize = [...active].sort((a, b) => b.spec.replicas - a.spec.replicas);
    for (const [index, set] of bySize.entries()) {
      const share = Math.round((set.spec.replicas * (wanted + surge(deployment))) / Number(set.metadata.annotations?.[MAXIMUM] ?? total)) - set.spec.replicas;
      const bounded = toAdd >= 0 ? Math.min(Math.max(share, 0), toAdd) : Math.max(Math.min(share, 0), toAdd);
      const change = index === bySize.length - 1 ? toAdd : bounded;
      scaleSet(world, deployment, set, Math.max(0, set.spec.replicas + change));
      toAdd -= change;
    }
  }
  for (const set of replicaSetsOf(world, deployment)) update(world, REPLICA_SETS, set, (draft) => void (draft.metadata.annotations = { ...draft.metadata.annotations, ...sizes(deployment) }));
}

function roll(world: World, deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): void {
  const wanted = deployment.spec.replicas;
  const all = [newest, ...old];
  const total = sum(all, (set) => set.spec.replicas);
  if (newest.spec.replicas > wanted) return scaleSet(world, deployment, newest, wanted);
  if (newest.spec.replicas < wanted && total < wanted + surge(deployment)) {
    return scaleSet(world, deployment, newest, newest.spec.replicas + Math.min(wanted + surge(deployment) - total, wanted - newest.spec.replicas));
  }
  if (sum(old, (set) => set.spec.replicas) === 0) return;

  const minimum = wanted - unavailable(deployment);
  let budget = total - minimum - (newest.spec.replicas - (newest.status.availableReplicas ?? 0));
  const oldestFirst = [...old].sort((a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp));
  // Pods of an old revision that do not work go first: they are no loss.
  for (const set of oldestFirst) {
    const broken = Math.min(budget, set.spec.replicas - (set.status.availableReplicas ?? 0));
    if (broken > 0) {
      scaleSet(world, deployment, set, set.spec.replicas - broken);
      budget -= broken;
    }
  }
  let spare = sum(all, (set) => set.status.availableReplicas ?? 0) - minimum;
  for (const { metadata } of oldestFirst) {
    const set = world.store.get<ReplicaSet>(REPLICA_SETS, metadata.namespace as string, metadata.name) as ReplicaSet;
    const down = Math.min(spare, budget, set.spec.replicas);
    if (down > 0) {
      scaleSet(world, deployment, set, set.spec.replicas - down);
      spare -= down;
      budget -= down;
    }
  }
}

function recreate(world: World, deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): void {
  for (const set of old) if (set.spec.replicas > 0) return scaleSet(world, deployment, set, 0);
  const oldPods = world.store.list(PODS, deployment.metadata.namespace).filter((pod) => old.some((set) => set.metadata.uid === controllerOf(pod)?.uid));
  if (oldPods.length === 0) scaleSet(world, deployment, newest, deployment.spec.replicas);
}

function scaleSet(world: World, deployment: Deployment, set: ReplicaSet, replicas: number): void {
  const current = world.store.get<ReplicaSet>(REPLICA_SETS, set.metadata.namespace as string, set.metadata.name) as ReplicaSet;
  const before = current.spec.replicas;
  update(world, REPLICA_SETS, current, (draft) => {
    draft.spec.replicas = replicas;
    draft.metadata.annotations = { ...draft.metadata.annotations, ...sizes(deployment) };
  });
  if (before === replicas) return;
  recordEvent(world, deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`, 'deployment-controller');
}

function writeStatus(world: World, deployment: Deployment): void {
  const sets = replicaSetsOf(world, deployment);
  const newest = sets.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  const available = sum(sets, (set) => set.status.availableReplicas ?? 0);
  const counts = {
    replicas: sum(sets, (set) => set.status.replicas),
    updatedReplicas: newest?.status.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, (set) => set.spec.replicas) - available),
    terminatingReplicas: sum(sets, (set) => set.status.terminatingReplicas ?? 0),
  };
  const before = deployment.status ?? {};
  let conditions: Condition[] = before.conditions ?? [];
  const enough = available >= deployment.spec.replicas - unavailable(deployment);
  const set = (next: Omit<Condition, 'lastUpdateTime' | 'lastTransitionTime'>) => {
    const old = conditions.find((one) => one.type === next.type);
    if (old && old.status === next.status && old.reason === next.reason && old.message === next.message) return;
    conditions = withCondition(conditions, { ...next, lastUpdateTime: now(world), lastTransitionTime: now(world) });
  };
  set(enough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' });

  const { uid } = deployment.metadata;
  const progressing = conditions.find((one) => one.type === 'Progressing');
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const complete = newest !== undefined && counts.updatedReplicas === deployment.spec.replicas && counts.replicas === deployment.spec.replicas && available === deployment.spec.replicas;
  const moved =
    counts.updatedReplicas > (before.updatedReplicas ?? 0) || (counts.replicas - counts.updatedReplicas) < (before.replicas ?? 0) - (before.updatedReplicas ?? 0) ||
    counts.readyReplicas > (before.readyReplicas ?? 0) || available > (before.availableReplicas ?? 0);
  if (deployment.spec.paused) {
    set({ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
  } else if (progressing?.reason === 'DeploymentPaused') {
    world.progressedMs.set(uid, world.nowMs);
    set({ type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' });
  } else if (complete) {
    world.progressedMs.delete(uid);
    set({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `${subject} has successfully progressed.` });
  } else if (progressing?.reason !== 'NewReplicaSetAvailable' || moved) {
    // A deployment that was complete and lost pods does not count as a rollout: it has no deadline.
    if (moved) {
      world.progressedMs.set(uid, world.nowMs);
      conditions = withCondition(conditions, { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.`, lastUpdateTime: now(world), lastTransitionTime: now(world) });
    } else if (world.nowMs >= (world.progressedMs.get(uid) ?? world.nowMs) + deployment.spec.progressDeadlineSeconds * 1000) {
      set({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: `${subject} has timed out progressing.` });
    }
  }
  update(world, DEPLOYMENTS, deployment, (draft) => {
    draft.status = { observedGeneration: deployment.metadata.generation ?? 1, ...withoutZeros(counts), conditions };
  });
}

function withoutZeros<T extends { [name: string]: number }>(counts: T): Partial<T> {
  return Object.fromEntries(Object.entries(counts).filter(([name, value]) => value !== 0 || name === 'terminatingReplicas')) as Partial<T>;
}

function progress(world: World, deployment: Deployment, reason: string, message: string): void {
  world.progressedMs.set(deployment.metadata.uid, world.nowMs);
  const current = world.store.get<Deployment>(DEPLOYMENTS, deployment.metadata.namespace as string, deployment.metadata.name) as Deployment;
  update(world, DEPLOYMENTS, current, (draft) => {
    draft.status = {
      ...draft.status,
      conditions: withCondition(draft.status?.conditions ?? [], { type: 'Progressing', status: 'True', reason, message, lastUpdateTime: now(world), lastTransitionTime: now(world) }),
    };
  });
}

export function isComplete(deployment: Deployment): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = deployment.status ?? {};
  const wanted = deployment.spec.replicas;
  return observedGeneration >= (deployment.metadata.generation ?? 1) && replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted;
}

function forgetOldSets(world: World, deployment: Deployment): void {
  if (!isComplete(deployment)) return;
  const idle = replicaSetsOf(world, deployment).filter((set) => set.spec.replicas === 0 && set.status.replicas === 0 && !sameTemplate(set.spec.template, deployment.spec.template));
  for (const set of idle.slice(0, Math.max(0, idle.length - deployment.spec.revisionHistoryLimit))) removeWithDependents(world, REPLICA_SETS, set, [PODS]);
}

/** The condition that changed last stands last, as the deployment controller orders them. */
function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const before = conditions.find((one) => one.type === next.type);
  const kept = before?.status === next.status && before.lastTransitionTime ? { ...next, lastTransitionTime: before.lastTransitionTime } : next;
  return [...conditions.filter((one) => one.type !== next.type), kept];
}

const sizes = (deployment: Deployment): Labels => ({ [DESIRED]: String(deployment.spec.replicas), [MAXIMUM]: String(deployment.spec.replicas + surge(deployment)) });

function share(value: number | string | undefined, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseFloat(value ?? '25') / 100) * of);
}

/** More pods than wanted that may exist during a rollout. */
function surge(deployment: Deployment): number {
  if (deployment.spec.strategy.type === 'Recreate') return 0;
  return share(deployment.spec.strategy.rollingUpdate?.maxSurge, deployment.spec.replicas, Math.ceil);
}

/** Fewer pods than wanted that may be available during a rollout; at least one of the two is not zero. */
function unavailable(deployment: Deployment): number {
  if (deployment.spec.strategy.type === 'Recreate') return 0;
  const value = share(deployment.spec.strategy.rollingUpdate?.maxUnavailable, deployment.spec.replicas, Math.floor);
  return Math.min(deployment.spec.replicas, value === 0 && surge(deployment) === 0 ? 1 : value);
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number => items.reduce((total, item) => total + value(item), 0);
