import type { Plan } from '../approvals/plan.ts';
import { rolesFor, rulesToApproveBy, whatIsMissing } from '../approvals/policy.ts';
import { findIncident } from '../incidents/store.ts';
import type { Outcome } from '../runs/outcome.ts';
import type { Run } from '../runs/run.ts';
import { brokenGlassOf } from '../runs/break-glass.ts';
import { runMessageKey } from '../runs/announce.ts';
import { helpedInWords, whetherItHelped } from '../runs/helped.ts';
import { findRun } from '../runs/store.ts';
import { findMessage, type Message } from '../storage/outbox.ts';
import { approvalDirectMessage, reminderMessage } from '../views/approval-message.ts';
import { brokenGlassMessage } from '../views/break-glass.ts';
import type { Action, Catalog } from '../catalog/system.ts';
import { isChosenFromHistory } from '../runs/parameter-facts.ts';
import type { MessageContent } from '../views/blocks.ts';
import type { HoldView } from '../views/hold.ts';
import type { PlanView } from '../views/plan-modal.ts';
import { runMessage, type RunMessage, type RunMessageState } from '../views/run-message.ts';
import { approversOf } from '../runs/decide.ts';
import { approvalsNeeded, nameToType, rulingOf } from '../runs/ruling.ts';
import { isSameWish } from '../runs/transitions.ts';
import { secondOfTwoMessage } from '../views/second-of-two.ts';
import { whoMayDecide } from './ask-approvers.ts';
import type { Bot } from './bot.ts';
import { holdView } from './hold-content.ts';

/** The one message of a run, from its plan to its outcome. */
export async function runContent(bot: Bot, runId: string): Promise<MessageContent | null> {
  const run = await findRun(bot.db, runId);
  return run === undefined ? null : runMessage(await toRunMessage(bot, run));
}

/** The same for those who were asked in person, with the way to the thread. */
export async function approvalContent(bot: Bot, runId: string): Promise<MessageContent | null> {
  const run = await findRun(bot.db, runId);
  if (run === undefined) return null;
  return approvalDirectMessage(await toRunMessage(bot, run), await linkTo(bot, runId));
}

/** Asked once more, as long as it waits; what was decided before it could be sent is not sent. */
export async function reminderContent(bot: Bot, message: Message): Promise<MessageContent | null> {
  const run = await findRun(bot.db, message.subject);
  if (run === undefined || (run.state !== 'awaiting_approval' && message.posted_ts === null)) return null;
  return reminderMessage(await toRunMessage(bot, run), await linkTo(bot, run.id));
}

/** For whoever comes second: who was first, and where to watch. */
export async function secondOfTwo(bot: Bot, first: Run, wish: Run | null = null): Promise<MessageContent> {
  const standing = first.state === 'awaiting_approval' ? 'waits' : first.state === 'unknown' ? 'unknown' : 'running';
  const isSame = wish !== null && isSameWish(first, wish);
  return secondOfTwoMessage({ requestId: first.id, isSame, summary: first.plan.draft.summary, firstBy: first.requestedBy, firstAt: first.startedAt ?? first.requestedAt, standing, threadUrl: await linkTo(bot, first.id), now: bot.clock.now() });
}

/** Everybody is told that the glass was broken. */
export async function brokenGlassContent(bot: Bot, runId: string): Promise<MessageContent | null> {
  const run = await findRun(bot.db, runId);
  const glass = await brokenGlassOf(bot.db, runId);
  if (run === undefined || glass === null) return null;
  const { draft, environment, incidentId } = run.plan;
  const about = { summary: draft.summary, systemName: systemName(bot.catalog(), run), environment, incidentId, requestedBy: run.requestedBy };
  return brokenGlassMessage({ ...about, by: glass.userId, reason: glass.reason, at: glass.at, threadUrl: await linkTo(bot, runId), now: bot.clock.now() });
}

async function linkTo(bot: Bot, runId: string): Promise<string | null> {
  const posted = await findMessage(bot.db, runMessageKey(runId));
  return posted?.posted_ts == null ? null : bot.slack.permalink(posted.channel_id, posted.posted_ts);
}

