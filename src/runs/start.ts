import { sql } from 'kysely';
import type { WritePrimitive } from '../actions/define-primitive.ts';
import type { EffectRequest } from '../actions/plan.ts';
import type { BeforeSending, Receipt } from '../actions/ports.ts';
import { hashPlan } from '../approvals/plan-hash.ts';
import { whyNotCommander } from '../approvals/break-glass.ts';
import { whatIsMissing, whyNotAsk } from '../approvals/policy.ts';
import { whyNotReached } from '../catalog/reach.ts';
import type { Action, RiskCondition, System } from '../catalog/system.ts';
import { findIncident } from '../incidents/store.ts';
import type { DbOrTx, Tx } from '../storage/database.ts';
import { addDuty, cancelDuty } from '../storage/duties.ts';
import { leaseMs } from '../storage/lease.ts';
import { StockOpsError } from '../support/errors.ts';
import { failpoint } from '../support/failpoints.ts';
import { messageOf } from '../support/log.ts';
import { StoodStill } from '../support/never-sent.ts';
import { announceRun } from './announce.ts';
import { becomeUnknown, type Loss } from './become-unknown.ts';
import { brokenGlassOf, situationOf } from './break-glass.ts';
import { approversOf, ranOut } from './decide.ts';
import { effectDeadlineMs, within, type RunDependencies } from './dependencies.ts';
import { holdInWords, holdOn, lockFreezes } from './freeze.ts';
import type { Outcome } from './outcome.ts';
import { addOverdueDuty } from './overdue.ts';
import { enterEpoch, restored } from './new-epoch.ts';
import { draftOf, overridesInWords } from './propose.ts';
import { rulingOf } from './ruling.ts';
import type { Run } from './run.ts';
import { changeRun, findRun, lockRun, overriddenOnTarget, runOnTarget } from './store.ts';
import { targetKeyOf } from './target-key.ts';
import { nextStep } from './transitions.ts';
import { whatChanged, whyCatalogDiffers } from './what-changed.ts';

/** How soon a start that could not see its target, or the people who agreed to it, tries to see them again. */
const tryAgainMs = 10_000;

/**
 * Carries out an approved run, once. The order is the promise (G-5): look again → commit `started` → send → commit what was answered. Called again for
 * a run that is already `started`, it means that whoever started it is gone: the outcome is unknown then, and nothing is sent.
 */
export async function startRun(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  if (run === undefined) return;
  if (run.state === 'started' && run.receipt === null) return loseRun(dependencies, run, { reason: 'The bot stopped or lost its database while it was being done.' });
  if (run.state !== 'approved') return;

  const seen = await whyNotStart(dependencies, run);
  if (seen.kind === 'changed') return voidRun(dependencies, run, { reason: seen.why, ...(seen.why === ranOut && { because: 'late' }) });
  if (seen.kind === 'notSeen') return waitForIt(dependencies, run, seen.why);

  failpoint('run.before-started');
  const startedAt = dependencies.clock.now();
  const start = await commitStart(dependencies, run, seen, startedAt);
  if (start.kind === 'void') return voidRun(dependencies, run, start.outcome);
  if (start.kind === 'pastChanged') return enterEpoch(dependencies);
  if (start.kind === 'overtaken') return startRun(dependencies, runId);
  if (start.kind === 'not') return;
  // An older copy of the database would not know of this start; from here on it is known as one.
  await dependencies.epochs.remember();
  failpoint('run.after-started');
  const receipt = await send(dependencies, run, startedAt);
  failpoint('run.after-effect');
  await recordReceipt(dependencies, { ...run, state: 'started', startedAt }, receipt);
  failpoint('run.after-receipt');
}

/**
 * Between the commit and the sending lie moments: connectors look at a file, load a library, ask for the revision of now. A process that stood still there
 * for longer may have been taken for dead, and its run for not known: so it sends nothing, which then is all there is to know (F-40). Well below the lease,
 * after which another process takes the run over.
 */
const sendWithinMs = leaseMs / 3;
const isStillOurs = ({ clock }: RunDependencies, startedAt: Date): boolean => clock.now().getTime() - startedAt.getTime() < sendWithinMs;

