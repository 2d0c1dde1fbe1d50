import { message, section, type MessageContent } from './blocks.ts';
import { durationBetween } from './durations.ts';
import { join, link, mrkdwn, person, truncate, webAddress } from './mrkdwn.ts';

/** Two people pressed the same thing. The second is told who was first and where to watch. */
export interface SecondOfTwo {
  /** `restart stock-service`; as in the plan's summary. */
  readonly summary: string;
  readonly firstBy: string;
  readonly firstAt: Date;
  readonly standing: 'waits' | 'running' | 'done';
  readonly threadUrl: string | null;
  readonly now: Date;
}

export function secondOfTwoMessage(second: SecondOfTwo): MessageContent {
  const standing = { waits: 'it waits to be decided', running: 'it is running', done: 'it is done' }[second.standing];
  const where = second.threadUrl !== null && webAddress(second.threadUrl) !== null ? link(second.threadUrl, 'Watch it here') : null;
  return message(mrkdwn`*Not done twice:* ${person(second.firstBy)} asked for the same ${durationBetween(second.firstAt, second.now)} ago; ${standing}.`, [section(join([mrkdwn`${truncate(second.summary, 250)}`, where], ' · '))]);
}
