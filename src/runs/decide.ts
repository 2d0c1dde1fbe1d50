/**
 * What people may do with a plan: confirm it, approve or deny it, withdraw it, and settle it when nobody could see whether it happened. Each is one
 * transaction that sees the run as it stands. Done again by the same person it changes nothing and says so: after a crash the same press is carried
 * out once more.
 */
import type { Refusal } from '../actions/plan.ts';
import { rulingFor, whatIsMissing, whyNotApprove, whyNotAsk, type Identity, type Ruling } from '../approvals/policy.ts';
import { riskOf, worseRisk } from '../catalog/resolve.ts';
import type { RiskCondition } from '../catalog/system.ts';
import { canonicalJson } from '../support/json.ts';
import type { DbOrTx, Tx } from '../storage/database.ts';
import { addDuty, cancelDuty } from '../storage/duties.ts';
import { refreshMessages } from '../storage/outbox.ts';
import { announceRun } from './announce.ts';
import type { RunDependencies } from './dependencies.ts';
import { factsFor } from './facts.ts';
import type { Run } from './run.ts';
import { changeRun, findRun, lockRun, lockTarget, runsUnderWay } from './store.ts';
import { targetKeyOf } from './target-key.ts';

export type Decided =
  | { readonly kind: 'done'; readonly run: Run }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly run?: Run }
  /** Somebody was quicker with the same target. */
  | { readonly kind: 'second'; readonly first: Run; readonly run: Run };

/** The requester has seen the plan and wants it. It starts, or others are asked. */
export async function confirmRun(dependencies: RunDependencies, runId: string, userId: string, typedName: string | null): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    if (run.requestedBy !== userId) return refuse(run, 'it is the plan of somebody else', 'Ask for one of your own.');
    if (wasConfirmed(run)) return { kind: 'done', run };
    if (run.state !== 'planned') return refuse(run, whyNotNow(run), 'Ask again for a fresh plan.');
    if (run.expiresAt <= now) return refuse(run, 'the plan has expired', 'Ask again for a fresh one.');
    const denied = ruling === null ? noLongerThere(run) : whyNotAsk(ruling, identity, run.plan.draft.summary);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    if (whyNotTyped(run, ruling, typedName) !== null) return refuse(run, `what was typed is not ${nameToType(run)}`, 'Ask again, and type it exactly.');
    const targetKey = targetKeyOf(run.plan.target);
    await lockTarget(tx, targetKey);
    const first = (await runsUnderWay(tx, targetKey)).find((other) => other.state !== 'awaiting_approval' || isSameWish(other, run));
    if (first !== undefined) return { kind: 'second', first, run };

    const needsOthers = approvalsNeeded(run, ruling) > 0;
    await changeRun(tx, runId, ['planned'], needsOthers ? { state: 'awaiting_approval' } : { state: 'approved', approved_at: now });
    if (!needsOthers) await startNow(tx, runId, now);
    return said(tx, runId, now, userId, needsOthers ? `asked for approval: ${run.plan.draft.summary}` : `confirmed: ${run.plan.draft.summary}`);
  });
}

export async function approveRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity, requester, approvers }) => {
    const mine = run.approvals.find((approval) => approval.userId === userId);
    if (mine?.decision === 'approved') return { kind: 'done', run };
    if (run.state !== 'awaiting_approval') return refuse(run, whyNotNow(run), 'Nothing more is needed of you.');
    if (run.expiresAt <= now) return refuse(run, 'the request has expired', 'Ask for a fresh one.');
    const denied = ruling === null ? noLongerThere(run) : whyNotApprove(ruling, identity, requester, `Approve: ${run.plan.draft.summary}`);
    if (ruling === null || denied !== null) return { kind: 'refused', refusal: denied ?? noLongerThere(run), run };
    await tx.insertInto('approvals').values({ run_id: runId, user_id: userId, decision: 'approved', reason: null, at: now }).execute();
    if (whatIsMissing(ruling, run.approvalsNeeded, [...approvers, identity], requester) === null) {
      await changeRun(tx, runId, ['awaiting_approval'], { state: 'approved', approved_at: now });
      await startNow(tx, runId, now);
    }
    return said(tx, runId, now, userId, `approved: ${run.plan.draft.summary}`);
  });
}