type Obstacle =
  | { readonly kind: 'changed'; readonly why: string }
  /** The target or the people could not be looked at. Nothing was sent, so it may be tried again until the plan runs out. */
  | { readonly kind: 'notSeen'; readonly why: string };

/** Nothing stands in its way, as far as was seen: of others in the same system, this. */
interface Seen {
  readonly kind: 'stands';
  readonly conditions: readonly RiskCondition[];
  readonly ruleId: string | null;
}

const changed = (why: string): Obstacle => ({ kind: 'changed', why });
const notSeen = (why: string): Obstacle => ({ kind: 'notSeen', why });

/** Whether what was agreed to is still so, by the plan itself, the catalog, the target and the people of now. */
async function whyNotStart(dependencies: RunDependencies, run: Run): Promise<Obstacle | Seen> {
  const voided = whyPlanVoids(dependencies, run);
  if (voided !== null) return changed(voided);
  const offered = await offeredNow(dependencies, run);
  if ('why' in offered) return changed(offered.why);
  const past = await whyPastVoids(dependencies.db, run);
  if (past !== null) return changed(past);
  const draft = await lookAtTarget(dependencies, run, offered.primitive);
  if ('notSeen' in draft) return notSeen(draft.notSeen);
  if ('refused' in draft) return changed(draft.rule);
  const differs = whatChanged(run.plan.draft.guard, draft.guard) ?? (run.undoOf === null ? whyCatalogDiffers(offered.system, offered.action, run.plan) : null);
  if (differs !== null) return changed(differs);
  return whyPeopleVoid(dependencies, run, draft.conditions ?? []);
}

function whyPlanVoids({ clock, epochs }: RunDependencies, run: Run): string | null {
  if (run.expiresAt <= clock.now()) return ranOut;
  if (hashPlan(run.plan) !== run.planHash) return 'The stored plan is not the one that was agreed to.';
  return run.plan.epoch === epochs.current() ? null : restored;
}

const notOffered = 'The action is no longer in the catalog.';

interface Offered {
  readonly system: System;
  readonly action: Action;
  readonly primitive: WritePrimitive;
}

/** What the catalog and this version of the bot make of the plan's words by now, or why nothing. */
async function offeredNow(dependencies: RunDependencies, { plan }: Run): Promise<Offered | { readonly why: string }> {
  const catalog = dependencies.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const action = system?.actions.get(plan.actionId);
  if (system === undefined || action === undefined) return { why: notOffered };
  const incident = plan.incidentId === null ? null : ((await findIncident(dependencies.db, plan.incidentId)) ?? null);
  const unreached = whyNotReached(catalog, incident, system, plan.environment, plan.draft.summary);
  if (unreached !== null) return { why: `${unreached.rule}.` };
  const primitive = dependencies.primitives.get(plan.primitive);
  return primitive?.effect === 'write' ? { system, action, primitive } : { why: `This version of the bot does not know ${plan.primitive}.` };
}

/** Whoever agreed before did not know that it goes past something. */
async function whyPastVoids(db: DbOrTx, { plan }: Run): Promise<string | null> {
  const past = await overriddenOnTarget(db, targetKeyOf(plan.target));
  return past === undefined || overridesInWords(past) === plan.overrides ? null : `Nobody knows whether “${past.plan.draft.summary}” happened; going past it was allowed since this was asked for.`;
}

