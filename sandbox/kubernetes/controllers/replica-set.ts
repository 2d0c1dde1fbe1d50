import type { Pod, ReplicaSet } from '../objects.ts';
import { PODS, REPLICA_SETS } from '../resources.ts';
import { askToStop, nameSuffix, recordEvent, update, type World } from '../world.ts';
import { activePods, allPods, createPod, isAvailable, isReady } from './pods-of.ts';

/** Keeps as many pods as asked for: starts missing ones, stops those first that are the least loss. */
export function reconcileReplicaSet(world: World, set: ReplicaSet): void {
  const pods = activePods(world, set);
  for (let missing = set.spec.replicas - pods.length; missing > 0; missing--) {
    const pod = createPod(world, set, `${set.metadata.name}-${nameSuffix(world.random.bytes(5))}`, set.spec.template);
    recordEvent(world, set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, 'replicaset-controller');
  }
  for (const pod of [...pods].sort(leastLossFirst).slice(0, Math.max(0, pods.length - set.spec.replicas))) {
    askToStop(world, PODS, pod);
    recordEvent(world, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, 'replicaset-controller');
  }
  const left = activePods(world, set);
  update(world, REPLICA_SETS, set, (draft) => {
    const ready = left.filter(isReady).length;
    const available = left.filter((pod) => isAvailable(world, pod, set.spec.minReadySeconds)).length;
    draft.status = {
      replicas: left.length,
      ...(left.length > 0 && { fullyLabeledReplicas: left.length }),
      ...(ready > 0 && { readyReplicas: ready }),
      ...(available > 0 && { availableReplicas: available }),
      terminatingReplicas: allPods(world, set).length - left.length,
      observedGeneration: set.metadata.generation ?? 1,
    };
  });
}

function leastLossFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (pod.status.phase === 'Pending' ? 0 : isReady(pod) ? 2 : 1);
  const restarts = (pod: Pod) => pod.status.containerStatuses?.[0]?.restartCount ?? 0;
  return rank(a) - rank(b) || restarts(b) - restarts(a) || Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp);
}
