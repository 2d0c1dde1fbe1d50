import type { Refusal } from '../actions/plan.ts';
import { message, section, type MessageContent } from './blocks.ts';
import { join, mrkdwn, truncate, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';

/** Why something was not done, to the person who asked. Three parts: what was not done, the rule, what to do instead. */
export function refusalMessage(refusal: Refusal): MessageContent {
  return message(mrkdwn`${symbols.failed} ${heading(refusal)}`, [refusal.rule === '' && refusal.instead === '' ? null : section(rest(refusal))]);
}

export function refusalLines(refusal: Refusal): Mrkdwn {
  return join([heading(refusal), rest(refusal)], '\n');
}

const heading = ({ refused }: Refusal) => mrkdwn`*Not done: ${truncate(withoutStop(refused), 300)}.*`;
const rest = ({ rule, instead }: Refusal) => join([mrkdwn`${truncate(rule, 600)}`, mrkdwn`${truncate(instead, 600)}`], '\n');
const withoutStop = (text: string) => text.replace(/^not done:\s*/iu, '').replace(/\.$/u, '');

/** `There is no "sacle". Did you mean scale?` */
export function unknownWordMessage(word: string, suggestions: readonly string[]): MessageContent {
  const [first, ...others] = suggestions;
  const or = others.length === 0 ? null : mrkdwn` (or ${others.slice(0, 3).join(', ')})`;
  const next = first === undefined ? mrkdwn`${'/stock help'} says what there is.` : mrkdwn`Did you mean *${first}*${or}?`;
  return message(mrkdwn`There is no “${truncate(word, 60)}”. ${next}`, []);
}
