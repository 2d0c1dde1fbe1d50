import type { Run } from '../runs/run.ts';
import type { Bot } from './bot.ts';
import { aboutRun, recordRefusal, whisper, type Place } from './reply.ts';
import { secondOfTwo } from './run-content.ts';

/** Somebody was quicker with the same target: whoever comes second is told who it was. */
export async function refuseSecond(bot: Bot, place: Place, first: Run, wish: Run | null = null): Promise<void> {
  const content = await secondOfTwo(bot, first, wish);
  await recordRefusal(bot, place.userId, { refused: first.plan.draft.summary, rule: 'somebody asked for it, or for the same target, before', instead: 'Watch the first one.' }, aboutRun(first));
  await whisper(bot, place, content);
}
