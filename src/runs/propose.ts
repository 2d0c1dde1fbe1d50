import type { WritePrimitive } from '../actions/define-primitive.ts';
import type { PlanDraft, Refusal, Target } from '../actions/plan.ts';
import { duration } from '../actions/wording.ts';
import { hashPlan } from '../approvals/plan-hash.ts';
import type { Plan } from '../approvals/plan.ts';
import { possibleRulings, rulingFor, whyNeverAsk, whyNotAsk } from '../approvals/policy.ts';
import { checkParameters, resolveTarget, riskOf } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import { addDuty } from '../storage/duties.ts';
import { failpoint } from '../support/failpoints.ts';
import { newId } from '../support/ids.ts';
import type { Json } from '../support/json.ts';
import { redact, redactAll } from '../support/redact/redact.ts';
import { readDeadlineMs, withinUnredacted, type RunDependencies } from './dependencies.ts';
import { factsFor, factsOfNow } from './facts.ts';
import type { Run } from './run.ts';
import { findRun, insertRun, lastRunToZero, lastStartOf, overriddenOnTarget, runOnTarget } from './store.ts';
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

export type WorkedOut =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly targetKey: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Something else is changing the same target, or nobody knows whether it did. */
  | { readonly kind: 'busy'; readonly run: Run };

export type Proposed = { readonly kind: 'planned'; readonly run: Run } | Exclude<WorkedOut, { kind: 'plan' }>;

const isRefusal = (value: object): value is Refusal => 'refused' in value;

/**
 * Works out what would happen and stores it as a plan that nobody has agreed to yet; it runs out by itself. Changes nothing outside.
 * @throws StockOpsError when the cluster or host does not answer
 */
export async function propose(dependencies: RunDependencies, proposal: Proposal): Promise<Proposed> {
  const workedOut = await workOut(dependencies, proposal);
  if (workedOut.kind !== 'plan') return workedOut;
  const { plan, targetKey } = workedOut;
  const id = newId(dependencies.random, 'run');
  failpoint('plan.before-store');
  const run = await dependencies.db.transaction().execute(async (tx) => {
    await insertRun(tx, { id, plan, planHash: hashPlan(plan), targetKey, channelId: proposal.channelId, threadKey: proposal.threadKey, undoOf: proposal.undo?.id ?? null }, dependencies.clock.now());
    await addDuty(tx, { kind: 'run.expire', key: id, dueAt: new Date(plan.expiresAt) });
    return findRun(tx, id);
  });
  failpoint('plan.after-store');
  if (run === undefined) throw new Error('a run that was just stored is not there');
  return { kind: 'planned', run };
}

/**
 * Reads the target and works out what would happen. Stores nothing and changes nothing: this alone is a dry run.
 * @throws StockOpsError when the cluster or host does not answer
 */
export async function workOut(dependencies: RunDependencies, proposal: Proposal): Promise<WorkedOut> {
  const { system, action, environment } = proposal;
  const catalog = dependencies.catalog();
  const undo = proposal.undo?.plan.draft.undo;
  const what = undo === undefined ? `${action.title} ${system.name} (${environment})` : `Undo: ${proposal.undo?.plan.draft.summary}`;
  if (undo !== undefined && 'impossible' in undo) return refused({ refused: what, rule: undo.impossible, instead: 'Ask for a change of its own.' });

  const primitive = dependencies.primitives.get(undo?.primitive ?? action.use);
  if (primitive === undefined || primitive.effect !== 'write') return refused({ refused: what, rule: 'it is not an action that changes something', instead: 'Use /stock help.' });

  // Rights first, at the lowest risk that the action can have: who may not ask learns nothing about the target by trying.
  const identity = await dependencies.people.identify(proposal.requestedBy);
  const early = whyNeverAsk(possibleRulings(catalog, system, environment, action.risk, await factsOfNow(dependencies.db, system, environment, dependencies.clock.now())), identity, what);
  if (early !== null) return refused(early);

  const target = targetOf(proposal, primitive);
  if (isRefusal(target)) return refused(target);
  const checked = undo === undefined ? checkParameters(system, action, proposal.component, await withRemembered(dependencies, proposal)) : { ok: true as const, params: undo.params };
  if (isRefusal(checked)) return refused(checked);
  const params = primitive.params.safeParse(checked.params);
  if (!params.success) return refused({ refused: what, rule: params.error.issues[0]?.message ?? 'a parameter does not fit', instead: 'Give a value that fits.' });

  const targetKey = targetKeyOf(target);
  const busy = await runOnTarget(dependencies.db, targetKey);
  if (busy !== undefined) return { kind: 'busy', run: busy };
  const cooling = undo === undefined ? await whyStillCooling(dependencies, targetKey, action, action.cooldownMs, what) : null;
  if (cooling !== null) return refused(cooling);

  const draft = await draftOf(dependencies, primitive, target, params.data as Readonly<Record<string, Json>>);
  if (isRefusal(draft)) return refused(draft);
  const risk = riskOf(action, draft.conditions ?? []);
  const ruling = rulingFor(catalog, system, environment, risk, await factsFor(dependencies.db, system, environment, draft.conditions ?? [], dependencies.clock.now()));
  const denied = whyNotAsk(ruling, identity, what);
  const { rule } = ruling;
  if (rule === null || denied !== null) return refused(denied ?? { refused: what, rule: 'no rule allows it', instead: 'Ask the owner of the system.' });
  const coolingByRule = undo === undefined ? await whyStillCooling(dependencies, targetKey, action, rule.cooldownMs, what) : null;
  if (coolingByRule !== null) return refused({ ...coolingByRule, rule: `${coolingByRule.rule} (policies › ${rule.id})` });

  const now = dependencies.clock.now();
  const past = await overriddenOnTarget(dependencies.db, targetKey);
  const overrides = past === undefined ? null : overridesInWords(past);
  const warnings = [...draft.warnings, ...(action.warning === null || undo !== undefined ? [] : [action.warning]), ...(overrides === null ? [] : [overrides])];
  const plan: Plan = {
    draft: { ...draft, warnings },
    ...(overrides !== null && { overrides }),
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
    epoch: dependencies.epochs.current(),
    expiresAt: new Date(now.getTime() + rule.expiresAfterMs).toISOString(),
  };
  return { kind: 'plan', plan, targetKey };
}

