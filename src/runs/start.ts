import type { WritePrimitive } from '../actions/define-primitive.ts';
import type { EffectRequest } from '../actions/plan.ts';
import type { Receipt } from '../actions/ports.ts';
import { hashPlan } from '../approvals/plan-hash.ts';
import { rulingFor, whatIsMissing, whyNotAsk } from '../approvals/policy.ts';
import { riskOf } from '../catalog/resolve.ts';
import { addDuty, cancelDuty } from '../storage/duties.ts';
import { StockOpsError } from '../support/errors.ts';
import { failpoint } from '../support/failpoints.ts';
import { messageOf } from '../support/log.ts';
import { announceRun } from './announce.ts';
import { approversOf } from './decide.ts';
import { effectDeadlineMs, within, type RunDependencies } from './dependencies.ts';
import { draftOf } from './propose.ts';
import type { Run } from './run.ts';
import { changeRun, findRun, lockRun, runOnTarget } from './store.ts';
import { targetKeyOf } from './target-key.ts';
import { whatChanged, whyCatalogDiffers } from './what-changed.ts';

/** How often a running change is looked at. */
export const watchEveryMs = 5_000;
/** How soon a start that could not see its target, or the people who agreed to it, tries to see them again. */
const tryAgainMs = 10_000;

/**
 * Carries out an approved run, once. The order is the promise (G-5): look again → commit `started` → send → commit what was answered. Called again for
 * a run that is already `started`, it means that whoever started it is gone: the outcome is unknown then, and nothing is sent.
 */
export async function startRun(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  if (run === undefined) return;
  if (run.state === 'started' && run.receipt === null) return loseRun(dependencies, run, 'The bot stopped while it was being done.');
  if (run.state !== 'approved') return;

  const standing = await whetherItStands(dependencies, run);
  if (standing.kind === 'changed') return voidRun(dependencies, run, standing.why);
  if (standing.kind === 'notSeen') return waitForIt(dependencies, run, standing.why);

  failpoint('run.before-started');
  const startedAt = dependencies.clock.now();
  if (!(await commitStart(dependencies, run, startedAt))) {
    if (run.expiresAt <= startedAt) await voidRun(dependencies, run, ranOut);
    return;
  }
  failpoint('run.after-started');
  const receipt = await send(dependencies, run);
  failpoint('run.after-effect');
  await recordReceipt(dependencies, { ...run, state: 'started', startedAt }, receipt);
  failpoint('run.after-receipt');
}

type Standing =
  | { readonly kind: 'stands' }
  | { readonly kind: 'changed'; readonly why: string }
  /** The target or the people could not be looked at. Nothing was sent, so it may be tried again until the plan runs out. */
  | { readonly kind: 'notSeen'; readonly why: string };

const ranOut = 'It could not start in time: the plan has run out.';
const changed = (why: string): Standing => ({ kind: 'changed', why });

/** Whether what was agreed to is still so, by the catalog, the people and the target of now. */
async function whetherItStands(dependencies: RunDependencies, run: Run): Promise<Standing> {
  const { plan } = run;
  if (run.expiresAt <= dependencies.clock.now()) return changed(ranOut);
  if (hashPlan(plan) !== run.planHash) return changed('The stored plan is not the one that was agreed to.');
  if (plan.epoch !== dependencies.epoch()) return changed('The bot’s database was restored since, so older approvals no longer count.');
  const catalog = dependencies.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const action = system?.actions.get(plan.actionId);
  if (system === undefined || action === undefined) return changed('The action is no longer in the catalog.');
  const primitive = dependencies.primitives.get(plan.primitive);
  if (primitive === undefined || primitive.effect !== 'write') return changed(`This version of the bot does not know ${plan.primitive}.`);

  const draft = await lookAtTarget(dependencies, run, primitive);
  if ('notSeen' in draft) return { kind: 'notSeen', why: draft.notSeen };
  if ('refused' in draft) return changed(draft.rule);
  const why = whatChanged(plan.draft.guard, draft.guard) ?? (run.undoOf === null ? whyCatalogDiffers(system, action, plan) : null);
  if (why !== null) return changed(why);

  // The stricter of the policy then and the policy now decides (F-49), and rights count at the start, too (T-15).
  const ruling = rulingFor(catalog, system, plan.environment, riskOf(action, draft.conditions ?? []));
  const [requester, ...approvers] = await dependencies.people.identifyAfresh([run.requestedBy, ...approversOf(run)]);
  if (requester === undefined || [requester, ...approvers].some(({ person, areRolesKnown }) => person === null || !areRolesKnown)) return { kind: 'notSeen', why: 'Slack does not say whether those who agreed to it still may.' };
  const denied = whyNotAsk(ruling, requester, plan.draft.summary);
  if (denied !== null) return changed(`Whoever asked for it may no longer: ${denied.rule}.`);
  if (whatIsMissing(ruling, run.approvalsNeeded, approvers, requester) !== null) return changed('Somebody who approved it may no longer decide on it, or the policy has become stricter.');
  return { kind: 'stands' };
}

