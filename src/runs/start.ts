import { isDeepStrictEqual } from 'node:util';
import type { WritePrimitive } from '../actions/define-primitive.ts';
import type { EffectRequest } from '../actions/plan.ts';
import type { Receipt } from '../actions/ports.ts';
import { findRule, whyNotApprove, whyNotAsk } from '../approvals/policy.ts';
import { riskOf } from '../catalog/resolve.ts';
import { addDuty } from '../storage/duties.ts';
import { messageOf } from '../support/log.ts';
import { StockOpsError } from '../support/errors.ts';
import { announceRun } from './announce.ts';
import { effectDeadlineMs, type RunDependencies } from './dependencies.ts';
import { draftOf } from './propose.ts';
import type { Run } from './run.ts';
import { changeRun, findRun, runOnTarget } from './store.ts';
import { targetKeyOf } from './target-key.ts';

/** How often a running change is looked at. */
export const watchEveryMs = 5_000;
/** How soon a start that could not see its target tries to see it again. */
const lookAgainMs = 10_000;

/**
 * Carries out an approved run, once. The order is the promise (G-5): look again → commit `started` → send → commit what was answered. Called again for
 * a run that is already `started`, it means that whoever started it is gone: the outcome is unknown then, and nothing is sent.
 */
export async function startRun(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  if (run === undefined) return;
  if (run.state === 'started' && run.receipt === null) return loseRun(dependencies, run, 'The bot stopped while it was being done.');
  if (run.state !== 'approved') return;

  const primitive = dependencies.primitives.get(run.plan.primitive);
  if (primitive === undefined || primitive.effect !== 'write') return voidRun(dependencies, run, `This version of the bot does not know ${run.plan.primitive}.`);
  let changed: string | null;
  try {
    changed = await whyVoid(dependencies, run, primitive);
  } catch (error) {
    if (error instanceof StockOpsError && error.kind === 'upstream') return waitForTarget(dependencies, run, error.message);
    throw error;
  }
  if (changed !== null) return voidRun(dependencies, run, changed);

  const startedAt = dependencies.clock.now();
  if (!(await commitStart(dependencies, run, startedAt))) return;
  const receipt = await send(dependencies, run);
  await recordReceipt(dependencies, { ...run, state: 'started', startedAt }, receipt);
}

/** What has changed since the plan was approved, or `null` when it may start. */
async function whyVoid(dependencies: RunDependencies, run: Run, primitive: WritePrimitive): Promise<string | null> {
  const { plan } = run;
  if (run.expiresAt <= dependencies.clock.now()) return 'It was approved too late: the plan had expired.';
  if (plan.epoch !== dependencies.epoch()) return 'The bot’s database was restored since, so older approvals no longer count.';
  const catalog = dependencies.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const action = system?.actions.get(plan.actionId);
  if (system === undefined || action === undefined) return 'The action is no longer in the catalog.';

  const draft = await draftOf(dependencies, primitive, plan.target, plan.params);
  if ('refused' in draft) return `${draft.refused}: ${draft.rule}.`;
  if (!isDeepStrictEqual(draft.guard, plan.draft.guard)) return `${plan.draft.summary}: the target has changed since the plan was made.`;

  // The stricter of the policy then and the policy now decides (F-49), and rights count at the start, too (T-15).
  const rule = findRule(catalog, system, plan.environment, system.environments.get(plan.environment)?.protected ?? true, riskOf(action, draft.conditions ?? []));
  const requester = await dependencies.people.identify(run.requestedBy, { afresh: true });
  const denied = whyNotAsk(rule, system, requester, plan.draft.summary);
  if (rule === null || denied !== null) return denied?.rule ?? 'No rule allows it any more.';
  let entitled = 0;
  for (const approval of run.approvals) {
    if (approval.decision !== 'approved') continue;
    const approver = await dependencies.people.identify(approval.userId, { afresh: true });
    if (whyNotApprove(rule, system, approver, run.requestedBy, plan.draft.summary) === null) entitled += 1;
  }
  if (entitled < Math.max(rule.approvals, run.approvalsNeeded)) return 'An approver may no longer decide on it, or the policy has become stricter.';
  return null;
}

