import { createSeries, type Series } from '../prometheus/series.ts';
import { workloadOf, workloadView } from './cluster-view.ts';
import type { Parts } from './parts.ts';
import { levelOf } from './trouble.ts';

/** Every metric of every environment, as a number that can be bent. */
export function registerMetrics({ catalog, prometheus, kubernetes }: Parts): ReadonlyMap<string, Series> {
  const all = new Map<string, Series>();
  for (const system of catalog.systems) {
    for (const [name, environment] of system.environments) {
      for (const metric of system.metrics.values()) {
        const key = `${system.id}/${name}/${metric.name}`;
        const { good, wobble } = levelOf(metric);
        const series = createSeries(key, good, wobble);
        all.set(key, series);
        const expression = environment.platform === 'kubernetes' ? metric.expression.replaceAll('{namespace}', environment.namespace) : metric.expression;
        const workload = workloadOf(system, name, null);
        const isPerPod = /\bby\s*\(\s*pod\s*\)/.test(metric.expression);
        prometheus.register({
          scope: `${system.id}/${name}`,
          expression,
          series,
          ...(isPerPod && workload && { labels: () => (workloadView(kubernetes, workload)?.pods ?? []).map(({ name: pod }) => ({ pod })) }),
        });
      }
    }
  }
  return all;
}

/** What Prometheus scrapes: the pods of every system, up where they are ready. */
export function targetsOf({ catalog, kubernetes }: Parts) {
  return catalog.systems.flatMap((system) => {
    const workload = workloadOf(system, [...system.environments.keys()][0] ?? '', null);
    const pods = workload ? (workloadView(kubernetes, workload)?.pods ?? []) : [];
    return pods.map((pod) => ({
      labels: { job: system.id, namespace: workload?.namespace ?? '', pod: pod.name },
      health: pod.state === 'ready' ? ('up' as const) : ('down' as const),
      lastError: pod.state === 'ready' ? '' : `Get "http://${pod.name}:8080/metrics": connect: connection refused`,
    }));
  });
}
