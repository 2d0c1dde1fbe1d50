import type { Plan } from '../../src/approvals/plan.ts';
import { hashPlan } from '../../src/approvals/plan-hash.ts';
import type { Db } from '../../src/storage/database.ts';
import type { RunState } from '../../src/storage/tables.ts';
import { workOut } from '../../src/runs/propose.ts';
import { insertRun } from '../../src/runs/store.ts';
import { targetKeyOf } from '../../src/runs/target-key.ts';
import type { TestBot } from '../harness/test-bot.ts';
import { oncall } from '../scenarios/on-call.ts';

/** A plan as a person saw it: MyStocks from 3 to so many. */
export async function planOf(bot: TestBot, replicas: number): Promise<Plan> {
  const { bot: parts } = bot.running.app;
  const system = parts.catalog().systems.find(({ id }) => id === 'mystocks');
  const action = system?.actions.get('scale');
  if (system === undefined || action === undefined) throw new Error('the catalog has no MyStocks that scales');
  const workedOut = await workOut(parts, { system, action, environment: 'production', component: null, given: { replicas: String(replicas) }, incidentId: null, requestedBy: oncall, channelId: '#alerts', threadKey: null });
  if (workedOut.kind !== 'plan') throw new Error(`no plan: ${JSON.stringify(workedOut)}`);
  return workedOut.plan;
}

/** A run of its own with that plan, already so far. */
export async function runWith(db: Db, plan: Plan, id: string, state: RunState, now: Date): Promise<void> {
  await db.transaction().execute((tx) => insertRun(tx, { id, plan, planHash: hashPlan(plan), targetKey: targetKeyOf(plan.target), channelId: '#alerts', threadKey: null, undoOf: null }, now));
  if (state !== 'planned') await db.updateTable('runs').set({ state, ...(state === 'approved' && { approved_at: now }), ...(state === 'started' && { started_at: now }) }).where('id', '=', id).execute();
}

export async function stateOf(db: Db, id: string): Promise<RunState> {
  return (await db.selectFrom('runs').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state;
}

/** Out of the way of the next round. */
export async function clear(db: Db): Promise<void> {
  for (const table of ['approvals', 'duties'] as const) await db.deleteFrom(table).execute();
  await db.deleteFrom('runs').execute();
}
