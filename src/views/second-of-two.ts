import { button, buttons, message, section, type MessageContent } from './blocks.ts';
import { durationBetween } from './durations.ts';
import { join, link, mrkdwn, person, truncate, webAddress, type Mrkdwn } from './mrkdwn.ts';

/** Two people want to change the same thing. The second is told what the first one wants, since when, and where to watch. */
export interface SecondOfTwo {
  readonly requestId: string;
  /** It is the very same that was asked for. */
  readonly isSame: boolean;
  /** `Restart stock-service`; as in the plan's summary. */
  readonly summary: string;
  readonly firstBy: string;
  readonly firstAt: Date;
  readonly standing: 'waits' | 'running' | 'unknown';
  readonly threadUrl: string | null;
  readonly now: Date;
}

export function secondOfTwoMessage(second: SecondOfTwo): MessageContent {
  const where = second.threadUrl !== null && webAddress(second.threadUrl) !== null ? link(second.threadUrl, 'Watch it here') : null;
  return message(headline(second), [
    section(join([mrkdwn`${truncate(second.summary, 250)}`, where], ' · ')),
    second.standing === 'unknown' ? section(mrkdwn`Settle it on its message, or let others go past it with a reason.`) : null,
    second.standing === 'unknown' ? buttons(button('Override…', { verb: 'run.override', requestId: second.requestId })) : null,
  ]);
}

function headline({ isSame, summary, firstBy, firstAt, standing, now }: SecondOfTwo): Mrkdwn {
  const ago = durationBetween(firstAt, now);
  if (standing === 'unknown') return mrkdwn`*Not done:* nobody knows yet whether “${truncate(summary, 150)}” happened; ${person(firstBy)} asked for it ${ago} ago.`;
  const words = standing === 'waits' ? 'waits to be decided' : 'is running';
  return isSame ? mrkdwn`*Not done twice:* ${person(firstBy)} asked for the same ${ago} ago; it ${words}.` : mrkdwn`*Not done:* ${truncate(summary, 150)} ${words}, asked for by ${person(firstBy)} ${ago} ago.`;
}
