import { asSeen } from '../as-seen.ts';
import { hideKnown } from './known-secrets.ts';
import { hideRandom } from './looks-random.ts';
import { hidden, isHidden } from './marker.ts';
import { hideNamed, kindOf, namesSecret } from './named-values.ts';
import { hidePem } from './pem.ts';
import { hideTokens } from './token-formats.ts';

// Every secret is a long word, or stands behind a sign that gives it a name.
const mayHold = /[=:@'"<\s%]|[A-Za-z0-9_+/.~-]{16}/;

/**
 * The one redactor (GUARANTEES T-09). What comes from outside passes it before it is stored, shown, logged or sent on: the runner of reads and plans, the
 * door for alerts, the errors, the log. Hides the credentials of this installation by value, and whatever is a secret by its form or its name; each is
 * replaced by a marker that says of what kind it was. Linear in the length of the text; hiding twice is hiding once. What it cannot know: a password that
 * is an ordinary word in a sentence, and hexadecimal text without a name, which may as well be a digest.
 */
export function redact(text: string): string {
  let shown = text;
  // What was hidden can bring together what stood apart; each round hides more or ends it.
  for (let round = 0; round < mostRounds; round += 1) {
    const again = hideAsSeen(shown);
    if (again === shown) break;
    shown = again;
  }
  return shown;
}

/** A colour in the midst of a word would keep it from being known, and whoever shows the text takes the colour out. */
function hideAsSeen(text: string): string {
  const seen = asSeen(text);
  const shown = hide(seen);
  return shown === seen && seen !== text ? hide(text) : shown;
}

function hide(text: string): string {
  const rest = hideKnown(text);
  return mayHold.test(rest) ? hideRandom(hideNamed(hideTokens(hidePem(rest)))) : rest;
}

const mostRounds = 8;

/** At most `maxLength` characters without secrets. Cut afterwards, because half a secret has no form to be known by. */
export function redactTo(text: string, maxLength: number): string {
  return redact(text.slice(0, maxLength + longestLook)).slice(0, maxLength);
}

/** An error of megabytes is not read to its end for the sake of its first line. */
const longestLook = 16_384;

/** The same for every text inside a value, whose keys tell as well: `{ password: 'a' }`, `{ name: 'DB_PASSWORD', value: 'a' }`. Returns the value itself where nothing was hidden. */
export function redactAll<T>(value: T): T {
  return redactValue(value, 0) as T;
}

/** Nothing that is read anywhere is nested deeper; what is was made to hurt, and is hidden whole. */
const deepest = 200;
const tooDeep = hidden('nested too deep');

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) {
    if (depth === deepest) return tooDeep;
    const items = value.map((item) => redactValue(item, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  if (depth === deepest) return tooDeep;
  const named = 'name' in value && 'value' in value && typeof value.name === 'string' && namesSecret(value.name) ? value.name : null;
  let isChanged = false;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const name = namesSecret(key) ? key : named !== null && key === 'value' ? named : null;
    const shown = name === null ? redactValue(item, depth + 1) : hideLeaves(item, hidden(kindOf(name)), depth + 1);
    isChanged ||= shown !== item;
    return [key, shown];
  });
  if (!isChanged) return value;
  // `fromEntries` makes own properties even of `__proto__` (T-24); the prototype is kept because maps of labels have none.
  const copy = Object.fromEntries(entries);
  return Object.getPrototypeOf(value) === null ? Object.setPrototypeOf(copy, null) : copy;
}

function hideLeaves(value: unknown, marker: string, depth: number): unknown {
  if (typeof value === 'string') return value === '' || isHidden(value) ? value : marker;
  if (typeof value === 'number') return marker;
  if (depth === deepest && typeof value === 'object' && value !== null) return tooDeep;
  if (Array.isArray(value)) return value.map((item) => hideLeaves(item, marker, depth + 1));
  if (value !== null && typeof value === 'object' && isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideLeaves(item, marker, depth + 1)]));
  return value;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};
