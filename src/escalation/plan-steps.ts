import { nextBusinessDay, nextBusinessMoment } from '../catalog/business-hours.ts';
import type { EscalationStep, System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';

/** A fault that comes back right after it ended is shown at once, and pages only when it stays (G-2). */
export const reopenGraceMs = 120_000;

export interface PlannedStep {
  readonly step: number;
  readonly role: string;
  readonly until: 'acknowledged' | 'resolved';
  readonly dueAt: Date;
}

/**
 * Who is paged when, for an incident that has just been opened, reopened or become worse. Pure.
 * Severities that the policy applies to follow its steps; the others page the first step's role once, when their `page` allows it. Where PagerDuty's
 * own policy escalates, it is told once and does the rest.
 */
export function planSteps(system: System, incident: Incident, now: Date): PlannedStep[] {
  const severity = system.severities.find((candidate) => candidate.label === incident.severity);
  if (severity === undefined || severity.page === 'never') return [];
  const { escalation } = system;
  const steps = escalation.steps.filter((step) => step.via === 'pagerduty' && (step.onlySeverities.length === 0 || step.onlySeverities.includes(incident.severity)));
  const [first] = steps;
  if (first === undefined) return [];
  const planned = (step: EscalationStep, dueAt: Date): PlannedStep => ({ step: escalation.steps.indexOf(step), role: step.role, until: step.until, dueAt });

  // What came back waits to be sure that it stays (G-2).
  const from = incident.reopenedCount > 0 ? new Date(now.getTime() + reopenGraceMs) : now;
  if (severity.page === 'business_hours') return [planned(first, nextBusinessMoment(system.businessHours, system.timezone, from))];
  if (severity.page === 'next_business_day') return [planned(first, nextBusinessDay(system.businessHours, system.timezone, from))];
  if (escalation.driver === 'pagerduty' || !escalation.appliesTo.includes(incident.severity)) return [planned(first, from)];
  // Counted from the alert's own beginning, a step's time may have passed before we heard of it: it is due now and not earlier.
  const start = incident.reopenedCount === 0 && escalation.clock === 'alert_start' ? incident.alertsSince : from;
  return steps.map((step) => planned(step, new Date(Math.max(now.getTime(), start.getTime() + step.afterMs))));
}