async function lookAtTarget(dependencies: RunDependencies, run: Run, primitive: WritePrimitive) {
  try {
    return await draftOf(dependencies, primitive, run.plan.target, run.plan.params);
  } catch (error) {
    if (error instanceof StockOpsError && error.kind === 'upstream') return { notSeen: error.message };
    throw error;
  }
}

async function waitForIt({ db, clock }: RunDependencies, run: Run, why: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (!(await changeRun(tx, run.id, ['approved'], { progress_line: `Not started yet: ${why}` }))) return;
    await addDuty(tx, { kind: 'run.start', key: run.id, dueAt: new Date(now.getTime() + tryAgainMs) });
    await announceRun(tx, run, now);
  });
}

/** The one conditional update. `false`: somebody else started it, it has run out, or another change of the same target is under way. */
async function commitStart(dependencies: RunDependencies, run: Run, now: Date): Promise<boolean> {
  try {
    return await dependencies.db.transaction().execute(async (tx) => {
      const held = await lockRun(tx, run.id);
      if (held === undefined || held.version !== run.version || held.expiresAt <= now) return false;
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

async function send(dependencies: RunDependencies, run: Run): Promise<Receipt> {
  try {
    return await within(dependencies, effectDeadlineMs, ({ ports, signal }) => sendVia(ports, run.plan.draft.request, run.id, signal));
  } catch (error) {
    // A connector that throws has not said that nothing happened.
    dependencies.log.error('A connector threw while sending an effect', { run: run.id, error: messageOf(error) });
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

/** Whoever sent it knows best: its answer counts also when another process has taken this one for dead meanwhile. */
async function recordReceipt(dependencies: RunDependencies, run: Run, receipt: Receipt): Promise<void> {
  const { db, clock } = dependencies;
  const now = clock.now();
  if (receipt.status === 'lost') return loseRun(dependencies, { ...run, receipt }, receipt.reason);
  await db.transaction().execute(async (tx) => {
    await cancelDuty(tx, 'run.look', run.id);
    if (receipt.status === 'rejected') {
      const outcome = { status: 'failed' as const, reason: receipt.reason, lines: ['Nothing was changed.'], log: null };
      if (await changeRun(tx, run.id, ['started', 'unknown'], { state: 'failed', finished_at: now, receipt, outcome }))
        await announceRun(tx, run, now, { actor: 'stockops', text: `refused: ${receipt.reason}` });
      return;
    }
    if (await changeRun(tx, run.id, ['started', 'unknown'], { state: 'started', receipt })) await addDuty(tx, { kind: 'run.watch', key: run.id, dueAt: new Date(now.getTime() + 1_000) });
  });
}

/** Nobody knows whether it happened. Never tried again; what can be seen from outside is looked for at once. */
async function loseRun({ db, clock }: RunDependencies, run: Run, reason: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    const outcome = { status: 'unknown' as const, reason, lostAt: now.toISOString(), lines: [], verdict: 'unclear' as const };
    if (!(await changeRun(tx, run.id, ['started'], { state: 'unknown', outcome, progress_line: null, ...(run.receipt !== null && { receipt: run.receipt }) }))) return;
    await announceRun(tx, run, now, { actor: 'stockops', text: `not known whether it happened: ${run.plan.draft.summary}` });
    await addDuty(tx, { kind: 'run.look', key: run.id, dueAt: now });
  });
}

async function voidRun({ db, clock }: RunDependencies, run: Run, reason: string): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (await changeRun(tx, run.id, ['approved'], { state: 'voided', finished_at: now, progress_line: null, outcome: { status: 'notStarted', reason } }))
      await announceRun(tx, run, now, { actor: 'stockops', text: `not started: ${reason}` });
  });
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string }).code === '23505';
}
