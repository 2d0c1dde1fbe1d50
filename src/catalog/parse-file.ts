import type { z } from 'zod';
import { suggestion } from './did-you-mean.ts';
import type { Path, Report } from './problem.ts';

export interface Parsed<T> {
  readonly value: T;
  /** Keys of the file whose value is only a stand-in; nothing more should be said about them. */
  readonly replaced: ReadonlySet<string>;
}

/**
 * Holds data to a schema. Every mistake is reported where it stands. What is wrong is then left out, or put right by a stand-in where the file
 * cannot do without it, and the rest is parsed again: so the cross-checks can look at everything that is readable, and a person sees
 * all problems in one go. `undefined` when nothing readable is left.
 */
export function parseFile<T extends z.ZodType>(schema: T, data: unknown, report: Report, standIns: Readonly<Record<string, unknown>> = {}): Parsed<z.output<T>> | undefined {
  const replaced = new Set<string>();
  const suggestions = new Map<string, string>();
  const explain = (issue: z.core.$ZodRawIssue): string => {
    const { message, suggestion: hint } = explainIssue(issue);
    if (hint !== undefined) suggestions.set(JSON.stringify([issue.path ?? [], message]), hint);
    return message;
  };
  let readable = data;
  for (let round = 0; round < 20; round += 1) {
    const parsed = schema.safeParse(readable, { error: explain });
    if (parsed.success) return { value: parsed.data, replaced };
    for (const issue of parsed.error.issues) {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      if (round === 0) {
        const hint = suggestions.get(JSON.stringify([path, issue.message]));
        if (issue.code === 'unrecognized_keys') for (const key of issue.keys) report([...path, key], unknownKey(key), unknownKeyHint(issue.message, key), 'key');
        else report(path, issue.message, hint, issue.code === 'invalid_key' ? 'key' : 'value');
      }
      const [key] = path;
      if (issue.code === 'unrecognized_keys') for (const unknown of issue.keys) readable = without(readable, [...path, unknown]);
      else if (path.length === 1 && typeof key === 'string' && Object.hasOwn(standIns, key)) {
        replaced.add(key);
        readable = { ...(readable as object), [key]: standIns[key] };
      } else readable = without(readable, isMissing(readable, path) ? path.slice(0, -1) : path);
    }
    if (readable === undefined) return undefined;
  }
  return undefined;
}

const unknownKey = (key: string) => `There is no "${key}" here.`;

/** The message of an unknown key carries the keys that exist; each unknown key gets a hint of its own. */
function unknownKeyHint(message: string, key: string): string | undefined {
  const known = message.split(' ');
  return suggestion(key, known) ?? `one of: ${known.join(', ')}`;
}

function explainIssue(issue: z.core.$ZodRawIssue): { message: string; suggestion?: string } {
  if (issue.code === 'unrecognized_keys') {
    const shape = (issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape ?? {};
    return { message: Object.keys(shape).join(' ') };
  }
  const key = issue.path?.at(-1);
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return { message: `"${String(key)}" is missing.` };
    return { message: `Must be ${article(issue.expected)}, and is ${article(kindOf(issue.input))}.`, ...quoteHint(issue.expected, issue.input) };
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    if (issue.input === undefined) return { message: `"${String(key)}" is missing.`, suggestion: `one of: ${allowed.join(', ')}` };
    return { message: `${JSON.stringify(issue.input)} does not fit here.`, suggestion: suggestion(String(issue.input), allowed) ?? `one of: ${allowed.join(', ')}` };
  }
  if (issue.code === 'invalid_union' && issue.note === 'No matching discriminator') {
    return { message: `"${String(issue.discriminator)}" is missing or says something unknown.` };
  }
  if (issue.code === 'invalid_key') return { message: issue.issues[0]?.message ?? 'Not a fitting key.' };
  if (issue.code === 'too_small') return { message: `At least ${String(issue.minimum)}.` };
  if (issue.code === 'too_big') return { message: `At most ${String(issue.maximum)}.` };
  return { message: 'Does not fit here.' };
}

/** `version: 1.0` is a number in YAML; `from: 09:00` is text. Quotes are the usual answer. */
function quoteHint(expected: string, input: unknown): { suggestion?: string } {
  return expected === 'string' && (typeof input === 'number' || typeof input === 'boolean') ? { suggestion: `write it in quotes: "${String(input)}"` } : {};
}

function kindOf(input: unknown): string {
  if (input === null) return 'nothing';
  return Array.isArray(input) ? 'array' : typeof input;
}

const words: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a mapping', record: 'a mapping', nothing: 'empty',
};
function article(kind: string): string {
  return words[kind] ?? kind;
}

function isMissing(data: unknown, path: Path): boolean {
  return path.length > 0 && valueAt(data, path) === undefined;
}

/** What stands at a path of the raw data; `undefined` where there is nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined), data);
}

/** A copy without what stands at the path. List items are kept as holes would be wrong: the item goes, the rest moves up. */
function without(data: unknown, path: Path): unknown {
  const [head, ...rest] = path;
  if (head === undefined || typeof data !== 'object' || data === null) return undefined;
  if (Array.isArray(data)) {
    const index = Number(head);
    if (rest.length === 0) return data.filter((_, position) => position !== index);
    return data.map((item, position) => (position === index ? without(item, rest) : (item as unknown)));
  }
  if (!Object.hasOwn(data, head)) return data;
  const entries = Object.entries(data).flatMap(([key, value]) => (key !== String(head) ? [[key, value] as const] : rest.length === 0 ? [] : [[key, without(value, rest)] as const]));
  return Object.fromEntries(entries);
}
