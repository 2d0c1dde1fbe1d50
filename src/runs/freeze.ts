/**
 * Freezes: a person stops the changes of one system, or of all, with a reason, until somebody lifts that or its time is over. While one is in force
 * nothing starts there, also nothing that was approved before. Reading, acknowledging and taking back a request go on; so does what has started already.
 */
import { sql } from 'kysely';
import type { Refusal } from '../actions/plan.ts';
import { duration } from '../actions/wording.ts';
import { record } from '../audit/record.ts';
import { whyNotFreeze } from '../approvals/hold-rights.ts';
import type { System } from '../catalog/system.ts';
import { addTimelineEntry, openIncidents } from '../incidents/store.ts';
import type { DbOrTx, Tx } from '../storage/database.ts';
import { addDuty, cancelDuty, hastenDuty } from '../storage/duties.ts';
import { finishWithAct, holdForAct } from '../storage/interactions.ts';
import { refreshMessages, wantMessage } from '../storage/outbox.ts';
import type { Row } from '../storage/tables.ts';
import type { RunDependencies } from './dependencies.ts';

export interface Freeze {
  readonly id: number;
  /** `null`: every system. */
  readonly systemId: string | null;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
  readonly endsAt: Date | null;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
}

/** Why no change may start. */
export type Hold = { readonly kind: 'readOnly' } | { readonly kind: 'frozen'; readonly freeze: Freeze };

/** The freezes in force, the widest first. One whose time is over is not, whether or not anybody has noticed. */
export async function freezesInForce(db: DbOrTx, now: Date): Promise<Freeze[]> {
  const rows = await db
    .selectFrom('freezes')
    .selectAll()
    .where('lifted_at', 'is', null)
    .where((either) => either.or([either('ends_at', 'is', null), either('ends_at', '>', now)]))
    .orderBy('system_id', (order) => order.asc().nullsFirst())
    .execute();
  return rows.map(toFreeze);
}

/** What keeps the changes of this system from starting; `null` when nothing does. */
export async function holdOn({ readOnly }: Pick<RunDependencies, 'readOnly'>, db: DbOrTx, systemId: string, now: Date): Promise<Hold | null> {
  if (readOnly) return { kind: 'readOnly' };
  const freeze = (await freezesInForce(db, now)).find((candidate) => candidate.systemId === null || candidate.systemId === systemId);
  return freeze === undefined ? null : { kind: 'frozen', freeze };
}

/**
 * Held by every start until it has committed, and by a freeze alone: whoever froze knows when the command is answered that nothing starts any more, and what
 * had started before is in the database.
 */
export async function lockFreezes(tx: Tx, how: 'toStart' | 'toChange'): Promise<void> {
  await sql`select ${how === 'toStart' ? sql`pg_advisory_xact_lock_shared` : sql`pg_advisory_xact_lock`}(hashtextextended('freezes', 0))`.execute(tx);
}

/** Whose changes, and who says so. */
export interface FreezeAct {
  /** `null`: every system. */
  readonly system: System | null;
  readonly userId: string;
  /** Ends with it, so that after a crash it is not carried out a second time, against what somebody else did since. */
  readonly interactionKey: string;
}

export interface FreezeWish extends FreezeAct {
  readonly reason: string;
  readonly forMs: number | null;
}

