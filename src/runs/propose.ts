import type { WritePrimitive } from '../actions/define-primitive.ts';
import type { PlanDraft, Refusal, Target } from '../actions/plan.ts';
import { hashPlan } from '../approvals/plan-hash.ts';
import type { Plan } from '../approvals/plan.ts';
import { findRule, whyNotAsk } from '../approvals/policy.ts';
import { checkParameters, resolveTarget, riskOf } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import { newId } from '../support/ids.ts';
import type { Json } from '../support/json.ts';
import { contextFor, readDeadlineMs, type RunDependencies } from './dependencies.ts';
import type { Run } from './run.ts';
import { findRun, insertRun, lastStartOf, lastSucceededRun, runOnTarget } from './store.ts';
import { targetKeyOf } from './target-key.ts';

/** What somebody wants done. Everything in it is already looked up in the catalog; the parameters are still as they were typed. */
export interface Proposal {
  readonly system: System;
  readonly action: Action;
  readonly environment: string;
  readonly component: string | null;
  readonly given: Readonly<Record<string, string>>;
  readonly incidentId: number | null;
  readonly requestedBy: string;
  readonly channelId: string;
  readonly threadKey: string | null;
  /** A run to take back: its own undo is planned instead of the action. */
  readonly undo?: Run;
}

export type Proposed = { readonly kind: 'planned'; readonly run: Run } | { readonly kind: 'refused'; readonly refusal: Refusal } | { readonly kind: 'busy'; readonly run: Run };

const isRefusal = (value: object): value is Refusal => 'refused' in value;

/**
 * Reads the target, works out what would happen, and stores it as a plan that nobody has agreed to yet. Changes nothing outside.
 * @throws StockOpsError when the cluster or host does not answer
 */
export async function propose(dependencies: RunDependencies, proposal: Proposal): Promise<Proposed> {
  const { system, action, environment } = proposal;
  const what = `${action.title} ${system.name} (${environment})`;
  const undo = proposal.undo?.plan.draft.undo;
  if (undo !== undefined && 'impossible' in undo) return refused({ refused: `Undo: ${proposal.undo?.plan.draft.summary}`, rule: undo.impossible, instead: 'Ask for a change of its own.' });

  const primitive = dependencies.primitives.get(undo?.primitive ?? action.use);
  if (primitive === undefined || primitive.effect !== 'write') return refused({ refused: what, rule: 'it is not an action that changes something', instead: 'Use /stock help.' });

  const target = targetOf(proposal, primitive);
  if (isRefusal(target)) return refused(target);
  const checked = undo === undefined ? checkParameters(system, action, proposal.component, await withRemembered(dependencies, proposal)) : { ok: true as const, params: undo.params };
  if (isRefusal(checked)) return refused(checked);
  const params = primitive.params.safeParse(checked.params);
  if (!params.success) return refused({ refused: what, rule: params.error.issues[0]?.message ?? 'a parameter does not fit', instead: 'Give a value that fits.' });

  const targetKey = targetKeyOf(target);
  const busy = await runOnTarget(dependencies.db, targetKey);
  if (busy !== undefined) return { kind: 'busy', run: busy };
  const cooling = await whyStillCooling(dependencies, targetKey, action, what);
  if (cooling !== null) return refused(cooling);

  // Who may not ask at the lowest risk this action can have may not learn about the target by trying.
  const identity = await dependencies.people.identify(proposal.requestedBy);
  const catalog = dependencies.catalog();
  const isProtected = system.environments.get(environment)?.protected ?? true;
  const early = whyNotAsk(findRule(catalog, system, environment, isProtected, action.risk), system, identity, what);
  if (early !== null) return refused(early);

  const draft = await draftOf(dependencies, primitive, target, params.data as Readonly<Record<string, Json>>);
  if (isRefusal(draft)) return refused(draft);
  const risk = riskOf(action, draft.conditions ?? []);
  const rule = findRule(catalog, system, environment, isProtected, risk);
  const denied = whyNotAsk(rule, system, identity, what);
  if (rule === null || denied !== null) return refused(denied ?? { refused: what, rule: 'no rule allows it', instead: 'Ask the owner of the system.' });

  const now = dependencies.clock.now();
  const plan: Plan = {
    draft: action.warning === null ? draft : { ...draft, warnings: [...draft.warnings, action.warning] },
    target,
    params: checked.params,
    primitive: primitive.id,
    actionId: action.id,
    systemId: system.id,
    environment,
    component: proposal.component,
    incidentId: proposal.incidentId,
    requestedBy: proposal.requestedBy,
    risk,
    policyId: rule.id,
    approvalsNeeded: rule.approvals,
    catalogVersion: catalog.version,
    epoch: dependencies.epoch(),
    expiresAt: new Date(now.getTime() + rule.expiresAfterMs).toISOString(),
  };
  const id = newId(dependencies.random, 'run');
  await insertRun(
    dependencies.db,
    { id, plan, planHash: hashPlan(plan), targetKey, channelId: proposal.channelId, threadKey: proposal.threadKey, undoOf: proposal.undo?.id ?? null },
    now,
  );
  const run = await findRun(dependencies.db, id);
  if (run === undefined) throw new Error('a run that was just stored is not there');
  return { kind: 'planned', run };
}

/** Reads the target again and plans anew: what a start compares with what was approved. */
export async function draftOf(dependencies: RunDependencies, primitive: WritePrimitive, target: Target, params: Readonly<Record<string, Json>>): Promise<PlanDraft | Refusal> {
  const context = contextFor(dependencies, readDeadlineMs);
  const observed = await primitive.observe(context, target as never, params as never);
  return primitive.plan({ target: target as never, params: params as never, observed });
}

// An undo acts on what was changed, which may be of another kind than the action's own target: a Helm upgrade is undone by a rollback of the same release.
function targetOf(proposal: Proposal, primitive: WritePrimitive): Target | Refusal {
  if (proposal.undo !== undefined) return proposal.undo.plan.target;
  const target = resolveTarget(proposal.system, proposal.action, proposal.environment, proposal.component ?? undefined);
  if (isRefusal(target) || target.kind === primitive.target) return target;
  return { refused: proposal.action.title, rule: `${primitive.id} acts on a ${primitive.target}`, instead: `Correct systems/${proposal.system.id}/system.yaml.` };
}

/** `resume` stands for what ran before it was stopped (AP-04). */
async function withRemembered({ db }: RunDependencies, { system, action, environment, given }: Proposal): Promise<Record<string, string>> {
  const result = { ...given };
  for (const parameter of action.parameters) {
    if (parameter.default !== 'resume' || result[parameter.name] !== undefined) continue;
    const stopped = await lastSucceededRun(db, system.id, environment, 'stop');
    const undo = stopped?.plan.draft.undo;
    const before = undo !== undefined && 'params' in undo ? undo.params[parameter.name] : undefined;
    if (before !== undefined && before !== 0) result[parameter.name] = String(before);
  }
  return result;
}

async function whyStillCooling({ db, clock }: RunDependencies, targetKey: string, action: Action, what: string): Promise<Refusal | null> {
  if (action.cooldownMs === 0) return null;
  const last = await lastStartOf(db, targetKey, action.id);
  const waitMs = last === null ? 0 : last.getTime() + action.cooldownMs - clock.now().getTime();
  if (waitMs <= 0) return null;
  return { refused: what, rule: `it was done less than ${Math.round(action.cooldownMs / 60_000)} min ago`, instead: `Look whether that helped; it may be done again in ${Math.ceil(waitMs / 60_000)} min.` };
}

const refused = (refusal: Refusal): Proposed => ({ kind: 'refused', refusal });
