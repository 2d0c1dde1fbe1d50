/** Keeps the messages of a storm true while it lasts. A duty that comes back by itself. */
import { endStorm, findStorm, isCalm, cardsWaiting, lookAfterStorm, stormOf } from '../incidents/storm.ts';
import type { DbOrTx } from '../storage/database.ts';
import type { Duty } from '../storage/duties.ts';
import { addDuty } from '../storage/duties.ts';
import { wantMessage } from '../storage/outbox.ts';
import type { Bot } from './bot.ts';
import { stormThread } from './storm-content.ts';

const stormCardKey = (stormId: number): string => `storm:${stormId}`;
const stormPageKey = (stormId: number, page: number): string => `storm:${stormId}:${page}`;

/** After what a person waits for, before the cards of the incidents. */
const cardPriority = 7;
const pagePriority = 8;

// Slack takes 50 edits a minute of the whole workspace. The live card and a thread of five messages use up to about half of them; what the
// incidents' own cards and people's runs need is left. A page that still says what it said costs nothing.
const cardEveryMs = 6_000;
const pagesEveryMs = (pages: number): number => Math.max(15_000, pages * 4_000);

/** The storm's card and its thread show the state of now. Ends the storm when it is calm. */
export async function checkStorm(bot: Bot, duty: Duty, now: Date): Promise<void> {
  const stormId = Number(duty.key);
  const storm = await findStorm(bot.db, stormId);
  if (storm === undefined) return;
  const isOver = storm.endedAt !== null || isCalm(storm, await cardsWaiting(bot.db, storm.channelId), now);
  if (isOver) await endStorm(bot.db, stormId, now);

  const { pagesAt } = duty.payload as { readonly pagesAt?: string };
  const thread = await stormThread(bot, storm);
  const arePagesDue = isOver || pagesAt === undefined || new Date(pagesAt) <= now;
  await bot.db.transaction().execute(async (tx) => {
    await wantMessage(tx, { key: stormCardKey(stormId), channel: storm.channelId, kind: 'storm', subject: String(stormId), priority: cardPriority, pinned: !isOver }, now);
    if (arePagesDue)
      for (const page of thread.keys())
        await wantMessage(tx, { key: stormPageKey(stormId, page), channel: storm.channelId, threadKey: stormCardKey(stormId), kind: 'stormPage', subject: `${stormId}:${page}`, priority: pagePriority }, now);
    if (isOver) return;
    const nextPagesAt = arePagesDue ? new Date(now.getTime() + pagesEveryMs(thread.length)).toISOString() : pagesAt;
    await addDuty(tx, { kind: 'storm.check', key: duty.key, payload: { pagesAt: nextPagesAt ?? '' }, dueAt: new Date(now.getTime() + cardEveryMs) });
  });
}

/** What happens to an incident after its storm is still told there. During the storm the check does it, at its own pace. */
export async function showInPastStorm(db: DbOrTx, incidentId: number, now: Date): Promise<void> {
  const storm = await stormOf(db, incidentId);
  if (storm !== undefined && storm.endedAt !== null) await lookAfterStorm(db, storm.id, new Date(now.getTime() + cardEveryMs));
}
