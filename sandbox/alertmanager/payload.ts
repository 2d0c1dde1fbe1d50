import { fingerprint, printLabels, type LabelSet } from './fingerprint.ts';

export interface StandingAlert {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly generatorURL: string;
  readonly startsAt: Date;
  /** `null` while it fires. */
  readonly endsAt: Date | null;
}

export type Reason = 'first notification' | 'new alerts added' | 'some alerts resolved' | 'all alerts resolved' | 'repeat interval elapsed';

export interface Notification {
  readonly receiver: string;
  readonly groupLabels: LabelSet;
  readonly alerts: readonly StandingAlert[];
  readonly reason: Reason;
  readonly externalURL: string;
  /** 0: all. */
  readonly maxAlerts: number;
}

export function groupKeyOf(groupLabels: LabelSet): string {
  return `{}:${printLabels(groupLabels)}`;
}

/** The body of a version-4 webhook, field by field in the order and with the habits of Alertmanager 0.34. */
export function webhookBody(notification: Notification) {
  const sorted = [...notification.alerts].sort((one, other) => (printLabels(one.labels) < printLabels(other.labels) ? -1 : 1));
  const sent = notification.maxAlerts === 0 ? sorted : sorted.slice(0, notification.maxAlerts);
  return {
    // Receivers arrive quoted for use in a regular expression: `chatops.prod` as `chatops\.prod`.
    receiver: notification.receiver.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`),
    status: notification.alerts.some((alert) => alert.endsAt === null) ? 'firing' : 'resolved',
    alerts: sent.map((alert) => ({
      status: alert.endsAt === null ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: alert.startsAt.toISOString(),
      endsAt: alert.endsAt?.toISOString() ?? '0001-01-01T00:00:00Z',
      generatorURL: alert.generatorURL,
      fingerprint: fingerprint(alert.labels),
    })),
    notification_reason: notification.reason,
    groupLabels: notification.groupLabels,
    // Computed over the alerts that are sent, not over those that were cut off.
    commonLabels: common(sent.map((alert) => alert.labels)),
    commonAnnotations: common(sent.map((alert) => alert.annotations)),
    routeLabels: {},
    externalURL: notification.externalURL,
    version: '4',
    groupKey: groupKeyOf(notification.groupLabels),
    truncatedAlerts: sorted.length - sent.length,
  };
}

function common(sets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...others] = sets;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value)));
}