/** `carriedOut`: by whoever took it over; they have told everybody. */
export type Frozen = { readonly kind: 'done'; readonly freeze: Freeze } | { readonly kind: 'carriedOut' } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Stops changes. The same wish again by the same person changes nothing. */
export async function freezeChanges(dependencies: RunDependencies, wish: FreezeWish): Promise<Frozen> {
  const { system, userId, reason } = wish;
  const what = `Freeze ${nameOf(system)}`;
  return acting(dependencies, wish, what, async (tx, standing, now) => {
    if (standing !== null && !isOver(standing, now)) {
      if (standing.by === userId && standing.reason === reason) return { kind: 'done', freeze: standing };
      return { kind: 'refused', refusal: { refused: what, rule: `it is frozen already, since ${duration(now.getTime() - standing.at.getTime())}: ${standing.reason}`, instead: `Lift that first: /stock unfreeze ${system?.id ?? 'all'}.` } };
    }
    if (standing !== null) await endOne(dependencies, tx, standing, null, now);
    const endsAt = wish.forMs === null ? null : new Date(now.getTime() + wish.forMs);
    const row = await tx.insertInto('freezes').values({ system_id: system?.id ?? null, reason, frozen_by: userId, frozen_at: now, ends_at: endsAt }).returningAll().executeTakeFirstOrThrow();
    const freeze = toFreeze(row);
    if (endsAt !== null) await addDuty(tx, { kind: 'freeze.end', key: String(freeze.id), dueAt: endsAt });
    await record(tx, { at: now, actor: userId, kind: 'freeze.set', subject: `freeze_${freeze.id}`, system: freeze.systemId, details: { reason, endsAt: endsAt?.toISOString() ?? null } });
    await stopWhatWaits(tx, freeze, now);
    await announceFreeze(dependencies, tx, freeze, { key: `freeze:${freeze.id}`, actor: userId, text: `froze ${nameOf(system)}: ${reason}` }, now);
    return { kind: 'done', freeze };
  });
}

/** Lifts the freeze of one system, or the one of all; another one that also covers it stays. */
export async function unfreezeChanges(dependencies: RunDependencies, act: FreezeAct): Promise<Frozen> {
  const what = `Unfreeze ${nameOf(act.system)}`;
  return acting(dependencies, act, what, async (tx, standing, now, askedAt) => {
    if (standing === null || isOver(standing, now)) return { kind: 'refused', refusal: { refused: what, rule: 'it is not frozen', instead: 'Look at /stock status.' } };
    // Carried out late, it would lift what was frozen for another reason since.
    if (standing.at > askedAt) return { kind: 'refused', refusal: { refused: what, rule: `it was frozen ${duration(standing.at.getTime() - askedAt.getTime())} after you asked: ${standing.reason}`, instead: 'If you mean that freeze, ask again.' } };
    await endOne(dependencies, tx, standing, act.userId, now);
    return { kind: 'done', freeze: { ...standing, liftedAt: now, liftedBy: act.userId } };
  });
}

async function acting(dependencies: RunDependencies, { system, userId, interactionKey }: FreezeAct, what: string, act: (tx: Tx, standing: Freeze | null, now: Date, askedAt: Date) => Promise<Frozen>): Promise<Frozen> {
  const denied = whyNotFreeze(dependencies.catalog(), system, await dependencies.people.identify(userId), what);
  if (denied !== null) return { kind: 'refused', refusal: denied };
  return dependencies.db.transaction().execute(async (tx) => {
    await lockFreezes(tx, 'toChange');
    const asked = await holdForAct(tx, interactionKey);
    if (asked === null) return { kind: 'carriedOut' };
    const acted = await act(tx, await standingFreeze(tx, system), dependencies.clock.now(), asked.receivedAt);
    if (acted.kind === 'done') await finishWithAct(tx, interactionKey);
    return acted;
  });
}

/** Its time is over. It was out of force from that moment; now everybody is told. */
export async function endFreeze(dependencies: RunDependencies, freezeId: number): Promise<void> {
  await dependencies.db.transaction().execute(async (tx) => {
    await lockFreezes(tx, 'toChange');
    const freeze = await findFreeze(tx, freezeId);
    const now = dependencies.clock.now();
    if (freeze !== null && freeze.liftedAt === null && isOver(freeze, now)) await endOne(dependencies, tx, freeze, null, now);
  });
}

export async function findFreeze(db: DbOrTx, id: number): Promise<Freeze | null> {
  const row = await db.selectFrom('freezes').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toFreeze(row);
}

