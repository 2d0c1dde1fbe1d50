import type { Incident } from './incident.ts';

/** An alert that fires again this soon after it ended belongs to the same trouble: the card goes on, whoever closed it. */
export const reopenWithinMs = 30 * 60_000;

/**
 * What becomes of an open incident when its alerts change. Pure.
 * - `resolve`: nobody took it and its alerts are over
 * - `offerResolve`: a person has it and its alerts are over; the person closes it
 * - `refire`: its alerts were over for a moment and fire again while a person has it
 * - `reopen`: they were over for long. Whoever had it may be asleep by now, so it is nobody's again and pages
 * - `stay`: nothing but the numbers changed
 */
export function decideAfterAlerts(incident: Incident, firing: number, now: Date): 'resolve' | 'offerResolve' | 'refire' | 'reopen' | 'stay' {
  const endedAt = incident.alertsEndedAt;
  if (firing > 0 && endedAt !== null) return now.getTime() - endedAt.getTime() <= reopenWithinMs ? 'refire' : 'reopen';
  if (firing > 0 || endedAt !== null) return 'stay';
  return incident.state === 'triggered' ? 'resolve' : 'offerResolve';
}

/** Whether alerts that fire now reopen this resolved incident. `stillFiring`: one of them was firing already when it was resolved. */
export function reopens(incident: Incident, now: Date, stillFiring: boolean): boolean {
  if (incident.state !== 'resolved' || incident.resolvedAt === null) return false;
  return stillFiring || now.getTime() - incident.resolvedAt.getTime() <= reopenWithinMs;
}
