import type { EscalationStep, System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';
import { nextBusinessDay, nextBusinessMoment } from './business-hours.ts';

/** A fault that comes back right after it ended is shown at once, and pages only when it stays (G-2). */
export const reopenGraceMs = 120_000;

export interface PlannedStep {
  readonly step: number;
  readonly role: string;
  readonly until: 'acknowledged' | 'resolved';
  readonly dueAt: Date;
}

/**
 * Who is paged when, for an incident that has just been opened or reopened. Pure.
 * Severities that the policy applies to follow its steps; the others page the first step's role once, when their `page` allows it.
 */
export function planSteps(system: System, incident: Incident, now: Date): PlannedStep[] {
  const severity = system.severities.find((candidate) => candidate.label === incident.severity);
  if (severity === undefined || severity.page === 'never') return [];
  const { escalation } = system;
  const steps = escalation.steps.filter((step) => step.onlySeverities.length === 0 || step.onlySeverities.includes(incident.severity));
  const planned = (step: EscalationStep, dueAt: Date): PlannedStep => ({ step: escalation.steps.indexOf(step), role: step.role, until: step.until, dueAt });

  if (severity.page === 'immediate' && escalation.appliesTo.includes(incident.severity)) {
    const start = startOf(system, incident, now);
    // A step whose time has passed, because the alert began long before we heard of it, is due now and not earlier.
    return steps.map((step) => planned(step, new Date(Math.max(now.getTime(), start.getTime() + step.afterMs))));
  }
  const first = steps[0];
  if (first === undefined) return [];
  const dueAt =
    severity.page === 'immediate'
      ? now
      : severity.page === 'business_hours'
        ? nextBusinessMoment(system.businessHours, system.timezone, now)
        : nextBusinessDay(system.businessHours, system.timezone, now);
  return [planned(first, dueAt)];
}

function startOf(system: System, incident: Incident, now: Date): Date {
  if (incident.reopenedCount > 0) return new Date(now.getTime() + reopenGraceMs);
  return system.escalation.clock === 'alert_start' ? incident.alertsSince : incident.openedAt;
}
