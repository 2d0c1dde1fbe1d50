import type { EnqueueEvent } from './event.ts';

/**
 * PagerDuty's model of what an event does, per routing key and dedup_key:
 *
 *   (none) ──trigger──▶ triggered ──acknowledge──▶ acknowledged ──resolve──▶ resolved
 *
 * A trigger onto an open alert is folded into it and changes nothing else: an acknowledgement sticks. A trigger after a resolve opens a
 * new alert. An acknowledge or resolve without an open alert is dropped, and the sender is told that it was accepted.
 */
export interface PagerDutyIncident {
  readonly id: string;
  readonly number: number;
  readonly routingKey: string;
  readonly dedupKey: string;
  readonly summary: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly openedAt: string;
  readonly changedAt: string;
  /** How many triggers were folded into it, the first included. */
  readonly triggers: number;
  readonly notes: readonly { readonly id: string; readonly at: string; readonly by: string; readonly content: string }[];
}

export type Effect = 'opened' | 'folded' | 'acknowledged' | 'resolved' | 'dropped';

export function openIncident(incidents: readonly PagerDutyIncident[], routingKey: string, dedupKey: string): PagerDutyIncident | undefined {
  return incidents.find((incident) => incident.status !== 'resolved' && incident.routingKey === routingKey && incident.dedupKey === dedupKey);
}

/** The incidents after this event, newest last, and what it did. */
export function applyEvent(
  incidents: readonly PagerDutyIncident[],
  event: EnqueueEvent,
  dedupKey: string,
  at: string,
): { readonly incidents: readonly PagerDutyIncident[]; readonly effect: Effect; readonly incident?: PagerDutyIncident } {
  const open = openIncident(incidents, event.routing_key, dedupKey);
  if (event.event_action === 'trigger') {
    if (open) {
      const folded = { ...open, triggers: open.triggers + 1 };
      return { incidents: replace(incidents, folded), effect: 'folded', incident: folded };
    }
    const number = (incidents.at(-1)?.number ?? 0) + 1;
    const incident: PagerDutyIncident = {
      id: `PINC${String(number).padStart(6, '0')}`,
      number,
      routingKey: event.routing_key,
      dedupKey,
      summary: event.payload.summary,
      severity: event.payload.severity,
      status: 'triggered',
      openedAt: at,
      changedAt: at,
      triggers: 1,
      notes: [],
    };
    return { incidents: [...incidents, incident], effect: 'opened', incident };
  }
  const status = event.event_action === 'acknowledge' ? 'acknowledged' : 'resolved';
  if (!open || open.status === status) return { incidents, effect: 'dropped' };
  const changed: PagerDutyIncident = { ...open, status, changedAt: at };
  return { incidents: replace(incidents, changed), effect: status, incident: changed };
}

export function replace(incidents: readonly PagerDutyIncident[], changed: PagerDutyIncident): readonly PagerDutyIncident[] {
  return incidents.map((incident) => (incident.id === changed.id ? changed : incident));
}
