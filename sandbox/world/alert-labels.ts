import type { AlertRule, System } from '../../src/catalog/system.ts';
import type { FiringAlert } from '../alertmanager/alertmanager.ts';
import { fillTemplate, labelsIn, type Rule } from '../alertmanager/rules.ts';
import type { BadValue } from './trouble.ts';

/**
 * The alert that Prometheus would send for this rule in this environment: labels and annotations of the written rule where there is
 * one, and labels by which the catalog finds the system again. What the annotations say of a pod is said of `pod`.
 */
export function alertFor(system: System, rule: AlertRule, written: Rule | undefined, environmentName: string, value: BadValue, pod: string): FiringAlert {
  const environment = system.environments.get(environmentName);
  const attribution = system.alerts.attribution.find(({ label }) => label === 'system') ?? system.alerts.attribution[0];
  const severity = severityValue(system, rule.severity);
  const component = [...system.components.values()].find((one) => (rule.component === null ? one.isDefault : one.name === rule.component));
  const samples: Readonly<Record<string, string>> = {
    pod,
    instance: `${pod}:8080`,
    container: component?.container ?? system.id,
    deployment: component?.workload?.name ?? system.id,
    name: `${system.id}-tls`,
    topic: 'ticks.raw',
  };
  const labels = {
    alertname: rule.name,
    ...(attribution && { [attribution.label]: attribution.equals }),
    ...(environment?.platform === 'kubernetes' && { namespace: environment.namespace }),
    ...(severity !== undefined && { [system.severityMap.label]: severity }),
    ...written?.labels,
    ...Object.fromEntries(labelsIn(written?.annotations ?? {}).flatMap((name) => (name in samples ? [[name, samples[name]]] : []))),
  };
  const annotations = written?.annotations ?? { summary: (rule.sentence ?? rule.name).replaceAll('{value}', value.printed) };
  return {
    labels,
    annotations: { value: value.printed, ...Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, fillTemplate(text, labels, value.number, value.total)])) },
    generatorURL: `${environment?.prometheusUrl ?? 'http://127.0.0.1:9090'}/graph?g0.expr=${encodeURIComponent(written?.expr ?? rule.name)}&g0.tab=1`,
  };
}

/** The value of the label that the catalog maps to this severity: `critical` for P1. */
function severityValue(system: System, severity: string | null): string | undefined {
  return [...system.severityMap.byValue].find(([, label]) => label === (severity ?? system.severityMap.default))?.[0];
}
