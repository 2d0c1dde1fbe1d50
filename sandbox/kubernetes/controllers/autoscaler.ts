import { cpuMillis, timestamp, withCondition, type Condition, type Deployment, type KubernetesObject, type Pod } from '../objects.ts';
import { AUTOSCALERS, DEPLOYMENTS, PODS } from '../resources.ts';
import { selects } from '../selectors.ts';
import { usageOf } from '../usage.ts';
import { now, recordEvent, update, type World } from '../world.ts';
import { isReady } from './pods-of.ts';

const TOLERANCE = 0.1;

/** Everything that the decision depends on, as text: an autoscaler that would decide the same needs no round. */
function inputsOf(world: World, autoscaler: KubernetesObject, target: Deployment | undefined): string {
  const pods = target ? podsOf(world, target) : [];
  return JSON.stringify([autoscaler.spec, target?.spec.replicas, pods.map((pod) => [isReady(pod), usageOf(world, pod).cpuMillis])]);
}

/** When this autoscaler has something to decide: at its next round after anything changed, or when an old need is forgotten. */
export function autoscalerDueAt(world: World, autoscaler: KubernetesObject): number | undefined {
  const memory = world.autoscalers.get(autoscaler.metadata.uid);
  const everyMs = world.timing.autoscaleEveryMs;
  // Rounds come at fixed moments, whenever the change was; a new autoscaler waits for its first one too.
  const firstMs = Date.parse(autoscaler.metadata.creationTimestamp) + (everyMs * 2) / 3;
  const roundFrom = (ms: number) => firstMs + Math.max(0, Math.ceil((ms - firstMs) / everyMs)) * everyMs;
  if (!memory) return roundFrom(world.nowMs);
  const next = Math.max(world.nowMs, memory.evaluatedMs + 1);
  if (memory.inputs !== inputsOf(world, autoscaler, targetOf(world, autoscaler))) return roundFrom(next);
  const held = memory.recommendations.find((one) => one.replicas > (memory.recommendations.at(-1)?.replicas ?? 0));
  return held && roundFrom(Math.max(next, held.atMs + world.timing.scaleDownStabilizationMs + 1));
}

