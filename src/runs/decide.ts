/**
 * What people may do with a plan: confirm it, approve or deny it, withdraw it, and settle it when nobody could see whether it happened. Each is one
 * transaction that sees the run as it stands. Done again by the same person it changes nothing and says so: after a crash the same press is carried
 * out once more.
 */
import type { Refusal } from '../actions/plan.ts';
import { whyNotOverride } from '../approvals/hold-rights.ts';
import { whatIsMissing, whyNotApprove, whyNotAsk, type Identity, type Ruling } from '../approvals/policy.ts';
import type { Tx } from '../storage/database.ts';
import { addDuty, cancelDuty } from '../storage/duties.ts';
import { refreshMessages } from '../storage/outbox.ts';
import { failpoint } from '../support/failpoints.ts';
import { announceRun } from './announce.ts';
import type { RunDependencies } from './dependencies.ts';
import { holdOn, type Hold } from './freeze.ts';
import { approvalsNeeded, nameToType, rulingOf, whyNotTyped } from './ruling.ts';
import type { Run } from './run.ts';
import { addApproval, changeRun, findRun, lockRun, lockTarget, runsUnderWay } from './store.ts';
import { targetKeyOf } from './target-key.ts';
import { howToCancel, inTheWayOf, nextStep, type Step } from './transitions.ts';

export const ranOut = 'It could not start in time: the plan has run out.';

export type Decided =
  | { readonly kind: 'done'; readonly run: Run }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly run?: Run }
  /** Somebody was quicker with the same target. */
  | { readonly kind: 'second'; readonly first: Run; readonly run: Run }
  /** No change may start there now. */
  | { readonly kind: 'held'; readonly hold: Hold; readonly run: Run };

/** The requester has seen the plan and wants it. It starts, or others are asked. */
export async function confirmRun(dependencies: RunDependencies, runId: string, userId: string, typedName: string | null): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    const needsOthers = approvalsNeeded(run, ruling) > 0;
    const step = nextStep(run, { is: 'confirm', by: userId, needsOthers }, now);
    if (step.kind !== 'moves') return notMoved(run, step);
    const denied = ruling === null ? noLongerThere(run) : whyNotAsk(ruling, identity, run.plan.draft.summary);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    if (whyNotTyped(run, ruling, typedName) !== null) return refusal(run, `what was typed is not ${nameToType(run)}`, 'Ask again, and type it exactly.');
    const hold = await holdOn(dependencies, tx, run.plan.systemId, now);
    if (hold !== null) return { kind: 'held', hold, run };
    const targetKey = targetKeyOf(run.plan.target);
    await lockTarget(tx, targetKey);
    const first = inTheWayOf(run, await runsUnderWay(tx, targetKey));
    if (first !== undefined) return { kind: 'second', first, run };

    await changeRun(tx, runId, ['planned'], { state: step.to, by: userId, at: now, ...(!needsOthers && { approved_at: now }) });
    if (!needsOthers) await startNow(tx, runId, now);
    else await remindLater(tx, run, now);
    failpoint('request.before-commit');
    return announceDecision(tx, runId, now, userId, needsOthers ? `asked for approval: ${run.plan.draft.summary}` : `confirmed: ${run.plan.draft.summary}`);
  });
}

