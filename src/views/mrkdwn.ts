/**
 * The only way to make text that Slack parses. Labels, annotations, logs and what people type are hostile (GUARANTEES T-08): as plain
 * strings they can only enter through the template `mrkdwn` or one of the functions here, which turn every character that Slack would
 * read as markup into text. What a template of ours writes itself passes through untouched.
 */

import { asSeen } from '../support/as-seen.ts';
import { isPersonId } from '../support/ids.ts';

/** Text in Slack's mrkdwn that was made here. A class so that it can be told from a string while running, not only by its type. */
class SafeMrkdwn {
  /** Makes the type nominal: no other object with a `source` passes for it. */
  protected declare readonly madeHere: true;
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}
export type Mrkdwn = SafeMrkdwn;

/** What may stand in a template: plain strings are escaped, `Mrkdwn` is kept, `null` is nothing. */
export type Interpolated = string | number | Mrkdwn | null;

/** `` mrkdwn`*${title}* since ${dateToken(at, 'time')}` `` */
export function mrkdwn(template: TemplateStringsArray, ...values: readonly Interpolated[]): Mrkdwn {
  return new SafeMrkdwn(template.map((literal, index) => literal + sourceOf(values[index] ?? null)).join(''));
}

export const nothing: Mrkdwn = new SafeMrkdwn('');

function sourceOf(value: Interpolated): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? escape(value).source : value.source;
}

/** Joins what is there; `null` and empty pieces leave no separator behind. The separator is ours, never data. */
export function join(pieces: readonly (Mrkdwn | null)[], separator: ' · ' | ', ' | '\n' | '\n\n' | ' ' | ''): Mrkdwn {
  return new SafeMrkdwn(
    pieces
      .filter((piece) => piece !== null && piece.source !== '')
      .map((piece) => (piece as Mrkdwn).source)
      .join(separator),
  );
}

// Slack has no escape for these, so they become characters that look alike and mean nothing to it.
const lookAlikes: { readonly [character: string]: string } = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', '@': '＠', ':': '∶', '>': '›' };
const lookAlike = (character: string) => lookAlikes[character] ?? character;
const entities = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Any text as one line of plain words: no mention, link, date, emoji, code, quote or emphasis comes out of it, no line break, and no space at
 * either end, which would undo an emphasis around it.
 * Underscores inside words (`http_requests_total`) stay as they are, because Slack does not read those.
 */
