import type { Incident } from './incident.ts';

/** An alert that fires again this soon after the incident ended by itself belongs to the same trouble: the card is reopened, not a new one made. */
export const reopenWithinMs = 30 * 60_000;

/**
 * What becomes of an incident when the number of its firing alerts changes. Pure.
 * - `resolve`: nobody took it and its alerts are over
 * - `offerResolve`: a person has it and its alerts are over; the person closes it
 * - `refire`: its alerts were over and fire again while a person has it
 * - `refresh`: nothing but the numbers changed
 */
export function decideAfterAlerts(incident: Incident, firing: number): 'resolve' | 'offerResolve' | 'refire' | 'refresh' {
  if (firing > 0) return incident.alertsEndedAt === null ? 'refresh' : 'refire';
  if (incident.alertsEndedAt !== null) return 'refresh';
  return incident.state === 'triggered' ? 'resolve' : 'offerResolve';
}

/** Whether alerts that fire now reopen this resolved incident. `stillFiring`: the alert has been firing since before it was resolved. */
export function reopens(incident: Incident, now: Date, stillFiring: boolean): boolean {
  if (incident.state !== 'resolved' || incident.resolvedAt === null) return false;
  return stillFiring || now.getTime() - incident.resolvedAt.getTime() <= reopenWithinMs;
}
