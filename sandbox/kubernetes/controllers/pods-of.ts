import { controllerOf, ownedBy, type KubernetesObject, type Pod, type PodTemplate } from '../objects.ts';
import { NODES, PODS } from '../resources.ts';
import { create, type World } from '../world.ts';

/** Pods of a controller that count: not on their way out, not ended. */
export function activePods(world: World, owner: KubernetesObject): Pod[] {
  return allPods(world, owner).filter((pod) => !pod.metadata.deletionTimestamp && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed');
}

export function allPods(world: World, owner: KubernetesObject): Pod[] {
  return world.store.list<Pod>(PODS, owner.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid);
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}

/** Ready for long enough. */
export function isAvailable(world: World, pod: Pod, minReadySeconds = 0): boolean {
  return isReady(pod) && availableAt(world, pod, minReadySeconds) <= world.nowMs;
}

export function availableAt(world: World, pod: Pod, minReadySeconds: number): number {
  return (world.readySinceMs.get(pod.metadata.uid) ?? 0) + minReadySeconds * 1000;
}

export function createPod(world: World, owner: KubernetesObject, name: string, template: PodTemplate): Pod {
  const nodes = world.store.list(NODES).filter((node) => node.spec?.unschedulable !== true);
  const load = (node: string) => world.store.list<Pod>(PODS).filter((pod) => pod.spec.nodeName === node).length;
  const nodeName = nodes.map((node) => node.metadata.name).sort((a, b) => load(a) - load(b))[0];
  return create<Pod>(world, PODS, {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name, namespace: owner.metadata.namespace as string, ...(owner.kind === 'ReplicaSet' && { generateName: `${owner.metadata.name}-` }),
      ...(template.metadata?.labels && { labels: template.metadata.labels }),
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ownerReferences: [ownedBy(owner)],
    },
    spec: { ...template.spec, ...(nodeName !== undefined && { nodeName }), serviceAccountName: template.spec.serviceAccountName ?? 'default', priority: 0 },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  });
}
