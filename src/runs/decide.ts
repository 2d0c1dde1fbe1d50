/** What people may do with a plan: confirm it, approve or deny it, withdraw it. Each is one transaction that sees the run as it stands. */
import type { Refusal } from '../actions/plan.ts';
import { findRule, whyNotApprove, whyNotAsk, type Identity } from '../approvals/policy.ts';
import type { PolicyRule, System } from '../catalog/system.ts';
import type { Tx } from '../storage/database.ts';
import { addDuty, cancelDuty } from '../storage/duties.ts';
import { announceRun } from './announce.ts';
import type { RunDependencies } from './dependencies.ts';
import { finalStates, type Run } from './run.ts';
import { changeRun, findRun, lockRun } from './store.ts';

export type Decided = { readonly kind: 'done'; readonly run: Run } | { readonly kind: 'refused'; readonly refusal: Refusal; readonly run?: Run };

/** The requester has seen the plan and wants it. It starts, or others are asked. */
export async function confirmRun(dependencies: RunDependencies, runId: string, userId: string, typedName: string | null): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { rule, system, identity }) => {
    if (run.requestedBy !== userId) return refuse(run, 'it is the plan of somebody else', 'Ask for one of your own.');
    if (run.state !== 'planned') return refuse(run, whyNotNow(run), 'See how it stands in the thread.');
    if (run.expiresAt <= now) return refuse(run, 'the plan has expired', 'Ask again for a fresh one.');
    const denied = system === undefined ? null : whyNotAsk(rule, system, identity, run.plan.draft.summary);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    if (rule?.typedConfirmation === true && typedName?.trim() !== nameToType(run)) return refuse(run, `the name typed is not ${nameToType(run)}`, 'Type it exactly.');
    const needsOthers = run.approvalsNeeded > 0;
    await changeRun(tx, runId, ['planned'], needsOthers ? { state: 'awaiting_approval' } : { state: 'approved', approved_at: now });
    if (needsOthers) await addDuty(tx, { kind: 'run.expire', key: runId, dueAt: run.expiresAt });
    else await addDuty(tx, { kind: 'run.start', key: runId, dueAt: now });
    return said(tx, runId, now, userId, needsOthers ? `asked for approval: ${run.plan.draft.summary}` : `confirmed: ${run.plan.draft.summary}`);
  });
}

export async function approveRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { rule, system, identity }) => {
    if (run.state !== 'awaiting_approval') return refuse(run, whyNotNow(run), 'Nothing more is needed of you.');
    if (run.expiresAt <= now) return refuse(run, 'the request has expired', 'Ask for a fresh one.');
    if (system === undefined) return refuse(run, 'its system is no longer in the catalog', 'Ask for a fresh plan.');
    const denied = whyNotApprove(rule, system, identity, run.requestedBy, `Approve: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    if (run.approvals.some((approval) => approval.userId === userId)) return refuse(run, 'you have already decided on it', 'Somebody else must decide as well.');
    await tx.insertInto('approvals').values({ run_id: runId, user_id: userId, decision: 'approved', reason: null, at: now }).execute();
    const enough = run.approvals.filter((approval) => approval.decision === 'approved').length + 1 >= run.approvalsNeeded;
    if (enough) {
      await changeRun(tx, runId, ['awaiting_approval'], { state: 'approved', approved_at: now });
      await cancelDuty(tx, 'run.expire', runId);
      await addDuty(tx, { kind: 'run.start', key: runId, dueAt: now });
    }
    return said(tx, runId, now, userId, `approved: ${run.plan.draft.summary}`);
  });
}

export async function denyRun(dependencies: RunDependencies, runId: string, userId: string, reason: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { rule, system, identity }) => {
    if (run.state !== 'awaiting_approval') return refuse(run, whyNotNow(run), 'Nothing more is needed of you.');
    const denied = system === undefined ? null : whyNotApprove(rule, system, identity, run.requestedBy, `Deny: ${run.plan.draft.summary}`);
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

export async function withdrawRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now) => {
    if (run.requestedBy !== userId) return refuse(run, 'only the person who asked may withdraw it', 'Deny it instead, if you may decide.');
    if (!(await changeRun(tx, runId, ['planned', 'awaiting_approval'], { state: 'withdrawn', finished_at: now, outcome: { status: 'notStarted', reason: 'It was withdrawn.' } })))
      return refuse(run, whyNotNow(run), 'See how it stands in the thread.');
    await cancelDuty(tx, 'run.expire', runId);
    return said(tx, runId, now, userId, `withdrew: ${run.plan.draft.summary}`);
  });
}

/** Nobody decided in time. */
export async function expireRun(dependencies: RunDependencies, runId: string): Promise<void> {
  await dependencies.db.transaction().execute(async (tx) => {
    const now = dependencies.clock.now();
    if (await changeRun(tx, runId, ['planned', 'awaiting_approval'], { state: 'expired', finished_at: now, outcome: { status: 'notStarted', reason: 'Nobody decided in time.' } }))
      await said(tx, runId, now, 'stockops', 'a request expired');
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

type Rights = { readonly system: System | undefined; readonly rule: PolicyRule | null; readonly identity: Identity };

/** Who the person is is asked of Slack before the transaction: nothing waits for the network while it holds a row. */
async function deciding(dependencies: RunDependencies, runId: string, userId: string, decide: (tx: Tx, run: Run, now: Date, rights: Rights) => Promise<Decided>): Promise<Decided> {
  const unknown: Decided = { kind: 'refused', refusal: { refused: 'That request', rule: 'it is not known here', instead: 'Ask for a fresh plan.' } };
  const seen = await findRun(dependencies.db, runId);
  if (seen === undefined) return unknown;
  const rights = await rightsOf(dependencies, seen, userId);
  return dependencies.db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    return run === undefined ? unknown : decide(tx, run, dependencies.clock.now(), rights);
  });
}

async function rightsOf(dependencies: RunDependencies, run: Run, userId: string): Promise<Rights> {
  const catalog = dependencies.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === run.plan.systemId);
  const isProtected = system?.environments.get(run.plan.environment)?.protected ?? true;
  const rule = system === undefined ? null : findRule(catalog, system, run.plan.environment, isProtected, run.plan.risk);
  return { system, rule, identity: await dependencies.people.identify(userId, { afresh: true }) };
}

async function said(tx: Tx, runId: string, now: Date, actor: string, text: string): Promise<Decided> {
  const run = await lockRun(tx, runId);
  if (run === undefined) throw new Error('a run that is being decided on is gone');
  await announceRun(tx, run, now, { actor, text });
  return { kind: 'done', run };
}

function refuse(run: Run, rule: string, instead: string): Decided {
  return { kind: 'refused', refusal: { refused: run.plan.draft.summary, rule, instead }, run };
}

function whyNotNow(run: Run): string {
  if (run.state === 'started') return 'it is already running';
  if (run.state === 'approved') return 'it is approved and about to start';
  if (run.state === 'planned') return 'it has not been asked for yet';
  return finalStates.has(run.state) || run.state === 'unknown' ? 'it has already been decided' : 'it already waits for approval';
}
