/** What the record says about a run: what was planned, each decision, each new state. Output of commands is not part of it. */
import { record } from '../audit/record.ts';
import type { Plan } from '../approvals/plan.ts';
import type { Tx } from '../storage/database.ts';
import type { Row, RunState } from '../storage/tables.ts';
import type { Json } from '../support/json.ts';
import type { Outcome } from './outcome.ts';
import type { Approval, Overridden, Run } from './run.ts';

export async function recordPlan(tx: Tx, row: Row<'runs'>, plan: Plan): Promise<void> {
  const { actionId, environment, component, target, params, risk, policyId, approvalsNeeded, catalogVersion, epoch, incidentId, expiresAt, draft } = plan;
  await record(tx, {
    at: row.requested_at,
    actor: plan.requestedBy,
    kind: 'run.planned',
    subject: row.id,
    system: plan.systemId,
    details: {
      summary: draft.summary,
      action: actionId,
      environment,
      component,
      target: target as unknown as Json,
      params,
      risk,
      policy: policyId,
      approvalsNeeded,
      planHash: row.plan_hash,
      catalogVersion,
      epoch,
      incident: incidentId,
      expiresAt,
      undoOf: row.undo_of,
    },
  });
}

export async function recordTransition(tx: Tx, row: Row<'runs'>, from: RunState, { by, at, outcome }: { readonly by: string; readonly at: Date; readonly outcome: Outcome | null }): Promise<void> {
  const { draft } = row.plan as unknown as Plan;
  await record(tx, { at, actor: by, kind: `run.${row.state}`, subject: row.id, system: row.system_id, details: { from, summary: draft.summary, planHash: row.plan_hash, ...(outcome !== null && { outcome: inShort(outcome) }) } });
}

export async function recordDecision(tx: Tx, { id, plan, planHash }: Run, { userId, decision, reason, at }: Approval): Promise<void> {
  await record(tx, { at, actor: userId, kind: `approval.${decision}`, subject: id, system: plan.systemId, details: { summary: plan.draft.summary, planHash, ...(reason !== null && reason !== '' && { reason }) } });
}

export async function recordOverride(tx: Tx, row: Row<'runs'>, { by, at, reason }: Overridden): Promise<void> {
  const { draft } = row.plan as unknown as Plan;
  await record(tx, { at: new Date(at), actor: by, kind: 'override.given', subject: row.id, system: row.system_id, details: { summary: draft.summary, planHash: row.plan_hash, reason } });
}

/** Without what was seen and printed, which is on the run's message. */
function inShort(outcome: Outcome): Json {
  switch (outcome.status) {
    case 'succeeded':
      return { status: outcome.status, checks: outcome.checks.map(({ title, good }) => ({ title, good })) };
    case 'failed':
    case 'notStarted':
      return { status: outcome.status, reason: outcome.reason };
    case 'unknown':
      return { status: outcome.status, reason: outcome.reason, verdict: outcome.verdict };
    case 'notWatched':
      return { status: outcome.status };
    case 'settled':
      return { status: outcome.status, happened: outcome.happened, note: outcome.note };
  }
}
