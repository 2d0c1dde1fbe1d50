import type { AlertSummary, Incident, PageSummary } from '../../src/incidents/incident.ts';
import type { IncidentCard } from '../../src/views/incident-card.ts';

/** The night of the storyboard: an alert at 02:13 UTC, and what came of it. */
export const at = (time: string) => new Date(`2026-11-22T${time.length === 5 ? `${time}:00` : time}Z`);

export const oncall = 'U0ONCALL';
export const approver = 'U0APPROVER';

export function incident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 42,
    state: 'triggered',
    version: 3,
    stateVersion: 1,
    source: 'prod',
    origin: 'alertmanager',
    systemId: 'stock-service',
    environment: 'production',
    component: 'stock-service',
    title: '2 of 3 pods do not answer',
    alertName: 'ServiceDown',
    severity: 'P1',
    rank: 1,
    openedAt: at('02:14'),
    alertsSince: at('02:13'),
    alertsEndedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    cause: null,
    impact: null,
    reopenedCount: 0,
    channelId: 'C0ALERTS',
    ...changes,
  };
}

export function page(role: string, dueAt: Date, changes: Partial<PageSummary> = {}): PageSummary {
  return { role, repeats: false, dueAt, state: 'waiting', acceptedAt: null, tries: 0, lastError: null, nextTryAt: null, until: 'acknowledged', ...changes };
}

export const pages: readonly PageSummary[] = [
  page('SRE lead', at('02:14'), { state: 'accepted', acceptedAt: at('02:14'), tries: 1 }),
  page('Platform team', at('02:19')),
  page('Engineering manager', at('02:29'), { until: 'resolved' }),
];

export function alerts(changes: Partial<AlertSummary> = {}): AlertSummary {
  return {
    firing: 2,
    resolved: 0,
    truncated: 0,
    examples: [
      { labels: { alertname: 'ServiceDown', job: 'stock-service', instance: '10.1.0.7:8080' }, annotations: { summary: 'Stock Service is down' }, startsAt: at('02:13'), status: 'firing' },
    ],
    links: { graph: 'https://prometheus.example.test/graph?g0.expr=up&g0.tab=1', alertmanager: ['https://alertmanager.example.test/#/alerts'] },
    ...changes,
  };
}

export function card(changes: Partial<IncidentCard> = {}): IncidentCard {
  return {
    incident: incident(),
    systemName: 'Stock Service',
    alerts: alerts(),
    runbook: {
      sectionId: 'p1-service-down',
      title: 'P1: Service down',
      lead: 'Check pod status, logs and external dependencies. If pods crash, restart; if overloaded, scale; if after a deploy, roll back.',
    },
    pages,
    requests: [],
    actions: [
      { id: 'restart', title: 'Restart', effect: 'write' },
      { id: 'scale', title: 'Scale', effect: 'write' },
      { id: 'rollback', title: 'Roll back', effect: 'write' },
    ],
    note: null,
    links: { dashboard: 'https://grafana.example.test/d/stock-service' },
    intake: null,
    now: at('02:14'),
    ...changes,
  };
}