/** The stricter of the policy then and the policy now decides (F-49), and rights count at the start, too (T-15). */
async function whyPeopleVoid(dependencies: RunDependencies, run: Run, conditions: readonly RiskCondition[]): Promise<Obstacle | Seen> {
  const { summary } = run.plan.draft;
  const ruling = await rulingOf(dependencies, dependencies.db, run, conditions);
  if (ruling === null) return changed(notOffered);
  const stands: Seen = { kind: 'stands', conditions, ruleId: ruling.rule?.id ?? null };
  const glass = await brokenGlassOf(dependencies.db, run.id);
  const [requester, ...others] = await dependencies.people.identifyAfresh([run.requestedBy, ...(glass === null ? approversOf(run) : [glass.userId])]);
  if (requester === undefined || [requester, ...others].some(({ person }) => person === null)) return notSeen('Slack does not say whether those who agreed to it still may.');
  // A role that is not known is no role; but then nobody has lost one either, so it waits.
  const silent = [requester, ...others].find(({ areRolesKnown }) => !areRolesKnown)?.silent;
  const voids = (why: string): Obstacle => (silent === undefined ? changed(why) : notSeen(`${silent} does not say whether those who agreed to it still may.`));
  const denied = whyNotAsk(ruling, requester, summary);
  if (denied !== null) return voids(`Whoever asked for it may no longer: ${denied.rule}.`);
  if (glass !== null) {
    const [commander] = others;
    const why = commander === undefined ? null : whyNotCommander(ruling, commander, await situationOf(dependencies.db, run), summary);
    return why === null ? stands : voids(`Whoever broke the glass may no longer: ${why.rule}.`);
  }
  if (whatIsMissing(ruling, run.approvalsNeeded, others, requester) === null) return stands;
  return voids(others.length === 0 ? `It needs the approval of somebody else by now${ruling.rule === null ? '' : ` (policies › ${ruling.rule.id})`}.` : 'Somebody who approved it may no longer decide on it, or the policy has become stricter.');
}

