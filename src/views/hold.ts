import { message, section, type MessageContent } from './blocks.ts';
import { durationBetween } from './durations.ts';
import { join, mrkdwn, person, truncate, when, whenAgo, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';

/** Why no change starts here, as people read it. */
export type HoldView =
  | { readonly kind: 'readOnly' }
  | {
      readonly kind: 'frozen';
      /** `null`: every system. */
      readonly systemName: string | null;
      /** What to type to lift it: `stock-service`, or `all`. */
      readonly word: string;
      readonly reason: string;
      readonly by: string;
      readonly at: Date;
      readonly endsAt: Date | null;
    };
export type FreezeView = Extract<HoldView, { kind: 'frozen' }>;

/** `Frozen by @manager since 02:13 until 04:13: “audit”`, for a card, a plan, a list. */
export function holdLine(hold: HoldView, now: Date): Mrkdwn {
  if (hold.kind === 'readOnly') return mrkdwn`*Read-only:* this bot makes no changes now (${'STOCKOPS_READ_ONLY'}).`;
  const until = hold.endsAt === null ? null : mrkdwn` until ${when(hold.endsAt, now)}`;
  return mrkdwn`*${hold.systemName === null ? 'All changes are frozen' : 'Frozen'}* by ${person(hold.by)} since ${whenAgo(hold.at, now)}${until}, because: “${truncate(hold.reason, 300)}”`;
}

/** To whoever wanted a change: it was not made, why, and what there is to do instead. */
export function heldMessage(what: string, hold: HoldView, now: Date): MessageContent {
  const instead = hold.kind === 'readOnly' ? mrkdwn`Looking and acknowledging go on. Ask whoever runs the bot.` : mrkdwn`Looking and acknowledging go on. Whoever may can lift it with ${`/stock unfreeze ${hold.word}`}.`;
  return message(mrkdwn`${symbols.failed} *Not done: ${truncate(what, 300)}.*`, [section(join([holdLine(hold, now), instead], '\n'))]);
}

/** For the channels. `running`: what had started before; it goes on. */
export function freezeMessage(freeze: FreezeView, running: readonly string[], now: Date): MessageContent {
  const what = freeze.systemName === null ? mrkdwn`all changes` : mrkdwn`changes to ${truncate(freeze.systemName, 60)}`;
  return message(mrkdwn`${symbols.waits} *${person(freeze.by)} froze ${what}*, because: “${truncate(freeze.reason, 300)}”`, [
    section(
      join(
        [
          freeze.endsAt === null ? mrkdwn`Since ${whenAgo(freeze.at, now)}, until somebody lifts it with ${`/stock unfreeze ${freeze.word}`}.` : mrkdwn`Since ${whenAgo(freeze.at, now)}; it ends by itself ${when(freeze.endsAt, now)}.`,
          mrkdwn`Nothing starts until then, also nothing that was approved before. Looking and acknowledging go on.`,
          ...running.slice(0, 5).map((summary) => mrkdwn`Already running, and goes on: ${truncate(summary, 200)}`),
        ],
        '\n',
      ),
    ),
  ]);
}

export function freezeEndedMessage(freeze: FreezeView, ended: { readonly at: Date; readonly by: string | null }, now: Date): MessageContent {
  const what = freeze.systemName === null ? mrkdwn`All changes` : mrkdwn`Changes to ${truncate(freeze.systemName, 60)}`;
  const how = ended.by === null ? mrkdwn`its time was over ${when(ended.at, now)}` : mrkdwn`lifted by ${person(ended.by)} ${when(ended.at, now)}`;
  return message(mrkdwn`${symbols.done} *${what} may be made again:* ${how}`, [
    section(mrkdwn`Frozen by ${person(freeze.by)} for ${durationBetween(freeze.at, ended.at)}, because: “${truncate(freeze.reason, 300)}”. What could not start meanwhile is not made up for by itself: ask for a fresh plan.`),
  ]);
}
