import { emojiOf } from './emoji.ts';

/** Slack's mrkdwn as a tree. The text comes from strangers: nothing here or after it makes HTML of it. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'bold' | 'italic' | 'strike'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'link'; readonly url: string; readonly text: string }
  | { readonly type: 'user' | 'channel' | 'group'; readonly id: string; readonly label?: string }
  | { readonly type: 'broadcast'; readonly range: string }
  | { readonly type: 'date'; readonly timestamp: number; readonly format: string; readonly url?: string; readonly fallback: string }
  | { readonly type: 'emoji'; readonly name: string; readonly symbol: string };

export type Passage =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'quote'; readonly children: readonly Passage[] }
  | { readonly type: 'fence'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly { readonly marker: string; readonly children: readonly Inline[] }[] };

export function parseMrkdwn(source: string): readonly Passage[] {
  const passages: Passage[] = [];
  // The capturing group makes split() return text and fence in turn.
  source.split(/```\n?([\s\S]*?)\n?```/).forEach((part, index) => {
    if (index % 2 === 1) passages.push({ type: 'fence', text: unescape(part) });
    else passages.push(...parseLines(part.replace(/^\n|\n$/g, '')));
  });
  return passages;
}

/** `plain_text` objects know emoji and nothing else. */
export function parsePlainText(source: string): readonly Inline[] {
  const inlines: Inline[] = [];
  const pattern = /:([a-z0-9_+'-]+):/g;
  let from = 0;
  for (const match of source.matchAll(pattern)) {
    const symbol = emojiOf(match[1]!);
    if (symbol === undefined) continue;
    if (match.index > from) inlines.push({ type: 'text', text: source.slice(from, match.index) });
    inlines.push({ type: 'emoji', name: match[1]!, symbol });
    from = match.index + match[0].length;
  }
  if (from < source.length) inlines.push({ type: 'text', text: source.slice(from) });
  return inlines;
}

const quoted = /^(?:&gt;|>)(?!&gt;|>) ?/;
const quotedToEnd = /^(?:&gt;|>){3} ?/;
const listed = /^\s*([•◦▪-]|\d{1,3}\.)\s+(?=\S)/;

/** A quote holds no quotes, as in Slack; so no text can nest deeper than the page can draw. */
function parseLines(source: string, mayQuote = true): Passage[] {
  if (source === '') return [];
  const lines = source.split('\n');
  const passages: Passage[] = [];
  let index = 0;

  const takeWhile = (pattern: RegExp): string[] => {
    const taken: string[] = [];
    while (index < lines.length && pattern.test(lines[index]!)) taken.push(lines[index++]!);
    return taken;
  };

  const isQuoted = (line: string): boolean => mayQuote && quoted.test(line);
  const isQuotedToEnd = (line: string): boolean => mayQuote && quotedToEnd.test(line);

  while (index < lines.length) {
    const line = lines[index]!;
    if (isQuotedToEnd(line)) {
      const rest = [line.replace(quotedToEnd, ''), ...lines.slice(index + 1)];
      passages.push({ type: 'quote', children: parseLines(rest.join('\n'), false) });
      break;
    }
    if (isQuoted(line)) {
      const inner = takeWhile(quoted).map((each) => each.replace(quoted, ''));
      passages.push({ type: 'quote', children: parseLines(inner.join('\n'), false) });
    } else if (listed.test(line)) {
      const items = takeWhile(listed).map((each) => ({
        marker: listed.exec(each)![1]!.replace('-', '•'),
        children: parseInline(each.replace(listed, '')),
      }));
      passages.push({ type: 'list', items });
    } else {
      const paragraph: string[] = [];
      while (index < lines.length && !isQuoted(lines[index]!) && !isQuotedToEnd(lines[index]!) && !listed.test(lines[index]!)) {
        paragraph.push(lines[index++]!);
      }
      passages.push({ type: 'paragraph', children: parseInline(paragraph.join('\n')) });
    }
  }
  return passages;
}

const marks = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);
const isSpace = (character: string | undefined): boolean => character === undefined || /\s/.test(character);

const bracket = /<([^<>\n]+)>/y;
const code = /`([^`\n]+)`/y;
const shortcode = /:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?/y;
const bareUrl = /https?:\/\/[^\s<>|`]*[^\s<>|`.,;:!?'")*_~\]]/y;

/** A mark ends at the first place where it can, so bold never holds bold and no text nests deeper than there are marks. */
export function parseInline(source: string): readonly Inline[] {
  const inlines: Inline[] = [];
  /** Up to here a mark is known to have no end, so that many open ones do not search the same line again and again. */
  const unclosedUntil: Record<string, number> = {};
  let text = '';
  let at = 0;

  const push = (inline: Inline, length: number): void => {
    if (text !== '') inlines.push({ type: 'text', text: unescape(text) });
    text = '';
    inlines.push(inline);
    at += length;
  };
  const matchHere = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };

  while (at < source.length) {
    const character = source[at]!;
    const before = source[at - 1];
    let match: RegExpExecArray | null;

    if (character === '<' && (match = matchHere(bracket)) !== null) {
      push(bracketed(match[1]!), match[0].length);
    } else if (character === '`' && (match = matchHere(code)) !== null) {
      push({ type: 'code', text: unescape(match[1]!) }, match[0].length);
    } else if (character === ':' && (match = matchHere(shortcode)) !== null && emojiOf(match[1]!) !== undefined) {
      push({ type: 'emoji', name: match[1]!, symbol: emojiOf(match[1]!)! }, match[0].length);
    } else if (character === 'h' && !isWord(before) && (match = matchHere(bareUrl)) !== null) {
      const url = unescape(match[0]);
      push({ type: 'link', url, text: url }, match[0].length);
    } else if (isMark(character) && !isWord(before) && !isSpace(source[at + 1]) && at >= (unclosedUntil[character] ?? 0)) {
      const { end, searchedUntil } = closingOf(source, at, character);
      if (end === undefined) unclosedUntil[character] = searchedUntil;
      else push({ type: marks[character], children: parseInline(source.slice(at + 1, end)) }, end + 1 - at);
    } else {
      text += character;
      at += 1;
    }
  }
  if (text !== '') inlines.push({ type: 'text', text: unescape(text) });
  return inlines;
}

