import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What the bot counts of itself. Labels are from small closed sets: never a name that came in from outside. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Counter<L>({ name, help, labelNames, registers: [registry] });
  return {
    registry,
    webhooks: counter('stockops_webhooks_total', 'Webhooks by how they were answered', ['source', 'answer']),
    notifications: counter('stockops_notifications_total', 'Stored notifications by what became of them', ['outcome']),
    incidents: counter('stockops_incident_changes_total', 'Changes of incidents', ['change']),
    slackCalls: counter('stockops_slack_calls_total', 'Calls to Slack by how they were answered', ['method', 'answer']),
    pages: counter('stockops_pages_total', 'Events sent to PagerDuty', ['action', 'answer']),
    interactions: counter('stockops_interactions_total', 'Presses, commands and modals', ['kind', 'outcome']),
    cardDelay: new Histogram({ name: 'stockops_message_delay_seconds', help: 'From when a message was due until Slack took it', buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300], registers: [registry] }),
    ready: new Gauge({ name: 'stockops_ready', help: '1 while /readyz is green', registers: [registry] }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