/** One round, if one is due. Overrides a number of replicas that a person set, except zero: that switches it off. */
export function reconcileAutoscaler(world: World, autoscaler: KubernetesObject): void {
  const dueMs = autoscalerDueAt(world, autoscaler);
  if (dueMs === undefined || dueMs > world.nowMs) return;
  const target = targetOf(world, autoscaler);
  let conditions: Condition[] = autoscaler.status?.conditions ?? [];
  const set = (type: string, status: Condition['status'], reason: string, message: string) => {
    conditions = withCondition(conditions, { type, status, reason, message, lastTransitionTime: now(world) });
  };
  const remember = (recommendations: readonly { atMs: number; replicas: number }[], rescaled = false) =>
    world.autoscalers.set(autoscaler.metadata.uid, { evaluatedMs: world.nowMs, inputs: rescaled ? '' : inputsOf(world, autoscaler, targetOf(world, autoscaler)), recommendations });
  const earlier = (world.autoscalers.get(autoscaler.metadata.uid)?.recommendations ?? []).filter((one) => one.atMs + world.timing.scaleDownStabilizationMs >= world.nowMs);
  const finish = (status: object) => {
    const current = world.store.get<KubernetesObject>(AUTOSCALERS, autoscaler.metadata.namespace as string, autoscaler.metadata.name);
    if (current) update(world, AUTOSCALERS, current, (draft) => void (draft.status = { ...draft.status, ...status, conditions }));
  };

  if (!target) {
    set('AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: deployments.apps "${autoscaler.spec.scaleTargetRef.name}" not found`);
    remember([]);
    return finish({ currentReplicas: 0, desiredReplicas: 0 });
  }
  const current = target.spec.replicas;
  if (current === 0) {
    set('AbleToScale', 'True', 'SucceededGetScale', 'the HPA controller was able to get the target\'s current scale');
    set('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
    remember([]);
    return finish({ currentReplicas: 0, desiredReplicas: 0 });
  }

  const { minReplicas, maxReplicas } = autoscaler.spec as { minReplicas: number; maxReplicas: number };
  const pods = podsOf(world, target);
  const goal: number = autoscaler.spec.metrics?.find((metric: { resource?: { name: string } }) => metric.resource?.name === 'cpu')?.resource.target.averageUtilization ?? 80;
  const requested = pods.reduce((total, pod) => total + requestOf(pod), 0);
  const used = pods.reduce((total, pod) => total + usageOf(world, pod).cpuMillis, 0);
  if (pods.length === 0 || requested === 0) {
    set('AbleToScale', 'True', 'SucceededGetScale', 'the HPA controller was able to get the target\'s current scale');
    set('ScalingActive', 'False', 'FailedGetResourceMetric', 'the HPA was unable to compute the replica count: failed to get cpu utilization: did not receive metrics for any ready pods');
    remember(earlier);
    if (current >= minReplicas && current <= maxReplicas) return finish({ currentReplicas: current, desiredReplicas: current });
  }
  const utilization = requested === 0 ? 0 : Math.floor((used * 100) / requested);
  const ratio = requested === 0 ? 1 : utilization / goal;
  const proposed = Math.abs(ratio - 1) <= TOLERANCE ? current : ratio > 1 ? moreReplicas(ratio, pods.length, startingPods(world, target), current) : Math.min(current, Math.ceil(pods.length * ratio));
  const recommendations = [...earlier, { atMs: world.nowMs, replicas: proposed }];
  const stabilized = Math.max(...recommendations.map((one) => one.replicas));
  const desired = Math.min(maxReplicas, Math.max(minReplicas, Math.min(stabilized, Math.max(4, current * 2, proposed === stabilized ? 0 : current))));

  set('AbleToScale', 'True', stabilized > proposed && proposed < current ? 'ScaleDownStabilized' : 'ReadyForNewScale', stabilized > proposed && proposed < current ? 'recent recommendations were higher than current one, applying the highest recent recommendation' : 'recommended size matches current size');
  if (pods.length > 0) set('ScalingActive', 'True', 'ValidMetricFound', 'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)');
  const limited: [Condition['status'], string, string] = stabilized < minReplicas ? ['True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count']
    : stabilized > maxReplicas ? ['True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count']
    : ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range'];
  set('ScalingLimited', ...limited);

  if (desired !== current) {
    const reason = current > maxReplicas ? 'Current number of replicas above Spec.MaxReplicas' : current < minReplicas ? 'Current number of replicas below Spec.MinReplicas'
      : desired > current ? 'cpu resource utilization (percentage of request) above target' : 'All metrics below target';
    update(world, DEPLOYMENTS, target, (draft) => void (draft.spec.replicas = desired));
    recordEvent(world, autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`, 'horizontal-pod-autoscaler');
    set('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
  }
  remember(recommendations.slice(-50), desired !== current);
  finish({
    observedGeneration: autoscaler.metadata.generation, currentReplicas: current, desiredReplicas: desired,
    ...(desired !== current && { lastScaleTime: timestamp(world.nowMs) }),
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization, averageValue: `${Math.round(used / Math.max(1, pods.length))}m` } } }],
  });
}

function targetOf(world: World, autoscaler: KubernetesObject): Deployment | undefined {
  const { kind, name } = autoscaler.spec.scaleTargetRef;
  return kind === 'Deployment' ? world.store.get<Deployment>(DEPLOYMENTS, autoscaler.metadata.namespace as string, name) : undefined;
}

/** Pods that do not serve yet count as idle when more seem needed, so that a rollout alone does not scale anything up. */
function moreReplicas(ratio: number, ready: number, starting: number, current: number): number {
  if (starting === 0) return Math.ceil(ready * ratio);
  const damped = (ratio * ready) / (ready + starting);
  return damped <= 1 + TOLERANCE ? current : Math.max(current, Math.ceil((ready + starting) * damped));
}

function startingPods(world: World, deployment: Deployment): number {
  return world.store.list<Pod>(PODS, deployment.metadata.namespace)
    .filter((pod) => selects(deployment.spec.selector, pod.metadata.labels) && !pod.metadata.deletionTimestamp && !isReady(pod)).length;
}

function podsOf(world: World, deployment: Deployment): Pod[] {
  return world.store.list<Pod>(PODS, deployment.metadata.namespace)
    .filter((pod) => selects(deployment.spec.selector, pod.metadata.labels) && !pod.metadata.deletionTimestamp && isReady(pod));
}

const requestOf = (pod: Pod): number => pod.spec.containers.reduce((total, container) => total + cpuMillis(container.resources?.requests?.cpu), 0);
