import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export type Values = { [key: string]: unknown };

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` wins; maps are merged, lists are replaced, and `null` takes a default away. */
export function mergeValues(base: Values, over: Values): Values {
  const result: Values = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete result[key];
    else result[key] = isMap(value) && isMap(result[key]) ? mergeValues(result[key], value) : value;
  }
  return result;
}

/** What the command line says: files first, then the `--set` family in the order of Helm. */
export function valuesFromFlags(flags: { readonly values: readonly string[]; readonly setJson: readonly string[]; readonly set: readonly string[]; readonly setString: readonly string[]; readonly setLiteral: readonly string[] }): Values {
  let result: Values = {};
  for (const file of flags.values.flatMap((list) => list.split(','))) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      throw new Error(`open ${file}: no such file or directory`);
    }
    result = mergeValues(result, (parse(text) as Values | null) ?? {});
  }
  for (const text of flags.setJson) result = mergeValues(result, jsonAssignments(text));
  for (const text of flags.set) result = mergeValues(result, assignments(text, 'set', typed));
  for (const text of flags.setString) result = mergeValues(result, assignments(text, 'set-string', String));
  for (const text of flags.setLiteral) result = mergeValues(result, nest(...splitOnce(text, 'set-literal')));
  return result;
}

function jsonAssignments(text: string): Values {
  if (text.trim().startsWith('{')) return JSON.parse(text) as Values;
  const [path, value] = splitOnce(text, 'set-json');
  return nest(path, JSON.parse(value));
}

/** `a.b=1,c={x,y}`; a backslash keeps a comma or dot from meaning something. */
function assignments(text: string, flag: string, convert: (text: string) => unknown): Values {
  let result: Values = {};
  for (const part of splitUnescaped(text, ',')) {
    const [path, value] = splitOnce(part, flag);
    const list = /^\{(.*)\}$/.exec(value);
    result = mergeValues(result, nest(path, list ? splitUnescaped(list[1] as string, ',').map((item) => convert(item)) : convert(value.replaceAll('\\,', ','))));
  }
  return result;
}

function splitOnce(text: string, flag: string): [string, string] {
  const at = text.indexOf('=');
  if (at === -1) throw new Error(`failed parsing --${flag} data: key ${JSON.stringify(text)} has no value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character === '\\') {
      parts[parts.length - 1] += character + (text[++index] ?? '');
      continue;
    }
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (character === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function nest(path: string, value: unknown): Values {
  const keys = splitUnescaped(path, '.').map((key) => key.replaceAll('\\.', '.'));
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}

function typed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (text !== '0' && text.startsWith('0')) return text;
  return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}

/** With the keys of all maps in order, as Go writes maps. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