export async function approveRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity, requester, approvers }) => {
    const isEnough = ruling !== null && whatIsMissing(ruling, run.approvalsNeeded, [...approvers, identity], requester) === null;
    const step = nextStep(run, { is: 'approve', by: userId, isEnough }, now);
    if (step.kind === 'nothing' || step.kind === 'refused') return notMoved(run, step);
    const denied = ruling === null ? noLongerThere(run) : whyNotApprove(ruling, identity, requester, `Approve: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    const hold = await holdOn(dependencies, tx, run.plan.systemId, now);
    if (hold !== null) return { kind: 'held', hold, run };
    await addApproval(tx, run, { userId, decision: 'approved', reason: null, at: now });
    if (step.kind === 'moves') {
      await changeRun(tx, runId, ['awaiting_approval'], { state: step.to, by: userId, at: now, approved_at: now });
      await startNow(tx, runId, now);
    }
    failpoint('approval.before-commit');
    return announceDecision(tx, runId, now, userId, `approved: ${run.plan.draft.summary}`);
  });
}

export async function denyRun(dependencies: RunDependencies, runId: string, userId: string, reason: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity, requester }) => {
    const step = nextStep(run, { is: 'deny', by: userId }, now);
    if (step.kind !== 'moves') return notMoved(run, step);
    const denied = ruling === null ? noLongerThere(run) : whyNotApprove(ruling, identity, requester, `Deny: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    await addApproval(tx, run, { userId, decision: 'denied', reason, at: now });
    await changeRun(tx, runId, ['awaiting_approval'], { state: step.to, by: userId, at: now, finished_at: now, outcome: { status: 'notStarted', reason: reason === '' ? 'It was denied.' : reason } });
    await cancelDuty(tx, 'run.expire', runId);
    failpoint('denial.before-commit');
    return announceDecision(tx, runId, now, userId, `denied: ${run.plan.draft.summary}`);
  });
}

/** Possible until it starts: also one that is approved and still waits for a cluster that does not answer. */
export async function withdrawRun(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now) => {
    const step = nextStep(run, { is: 'withdraw', by: userId }, now);
    if (step.kind !== 'moves') return notMoved(run, step);
    await changeRun(tx, runId, [run.state], { state: step.to, by: userId, at: now, finished_at: now, outcome: { status: 'notStarted', reason: 'It was withdrawn.' } });
    await cancelDuty(tx, 'run.expire', runId);
    await cancelDuty(tx, 'run.start', runId);
    failpoint('withdrawal.before-commit');
    return announceDecision(tx, runId, now, userId, `withdrew: ${run.plan.draft.summary}`);
  });
}

/** A person who looked says whether it happened. They need the right to ask for it: from here on the target can be changed again. */
export async function settleRun(dependencies: RunDependencies, runId: string, userId: string, happened: boolean, note: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    const what = `Settle: ${run.plan.draft.summary}`;
    const step = nextStep(run, { is: 'settle', by: userId, happened }, now);
    if (step.kind !== 'moves') return notMoved(run, step, what);
    const denied = ruling === null ? noLongerThere(run) : whyNotAsk({ ...ruling, rule: ruling.alsoRule ?? ruling.rule, alsoRule: null }, identity, what);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    const outcome = { status: 'settled', happened, by: userId, note } as const;
    await changeRun(tx, runId, ['unknown'], { state: step.to, by: userId, at: now, finished_at: now, outcome });
    await cancelDuty(tx, 'run.look', runId);
    failpoint('settlement.before-commit');
    return announceDecision(tx, runId, now, userId, `says that it ${happened ? 'happened' : 'did not happen'} (${run.plan.draft.summary}): ${note}`);
  });
}

/** Those who have not decided by then are asked once more; what runs out sooner is not worth a second message. */
async function remindLater(tx: Tx, run: Run, now: Date): Promise<void> {
  const leftMs = run.expiresAt.getTime() - now.getTime();
  if (leftMs >= 3 * 60_000) await addDuty(tx, { kind: 'run.remind', key: run.id, dueAt: new Date(now.getTime() + (leftMs * 2) / 3) });
}

/** Lets other changes go past a run of unknown outcome. It stays unknown, and is looked at as before; whether it happened is not said. */
export async function overrideRun(dependencies: RunDependencies, runId: string, userId: string, reason: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    if (run.overridden?.by === userId) return { kind: 'done', run };
    const what = `Override: ${run.plan.draft.summary}`;
    const step = nextStep(run, { is: 'override' }, now);
    if (step.kind !== 'counts') return notMoved(run, step, what);
    const denied = ruling === null ? noLongerThere(run) : whyNotOverride(dependencies.catalog(), ruling.system, identity, what);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    if (run.overridden !== null) return { kind: 'refused', refusal: { refused: what, rule: 'somebody else did that already', instead: 'Ask for your change.' }, run };
    await changeRun(tx, runId, ['unknown'], { overridden: { by: userId, at: now.toISOString(), reason } });
    return announceDecision(tx, runId, now, userId, `lets others go past what is not settled (${run.plan.draft.summary}): ${reason}`);
  });
}

