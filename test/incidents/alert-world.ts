import type { Alert } from '../../src/alerts/notification.ts';
import { readNotification } from '../../src/alerts/read-notification.ts';
import type { AlertRule, System } from '../../src/catalog/system.ts';
import { applyAlertGroup, type Attribute, type IncidentChange } from '../../src/incidents/apply-alert-group.ts';
import type { Db } from '../../src/storage/database.ts';

export const minute = (minutes: number): Date => new Date(Date.UTC(2026, 2, 2, 2, 0) + minutes * 60_000);

export interface Said {
  /** Name of the alert; with the labels, its identity. */
  readonly name: string;
  readonly severity?: 'critical' | 'warning' | 'info';
  readonly system?: string;
  readonly from: number;
  readonly to?: number;
  readonly annotations?: Record<string, string>;
}

export interface Sent {
  readonly group?: string;
  readonly externalURL?: string;
  readonly truncated?: number;
  readonly reason?: string;
}

const ranks = { critical: 1, warning: 3, info: 4 } as const;
const rules: Record<string, AlertRule> = { Deployed: { name: 'Deployed', mode: 'event', dedupe: 'revision', sentence: 'deployed' } as unknown as AlertRule };

/** Labels decide: `system`, `severity` and the alert's name. */
const attribute: Attribute = (labels) => {
  const severity = (labels['severity'] ?? 'warning') as keyof typeof ranks;
  const system = labels['system'] === undefined ? null : ({ id: labels['system'], name: labels['system'], channels: { alerts: `#${labels['system']}` } } as unknown as System);
  return { system, environment: system && 'production', component: null, rule: rules[labels['alertname'] ?? ''] ?? null, severity, rank: ranks[severity] };
};

/** One Alertmanager's view of the world, applied to a database. Each test has a source of its own, so they share one. */
export function alertWorld(db: Db, source: string) {
  const body = (said: readonly Said[], sent: Sent = {}): string =>
    JSON.stringify({
      version: '4',
      groupKey: sent.group ?? '{}:{}',
      truncatedAlerts: sent.truncated ?? 0,
      status: said.some(({ to }) => to === undefined) ? 'firing' : 'resolved',
      receiver: 'stockops',
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: sent.externalURL ?? 'http://am-a.example.com',
      ...(sent.reason !== undefined && { notification_reason: sent.reason }),
      alerts: said.map(({ name, severity = 'warning', system = 'shop', from, to, annotations = {} }) => ({
        status: to === undefined ? 'firing' : 'resolved',
        labels: { alertname: name, severity, ...(system !== '' && { system }) },
        annotations,
        startsAt: minute(from).toISOString(),
        endsAt: to === undefined ? '0001-01-01T00:00:00Z' : minute(to).toISOString(),
        generatorURL: '',
        fingerprint: `${name} ${severity} ${system}`,
      })),
    });
  const apply = async (at: number, text: string) => {
    const read = readNotification(text);
    if (read.kind !== 'group') throw new Error(read.reason);
    return db.transaction().execute((tx) => applyAlertGroup(tx, { source, group: read.group, alerts: read.alerts as Alert[] }, attribute, minute(at)));
  };
  return {
    body,
    apply,
    /** Applies a notification that comes at minute `at`; returns what changed. */
    tell: async (at: number, said: readonly Said[], sent?: Sent): Promise<readonly IncidentChange['kind'][]> => (await apply(at, body(said, sent))).changes.map((change) => change.kind),
    incidents: () => db.selectFrom('incidents').selectAll().where('source', '=', source).orderBy('id').execute(),
    alerts: () => db.selectFrom('alerts').selectAll().where('source', '=', source).orderBy('id').execute(),
    person: async (does: 'acknowledged' | 'resolved', id: number, at: number) => {
      const set = does === 'acknowledged' ? { state: does, acknowledged_at: minute(at), acknowledged_by: 'U1' } : { state: does, resolved_at: minute(at), resolved_by: 'U1', cause: 'a person’s words' };
      await db.updateTable('incidents').set(set).where('id', '=', id).where('state', '<>', 'resolved').execute();
    },
  };
}