/** The target could not even be looked at. Nothing was sent, so it may be tried again until the plan expires. */
async function waitForTarget({ db, clock }: RunDependencies, run: Run, reason: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (!(await changeRun(tx, run.id, ['approved'], { progress_line: `Not started yet: ${reason}` }))) return;
    await addDuty(tx, { kind: 'run.start', key: run.id, dueAt: new Date(now.getTime() + lookAgainMs) });
    await announceRun(tx, run, now);
  });
}

/** The one conditional update. `false`: somebody else started it, or another change of the same target is under way. */
async function commitStart(dependencies: RunDependencies, run: Run, now: Date): Promise<boolean> {
  try {
    return await dependencies.db.transaction().execute(async (tx) => {
      if (!(await changeRun(tx, run.id, ['approved'], { state: 'started', started_at: now, progress_line: null }))) return false;
      await announceRun(tx, run, now, { actor: 'stockops', text: `started: ${run.plan.draft.summary}` });
      return true;
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const other = await runOnTarget(dependencies.db, targetKeyOf(run.plan.target));
    await voidRun(dependencies, run, `Something else is changing the same target: ${other?.plan.draft.summary ?? 'another run'}.`);
    return false;
  }
}

async function send({ ports, log }: RunDependencies, run: Run): Promise<Receipt> {
  const signal = AbortSignal.timeout(effectDeadlineMs);
  const { request } = run.plan.draft;
  try {
    return await sendVia(ports, request, run.id, signal);
  } catch (error) {
    // A connector that throws has not said that nothing happened.
    log.error('A connector threw while sending an effect', { run: run.id, error: messageOf(error) });
    return { status: 'lost', reason: 'The answer could not be read.' };
  }
}

function sendVia(ports: RunDependencies['ports'], request: EffectRequest, runId: string, signal: AbortSignal): Promise<Receipt> {
  switch (request.via) {
    case 'kubernetes':
      return ports.kubernetes.send(request, runId, signal);
    case 'helm':
      return ports.helm.run(request, runId, signal);
    case 'compose':
      return ports.compose.run(request, runId, signal);
  }
}

async function recordReceipt(dependencies: RunDependencies, run: Run, receipt: Receipt): Promise<void> {
  const { db, clock } = dependencies;
  const now = clock.now();
  if (receipt.status === 'lost') return loseRun(dependencies, { ...run, receipt }, receipt.reason);
  await db.transaction().execute(async (tx) => {
    if (receipt.status === 'rejected') {
      const outcome = { status: 'failed' as const, reason: receipt.reason, lines: ['Nothing was changed.'], log: null };
      if (await changeRun(tx, run.id, ['started'], { state: 'failed', finished_at: now, receipt, outcome })) await announceRun(tx, run, now, { actor: 'stockops', text: `refused: ${receipt.reason}` });
      return;
    }
    if (await changeRun(tx, run.id, ['started'], { receipt })) await addDuty(tx, { kind: 'run.watch', key: run.id, dueAt: new Date(now.getTime() + 1_000) });
  });
}

/** Nobody knows whether it happened. Never tried again; what can be seen from outside is looked for at once. */
async function loseRun({ db, clock }: RunDependencies, run: Run, reason: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    const outcome = { status: 'unknown' as const, reason, lines: [], verdict: 'unclear' as const };
    if (!(await changeRun(tx, run.id, ['started'], { state: 'unknown', outcome, ...(run.receipt !== null && { receipt: run.receipt }) }))) return;
    await announceRun(tx, run, now, { actor: 'stockops', text: `not known whether it happened: ${run.plan.draft.summary}` });
    await addDuty(tx, { kind: 'run.look', key: run.id, dueAt: now });
  });
}

async function voidRun({ db, clock }: RunDependencies, run: Run, reason: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (await changeRun(tx, run.id, ['approved'], { state: 'voided', finished_at: now, outcome: { status: 'notStarted', reason } }))
      await announceRun(tx, run, now, { actor: 'stockops', text: `not started: ${reason}` });
  });
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string }).code === '23505';
}
