import { containerStates } from './containers.ts';
import { workloadOf, workloadView } from './cluster-view.ts';
import type { Parts } from './parts.ts';

/** Puts the health, version and metrics addresses of every system and environment up, each as its pods or containers stand. */
export function showServices({ catalog, kubernetes, docker, services }: Parts, valueOf: (system: string, environment: string, metric: string) => number | undefined): void {
  for (const system of catalog.systems) {
    for (const name of system.environments.keys()) {
      const workload = workloadOf(system, name, null);
      services.show(system.id, name, () => {
        const view = workload && workloadView(kubernetes, workload);
        const metrics = Object.fromEntries([...system.metrics.keys()].map((metric) => [`${system.id}_${metric}`.replaceAll('-', '_'), valueOf(system.id, name, metric) ?? 0]));
        const compose = containerStates(system, docker);
        return {
          instances: view ? view.pods.filter(({ state }) => state !== 'ending').map(({ state }) => (state === 'ready' ? 'ready' : 'failing')) : compose.instances,
          version: view?.image.split(':').at(-1) ?? '1.0.0',
          metrics,
          ...(compose.health && { health: compose.health, about: { model_variant: 'ml' } }),
        };
      });
    }
  }
}
