import { fingerprint } from '../sandbox/alertmanager/fingerprint.ts';

/** An alert group of one of the five systems. Its name is in what the card says, so that it is found there. */
export interface Group {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: Date;
}

// Of each system one rule or two, whose sentence holds the alert's value. One group in ten is of the worst severity.
const usual = [
  { alertname: 'HighLatency', namespace: 'stock-service', severity: 'warning' },
  { alertname: 'StockApiHighLatency', namespace: 'stock-api', severity: 'warning' },
  { alertname: 'MyStocksHighCpu', namespace: 'mystocks', severity: 'warning' },
  { alertname: 'PredictionLatencyHigh', system: 'crypto-volatility', severity: 'warning' },
  { alertname: 'HighMemoryUsage', namespace: 'stock-analysis-system', severity: 'warning' },
] as const;
const worst = { alertname: 'CircuitBreakerOpen', namespace: 'stock-service', severity: 'critical' } as const;

export function groups(count: number, prefix: string): Group[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${String(index).padStart(4, '0')}`;
    return { name, labels: { ...(index % 10 === 9 ? worst : (usual[index % usual.length] ?? worst)), instance: name }, startsAt: new Date() };
  });
}

/** What Alertmanager sends of a group with so many alerts. */
export function bodyOf(group: Group, options: { readonly alerts?: number; readonly resolvedAt?: Date } = {}): string {
  const { alerts = 1, resolvedAt } = options;
  const status = resolvedAt === undefined ? 'firing' : 'resolved';
  const groupLabels = { alertname: group.labels['alertname'], instance: group.name };
  const annotations = { value: group.name, summary: group.name, description: `Something of ${group.name} is beyond its limit.`, runbook_url: 'https://git.example.com/runbooks/any.md' };
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{alertname="${groupLabels.alertname}", instance="${group.name}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'stockops',
    groupLabels,
    commonLabels: group.labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.example.com:9093',
    alerts: Array.from({ length: alerts }, (_, index) => {
      const labels = { ...group.labels, pod: `pod-${index}` };
      return {
        status,
        labels,
        annotations,
        startsAt: group.startsAt.toISOString(),
        endsAt: resolvedAt === undefined ? '0001-01-01T00:00:00Z' : resolvedAt.toISOString(),
        generatorURL: 'http://prometheus.example.com:9090/graph?g0.expr=up',
        fingerprint: fingerprint(labels),
      };
    }),
  });
}