export async function denyRun(dependencies: RunDependencies, runId: string, userId: string, reason: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity, requester }) => {
    if (run.state === 'denied' && run.approvals.some((approval) => approval.userId === userId && approval.decision === 'denied')) return { kind: 'done', run };
    if (run.state !== 'awaiting_approval') return refuse(run, whyNotNow(run), 'Nothing more is needed of you.');
    const denied = ruling === null ? noLongerThere(run) : whyNotApprove(ruling, identity, requester, `Deny: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    await tx
      .insertInto('approvals')
      .values({ run_id: runId, user_id: userId, decision: 'denied', reason, at: now })
      .onConflict((conflict) => conflict.columns(['run_id', 'user_id']).doUpdateSet({ decision: 'denied', reason, at: now }))
      .execute();
    await changeRun(tx, runId, ['awaiting_approval'], { state: 'denied', finished_at: now, outcome: { status: 'notStarted', reason: reason === '' ? 'It was denied.' : reason } });
    await cancelDuty(tx, 'run.expire', runId);
    return said(tx, runId, now, userId, `denied: ${run.plan.draft.summary}`);
  });
}

/** Possible until it starts: also one that is approved and still waits for a cluster that does not answer. */
export async function withdrawRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now) => {
    if (run.requestedBy !== userId) return refuse(run, 'only the person who asked may withdraw it', 'Deny it instead, if you may decide.');
    if (run.state === 'withdrawn') return { kind: 'done', run };
    const outcome = { status: 'notStarted', reason: 'It was withdrawn.' } as const;
    if (!(await changeRun(tx, runId, ['planned', 'awaiting_approval', 'approved'], { state: 'withdrawn', finished_at: now, outcome })))
      return refuse(run, whyNotNow(run), 'See how it stands in the thread.');
    await cancelDuty(tx, 'run.expire', runId);
    await cancelDuty(tx, 'run.start', runId);
    return said(tx, runId, now, userId, `withdrew: ${run.plan.draft.summary}`);
  });
}

/** A person who looked says whether it happened. They need the right to ask for it: from here on the target can be changed again. */
export async function settleRun(dependencies: RunDependencies, runId: string, userId: string, happened: boolean, note: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    if (run.outcome?.status === 'settled' && run.outcome.by === userId && run.outcome.happened === happened) return { kind: 'done', run };
    const what = `Settle: ${run.plan.draft.summary}`;
    if (run.state !== 'unknown') return { kind: 'refused', refusal: { refused: what, rule: 'it is settled already', instead: 'Look at its message.' }, run };
    const denied = ruling === null ? noLongerThere(run) : whyNotAsk({ ...ruling, rule: ruling.alsoRule ?? ruling.rule, alsoRule: null }, identity, what);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    const outcome = { status: 'settled', happened, by: userId, note } as const;
    await changeRun(tx, runId, ['unknown'], { state: happened ? 'succeeded' : 'failed', finished_at: now, outcome });
    await cancelDuty(tx, 'run.look', runId);
    return said(tx, runId, now, userId, `says that it ${happened ? 'happened' : 'did not happen'} (${run.plan.draft.summary}): ${note}`);
  });
}

/** Nobody decided in time. A plan that only its requester ever saw ends without a word. */
export async function expireRun(dependencies: RunDependencies, runId: string): Promise<void> {
  await dependencies.db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    const now = dependencies.clock.now();
    const outcome = { status: 'notStarted', reason: 'Nobody decided in time.' } as const;
    if (run === undefined || !(await changeRun(tx, runId, ['planned', 'awaiting_approval'], { state: 'expired', finished_at: now, outcome }))) return;
    if (run.state === 'planned') await refreshMessages(tx, 'run', runId, now);
    else await said(tx, runId, now, 'stockops', `ran out: ${run.plan.draft.summary}`);
  });
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

export interface Rights {
  readonly ruling: Ruling | null;
  readonly identity: Identity;
  readonly requester: Identity;
  /** Those who have approved so far. */
  readonly approvers: readonly Identity[];
}

/**
 * Who people are is asked of Slack before the transaction: nothing waits for the network while it holds a row. What is a minute old is good enough
 * here, because they are asked for afresh before it starts. When somebody else has approved in
 * between, they are asked for as well, and the decision is made anew.
 */
export async function deciding(dependencies: RunDependencies, runId: string, userId: string, decide: (tx: Tx, run: Run, now: Date, rights: Rights) => Promise<Decided>): Promise<Decided> {
  for (;;) {
    const seen = await findRun(dependencies.db, runId);
    if (seen === undefined) return { kind: 'refused', refusal: { refused: 'That request', rule: 'it is not known here', instead: 'Ask for a fresh plan.' } };
    const { identify } = dependencies.people;
    const [identity, requester, ...approvers] = await Promise.all([identify(userId), identify(seen.requestedBy), ...approversOf(seen).map(identify)]);
    const decided = await dependencies.db.transaction().execute(async (tx): Promise<Decided | 'changed'> => {
      const run = await lockRun(tx, runId);
      if (run === undefined || approversOf(run).length !== approvers.length) return 'changed';
      return decide(tx, run, dependencies.clock.now(), { ruling: await rulingOf(dependencies, tx, run), identity, requester, approvers });
    });
    if (decided !== 'changed') return decided;
  }
}

export function approversOf(run: Run): readonly string[] {
  return run.approvals.filter((approval) => approval.decision === 'approved').map((approval) => approval.userId);
}

export async function startNow(tx: Tx, runId: string, now: Date): Promise<void> {
  await cancelDuty(tx, 'run.expire', runId);
  await addDuty(tx, { kind: 'run.start', key: runId, dueAt: now });
}

export async function said(tx: Tx, runId: string, now: Date, actor: string, text: string): Promise<Decided> {
  const run = await lockRun(tx, runId);
  if (run === undefined) throw new Error('a run that is being decided on is gone');
  await announceRun(tx, run, now, { actor, text });
  return { kind: 'done', run };
}

function wasConfirmed(run: Run): boolean {
  return run.state !== 'planned' && run.state !== 'expired' && run.state !== 'withdrawn';
}

function isSameWish(one: Run, other: Run): boolean {
  return one.plan.primitive === other.plan.primitive && canonicalJson(one.plan.params) === canonicalJson(other.plan.params);
}

function noLongerThere(run: Run): Refusal {
  return { refused: run.plan.draft.summary, rule: 'its system is no longer in the catalog', instead: 'Ask for a fresh plan.' };
}

export function refuse(run: Run, rule: string, instead: string): Decided {
  return { kind: 'refused', refusal: { refused: run.plan.draft.summary, rule, instead }, run };
}

function whyNotNow(run: Run): string {
  switch (run.state) {
    case 'planned':
      return 'it has not been asked for yet';
    case 'awaiting_approval':
      return 'it waits for approval';
    case 'approved':
      return 'it is approved and about to start';
    case 'started':
      return 'it is already running';
    case 'expired':
      return 'it has run out';
    case 'withdrawn':
      return 'it was withdrawn';
    case 'denied':
      return 'it was denied';
    case 'voided':
      return 'it is no longer what was agreed to';
    default:
      return 'it has already been carried out';
  }
}
