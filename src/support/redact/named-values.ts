import { hidden, isHidden, type SecretKind } from './marker.ts';

/**
 * Values that are called a secret: `password=…`, `"api_key": "…"`, `DB_PASSWORD: …`, `--token …`, in whatever notation a log happens to use. A name counts by
 * its end, so `secretName`, `token_count` and `password_resets_total` are no secrets.
 */
const names = [
  'pass(?:word|wd|phrase|code)s?',
  // `pass` alone is a word of test reports, so it needs company.
  `(?<=[_-])pass(?=["'\\\\\\]]{0,5}[ \\t]{0,4}[:=])`,
  `(?<![a-z])pass(?=["']{0,1}=|\\\\{0,3}["'][ ]?:)`,
  'pwd',
  'secrets?',
  'token',
  '(?:api|access|private|secret|signing|encryption|master|routing|integration|license|account|shared|storage|webhook|deploy|ssh)[-_ .]?key(?:[-_]?id)?',
  'credentials?',
  'conn(?:ection)?[-_ ]?str(?:ing)?',
  '(?<![a-z])dsn',
  `(?<![a-z])_?auth(?=["'\\\\\\]]{0,5}[ \\t]{0,4}[:=])`,
  '(?<![a-z])(?:jwt|otp|pin|psk)',
  'session[-_]?id',
  'signature',
].join('|');
const suffixes = '(?:[-_.]?(?:\\d{1,3}|value|new|old|current|previous|prod|production|staging|dev|test|base64|b64|raw|plain|plaintext|string|text|data|v\\d))?';

const named = new RegExp(`(?:${names})${suffixes}["'\\\\\\]]{0,5}[ \\t]{0,4}(?:=>|:=|==?|:|%3[aAdD])[ \\t]{0,8}`, 'gi');
const flag = new RegExp(`--[a-z0-9-]{0,40}?(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key|credentials?)[ \\t]{1,4}(?=[^\\s-])`, 'gi');
const nameAlone = new RegExp(`(?:${names.replaceAll(/\(\?=.*?\)(?=\||$)/g, '')})${suffixes}$`, 'i');

/** Whether a key, a path or an environment variable is called like something that holds a secret. */
export function namesSecret(name: string): boolean {
  return nameAlone.test(name);
}

/** `DB_PASSWORD` → `password`: what the marker says of it. */
export function kindOf(name: string): SecretKind {
  const words = name.toLowerCase();
  const kinds = ['password', 'token', 'credential', 'key', 'cookie', 'secret'] as const;
  return kinds.find((kind) => words.includes(kind)) ?? (/passw?|pwd|psk|otp|pin/.test(words) ? 'password' : 'secret');
}

export function hideNamed(text: string): string {
  return [hideBetweenThree, hidePairsOfTwo, hideHeaders, hideAfter(named), hideAfter(flag), hideElsewhere].reduce((rest, hide) => hide(rest), text);
}

const betweenThree = new RegExp(String.raw`(${named.source}("{3}|'{3}))(?!\[hidden: )[^\n]{1,1024}?(?=\2|\n|$)`, 'gi');

/** First of all, because three quotes are three for sure, whatever stands open before them. */
function hideBetweenThree(text: string): string {
  return text.replace(betweenThree, (_, before: string) => before + hidden(kindOf(before)));
}

function hideAfter(pattern: RegExp): (text: string) => string {
  return (text) => replaceValues(text, pattern, (found) => found);
}

