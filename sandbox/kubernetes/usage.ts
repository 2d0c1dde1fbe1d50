import { cpuMillis, memoryBytes, type Deployment, type Pod } from './objects.ts';
import { DEPLOYMENTS, PODS } from './resources.ts';
import { selects } from './selectors.ts';
import { isReady } from './controllers/pods-of.ts';
import type { World } from './world.ts';

export interface Usage {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/**
 * What a pod uses: its annotations `stockops.test/cpu` and `stockops.test/memory` say so; else its share of the load that was put
 * on its deployment; else 30 % and 50 % of what it requests.
 */
export function usageOf(world: World, pod: Pod): Usage {
  const requested = pod.spec.containers.reduce(
    (total, { resources }) => ({ cpuMillis: total.cpuMillis + cpuMillis(resources?.requests?.cpu), memoryBytes: total.memoryBytes + memoryBytes(resources?.requests?.memory) }),
    { cpuMillis: 0, memoryBytes: 0 },
  );
  const annotations = pod.metadata.annotations ?? {};
  return {
    cpuMillis: annotations['stockops.test/cpu'] ? cpuMillis(annotations['stockops.test/cpu']) : (shareOfLoad(world, pod) ?? Math.round((requested.cpuMillis || 17) * 0.3)),
    memoryBytes: annotations['stockops.test/memory'] ? memoryBytes(annotations['stockops.test/memory']) : (requested.memoryBytes || 64 * 2 ** 20) * 0.5,
  };
}

function shareOfLoad(world: World, pod: Pod): number | undefined {
  if (world.loads.size === 0) return undefined;
  const deployment = world.store.list<Deployment>(DEPLOYMENTS, pod.metadata.namespace).find((one) => selects(one.spec.selector, pod.metadata.labels));
  const load = deployment && world.loads.get(`${deployment.metadata.namespace}/${deployment.metadata.name}`);
  if (deployment === undefined || load === undefined) return undefined;
  const serving = world.store.list<Pod>(PODS, pod.metadata.namespace).filter((one) => selects(deployment.spec.selector, one.metadata.labels) && isReady(one)).length;
  return isReady(pod) ? Math.round(load / Math.max(1, serving)) : 2;
}
