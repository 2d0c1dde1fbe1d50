import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { code, join, mrkdwn, truncate } from './mrkdwn.ts';

/** What *you* may do *here*: twelve lines at most. */
export interface Help {
  /** The system of this thread or channel, or `null` where none is meant. */
  readonly systemName: string | null;
  /** The most useful first: `/stock scale 5`, `Scale stock-service to 5`. Only what this person may ask for. */
  readonly commands: readonly { readonly usage: string; readonly what: string }[];
  /** More to ask about: `/stock help scale`. */
  readonly topics: readonly string[];
}

const mostCommands = 10;

export function helpMessage({ systemName, commands, topics }: Help): MessageContent {
  const shown = commands.slice(0, mostCommands);
  const left = commands.length - shown.length;
  const more = join([left > 0 ? mrkdwn`${left} more commands` : null, topics.length > 0 ? mrkdwn`more about ${topics.slice(0, 12).map((topic) => truncate(topic, 30)).join(', ')}: ${code('/stock help …')}` : null], ' · ');
  const first = systemName === null ? mrkdwn`*What you may do here*` : mrkdwn`*What you may do here, with ${truncate(systemName, 60)}*`;
  return message(first, sectionsOf([...(shown.length === 0 ? [mrkdwn`Nothing yet: no role is yours. Ask whoever looks after ${code('roles.yaml')}.`] : shown.map(({ usage, what }) => mrkdwn`${code(truncate(usage, 80))} ${truncate(what, 120)}`)), more]));
}
