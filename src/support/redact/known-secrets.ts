import { hidden } from './marker.ts';

/**
 * The credentials of this very installation, known by value: from its settings and files, as they are read. Kept for the life of the process, because a
 * credential that was replaced is still one until whoever issued it has revoked it. One list for the process, as there is one environment.
 */
const known = new Set<string>();
/** So many values are kept, each in a few spellings; a rotation every hour for a month stays below. */
const mostKnown = 4_000;
/** Shorter values are words: hiding every `admin` would hide the log. */
const shortest = 8;

let pattern: RegExp | null = null;

export function rememberSecrets(values: Iterable<string | undefined>): void {
  for (const value of values) {
    if (value === undefined || value.trim().length < shortest) continue;
    for (const spelling of spellingsOf(value.trim())) known.add(spelling);
  }
  for (const oldest of known) {
    if (known.size <= mostKnown) break;
    known.delete(oldest);
  }
  // The longest first: a URL before the password in it.
  const alternatives = [...known].toSorted((a, b) => b.length - a.length).map((value) => RegExp.escape(value));
  pattern = alternatives.length === 0 ? null : new RegExp(alternatives.join('|'), 'g');
}

export function hideKnown(text: string): string {
  return pattern === null ? text : text.replace(pattern, hidden('credential of StockOps'));
}

/** As it is, in a URL, in JSON, and as base64 carries it in a header or a Secret. */
function spellingsOf(value: string): string[] {
  return [...new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64').replace(/=+$/, ''), Buffer.from(value).toString('base64url')])];
}
