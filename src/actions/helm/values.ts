import type { Json } from '../../support/json.ts';
import { lastBytes } from '../../support/last-bytes.ts';
import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { count, oneLine } from '../wording.ts';
import { currentRevision } from './current.ts';
import type { HelmValues } from './release.ts';
import { helmReadRights } from './rights.ts';

/** What somebody has set on this release, without the chart's defaults and without anything that is named like a secret. */
export const values = defineRead({
  id: 'helm.values',
  target: 'release',
  params: NoParameters,
  rights: helmReadRights,
  read: async (context, target): Promise<Reading> => {
    const current = currentRevision(await context.ports.helm.history(target, context.signal));
    if (current === null) return { headline: 'No revision is deployed, so no values are in force', state: 'unknown', lines: [] };
    return valuesReading(current.revision, await context.ports.helm.values(target, current.revision, context.signal));
  },
});

/** Pure. */
export function valuesReading(revision: number, values: HelmValues): Reading {
  const flat = flatten(values);
  return {
    headline: `${count(flat.length, 'value')} set in revision ${revision}`,
    state: 'neutral',
    lines: flat.slice(0, 10).map(([path, value]) => `${path} = ${shown(path, value)}`),
    text: { title: `Values of revision ${revision}`, body: lastBytes(flat.map(([path, value]) => `${path} = ${shown(path, value)}`).join('\n')) },
  };
}

/** The leaves of a tree of values with their paths, sorted by path. */
export function flatten(values: Json, path = ''): (readonly [string, Json])[] {
  if (values !== null && typeof values === 'object' && !Array.isArray(values)) {
    return Object.entries(values)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, value]) => flatten(value as Json, path === '' ? key : `${path}.${key}`));
  }
  return [[path, values]];
}

// Wider than the redactor's names: nobody reads a release's values in a hurry, and whoever wrote the chart chose these names for a reason.
const secretName = /pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|private|dsn|connection[-_]?string|\bkey\b/i;

/** The runner redacts what looks like a secret; what is called one is not even let out. */
export function shown(path: string, value: Json): string {
  if (secretName.test(path)) return '(not shown)';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 200);
}

/** The value at a path, or `undefined` where nobody has set it. */
export function valueAt(values: HelmValues, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((value, key) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    return Object.hasOwn(value, key) ? (value as { readonly [key: string]: Json })[key] : undefined;
  }, values);
}
