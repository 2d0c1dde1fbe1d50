import type { Decided } from '../runs/decide.ts';
import { heldMessage } from '../views/hold.ts';
import type { Bot } from './bot.ts';
import { toHoldView } from './hold-content.ts';
import { refuseSecond } from './refuse-second.ts';
import { aboutRun, refuse, whisper, type Place } from './reply.ts';

/** Whoever decided is told only when it was not done; what was done is in the thread for everybody. From a window, which is nowhere, they are told beside the run. */
export async function toldOf(bot: Bot, place: Place, decided: Decided): Promise<void> {
  const where = place.channelId !== null || decided.run === undefined ? place : { ...place, channelId: decided.run.channelId };
  if (decided.kind === 'refused') await refuse(bot, where, decided.refusal, aboutRun(decided.run));
  if (decided.kind === 'second') await refuseSecond(bot, where, decided.first, decided.run);
  if (decided.kind === 'held') await whisper(bot, where, heldMessage(decided.run.plan.draft.summary, toHoldView(bot.catalog(), decided.hold), bot.clock.now()));
}
