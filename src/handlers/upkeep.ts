/** What the bot does for its own sake: anchors for the record, and room in the database. Duties that come back by themselves. */
import { record } from '../audit/record.ts';
import { readHead } from '../audit/store.ts';
import type { Db } from '../storage/database.ts';
import { addDuty, addDutyOnce, type Duty } from '../storage/duties.ts';
import { wantMessage } from '../storage/outbox.ts';
import { prune, pruneAtOnce } from '../storage/prune.ts';
import { anchorMessage } from '../views/anchor.ts';
import type { Bot } from './bot.ts';

const hourMs = 3_600_000;
const anchorEveryMs = hourMs;
const pruneEveryMs = 24 * hourMs;
const anchorPriority = 25;

/** Once there is a database, whoever starts: of several processes one does it. */
export async function beginUpkeep(db: Db, now: Date): Promise<void> {
  await addDutyOnce(db, { kind: 'audit.anchor', key: 'audit', dueAt: new Date(now.getTime() + anchorEveryMs) });
  await addDutyOnce(db, { kind: 'storage.prune', key: 'storage', dueAt: new Date(now.getTime() + hourMs) });
}

/**
 * Says where the record stands, in places that a writer to the database does not reach: an end that was cut off, or a chain that was written anew, is seen
 * by comparing with them (T-23).
 */
export async function anchorRecord(bot: Bot, duty: Duty, now: Date): Promise<void> {
  const head = await readHead(bot.db);
  bot.log.info('Anchor of the record', { anchor: `${head.sequence}:${head.hash}` });
  const { sequence: before } = duty.payload as { readonly sequence?: number };
  await bot.db.transaction().execute(async (tx) => {
    const channel = bot.upkeep.auditChannel;
    if (channel !== null && head.sequence !== before)
      await wantMessage(tx, { key: `anchor:${head.sequence}`, channel, kind: 'said', subject: 'anchor', content: anchorMessage(head) as never, priority: anchorPriority }, now);
    await addDuty(tx, { kind: duty.kind, key: duty.key, payload: { sequence: head.sequence }, dueAt: new Date(now.getTime() + anchorEveryMs) });
  });
}

export async function pruneStorage(bot: Bot, duty: Duty, now: Date): Promise<void> {
  const before = new Date(now.getTime() - bot.upkeep.keepMs);
  for (let isFull = true; isFull; ) {
    isFull = await bot.db.transaction().execute(async (tx) => {
      const pruned = await prune(tx, before);
      const counts = Object.values(pruned);
      if (counts.some((count) => count > 0)) await record(tx, { at: now, actor: 'stockops', kind: 'storage.pruned', subject: bot.paging.installation, system: null, details: { before: before.toISOString(), ...pruned } });
      return counts.some((count) => count >= pruneAtOnce);
    });
  }
  await addDuty(bot.db, { kind: duty.kind, key: duty.key, dueAt: new Date(now.getTime() + pruneEveryMs) });
}
