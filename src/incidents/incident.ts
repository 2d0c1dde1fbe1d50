/**
 * An incident is the unit of work: one per open group of alerts and system it is attributed to.
 *
 *   triggered    ──▶ acknowledged   a person takes it
 *   triggered    ──▶ resolved       its alerts end, or a person resolves it
 *   acknowledged ──▶ resolved       a person resolves it
 *   acknowledged ──▶ triggered      its alerts were over for more than half an hour, and fire again
 *   resolved     ──▶ acknowledged   a person reopens it, and so has it
 *   resolved     ──▶ triggered      its alerts fire again within half an hour, or one of them never stopped
 *
 * Alerts that end move a `triggered` incident to `resolved` by themselves. An incident that a person has acknowledged is never closed
 * behind their back: its alerts being over is a fact on the card and an offer to resolve.
 */
export type IncidentState = 'triggered' | 'acknowledged' | 'resolved';

export interface Incident {
  /** Shown as `INC-42`. */
  readonly id: number;
  readonly state: IncidentState;
  /** Grows with every change; a card never goes back to a lower one (G-4). */
  readonly version: number;
  /** The version in which its state last changed, or something was done to its system. A press on an older card is refused (F-21). */
  readonly stateVersion: number;
  readonly source: string;
  /** `alertmanager`, or `person` for one declared by hand, or `intake` for a notification that could not be read. */
  readonly origin: 'alertmanager' | 'person' | 'intake';
  /** Id of the system, or `null` where no system claims the alerts (AP-31). */
  readonly systemId: string | null;
  readonly environment: string | null;
  readonly component: string | null;
  /** What is wrong in a sentence, from the rule, the annotations or the person. Untrusted text. */
  readonly title: string;
  /** Alertmanager's `alertname`, or empty. */
  readonly alertName: string;
  /** The system's own word, and the rank that makes it comparable. */
  readonly severity: string;
  readonly rank: 1 | 2 | 3 | 4;
  readonly openedAt: Date;
  /** When the first of its alerts began to fire. */
  readonly alertsSince: Date;
  readonly alertsEndedAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: Date | null;
  /** A Slack user id, `alertmanager`, or `null` while open. */
  readonly resolvedBy: string | null;
  readonly cause: string | null;
  readonly impact: string | null;
  readonly reopenedCount: number;
  readonly channelId: string;
}

/** The alerts of an incident as its card needs them. */
export interface AlertSummary {
  readonly firing: number;
  readonly resolved: number;
  /** Left out by Alertmanager's `max_alerts`. */
  readonly truncated: number;
  /** The worst few, firing first. All text untrusted. */
  readonly examples: readonly { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>>; readonly startsAt: Date; readonly status: 'firing' | 'resolved' }[];
  /** Validated http(s) links, or null. */
  readonly links: { readonly graph: string | null; readonly alertmanager: readonly string[] };
}

/** A page that was or will be sent, as the card tells it. */
export interface PageSummary {
  /** An earlier step has told the same PagerDuty service. PagerDuty folds the two into one alert, so this one by itself makes nobody's phone ring. */
  readonly repeats: boolean;
  readonly role: string;
  readonly dueAt: Date;
  readonly state: 'waiting' | 'accepted' | 'cancelled' | 'refused' | 'undelivered';
  readonly acceptedAt: Date | null;
  readonly tries: number;
  readonly lastError: string | null;
  readonly nextTryAt: Date | null;
  readonly until: 'acknowledged' | 'resolved';
}

export interface TimelineEntry {
  readonly at: Date;
  readonly kind: string;
  /** Slack user id, or the name of a part of the bot. */
  readonly actor: string;
  readonly text: string;
}