/** Replaces the value behind each place where `pattern` ends. */
function replaceValues(text: string, pattern: RegExp, nameOf: (found: string, groups: readonly (string | undefined)[]) => string): string {
  const parts: string[] = [];
  let from = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const found = match[0];
    const at = match.index + found.length;
    const value = valueAt(text, at, found);
    if (value === null) continue;
    parts.push(text.slice(from, value.start), hidden(kindOf(nameOf(found, match))));
    from = value.end;
    pattern.lastIndex = Math.max(from, at);
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** `b'…'`, `f"…"`, `@"…"`: the letters that languages put before a text. */
const opening = /(?:[bfrulBFRUL]{1,2}|[@$])?(\\{0,7})("{1,3}|'{1,3}|`)/y;

/** Where the value begins and ends, or `null` where there is none or it says nothing. */
function valueAt(text: string, at: number, found: string): Span | null {
  const value = quotedAt(text, at) ?? enclosedAt(text, at);
  if (value !== null) return saysNothing(text.slice(value.start, value.end)) ? null : value;
  const block = blockAt(text, at);
  if (block !== null) return block;
  const end = endOfWord(text, at);
  const word = text.slice(at, end);
  // `PWD` of a shell is the folder that it is in.
  const isFolder = /pwd/i.test(found) && word.startsWith('/');
  return saysNothing(word) || isFolder || beginsAnother.test(word) || isProse(text, word, end, found) ? null : { start: at, end };
}

const nameAtTheEnd = new RegExp(String.raw`${named.source}(?:[bfrul]{1,2}|[@$]|[a-z_][\w.:]{0,40}\([ \t]?|[[({]{1,3}[ \t]?)?["'\x60\\]{0,5}$`, 'i');
const endsInName = (text: string, start: number, end: number): boolean => nameAtTheEnd.test(text.slice(Math.max(start, end - 160), end));

function quotedAt(text: string, at: number): Span | null {
  opening.lastIndex = at;
  const opened = opening.exec(text);
  if (opened === null) return null;
  const [all, backslashes = '', marks = '"'] = opened;
  const start = at + all.length;
  // Two are an empty text, unless something stands right behind them: then it is a text of CSV, where a quote is written twice.
  if (marks.length === 2 && (start === text.length || /[\s,;:&|<>(){}[\]\\]/.test(text.charAt(start)))) return { start, end: start };
  if (marks.length === 1) {
    let end = endOfQuoted(text, start, marks, backslashes.length);
    // `password=" password="…"`: the first quote was never closed, and what closed it opens the next value.
    while (text.charAt(end + backslashes.length) === marks && endsInName(text, start, end)) end = endOfQuoted(text, end + backslashes.length + 1, marks, backslashes.length);
    return { start, end };
  }
  let end = text.indexOf(marks, start);
  while (end !== -1 && endsInName(text, start, end)) end = text.indexOf(marks, end + marks.length);
  return { start, end: end === -1 ? endOfLine(text, start) : end };
}

const enclosure = /(?:[A-Za-z_][\w.:]{0,40}\((?=[ \t]?\\{0,7}["'`])|[[{](?!\{|hidden: ))/y;
const longestEnclosed = 2_048;
const mark = /[[\](){}"'`\\]/g;

/** A list, an object, or a call around a text: `["…", "…"]`, `{value: "…"}`, `Some("…")`. All of it goes; what is never closed goes as far as its line does. */
function enclosedAt(text: string, at: number): Span | null {
  enclosure.lastIndex = at;
  const opened = enclosure.exec(text);
  if (opened === null) return null;
  let depth = 1;
  let quote: string | null = null;
  mark.lastIndex = at + opened[0].length;
  for (let next = mark.exec(text); next !== null && next.index < at + longestEnclosed; next = mark.exec(text)) {
    const [character] = next;
    if ('[({'.includes(character)) depth += 1;
    else if ('])}'.includes(character)) depth -= 1;
    else {
      const quoted = quotedFrom(text, next.index);
      quote = quoted?.quote ?? quote;
      mark.lastIndex = quoted?.end ?? mark.lastIndex;
    }
    // A quote of the same kind right behind it: what looked like texts was what stands between them.
    if (depth === 0) return { start: at, end: quote !== null && text.startsWith(quote, mark.lastIndex) ? endOfLine(text, at) : mark.lastIndex };
  }
  return { start: at, end: endOfLine(text, at) };
}

/** How a text in quotes that begins at `at` is quoted, and where it has ended, its last quote included; `null` where none begins. */
function quotedFrom(text: string, at: number): { readonly quote: string; readonly end: number } | null {
  opening.lastIndex = at;
  const opened = opening.exec(text);
  if (opened === null) return null;
  const [all, backslashes = '', marks = '"'] = opened;
  const start = at + all.length;
  const quote = backslashes + marks.charAt(0);
  return { quote, end: marks.length === 2 ? start : endOfQuoted(text, start, marks.charAt(0), backslashes.length) + quote.length };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/**
 * Behind JSON in JSON, a quote is closed by one with as many backslashes before it; one with more belongs to the value. A kind of quote that is never closed
 * cannot be opened again behind that place, so looking for it to the end of the text happens once for each kind.
 */
function endOfQuoted(text: string, start: number, quote: string, backslashes: number): number {
  let lineEnd = -1;
  let slashes = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\') {
      slashes += 1;
      continue;
    }
    if (character === quote && slashes % (2 * (backslashes + 1)) === backslashes) return index - backslashes;
    if (character === '\n' && lineEnd === -1) lineEnd = index;
    slashes = 0;
  }
  // Never closed: it was cut off, and goes as far as its line does.
  return lineEnd === -1 ? text.length : lineEnd;
}

/** Not a value but the next name: `password= X-Api-Key: …`, `--token --password …`. */
const beginsAnother = /^[\w.-]{1,80}["']?[:=]$|^--[a-z][a-z0-9-]{0,60}$/i;

const separator = /[,;&|)\]}>][ \t]{0,4}(?:\\{0,3}["'])?[\w.-]{0,64}(?:\\{0,3}["'])?[ \t]{0,2}[=:]|[,;&)\]}>]{1,4}(?=[\s"'\\]|$)/y;

const tag = /<[/!]?[A-Za-z][^<>\n]{0,200}>/y;

/** A word goes to white space, a quote or a tag; a comma and its like only end it where another pair or nothing begins behind, because passwords may hold them. */
function endOfWord(text: string, at: number): number {
  let index = at;
  for (; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '[') {
      const marker = markerAt(text, index);
      if (marker > 0) {
        index += marker - 1;
        continue;
      }
    }
    if (character === '<') {
      tag.lastIndex = index;
      if (tag.test(text)) break;
    }
    if (/[\s"'`]/.test(character) || (character === '\\' && /[nrt"'\\]/.test(text.charAt(index + 1)))) break;
    if (',;&|)]}>'.includes(character)) {
      separator.lastIndex = index;
      if (separator.test(text)) break;
    }
  }
  return index;
}

const marker = /\[hidden: [A-Za-z ]{1,30}\]/y;

function markerAt(text: string, at: number): number {
  marker.lastIndex = at;
  return marker.exec(text)?.[0].length ?? 0;
}

const blockOpening = /[|>][-+]?\d?[ \t]{0,4}\r?\n/y;

/** A block scalar of YAML: the lines that stand further in than their key. */
function blockAt(text: string, at: number): Span | null {
  blockOpening.lastIndex = at;
  const opened = blockOpening.exec(text);
  if (opened === null) return null;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const keyIndent = indentAt(text, lineStart);
  const start = at + opened[0].length;
  let end = start;
  while (end < text.length) {
    const next = text.indexOf('\n', end);
    const lineEnd = next === -1 ? text.length : next;
    const isBlank = text.slice(end, Math.min(lineEnd, end + 200)).trim() === '';
    if (!isBlank && indentAt(text, end) <= keyIndent) break;
    end = Math.min(lineEnd + 1, text.length);
  }
  const first = start + indentAt(text, start);
  const trimmed = text.slice(first, end).trimEnd();
  return trimmed === '' || isHidden(trimmed) ? null : { start: first, end: first + trimmed.length };
}

function indentAt(text: string, at: number): number {
  let indent = 0;
  while (indent < 200 && /[ \t-]/.test(text.charAt(at + indent))) indent += 1;
  return indent;
}

const placeholder = /^(?:\[\]|\{\}|null|nil|none|undefined|true|false|yes|no|empty|unset|redacted|hidden|\d{1,3}|[*x.•-]+|<[^<>]{0,60}>?|\(not shown\)|\$\{?[\w.:-]+\}?|\$\([\w.:-]+\)?|\{\{[^{}]{0,100}(?:\}\})?|%[a-z]|\[(?:redacted|hidden|filtered)\]|\*{3}\S*|[|>][-+]?)?$/i;

function saysNothing(value: string): boolean {
  return value.length < 200 ? isHidden(value) || placeholder.test(value) : false;
}

const proseOfPassword = new Set(['authentication', 'failed', 'failure', 'required', 'incorrect', 'invalid', 'missing', 'expired', 'must', 'is', 'was', 'not', 'cannot', 'mismatch', 'wrong', 'changed', 'reset', 'rejected', 'denied', 'unknown', 'too', 'could', 'unable', 'error']);

/** `invalid token: unexpected end`: a sentence goes on. Passwords may be words, so of them only the words of errors are taken for prose. */
function isProse(text: string, word: string, end: number, found: string): boolean {
  if (!/: {1,2}$/.test(found) || !/^[a-z]{1,20}[.,:]?$/.test(word)) return false;
  if (proseOfPassword.has(word.replace(/[.,:]$/, ''))) return true;
  return !/pass|pwd/i.test(found) && /^ [a-z]/.test(text.slice(end, end + 2));
}

const header = /(?:(?:proxy-|x-)?authorization|(?:set-)?cookie2?)["'\\\]]{0,5}[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}(?:\[(?!hidden: ))?(?:\\{0,3}["'])?/gi;
const bearer = /(?<![A-Za-z])(?:bearer|basic|negotiate|apikey|genie-?key|sso-?key|splunk|sswsx?)[ \t]{1,4}(?=[A-Za-z0-9._~+/=-]{8})([A-Za-z0-9._~+/=-]+)/gi;
const restOfHeader = /[^"'\r\n\\]*/y;

/** `Authorization` and `Cookie` hold nothing but secrets: all of it goes, to the end of the line or of its quotes. */
function hideHeaders(text: string): string {
  const parts: string[] = [];
  let from = 0;
  header.lastIndex = 0;
  for (let match = header.exec(text); match !== null; match = header.exec(text)) {
    const at = match.index + match[0].length;
    restOfHeader.lastIndex = at;
    const upToQuote = restOfHeader.exec(text)?.[0] ?? '';
    // The quote belongs to a value with a name of its own: `Cookie: password="…"`.
    const rest = (endsInName(upToQuote, 0, upToQuote.length) ? text.slice(at, endOfLine(text, at)) : upToQuote).trimEnd();
    if (rest !== '' && !saysNothing(rest)) {
      parts.push(text.slice(from, at), hidden(/cookie/i.test(match[0]) ? 'cookie' : 'authorization'));
      from = at + rest.length;
    }
    header.lastIndex = Math.max(at, at + rest.length);
  }
  const withoutHeaders = from === 0 ? text : parts.join('') + text.slice(from);
  return withoutHeaders.replace(bearer, (found, token: string) => (/^[a-z]{1,20}$/.test(token) && !/^bearer/i.test(found) ? found : found.slice(0, -token.length) + hidden('authorization')));
}

const nameThenValue = /\b(?:name|key)(?:\\{0,3}["'])?[ \t]{0,4}[:=][ \t]{0,4}(?:\\{0,3}["'])?([\w.-]{1,100})(?:\\{0,3}["'])?[ \t]{0,4}[,;]?\s{0,40}(?:\\{0,3}["'])?value(?:\\{0,3}["'])?[ \t]{0,4}[:=][ \t]{0,4}/gi;

/** `{"name": "DB_PASSWORD", "value": "…"}`, as containers write their environment. */
function hidePairsOfTwo(text: string): string {
  const parts: string[] = [];
  let from = 0;
  nameThenValue.lastIndex = 0;
  for (let match = nameThenValue.exec(text); match !== null; match = nameThenValue.exec(text)) {
    const name = match[1] ?? '';
    const at = match.index + match[0].length;
    const value = namesSecret(name) ? valueAt(text, at, '=') : null;
    if (value === null) continue;
    parts.push(text.slice(from, value.start), hidden(kindOf(name)));
    from = value.end;
    nameThenValue.lastIndex = Math.max(from, at);
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

const databases = 'postgres(?:ql)?|mysql|mariadb|mongodb(?:\\+srv)?|rediss?|amqps?|mssql|sqlserver|clickhouse|cassandra|cockroachdb';
const elsewhere: readonly (readonly [RegExp, string])[] = [
  // Passwords of databases are often written as they are, with characters that an address should not hold.
  [new RegExp(`((?:${databases})(?:\\+\\w{1,20})?://[^\\s:/@"'<>]{0,128}:)(?!\\[hidden: )[^\\s"'<>@]{1,256}(?:@[^\\s"'<>@/]{1,128}(?=@))?(?=@)`, 'gi'), 'password'],
  [/(:\/\/[^\s:/?#@"'<>\\]{0,128}:)(?!\[hidden: )[^\s/?#"'<>\\]{1,512}(?=@)/g, 'password'],
  [/(https?:\/\/)(?!\[hidden: )[^\s:/?#@"'<>\\]{1,256}(?=@)/gi, 'credential'],
  [/((?<![\w.-])[\w.-]{1,64}:)(?!\[hidden: )[^\s@"'<>]{1,128}(?=@(?:tcp|unix)\()/g, 'password'],
  [/(jdbc:oracle:\w{1,10}:[\w$]{1,64}\/)(?!\[hidden: )[^\s@"'<>]{1,128}(?=@)/gi, 'password'],
  [/((?:[?&]|%3[fF]|%26)(?:key|code|sig|auth|pass|p|hmac|x-amz-(?:signature|security-token|credential))=)(?!\[hidden: |&)[^\s&"'<>#\\]{4,}/gi, 'secret'],
  [/((?:identified by|password)[ \t]{1,4}')(?!\[hidden: )[^'\n]{1,256}(?=')/gi, 'password'],
  [/(<[\w:.-]{0,40}(?:password|passwd|secret|token|apikey|api_key|api-key)>)(?!\[hidden: )[^<]{1,1024}(?=<)/gi, 'secret'],
  [/((?<![\w-])(?:machine[ \t]{1,4}\S{1,128}\s{1,4}|login[ \t]{1,4}\S{1,128}\s{1,4})password[ \t]{1,4})(?!\[hidden: )\S{1,256}/gi, 'password'],
  [/((?<![\w-])(?:redis-cli|sshpass)[^\n|;]{0,80}? -[ap] ?)(?!\[hidden: )['"]?[^\s'"]{1,256}/g, 'password'],
  [/((?<![\w-])(?:mysql|mysqldump|mariadb)[^\n|;]{0,120}? -p)(?!\[hidden: )['"]?[^\s'"]{1,256}/g, 'password'],
  [/((?<![\w-])curl[^\n|;]{0,200}? (?:-u|--user)[ =]?['"]?[^\s:'"]{1,128}:)(?!\[hidden: )[^\s'"]{1,256}/g, 'password'],
];

function hideElsewhere(text: string): string {
  return elsewhere.reduce((rest, [pattern, kind]) => rest.replace(pattern, (_, before: string) => before + hidden(kind)), text);
}