/** For whoever's plan did not start: `Changes to Stock Service are frozen: audit`. */
export function holdInWords(hold: Hold, systemName: string): string {
  if (hold.kind === 'readOnly') return 'The bot is read-only (STOCKOPS_READ_ONLY): it makes no changes.';
  return `${hold.freeze.systemId === null ? 'All changes' : `Changes to ${systemName}`} are frozen: ${hold.freeze.reason.replace(/[.!]$/, '')}.`;
}

async function standingFreeze(tx: Tx, system: System | null): Promise<Freeze | null> {
  const row = await tx
    .selectFrom('freezes')
    .selectAll()
    .where('lifted_at', 'is', null)
    .where(system === null ? sql<boolean>`system_id is null` : sql<boolean>`system_id = ${system.id}`)
    .executeTakeFirst();
  return row === undefined ? null : toFreeze(row);
}

async function endOne(dependencies: RunDependencies, tx: Tx, freeze: Freeze, by: string | null, now: Date): Promise<void> {
  await tx.updateTable('freezes').set({ lifted_at: by === null ? freeze.endsAt : now, lifted_by: by }).where('id', '=', freeze.id).where('lifted_at', 'is', null).execute();
  await record(tx, { at: now, actor: by ?? 'stockops', kind: 'freeze.lifted', subject: `freeze_${freeze.id}`, system: freeze.systemId, details: { reason: freeze.reason } });
  await cancelDuty(tx, 'freeze.end', String(freeze.id));
  const system = dependencies.catalog().systems.find(({ id }) => id === freeze.systemId) ?? null;
  await announceFreeze(dependencies, tx, freeze, { key: `freeze:${freeze.id}:lifted`, actor: by ?? 'stockops', text: by === null ? `the freeze of ${nameOf(system)} is over` : `lifted the freeze of ${nameOf(system)}` }, now);
}

/** What was approved and still waits for its target looks again now, and finds that it may not start; what is being looked at finds it when it would start. */
async function stopWhatWaits(tx: Tx, freeze: Freeze, now: Date): Promise<void> {
  const approved = await tx.selectFrom('runs').select(['id', 'system_id']).where('state', '=', 'approved').execute();
  for (const run of approved) if (freeze.systemId === null || freeze.systemId === run.system_id) await hastenDuty(tx, 'run.start', run.id, now);
}

/** In the channels of the systems that it is about, on their open cards, and on what waits for a decision there. */
async function announceFreeze(dependencies: RunDependencies, tx: Tx, freeze: Freeze, said: { readonly key: string; readonly actor: string; readonly text: string }, now: Date): Promise<void> {
  const systems = dependencies.catalog().systems.filter(({ id }) => freeze.systemId === null || freeze.systemId === id);
  const channels = new Set(systems.flatMap((system) => [system.channels.alerts, system.channels.incidents]));
  for (const channel of channels) await wantMessage(tx, { key: said.key, channel, kind: 'freeze', subject: said.key, priority: 5 }, now);
  if (said.key.endsWith(':lifted')) await refreshMessages(tx, 'freeze', `freeze:${freeze.id}`, now);
  for (const incident of await openIncidents(tx)) {
    if (!systems.some(({ id }) => id === incident.systemId)) continue;
    await addTimelineEntry(tx, incident.id, { at: now, kind: 'freeze', actor: said.actor, text: said.text });
    await refreshMessages(tx, 'card', String(incident.id), now);
  }
  const waiting = await tx.selectFrom('runs').select(['id', 'system_id']).where('state', '=', 'awaiting_approval').execute();
  for (const run of waiting) if (systems.some(({ id }) => id === run.system_id)) for (const kind of ['run', 'approval']) await refreshMessages(tx, kind, run.id, now);
}

const isOver = (freeze: Freeze, now: Date): boolean => freeze.endsAt !== null && freeze.endsAt <= now;
const nameOf = (system: System | null): string => (system === null ? 'all changes' : `changes to ${system.name}`);

function toFreeze(row: Row<'freezes'>): Freeze {
  return { id: row.id, systemId: row.system_id, reason: row.reason, by: row.frozen_by, at: row.frozen_at, endsAt: row.ends_at, liftedAt: row.lifted_at, liftedBy: row.lifted_by };
}