async function toRunMessage(bot: Bot, run: Run): Promise<RunMessage> {
  const { plan } = run;
  const catalog = bot.catalog();
  const now = bot.clock.now();
  const incident = plan.incidentId === null ? null : ((await findIncident(bot.db, plan.incidentId)) ?? null);
  const glass = await brokenGlassOf(bot.db, run.id);
  return {
    requestId: run.id,
    incidentId: plan.incidentId,
    plan: plan.draft,
    whole: plan,
    planHash: run.planHash,
    target: plan.target,
    systemName: systemName(catalog, run),
    environment: plan.environment,
    requestedBy: run.requestedBy,
    approvals: run.approvals.filter((approval) => approval.decision === 'approved').map((approval) => ({ by: approval.userId, at: approval.at })),
    brokenGlass: glass === null ? null : { by: glass.userId, reason: glass.reason },
    overSince: incident === null ? null : (incident.alertsEndedAt ?? incident.resolvedAt),
    state: await stateOf(bot, run, helpedInWords(whetherItHelped(run, incident, now)), now),
    overrides: plan.overrides ?? null,
    hold: run.state === 'awaiting_approval' || run.state === 'planned' ? await holdView(bot, plan.systemId) : null,
    now,
  };
}

/** The plan as the requester sees it before anything is asked for. */
export function toPlanView(catalog: Catalog, run: Run, now: Date, hold: HoldView | null = null): PlanView {
  const { plan } = run;
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const rule = catalog.policies.find((candidate) => candidate.id === plan.policyId);
  return {
    requestId: run.id,
    incidentId: plan.incidentId,
    actionTitle: system?.actions.get(plan.actionId)?.title ?? plan.actionId,
    systemName: systemName(catalog, run),
    environment: plan.environment,
    plan: plan.draft,
    whole: plan,
    planHash: run.planHash,
    target: plan.target,
    risk: plan.risk,
    need: {
      approvals: plan.approvalsNeeded,
      approvers: approversInWords(catalog, plan),
      because: plan.environment,
      typedConfirmation: rule?.typedConfirmation === true ? nameToType(run) : null,
    },
    ...choiceOf(system?.actions.get(plan.actionId), run),
    expiresAt: run.expiresAt,
    hold,
    now,
  };
}

/** Where a plan has chosen by itself what a person may choose as well: back to the question. */
function choiceOf(action: Action | undefined, { plan, undoOf }: Run): Pick<PlanView, 'choice'> {
  if (undoOf !== null || action?.parameters.some(isChosenFromHistory) !== true) return {};
  const { systemId, actionId, environment, component, incidentId } = plan;
  return { choice: { systemId, actionId, environment, ...(component !== null && { component }), ...(incidentId !== null && { incidentId }) } };
}

async function waitingState(bot: Bot, run: Run): Promise<RunMessageState> {
  const ruling = await rulingOf(bot, bot.db, run);
  const [requester, ...approvers] = await Promise.all([run.requestedBy, ...approversOf(run)].map((id) => bot.people.identify(id)));
  const missing = ruling === null || requester === undefined ? null : whatIsMissing(ruling, run.approvalsNeeded, approvers, requester);
  return {
    is: 'waitsForApproval',
    needed: approvalsNeeded(run, ruling),
    approvers: approversInWords(bot.catalog(), run.plan),
    people: (await whoMayDecide(bot, run)).people,
    ownerMissing: missing?.owner === true && missing.people === 0 && ruling !== null ? rolesInWords(bot.catalog(), ruling.system.access.owners) : null,
    expiresAt: run.expiresAt,
    canBreakGlass: run.plan.incidentId !== null && ruling?.rule != null && rulesToApproveBy(ruling).every(({ breakGlassRank }) => breakGlassRank !== null),
  };
}

