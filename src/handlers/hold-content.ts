/** Freezes and read-only mode, for the views. */
import type { Catalog } from '../catalog/system.ts';
import { findFreeze, freezesInForce, holdOn, type Freeze, type Hold } from '../runs/freeze.ts';
import type { MessageContent } from '../views/blocks.ts';
import { freezeEndedMessage, freezeMessage, type FreezeView, type HoldView } from '../views/hold.ts';
import type { Bot } from './bot.ts';

export function toHoldView(catalog: Catalog, hold: Hold): HoldView {
  return hold.kind === 'readOnly' ? hold : toFreezeView(catalog, hold.freeze);
}

/** What keeps the changes of one system from starting. */
export async function holdView(bot: Bot, systemId: string): Promise<HoldView | null> {
  const hold = await holdOn(bot, bot.db, systemId, bot.clock.now());
  return hold && toHoldView(bot.catalog(), hold);
}

/** What is held everywhere, and what in single systems. */
export async function holdsNow(bot: Bot): Promise<{ readonly everywhere: HoldView | null; readonly bySystem: ReadonlyMap<string, HoldView> }> {
  const freezes = await freezesInForce(bot.db, bot.clock.now());
  const all = freezes.find(({ systemId }) => systemId === null);
  return {
    everywhere: bot.readOnly ? { kind: 'readOnly' } : all === undefined ? null : toFreezeView(bot.catalog(), all),
    bySystem: new Map(freezes.flatMap((freeze) => (freeze.systemId === null ? [] : [[freeze.systemId, toFreezeView(bot.catalog(), freeze)]]))),
  };
}

/** `freeze:7` as it stands now, or `freeze:7:lifted`, the news that it is over. */
export async function freezeContent(bot: Bot, subject: string): Promise<MessageContent | null> {
  const [, id, news] = subject.split(':');
  const freeze = await findFreeze(bot.db, Number(id));
  if (freeze === null) return null;
  const now = bot.clock.now();
  const view = toFreezeView(bot.catalog(), freeze);
  if (freeze.liftedAt !== null) return freezeEndedMessage(view, { at: freeze.liftedAt, by: freeze.liftedBy }, now);
  if (news !== undefined) return null;
  const started = await bot.db.selectFrom('runs').select(['system_id', 'plan']).where('state', '=', 'started').execute();
  const running = started.filter((run) => freeze.systemId === null || freeze.systemId === run.system_id);
  return freezeMessage(view, running.map((run) => (run.plan as { draft: { summary: string } }).draft.summary), now);
}

function toFreezeView(catalog: Catalog, freeze: Freeze): FreezeView {
  const systemName = freeze.systemId === null ? null : (catalog.systems.find(({ id }) => id === freeze.systemId)?.name ?? freeze.systemId);
  return { kind: 'frozen', systemName, word: freeze.systemId ?? 'all', reason: freeze.reason, by: freeze.by, at: freeze.at, endsAt: freeze.endsAt };
}
