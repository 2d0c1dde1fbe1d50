import { sql } from 'kysely';
import { record } from '../audit/record.ts';
import { whyNotBreakGlass, type GlassSituation } from '../approvals/break-glass.ts';
import { findIncident } from '../incidents/store.ts';
import type { DbOrTx } from '../storage/database.ts';
import { wantMessage } from '../storage/outbox.ts';
import { announceDecision, deciding, notMoved, refusal, startNow, type Decided } from './decide.ts';
import type { RunDependencies } from './dependencies.ts';
import { holdOn } from './freeze.ts';
import type { Run } from './run.ts';
import { changeRun } from './store.ts';
import { nextStep } from './transitions.ts';

/** Who went on without the approvals that were missing, and why. */
export interface BrokenGlass {
  readonly userId: string;
  readonly reason: string;
  readonly at: Date;
}

export async function brokenGlassOf(db: DbOrTx, runId: string): Promise<BrokenGlass | null> {
  const row = await db.selectFrom('broken_glass').selectAll().where('run_id', '=', runId).executeTakeFirst();
  return row === undefined ? null : { userId: row.user_id, reason: row.reason, at: row.at };
}

/**
 * The incident's commander lets a request start without the approvals that do not come. One at a time in the whole installation, told loudly in the channel of
 * incidents; the reason stays with the run.
 */
export async function breakGlass(dependencies: RunDependencies, runId: string, userId: string, reason: string): Promise<Decided> {
  return deciding(dependencies, runId, userId, async (tx, run, now, { ruling, identity }) => {
    if ((await brokenGlassOf(tx, runId))?.userId === userId) return { kind: 'done', run };
    const step = nextStep(run, { is: 'breakGlass' }, now);
    if (step.kind !== 'moves') return notMoved(run, step);
    if (ruling === null) return refusal(run, 'its system is no longer in the catalog', 'Ask for a fresh plan.');
    await sql`select pg_advisory_xact_lock(hashtextextended('broken glass', 0))`.execute(tx);
    const denied = whyNotBreakGlass(ruling, identity, await situationOf(tx, run), now, `Break the glass: ${run.plan.draft.summary}`);
    if (denied !== null) return { kind: 'refused', refusal: denied, run };
    const hold = await holdOn(dependencies, tx, run.plan.systemId, now);
    if (hold !== null) return { kind: 'held', hold, run };
    await record(tx, { at: now, actor: userId, kind: 'glass.broken', subject: runId, system: ruling.system.id, details: { summary: run.plan.draft.summary, planHash: run.planHash, reason } });
    await tx.insertInto('broken_glass').values({ run_id: runId, user_id: userId, reason, at: now }).execute();
    await changeRun(tx, runId, ['awaiting_approval'], { state: step.to, by: userId, at: now, approved_at: now });
    await startNow(tx, runId, now);
    await wantMessage(tx, { key: `glass:${runId}`, channel: ruling.system.channels.incidents, kind: 'glass', subject: runId, priority: 5 }, now);
    return announceDecision(tx, runId, now, userId, `broke the glass, without the approvals that were missing: ${run.plan.draft.summary}. Why: ${reason}`);
  });
}

/** What is so around a request, for breaking the glass and for the start after it. */
export async function situationOf(db: DbOrTx, run: Run): Promise<GlassSituation> {
  const incident = run.plan.incidentId === null ? undefined : await findIncident(db, run.plan.incidentId);
  const { rows } = await sql<{ at: Date; state: string }>`
    select b.at, r.state from broken_glass b join runs r on r.id = b.run_id where b.run_id <> ${run.id}
    order by r.state in ('approved', 'started', 'unknown') desc, b.at desc limit 1`.execute(db);
  const [last] = rows;
  return {
    incident: incident ?? null,
    commander: incident === undefined ? null : await commanderOf(db, incident),
    askedAt: await askedAt(db, run),
    last: last === undefined ? null : { at: last.at, isOver: !['approved', 'started', 'unknown'].includes(last.state) },
  };
}

/** When approvers were asked, which is not when the plan was made: one may lie open before it is confirmed. The record alone remembers it. */
async function askedAt(db: DbOrTx, run: Run): Promise<Date> {
  const entry = await db.selectFrom('audit_entries').select('at').where('subject', '=', run.id).where('kind', '=', 'run.awaiting_approval').executeTakeFirstOrThrow();
  return new Date(entry.at);
}

/** Whoever has the incident; until somebody has, whoever declared it. */
async function commanderOf(db: DbOrTx, incident: { readonly id: number; readonly acknowledgedBy: string | null; readonly origin: string }): Promise<string | null> {
  if (incident.acknowledgedBy !== null || incident.origin !== 'person') return incident.acknowledgedBy;
  const declared = await db.selectFrom('timeline_entries').select('actor').where('incident_id', '=', incident.id).where('kind', '=', 'opened').orderBy('id').executeTakeFirst();
  return declared?.actor ?? null;
}
