import { message, type MessageContent } from './blocks.ts';
import { escape, join, mrkdwn, truncate } from './mrkdwn.ts';

/** One line for a change that is no incident, such as a finished deployment (SV-29). */
export function eventNote(event: { readonly systemName: string; readonly environment: string | null; readonly text: string }): MessageContent {
  return message(mrkdwn`${join([escape(truncate(event.systemName, 60)), event.environment === null ? null : escape(truncate(event.environment, 60))], ' · ')}: ${truncate(event.text, 500)}`, []);
}
