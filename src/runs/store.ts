import { sql } from 'kysely';
import type { Receipt } from '../actions/ports.ts';
import type { Plan } from '../approvals/plan.ts';
import type { DbOrTx, Tx } from '../storage/database.ts';
import type { Row, RunState } from '../storage/tables.ts';
import type { Outcome } from './outcome.ts';
import { recordDecision, recordOverride, recordPlan, recordTransition } from './record-run.ts';
import type { Approval, Overridden, Run } from './run.ts';
import { mayMove } from './transitions.ts';

export async function findRun(db: DbOrTx, id: string): Promise<Run | undefined> {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toRun(row, await approvalsOf(db, id));
}

/** Reads a run and holds its row until the transaction ends. */
export async function lockRun(tx: Tx, id: string): Promise<Run | undefined> {
  const row = await tx.selectFrom('runs').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toRun(row, await approvalsOf(tx, id));
}

export async function runsOfIncident(db: DbOrTx, incidentId: number): Promise<Run[]> {
  const rows = await db.selectFrom('runs').selectAll().where('incident_id', '=', incidentId).orderBy('requested_at', 'desc').limit(50).execute();
  return Promise.all(rows.map(async (row) => toRun(row, await approvalsOf(db, row.id))));
}

/** Runs that somebody wants, or that have begun, and that are not over. */
const underWay = ['awaiting_approval', 'approved', 'started', 'unknown'] as const satisfies readonly RunState[];

/** Those of one target that others must wait for, the oldest first. */
export async function runsUnderWay(db: DbOrTx, targetKey: string): Promise<Run[]> {
  const rows = await db.selectFrom('runs').selectAll().where('target_key', '=', targetKey).where('state', 'in', [...underWay]).where('overridden', 'is', null).orderBy('requested_at').execute();
  return rows.map((row) => toRun(row, []));
}