async function stateOf(bot: Bot, run: Run, comparison: string | null, now: Date): Promise<RunMessageState> {
  const startedAt = run.startedAt ?? run.approvedAt ?? run.requestedAt;
  const endedAt = run.finishedAt ?? now;
  const { outcome } = run;
  const canUndo = 'primitive' in run.plan.draft.undo;
  if (outcome?.status === 'settled') return { is: 'settled', how: outcome.happened ? 'happened' : 'didNotHappen', by: outcome.by, at: endedAt, lines: outcome.note === '' ? [] : [outcome.note], canUndo: canUndo && (outcome.happened || run.plan.draft.request.via === 'helm') };
  if (outcome?.status === 'notWatched') return { is: 'notWatched', by: outcome.by, startedAt, endedAt, lines: outcome.lines, canUndo };
  switch (run.state) {
    case 'planned':
      return { is: 'waitsForConfirmation', expiresAt: run.expiresAt };
    case 'awaiting_approval':
      return waitingState(bot, run);
    case 'approved':
      return { is: 'approved', waits: run.progressLine };
    case 'started':
      return { is: 'running', startedAt, line: run.progressLine };
    case 'succeeded':
      return {
        is: 'succeeded',
        startedAt,
        endedAt,
        lines: outcome?.status === 'succeeded' ? outcome.lines : [],
        checks: outcome?.status === 'succeeded' ? outcome.checks.map((check) => ({ title: check.title, reading: { headline: check.headline, state: check.good ? 'good' : 'bad', lines: [] } })) : [],
        comparison,
        canUndo,
      };
    case 'failed':
      return {
        is: 'failed',
        startedAt: run.startedAt,
        endedAt,
        reason: outcome?.status === 'failed' ? outcome.reason : 'not recorded',
        lines: outcome?.status === 'failed' ? outcome.lines : [],
        log: outcome?.status === 'failed' ? outcome.log : null,
        because: outcome?.status === 'failed' ? (outcome.because ?? null) : null,
        // What was refused or did not happen has nothing to take back.
        canUndo: canUndo && run.receipt?.status === 'accepted',
      };
    case 'unknown':
      return { is: 'unknown', startedAt, since: outcome?.status === 'unknown' ? new Date(outcome.lostAt) : startedAt, reason: outcome?.status === 'unknown' ? outcome.reason : 'The answer was lost.', evidence: evidenceOf(outcome), overridden: run.overridden && { ...run.overridden, at: new Date(run.overridden.at) } };
    case 'denied': {
      const denial = run.approvals.find((approval) => approval.decision === 'denied');
      return { is: 'denied', by: denial?.userId ?? '', at: denial?.at ?? endedAt, reason: denial?.reason ?? null };
    }
    case 'expired':
      return { is: 'expired', at: endedAt };
    case 'withdrawn':
      return { is: 'withdrawn', by: run.requestedBy, at: endedAt };
    case 'voided':
      return { is: 'voided', at: endedAt, ...(outcome?.status === 'notStarted' && outcome.because !== undefined && { because: outcome.because }), why: outcome?.status === 'notStarted' ? outcome.reason : '', who: outcome?.status === 'notStarted' && outcome.who !== undefined ? { ...outcome.who, at: new Date(outcome.who.at) } : undefined };
  }
}

function evidenceOf(outcome: Outcome | null) {
  return outcome?.status === 'unknown' && outcome.lines.length > 0 ? { verdict: outcome.verdict, lines: outcome.lines } : null;
}

export function approversInWords(catalog: Catalog, plan: Plan): string {
  const system = catalog.systems.find((candidate) => candidate.id === plan.systemId);
  const rule = catalog.policies.find((candidate) => candidate.id === plan.policyId);
  if (system === undefined || rule === undefined) return 'the owner';
  const all = rolesInWords(catalog, rolesFor(rule.mayApprove, system));
  return rule.ownerAmongThem ? `${all}, one of them ${rolesInWords(catalog, system.access.owners)}` : all;
}

const rolesInWords = (catalog: Catalog, roles: readonly string[]) => [...new Set(roles)].map((role) => catalog.roles.get(role)?.name ?? role).join(' or ');

function systemName(catalog: Catalog, run: Run): string {
  return catalog.systems.find((system) => system.id === run.plan.systemId)?.name ?? run.plan.systemId;
}