/** One start of a system after the other, so that each sees whether another one began while people were asked about it. */
async function lockStartsOf(tx: Tx, systemId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`starts of ${systemId}`}, 0))`.execute(tx);
}

async function isAsSeen(dependencies: RunDependencies, tx: Tx, run: Run, seen: Seen): Promise<boolean> {
  const ruling = await rulingOf(dependencies, tx, run, seen.conditions);
  return (ruling?.rule?.id ?? null) === seen.ruleId && (await whyPastVoids(tx, run)) === null;
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

type Start =
  | { readonly kind: 'started' }
  /** Somebody else started it, or it has changed since it was looked at: then that decides. */
  | { readonly kind: 'not' }
  /** Another change of the system has begun, or was gone past, since it was looked at. */
  | { readonly kind: 'overtaken' }
  /** The database is not the one that the plan was approved in. */
  | { readonly kind: 'pastChanged' }
  | { readonly kind: 'void'; readonly outcome: NotStarted };
type NotStarted = Omit<Extract<Outcome, { status: 'notStarted' }>, 'status'>;

/** The one conditional update. A freeze that was committed before it wins, and one that comes meanwhile waits for it. */
async function commitStart(dependencies: RunDependencies, run: Run, seen: Seen, now: Date): Promise<Start> {
  try {
    return await dependencies.db.transaction().execute(async (tx) => {
      const held = await lockRun(tx, run.id);
      if (held === undefined) return { kind: 'not' };
      const epoch = await dependencies.epochs.check(tx);
      if (epoch === null) return { kind: 'pastChanged' };
      if (run.plan.epoch !== epoch) return { kind: 'void', outcome: { reason: restored } };
      await lockFreezes(tx, 'toStart');
      const hold = await holdOn(dependencies, tx, run.plan.systemId, now);
      const step = nextStep(held, { is: 'start', seenVersion: run.version, isHeld: hold !== null }, now);
      if (step.kind !== 'moves') return { kind: 'not' };
      if (hold !== null) return { kind: 'void', outcome: { because: 'held', reason: holdInWords(hold, systemName(dependencies, run)), ...(hold.kind === 'frozen' && { who: { did: 'frozen', by: hold.freeze.by, at: hold.freeze.at.toISOString() } }) } };
      if (step.to !== 'started') return { kind: 'void', outcome: { because: 'late', reason: ranOut } };
      await lockStartsOf(tx, run.plan.systemId);
      if (!(await isAsSeen(dependencies, tx, run, seen))) return { kind: 'overtaken' };
      if (!(await changeRun(tx, run.id, ['approved'], { state: step.to, by: 'stockops', at: now, started_at: now, progress_line: null }))) return { kind: 'not' };
      await addOverdueDuty(tx, run, now);
      failpoint('run.before-start-commit');
      await announceRun(tx, run, now, { actor: 'stockops', text: `started: ${run.plan.draft.summary}` });
      return { kind: 'started' };
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const other = await runOnTarget(dependencies.db, targetKeyOf(run.plan.target));
    if (other === undefined) return { kind: 'void', outcome: { because: 'busy', reason: 'Something else was changing the same target.' } };
    const standing = other.state === 'unknown' ? 'is not settled' : 'is running';
    return { kind: 'void', outcome: { because: 'busy', reason: `Something else is changing the same target: ${other.plan.draft.summary} ${standing}.`, who: { did: 'asked', by: other.requestedBy, at: other.requestedAt.toISOString() } } };
  }
}

function systemName(dependencies: RunDependencies, run: Run): string {
  return dependencies.catalog().systems.find(({ id }) => id === run.plan.systemId)?.name ?? run.plan.systemId;
}

async function send(dependencies: RunDependencies, run: Run, startedAt: Date): Promise<Receipt> {
  const beforeSending = (): void => {
    if (!isStillOurs(dependencies, startedAt)) throw new StoodStill();
  };
  try {
    return await within(dependencies, effectDeadlineMs, ({ ports, signal }) => {
      beforeSending();
      const answer = sendVia(ports, run.plan.draft.request, run.id, signal, beforeSending);
      failpoint('run.during-effect');
      return answer;
    });
  } catch (error) {
    if (error instanceof StoodStill) return { status: 'rejected', reason: error.message };
    // A connector that throws has not said that nothing happened.
    dependencies.log.error('A connector threw while sending an effect', { run: run.id, error: messageOf(error) });
    return { status: 'lost', reason: 'The answer could not be read.' };
  }
}

function sendVia(ports: RunDependencies['ports'], request: EffectRequest, runId: string, signal: AbortSignal, beforeSending: BeforeSending): Promise<Receipt> {
  switch (request.via) {
    case 'kubernetes':
      return ports.kubernetes.send(request, runId, signal, beforeSending);
    case 'helm':
      return ports.helm.run(request, runId, signal, beforeSending);
    case 'compose':
      return ports.compose.run(request, runId, signal, beforeSending);
  }
}

/** An answer that is known is not lost for a database that lets one transaction fail; longer than that nobody waits for it. */
async function recordReceipt(dependencies: RunDependencies, run: Run, receipt: Receipt): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeReceipt(dependencies, run, receipt);
    } catch (error) {
      if (tries === 3) throw error;
      dependencies.log.warn('What was answered to an effect could not be written down', { run: run.id, tries, error: messageOf(error) });
    }
  }
}

/** Whoever sent it knows best: its answer counts also when another process has taken this one for dead meanwhile. */
async function writeReceipt(dependencies: RunDependencies, run: Run, receipt: Receipt): Promise<void> {
  const { db, clock } = dependencies;
  const now = clock.now();
  if (receipt.status === 'lost') return loseRun(dependencies, run, { reason: receipt.reason, receipt });
  await db.transaction().execute(async (tx) => {
    await cancelDuty(tx, 'run.look', run.id);
    if (receipt.status === 'rejected') {
      const outcome = { status: 'failed' as const, reason: receipt.reason, lines: ['Nothing was changed.'], log: null };
      if (await changeRun(tx, run.id, ['started', 'unknown'], { state: 'failed', by: 'stockops', at: now, finished_at: now, receipt, outcome }))
        await announceRun(tx, run, now, { actor: 'stockops', text: `refused: ${receipt.reason}` });
      return;
    }
    if (await changeRun(tx, run.id, ['started', 'unknown'], { state: 'started', by: 'stockops', at: now, receipt })) await addDuty(tx, { kind: 'run.watch', key: run.id, dueAt: new Date(now.getTime() + 1_000) });
    failpoint('run.before-receipt-commit');
  });
}

async function loseRun({ db, clock }: RunDependencies, run: Run, loss: Pick<Loss, 'reason' | 'receipt'>): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (await becomeUnknown(tx, run, { ...loss, notKnown: 'whether it happened' }, now)) failpoint('run.before-unknown-commit');
  });
  failpoint('run.after-unknown');
}

async function voidRun({ db, clock }: RunDependencies, run: Run, notStarted: NotStarted): Promise<void> {
  const now = clock.now();
  await db.transaction().execute(async (tx) => {
    if (await changeRun(tx, run.id, ['approved'], { state: 'voided', by: 'stockops', at: now, finished_at: now, progress_line: null, outcome: { status: 'notStarted', ...notStarted } }))
      await announceRun(tx, run, now, { actor: 'stockops', text: `not started: ${notStarted.reason}` });
  });
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string }).code === '23505';
}