/** Ends the watching of what was sent and taken. The outside goes on with it; from here on its target can be changed again, back for example. */
export async function stopWatching(dependencies: RunDependencies, runId: string, userId: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    if (run.outcome?.status === 'notWatched' && run.outcome.by === userId) return { kind: 'done', run };
    const how = howToCancel(run);
    if (how.kind === 'refused') return refusal(run, how.rule, how.instead);
    if (how.kind === 'withdraw') return refusal(run, 'nothing of it has been sent yet', 'Withdraw it instead.');
    // Whose system has left the catalog has no rule any more: then only the person who asked may.
    if (ruling === null && userId !== run.requestedBy) return { kind: 'refused', refusal: noLongerThere(run), run };
    const denied = ruling === null ? null : whyNotAsk(ruling, identity, `Stop watching: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    await changeRun(tx, runId, ['started'], { state: 'failed', by: userId, at: now, finished_at: now, progress_line: null, outcome: { status: 'notWatched', by: userId, lines: run.progressLine === null ? [] : [run.progressLine] } });
    await cancelDuty(tx, 'run.watch', runId);
    return announceDecision(tx, runId, now, userId, `stopped watching: ${run.plan.draft.summary}`);
  });
}

/** Nobody decided in time, or it could not start in time. A plan that only its requester ever saw ends without a word. */
export async function expireRun(dependencies: RunDependencies, runId: string): Promise<void> {
  await dependencies.db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    const now = dependencies.clock.now();
    const step = run && nextStep(run, { is: 'expire' }, now);
    if (run === undefined || step?.kind !== 'moves') return;
    const outcome = { status: 'notStarted', reason: run.state === 'approved' ? ranOut : 'Nobody decided in time.' } as const;
    await changeRun(tx, runId, [run.state], { state: step.to, by: 'stockops', at: now, finished_at: now, progress_line: null, outcome });
    if (run.state === 'planned') await refreshMessages(tx, 'run', runId, now);
    else await announceDecision(tx, runId, now, 'stockops', `ran out: ${run.plan.draft.summary}`);
    failpoint('expiry.before-commit');
  });
  failpoint('expiry.after-commit');
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
    if (decided !== 'changed') failpoint('decision.after-commit');
    if (decided !== 'changed') return decided;
  }
}

export function approversOf(run: Run): readonly string[] {
  return run.approvals.filter((approval) => approval.decision === 'approved').map((approval) => approval.userId);
}

// It still runs out at its time, should its start be kept from coming round.
export async function startNow(tx: Tx, runId: string, now: Date): Promise<void> {
  await addDuty(tx, { kind: 'run.start', key: runId, dueAt: now });
}

/** What was decided shows for everybody, and the timeline says who did. */
export async function announceDecision(tx: Tx, runId: string, now: Date, actor: string, text: string): Promise<Decided> {
  const run = await lockRun(tx, runId);
  if (run === undefined) throw new Error('a run that is being decided on is gone');
  await announceRun(tx, run, now, { actor, text });
  return { kind: 'done', run };
}

function noLongerThere(run: Run): Refusal {
  return { refused: run.plan.draft.summary, rule: 'its system is no longer in the catalog', instead: 'Ask for a fresh plan.' };
}

/** Nothing moved: it was done before by the same person, or there is a reason. */
export function notMoved(run: Run, step: Step, what = run.plan.draft.summary): Decided {
  return step.kind === 'refused' ? { kind: 'refused', refusal: { refused: what, rule: step.rule, instead: step.instead }, run } : { kind: 'done', run };
}

export function refusal(run: Run, rule: string, instead: string): Decided {
  return { kind: 'refused', refusal: { refused: run.plan.draft.summary, rule, instead }, run };
}
