import { rolesFor } from '../approvals/policy.ts';
import type { Outcome } from '../runs/outcome.ts';
import type { Run } from '../runs/run.ts';
import { runMessageKey } from '../runs/announce.ts';
import { findRun } from '../runs/store.ts';
import { findMessage } from '../storage/outbox.ts';
import { approvalDirectMessage } from '../views/approval-message.ts';
import type { Catalog } from '../catalog/system.ts';
import type { MessageContent } from '../views/blocks.ts';
import type { PlanView } from '../views/plan-modal.ts';
import { runMessage, type RunMessage, type RunMessageState } from '../views/run-message.ts';
import { nameToType } from '../runs/decide.ts';
import type { Bot } from './bot.ts';

/** The one message of a run, from its plan to its outcome. */
export async function runContent(bot: Bot, runId: string): Promise<MessageContent | null> {
  const run = await findRun(bot.db, runId);
  return run === undefined ? null : runMessage(toRunMessage(bot.catalog(), run, bot.clock.now()));
}

/** The same for those who were asked in person, with the way to the thread. */
export async function approvalContent(bot: Bot, runId: string): Promise<MessageContent | null> {
  const run = await findRun(bot.db, runId);
  if (run === undefined) return null;
  const posted = await findMessage(bot.db, runMessageKey(runId));
  const threadUrl = posted?.posted_ts == null ? null : await bot.slack.permalink(posted.channel_id, posted.posted_ts);
  return approvalDirectMessage(toRunMessage(bot.catalog(), run, bot.clock.now()), threadUrl);
}

export function toRunMessage(catalog: Catalog, run: Run, now: Date): RunMessage {
  const { plan } = run;
  return {
    requestId: run.id,
    incidentId: plan.incidentId,
    plan: plan.draft,
    planHash: run.planHash,
    target: plan.target,
    systemName: systemName(catalog, run),
    environment: plan.environment,
    requestedBy: run.requestedBy,
    approvals: run.approvals.filter((approval) => approval.decision === 'approved').map((approval) => ({ by: approval.userId, at: approval.at })),
    state: stateOf(catalog, run, now),
    now,
  };
}

/** The plan as the requester sees it before anything is asked for. */
export function toPlanView(catalog: Catalog, run: Run, now: Date): PlanView {
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
    planHash: run.planHash,
    target: plan.target,
    risk: plan.risk,
    need: {
      approvals: plan.approvalsNeeded,
      approvers: approversInWords(catalog, run),
      because: plan.environment,
      typedConfirmation: rule?.typedConfirmation === true ? nameToType(run) : null,
    },
    expiresAt: run.expiresAt,
    now,
  };
}

function stateOf(catalog: Catalog, run: Run, now: Date): RunMessageState {
  const startedAt = run.startedAt ?? run.approvedAt ?? run.requestedAt;
  const endedAt = run.finishedAt ?? now;
  const { outcome } = run;
  const canUndo = 'primitive' in run.plan.draft.undo;
  switch (run.state) {
    case 'planned':
      return { is: 'waitsForConfirmation', expiresAt: run.expiresAt };
    case 'awaiting_approval':
      return { is: 'waitsForApproval', needed: run.approvalsNeeded, approvers: approversInWords(catalog, run), expiresAt: run.expiresAt };
    case 'approved':
      return run.progressLine === null ? { is: 'approved' } : { is: 'running', startedAt, line: run.progressLine };
    case 'started':
      return { is: 'running', startedAt, line: run.progressLine };
    case 'succeeded':
      return {
        is: 'succeeded',
        startedAt,
        endedAt,
        lines: outcome?.status === 'succeeded' ? outcome.lines : [],
        checks: outcome?.status === 'succeeded' ? outcome.checks.map((check) => ({ title: check.title, reading: { headline: check.headline, state: check.good ? 'good' : 'bad', lines: [] } })) : [],
        comparison: null,
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
        // What was refused or did not happen has nothing to take back.
        canUndo: canUndo && run.receipt?.status === 'accepted',
      };
    case 'unknown':
      return { is: 'unknown', startedAt, since: startedAt, reason: outcome?.status === 'unknown' ? outcome.reason : 'The answer was lost.', evidence: evidenceOf(outcome) };
    case 'denied': {
      const denial = run.approvals.find((approval) => approval.decision === 'denied');
      return { is: 'denied', by: denial?.userId ?? '', at: denial?.at ?? endedAt, reason: denial?.reason ?? null };
    }
    case 'expired':
      return { is: 'expired', at: endedAt };
    case 'withdrawn':
      return { is: 'withdrawn', by: run.requestedBy, at: endedAt };
    case 'voided':
      return { is: 'voided', at: endedAt, why: outcome?.status === 'notStarted' ? outcome.reason : '' };
  }
}

function evidenceOf(outcome: Outcome | null) {
  return outcome?.status === 'unknown' && outcome.lines.length > 0 ? { verdict: outcome.verdict, lines: outcome.lines } : null;
}

export function approversInWords(catalog: Catalog, run: Run): string {
  const system = catalog.systems.find((candidate) => candidate.id === run.plan.systemId);
  const rule = catalog.policies.find((candidate) => candidate.id === run.plan.policyId);
  if (system === undefined || rule === undefined) return 'the owner';
  return [...new Set(rolesFor(rule.mayApprove, system))].map((role) => catalog.roles.get(role)?.name ?? role).join(' or ');
}

function systemName(catalog: Catalog, run: Run): string {
  return catalog.systems.find((system) => system.id === run.plan.systemId)?.name ?? run.plan.systemId;
}
