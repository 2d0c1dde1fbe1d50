import type { TimelineEntry } from '../incidents/incident.ts';
import { message, type MessageContent } from './blocks.ts';
import { escape, join, mrkdwn, person, truncate } from './mrkdwn.ts';

/** One thing that happened, as a line in the incident's thread: who and what. Slack says when. */
export function threadNote({ actor, text }: Pick<TimelineEntry, 'actor' | 'text'>): MessageContent {
  return message(mrkdwn`${person(actor)}: ${truncate(text, 1_000)}`, []);
}

/** One line for a change that is no incident, such as a finished deployment (SV-29). */
export function eventNote(event: { readonly systemName: string; readonly environment: string | null; readonly text: string }): MessageContent {
  return message(mrkdwn`${join([escape(truncate(event.systemName, 60)), event.environment === null ? null : escape(truncate(event.environment, 60))], ' · ')}: ${truncate(event.text, 500)}`, []);
}