function isMark(character: string): character is keyof typeof marks {
  return character in marks;
}

/** Where the same mark closes on this line; what stands in brackets or in code is passed over. */
function closingOf(source: string, open: number, mark: string): { readonly end?: number; readonly searchedUntil: number } {
  let at = open + 1;
  for (; at < source.length && source[at] !== '\n'; at += 1) {
    const character = source[at];
    if (character === '<' || character === '`') {
      const end = source.indexOf(character === '<' ? '>' : '`', at + 1);
      if (end !== -1) at = end;
    } else if (character === mark && at > open + 1 && !isSpace(source[at - 1]) && !isWord(source[at + 1])) {
      return { end: at, searchedUntil: at };
    }
  }
  return { searchedUntil: at };
}

function bracketed(inner: string): Inline {
  const [target = '', ...labels] = inner.split('|');
  const label = labels.length > 0 ? unescape(labels.join('|')) : undefined;
  const labelled = label === undefined ? {} : { label };

  if (target.startsWith('@')) return { type: 'user', id: target.slice(1), ...labelled };
  if (target.startsWith('#')) return { type: 'channel', id: target.slice(1), ...labelled };
  if (target.startsWith('!subteam^')) return { type: 'group', id: target.slice('!subteam^'.length), ...labelled };
  if (target.startsWith('!date^')) {
    const [, timestamp = '', format = '', url] = target.split('^');
    return { type: 'date', timestamp: Number(timestamp), format: unescape(format), ...(url === undefined ? {} : { url }), fallback: label ?? '' };
  }
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) };
  const url = unescape(target);
  return { type: 'link', url, text: label ?? url.replace(/^mailto:/, '') };
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