export function escape(text: string): Mrkdwn {
  const words = oneLine(text)
    // A star inside a word is no markup, but `withoutEmphasis` could not tell it from ours, and what it leaves may be an emoji.
    .replace(/\*|(?<![\p{L}\p{N}])[_~]|[_~](?![\p{L}\p{N}])/gu, lookAlike)
    .replace(/`/g, lookAlike)
    .replace(/@(?=here|channel|everyone|group)/giu, lookAlike)
    .replace(/:(?=\/\/)/gu, lookAlike)
    // `:fire:`, also when a template writes the second colon after it. Plain numbers such as in `02:14:31` or `:8080` name no emoji but these two.
    .replace(/:(?=(?:100|1234|(?!\d+(?:$|:))[\p{L}\p{N}_+'-]+)(?:$|:))/gu, lookAlike)
    .replace(/^>/u, lookAlike);
  return new SafeMrkdwn(entities(words));
}

/**
 * Any text as one line of plain words, of which nothing is lost: where `escape` would leave something out or put a character that looks alike, this
 * writes it out, as `\\u{2a}`. Two different texts never become the same (T-16).
 */
export function verbatim(text: string): Mrkdwn {
  const words = spelledOut(text)
    .replace(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`|@(?=here|channel|everyone|group)|:(?=\/\/)|^>/giu, spelled)
    .replace(/:(?=(?:100|1234|(?!\d+(?:$|:))[\p{L}\p{N}_+'-]+)(?:$|:))/gu, spelled);
  return new SafeMrkdwn(entities(words));
}

/** Inline code, one line: the text as it is, to be compared and copied. What cannot be seen is written out: `\\u{200b}`. Two different texts never look the same. */
export function code(text: string): Mrkdwn {
  const words = spelledOut(text).replaceAll('`', spelled);
  return new SafeMrkdwn(`\`${entities(words === '' ? ' ' : words)}\``);
}

/** A code block that its content cannot leave. Longer than `max` characters as sent: whole lines go, and a line says how many. */
export function codeBlock(text: string, options: { readonly keep?: 'start' | 'end'; readonly max?: number } = {}): Mrkdwn {
  const { keep = 'start', max = 2_000 } = options;
  const lines = cleanLines(text).map((line) => entities(truncate(line, 300).replaceAll('`', lookAlike)));
  const kept: string[] = [];
  let length = 0;
  for (const line of keep === 'start' ? lines : lines.toReversed()) {
    length += codePoints(line) + 1;
    if (length > max - 40) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  const shown = keep === 'start' ? kept : kept.reverse();
  const notice = left === 0 ? [] : [`… ${left} more ${left === 1 ? 'line' : 'lines'}`];
  const body = keep === 'start' ? [...shown, ...notice] : [...notice, ...shown];
  return new SafeMrkdwn(`\`\`\`\n${body.join('\n') || ' '}\n\`\`\``);
}

const dateFormats = {
  /** `02:14` */
  time: '{time}',
  /** `02:14:31` */
  seconds: '{time_secs}',
  /** `today`, `Nov 22, 2026` */
  day: '{date_short_pretty}',
  /** `today at 02:14` */
  full: '{date_short_pretty} at {time}',
  /** `02:14 (3 minutes ago)`; the reader's Slack keeps it true while the message stands still. */
  ago: '{time} ({ago})',
  fullAgo: '{date_short_pretty} at {time} ({ago})',
} as const;
export type DateFormat = keyof typeof dateFormats;

/** A time in the reader's own zone; ISO 8601 UTC where Slack cannot render it. */
export function dateToken(date: Date, format: DateFormat): Mrkdwn {
  return new SafeMrkdwn(`<!date^${Math.floor(date.getTime() / 1000)}^${dateFormats[format]}|${isoSeconds(date)}>`);
}

/** The time alone within half a day of `now`, else with its day: nobody has to guess which 02:14 is meant. */
export function when(date: Date, now: Date): Mrkdwn {
  return dateToken(date, isNear(date, now) ? 'time' : 'full');
}

/** Like `when`, and how long ago. */
export function whenAgo(date: Date, now: Date): Mrkdwn {
  return dateToken(date, isNear(date, now) ? 'ago' : 'fullAgo');
}

const isNear = (date: Date, now: Date) => Math.abs(now.getTime() - date.getTime()) < 12 * 3_600_000;

/** ISO 8601 UTC to the second: `2026-11-22T02:14:00Z`. */
export function isoTime(date: Date): Mrkdwn {
  return new SafeMrkdwn(isoSeconds(date));
}

const isoSeconds = (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** A mention, if it is a Slack user id; a part of the bot such as `alertmanager` stays a word. */
export function person(id: string): Mrkdwn {
  return isPersonId(id) ? new SafeMrkdwn(`<@${id}>`) : escape(id);
}

/** A link where the address is http or https, without a password in it and short enough for Slack; else only its words. */
export function link(url: string, words: string): Mrkdwn {
  const address = webAddress(url);
  return address === null ? escape(words) : new SafeMrkdwn(`<${entities(address)}|${escape(words).source.replaceAll('|', '∣') || 'link'}>`);
}

/** The address as Slack accepts it in a link or a button, or `null`. */
export function webAddress(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const parsed = new URL(url);
  if (!['http:', 'https:'].includes(parsed.protocol) || parsed.username !== '' || parsed.password !== '') return null;
  // `<` and `>` are encoded already, wherever they stood.
  const address = parsed.href.replaceAll('|', '%7C');
  return address.length > 2_000 ? null : address;
}

/** At most `max` code points, the last of them `…` where something was cut. Never half a character. */
export function truncate(text: string, max: number): string {
  let count = 0;
  let index = 0;
  let cutAt = 0;
  for (const character of text) {
    count += 1;
    if (count === max) cutAt = index;
    if (count > max) return `${text.slice(0, cutAt)}…`;
    index += character.length;
  }
  return text;
}

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Mrkdwn cut to at most `max` code points: never inside a link, mention, date or entity, and never leaving a code span open. */
export function truncateMrkdwn(text: Mrkdwn, max: number): Mrkdwn {
  return new SafeMrkdwn(truncateSource(text.source, max));
}

/** The same for text that is already in a block. */
export function truncateSource(source: string, max: number): string {
  if (codePoints(source) <= max) return source;
  let kept = '';
  let length = 0;
  for (const [atom] of source.matchAll(/```|<[^<>]*>|&(?:amp|lt|gt);|[^]/gu)) {
    length += codePoints(atom);
    // Room for the ellipsis and for closing a fence.
    if (length > max - 6) break;
    kept += atom;
  }
  if (kept.split('```').length % 2 === 0) return `${kept}\n…\`\`\``;
  const insideCode = kept.split('`').length % 2 === 0;
  // Cut right behind the mark that opens a span, it would close as two marks and no span.
  if (insideCode && kept.endsWith('`')) return `${kept.slice(0, -1)}…`;
  return `${kept}${insideCode ? '`' : ''}…`;
}

/** The words without our own emphasis and code marks: what a notification shows. */
export function withoutEmphasis(text: Mrkdwn): Mrkdwn {
  return new SafeMrkdwn(text.source.replace(/<[^<>]*>|[*`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (part) => (part.startsWith('<') ? part : '')));
}

/** One line without what cannot be seen: controls, bidirectional overrides, zero-width and blank characters, piled-up accents. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/gu, ' ').trim();
}

function cleanLines(text: string): string[] {
  return text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replaceAll('\t', '  ')
    .split('\n')
    .map((line) => visible(line).trimEnd())
    .filter((line, index, all) => line !== '' || (index > 0 && all[index - 1] !== ''));
}

/** What cannot be seen, spaces at the ends and half characters written out; nothing is lost, since a text that looks like such a spelling is spelled itself. */
function spelledOut(text: string): string {
  return text.replace(hardToSee, spelled);
}

const spelled = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

const hardToSee = /\\(?=u\{)|^ | $|(?<= ) |(?! )\p{Zs}|(?<=\p{M}{3})\p{M}|[\p{Cs}\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

function visible(text: string): string {
  return asSeen(text)
    .replace(/[\t-\r\u0085\u2028\u2029]/g, ' ')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1');
}
