/** By which rules a plan is decided on, and what they ask of the people who decide. */
import { rulingFor, type Ruling } from '../approvals/policy.ts';
import { riskOf, worseRisk } from '../catalog/resolve.ts';
import type { RiskCondition } from '../catalog/system.ts';
import type { DbOrTx } from '../storage/database.ts';
import type { RunDependencies } from './dependencies.ts';
import { factsFor } from './facts.ts';
import type { Run } from './run.ts';

/**
 * The rule of now, and with it the one by which it was planned: both must be met, so the stricter decides (F-49). `null` when its system is no
 * longer in the catalog.
 * @param conditions what the plan does by the state of now, where that was looked at again
 */
export async function rulingOf(dependencies: Pick<RunDependencies, 'catalog' | 'clock'>, db: DbOrTx, run: Run, conditions: Iterable<RiskCondition> = run.plan.draft.conditions ?? []): Promise<Ruling | null> {
  const { plan } = run;
  const catalog = dependencies.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const action = system?.actions.get(plan.actionId);
  if (system === undefined) return null;
  const facts = await factsFor(db, system, plan.environment, conditions, dependencies.clock.now(), run.id);
  const ruling = rulingFor(catalog, system, plan.environment, action === undefined ? plan.risk : worseRisk(plan.risk, riskOf(action, conditions)), facts);
  return { ...ruling, alsoRule: catalog.policies.find((rule) => rule.id === plan.policyId && rule !== ruling.rule) ?? null };
}

/** The stricter of the rule then and the rule now (F-49). */
export function approvalsNeeded(run: Run, ruling: Ruling | null): number {
  return Math.max(run.approvalsNeeded, ruling?.rule?.approvals ?? 1, ruling?.alsoRule?.approvals ?? 0);
}

/** The word that a person types to show that they mean this target. */
export function nameToType(run: Run): string {
  const { target } = run.plan;
  switch (target.kind) {
    case 'workload':
      return target.name;
    case 'release':
      return target.release;
    case 'compose':
      return target.service;
    default:
      return run.plan.systemId;
  }
}

/** What is wrong with the name that was typed, in words for beside its field; `null` when nothing is. */
export function whyNotTyped(run: Run, ruling: Ruling | null, typedName: string | null): string | null {
  if ((ruling?.rule?.typedConfirmation !== true && ruling?.alsoRule?.typedConfirmation !== true) || typedName?.trim() === nameToType(run)) return null;
  return `Type ${nameToType(run)} exactly. Nothing has been done.`;
}
