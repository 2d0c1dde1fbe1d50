import { factsOfPlan, factsOfTime } from '../approvals/facts.ts';
import type { Facts } from '../catalog/conditions.ts';
import type { RiskCondition, System } from '../catalog/system.ts';
import type { DbOrTx } from '../storage/database.ts';

type FactsOfNow = Omit<Facts, 'belowCurrentReplicas' | 'outsideAutoscalerRange'>;

/**
 * What is so now around a system, for the conditions of policies.
 * @param exceptRunId the run that is being decided on is not another one
 */
export async function factsOfNow(db: DbOrTx, system: System, environment: string, now: Date, exceptRunId?: string): Promise<FactsOfNow> {
  const other = await db
    .selectFrom('runs')
    .select('id')
    .where('system_id', '=', system.id)
    .where('environment', '=', environment)
    .where('state', 'in', ['started', 'unknown'])
    .where('id', '<>', exceptRunId ?? '')
    .limit(1)
    .executeTakeFirst();
  // An incident whose environment nobody knows may be in this one.
  const worst = await db
    .selectFrom('incidents')
    .select('rank')
    .where('system_id', '=', system.id)
    .where('state', '<>', 'resolved')
    .where((where) => where.or([where('environment', '=', environment), where('environment', 'is', null)]))
    .orderBy('rank')
    .limit(1)
    .executeTakeFirst();
  return { ...factsOfTime(system, now), duringAnotherRun: other !== undefined, openIncidentOfRank1: worst?.rank === 1, openIncidentOfRank1or2: worst !== undefined && worst.rank <= 2 };
}

/** All of it, once there is a plan. */
export async function factsFor(db: DbOrTx, system: System, environment: string, conditions: Iterable<RiskCondition>, now: Date, exceptRunId?: string): Promise<Facts> {
  return { ...(await factsOfNow(db, system, environment, now, exceptRunId)), ...factsOfPlan(conditions) };
}