/** Until the transaction ends, nobody else decides on anything that concerns this target. */
export async function lockTarget(tx: Tx, targetKey: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`target ${targetKey}`}, 0))`.execute(tx);
}

/** The run that changes this target now, or of which nobody knows whether it did. */
export async function runOnTarget(db: DbOrTx, targetKey: string): Promise<Run | undefined> {
  const row = await db.selectFrom('runs').selectAll().where('target_key', '=', targetKey).where('state', 'in', ['started', 'unknown']).where('overridden', 'is', null).executeTakeFirst();
  return row && toRun(row, []);
}

/** A run that is not settled and that somebody let others go past. */
export async function overriddenOnTarget(db: DbOrTx, targetKey: string): Promise<Run | undefined> {
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('target_key', '=', targetKey)
    .where('state', 'in', ['started', 'unknown'])
    .where('overridden', 'is not', null)
    .orderBy('requested_at', 'desc')
    .executeTakeFirst();
  return row && toRun(row, []);
}

/** What this person asked for and may still want back. */
export async function openRunsOf(db: DbOrTx, userId: string): Promise<Run[]> {
  const rows = await db.selectFrom('runs').selectAll().where('requested_by', '=', userId).where('state', 'in', ['awaiting_approval', 'approved', 'started']).orderBy('requested_at', 'desc').limit(10).execute();
  return rows.map((row) => toRun(row, []));
}

/** The latest run of this primitive on this target that worked and set `parameter` to 0: what ran before it is in its undo (AP-04). */
export async function lastRunToZero(db: DbOrTx, targetKey: string, primitive: string, parameter: string): Promise<Run | undefined> {
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('target_key', '=', targetKey)
    .where('primitive', '=', primitive)
    .where('state', '=', 'succeeded')
    .where(sql<string>`params ->> ${parameter}::text`, '=', '0')
    .orderBy('finished_at', 'desc')
    .executeTakeFirst();
  return row && toRun(row, []);
}

/** When this action last changed this target, for its cool-down. What the outside refused, or what was taken back, did not. */
export async function lastStartOf(db: DbOrTx, targetKey: string, actionId: string): Promise<Date | null> {
  const row = await db
    .selectFrom('runs')
    .select(sql<Date | null>`max(started_at)`.as('at'))
    .where('target_key', '=', targetKey)
    .where('action_id', '=', actionId)
    .where('undo_of', 'is', null)
    .where(sql<boolean>`receipt ->> 'status' is distinct from 'rejected'`)
    .executeTakeFirst();
  return row?.at ?? null;
}

export interface NewRun {
  readonly id: string;
  readonly plan: Plan;
  readonly planHash: string;
  readonly targetKey: string;
  readonly channelId: string;
  readonly threadKey: string | null;
  readonly undoOf: string | null;
}

export async function insertRun(tx: Tx, run: NewRun, now: Date): Promise<void> {
  const { plan } = run;
  const row = await tx
    .insertInto('runs')
    .values({
      id: run.id,
      incident_id: plan.incidentId,
      system_id: plan.systemId,
      environment: plan.environment,
      action_id: plan.actionId,
      primitive: plan.primitive,
      component: plan.component,
      risk: plan.risk,
      target: JSON.stringify(plan.target),
      target_key: run.targetKey,
      params: JSON.stringify(plan.params),
      plan: JSON.stringify(plan),
      plan_hash: run.planHash,
      catalog_version: plan.catalogVersion,
      epoch: plan.epoch,
      requested_by: plan.requestedBy,
      requested_at: now,
      approvals_needed: plan.approvalsNeeded,
      policy_id: plan.policyId,
      expires_at: new Date(plan.expiresAt),
      state: 'planned',
      channel_id: run.channelId,
      thread_key: run.threadKey,
      undo_of: run.undoOf,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordPlan(tx, row, plan);
}

interface RunFacts {
  readonly approved_at?: Date;
  readonly started_at?: Date;
  readonly finished_at?: Date;
  readonly receipt?: Receipt;
  readonly progress_line?: string | null;
  readonly outcome?: Outcome;
  readonly overridden?: Overridden;
}

/** A change of state says who or what made it so, and when: that goes into the record with it. */
export type RunChange = RunFacts & ({ readonly state: RunState; readonly by: string; readonly at: Date } | { readonly state?: never; readonly by?: never; readonly at?: never });

/**
 * Changes a run that is still in `from`. Returns whether it was; if not, nothing was changed and somebody else was quicker. A new state and its entry in
 * the record are one (G-10): here is the only place that sets it.
 */
export async function changeRun(tx: Tx, id: string, from: readonly RunState[], change: RunChange): Promise<boolean> {
  const { receipt, outcome, overridden, by, at, ...columns } = change;
  const forbidden = change.state === undefined ? undefined : from.find((state) => !mayMove(state, change.state as RunState));
  if (forbidden !== undefined) throw new Error(`a run never goes from ${forbidden} to ${change.state}`);
  // The row is held from here on, so that the record names the state that it really had.
  const before = change.state === undefined ? undefined : await tx.selectFrom('runs').select('state').where('id', '=', id).forUpdate().executeTakeFirst();
  const row = await tx
    .updateTable('runs')
    .set({
      ...columns,
      ...(receipt !== undefined && { receipt: JSON.stringify(receipt) }),
      ...(outcome !== undefined && { outcome: JSON.stringify(outcome) }),
      ...(overridden !== undefined && { overridden: JSON.stringify(overridden) }),
      version: sql`version + 1`,
    })
    .where('id', '=', id)
    .where('state', 'in', [...from])
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return false;
  if (before !== undefined && by !== undefined && before.state !== row.state) await recordTransition(tx, row, before.state, { by, at, outcome: outcome ?? null });
  if (overridden !== undefined) await recordOverride(tx, row, overridden);
  return true;
}

/** One person's decision; a second one of the same person takes the place of the first. */
export async function addApproval(tx: Tx, run: Run, { userId, decision, reason, at }: Approval): Promise<void> {
  await tx
    .insertInto('approvals')
    .values({ run_id: run.id, user_id: userId, decision, reason, at })
    .onConflict((conflict) => conflict.columns(['run_id', 'user_id']).doUpdateSet({ decision, reason, at }))
    .execute();
  await recordDecision(tx, run, { userId, decision, reason, at });
}

async function approvalsOf(db: DbOrTx, runId: string): Promise<Approval[]> {
  const rows = await db.selectFrom('approvals').selectAll().where('run_id', '=', runId).orderBy('at').execute();
  return rows.map((row) => ({ userId: row.user_id, decision: row.decision, reason: row.reason, at: row.at }));
}

/** What the plan says is taken from the plan, which is what was shown and hashed; the columns beside it are for searching. */
function toRun(row: Row<'runs'>, approvals: readonly Approval[]): Run {
  const plan = row.plan as unknown as Plan;
  return {
    id: row.id,
    plan,
    planHash: row.plan_hash,
    state: row.state,
    version: row.version,
    requestedBy: plan.requestedBy,
    requestedAt: row.requested_at,
    approvalsNeeded: plan.approvalsNeeded,
    approvals,
    expiresAt: new Date(plan.expiresAt),
    approvedAt: row.approved_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    receipt: row.receipt as Receipt | null,
    progressLine: row.progress_line,
    outcome: row.outcome as Outcome | null,
    channelId: row.channel_id,
    threadKey: row.thread_key,
    undoOf: row.undo_of,
    overridden: row.overridden as Overridden | null,
  };
}
