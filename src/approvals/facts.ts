/** What is so, for the conditions of policies. Pure; what the database knows is read in `runs/facts.ts`. */
import { isBusinessMoment } from '../catalog/business-hours.ts';
import type { Facts, KnownFacts } from '../catalog/conditions.ts';
import { openWindow } from '../catalog/maintenance.ts';
import type { RiskCondition, System } from '../catalog/system.ts';

/** What the system's file and the time say. */
export function factsOfTime(system: System, now: Date): Pick<Facts, 'outsideBusinessHours' | 'insideMaintenanceWindow'> {
  return { outsideBusinessHours: !isBusinessMoment(system.businessHours, system.timezone, now), insideMaintenanceWindow: openWindow(system, now) !== null };
}

/** What a plan says of itself. */
export function factsOfPlan(conditions: Iterable<RiskCondition>): Pick<Facts, 'belowCurrentReplicas' | 'outsideAutoscalerRange'> {
  const holding = new Set(conditions);
  return { belowCurrentReplicas: holding.has('fewer_replicas') || holding.has('to_zero'), outsideAutoscalerRange: holding.has('outside_autoscaler') };
}

/** The conditions of risk that these facts imply: what `factsOfPlan` read, the other way. */
export function riskConditionsOf(facts: KnownFacts): readonly RiskCondition[] {
  return [...(facts.belowCurrentReplicas === true ? (['fewer_replicas'] as const) : []), ...(facts.outsideAutoscalerRange === true ? (['outside_autoscaler'] as const) : [])];
}
