import { ownedBy, type KubernetesObject, type LabelSelector, type Pod } from '../objects.ts';
import { DISRUPTION_BUDGETS, ENDPOINT_SLICES, PODS } from '../resources.ts';
import { selects } from '../selectors.ts';
import { create, nameSuffix, update, type World } from '../world.ts';
import { isReady } from './pods-of.ts';

/** Which pods stand behind a service, and which of them are ready. */
export function reconcileService(world: World, service: KubernetesObject): void {
  const selector = service.spec?.selector as { [label: string]: string } | undefined;
  if (!selector || Object.keys(selector).length === 0) return;
  const endpoints = world.store.list<Pod>(PODS, service.metadata.namespace)
    .filter((pod) => selects({ matchLabels: selector }, pod.metadata.labels) && pod.status.podIP !== undefined)
    .map((pod) => ({
      addresses: [pod.status.podIP as string],
      conditions: { ready: isReady(pod) && !pod.metadata.deletionTimestamp, serving: isReady(pod), terminating: pod.metadata.deletionTimestamp !== undefined },
      nodeName: pod.spec.nodeName,
      targetRef: { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    }));
  const slice = world.store.list(ENDPOINT_SLICES, service.metadata.namespace).find((one) => one.metadata.ownerReferences?.some((owner) => owner.uid === service.metadata.uid));
  if (slice) {
    update(world, ENDPOINT_SLICES, slice, (draft) => void (draft.endpoints = endpoints));
    return;
  }
  create<KubernetesObject>(world, ENDPOINT_SLICES, {
    kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: `${service.metadata.name}-${nameSuffix(world.random.bytes(5))}`, namespace: service.metadata.namespace as string,
      labels: { 'kubernetes.io/service-name': service.metadata.name, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }, ownerReferences: [ownedBy(service)],
    },
    addressType: 'IPv4', endpoints,
    ports: (service.spec.ports ?? []).map((port: { name?: string; port: number; protocol?: string }) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' })),
  });
}

/** How many pods may be evicted now. */
export function reconcileDisruptionBudget(world: World, budget: KubernetesObject): void {
  const pods = world.store.list<Pod>(PODS, budget.metadata.namespace).filter((pod) => selects(budget.spec.selector as LabelSelector, pod.metadata.labels));
  const healthy = pods.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp).length;
  const of = (value: number | string) => (typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * pods.length));
  const desiredHealthy = budget.spec.minAvailable !== undefined ? of(budget.spec.minAvailable) : pods.length - of(budget.spec.maxUnavailable ?? 0);
  update(world, DISRUPTION_BUDGETS, budget, (draft) => {
    draft.status = {
      observedGeneration: budget.metadata.generation, expectedPods: pods.length, currentHealthy: healthy, desiredHealthy,
      disruptionsAllowed: Math.max(0, healthy - desiredHealthy),
    };
  });
}