/** Stands in the plan, so that whoever agrees to it knows. */
export function overridesInWords(past: Run): string {
  return `Nobody knows whether “${past.plan.draft.summary}” happened; going past it was allowed, because: ${past.overridden?.reason}`;
}

/** Reads the target again and plans anew: what a start compares with what was approved. */
export async function draftOf(dependencies: RunDependencies, primitive: WritePrimitive, target: Target, params: Readonly<Record<string, Json>>): Promise<PlanDraft | Refusal> {
  const draft = await withinUnredacted(dependencies, readDeadlineMs, async (context) => {
    const observed = await primitive.observe(context, target as never, params as never);
    return primitive.plan({ target: target as never, params: params as never, observed });
  });
  return isRefusal(draft) ? redactAll(draft) : withoutSecrets(draft);
}

/** What is said of a plan is redacted; what it sends is never touched. A command line that would carry a secret is no plan at all, because everybody on the host can read it (T-17). */
function withoutSecrets(draft: PlanDraft): PlanDraft | Refusal {
  const { summary, changes, warnings, equivalent, ...sent } = draft;
  if ('arguments' in sent.request && redactAll(sent.request.arguments) !== sent.request.arguments)
    return { refused: redact(summary), rule: 'a value of it looks like a secret, and would stand in a command line and in the record', instead: 'Put it where your secrets are kept, and let the release refer to it.' };
  return { ...sent, ...redactAll({ summary, changes, warnings, equivalent }) };
}

// An undo acts on what was changed, which may be of another kind than the action's own target: a Helm upgrade is undone by a rollback of the same release.
function targetOf(proposal: Proposal, primitive: WritePrimitive): Target | Refusal {
  if (proposal.undo !== undefined) return proposal.undo.plan.target;
  const target = resolveTarget(proposal.system, proposal.action, proposal.environment, proposal.component ?? undefined);
  if (isRefusal(target) || target.kind === primitive.target) return target;
  return { refused: proposal.action.title, rule: `${primitive.id} acts on a ${primitive.target}`, instead: `Correct systems/${proposal.system.id}/system.yaml.` };
}

/** What was given, and for a parameter whose default is `resume` what ran before the target was stopped (AP-04), where that is known. */
export async function withRemembered({ db }: Pick<RunDependencies, 'db'>, { system, action, environment, component, given }: Pick<Proposal, 'system' | 'action' | 'environment' | 'component' | 'given'>): Promise<Readonly<Record<string, string>>> {
  const result = { ...given };
  const target = resolveTarget(system, action, environment, component ?? undefined);
  if (isRefusal(target)) return result;
  for (const parameter of action.parameters) {
    if (parameter.default !== 'resume' || result[parameter.name] !== undefined) continue;
    const stop = await lastRunToZero(db, targetKeyOf(target), action.use, parameter.name);
    const undo = stop?.plan.draft.undo;
    const before = undo !== undefined && 'params' in undo ? undo.params[parameter.name] : undefined;
    if (before !== undefined && before !== 0) result[parameter.name] = String(before);
  }
  return result;
}

async function whyStillCooling({ db, clock }: RunDependencies, targetKey: string, action: Action, cooldownMs: number, what: string): Promise<Refusal | null> {
  if (cooldownMs === 0) return null;
  const last = await lastStartOf(db, targetKey, action.id);
  const waitMs = last === null ? 0 : last.getTime() + cooldownMs - clock.now().getTime();
  if (waitMs <= 0) return null;
  return { refused: what, rule: `it was done less than ${duration(cooldownMs)} ago`, instead: `Look whether that helped; it may be done again in ${duration(waitMs)}.` };
}

const refused = (refusal: Refusal): WorkedOut & { kind: 'refused' } => ({ kind: 'refused', refusal });
