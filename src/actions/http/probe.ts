import type { Json } from '../../support/json.ts';
import { StockOpsError } from '../../support/errors.ts';
import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import type { UrlTarget } from '../plan.ts';
import { oneLine } from '../wording.ts';
import type { HttpAnswer } from './answer.ts';

/** Asks one address of the catalog and compares the answer with what the catalog expects. */
export const probe = defineRead({
  id: 'http.probe',
  target: 'url',
  params: NoParameters,
  rights: [],
  read: async (context, target): Promise<Reading> => {
    try {
      return probeReading(target, await context.ports.http.probe(target, context.signal));
    } catch (error) {
      // For a probe, no answer is an answer.
      if (error instanceof StockOpsError && error.code === 'PROBE_FAILED') return { headline: `${hostOf(target.url)} does not answer`, state: 'bad', lines: [oneLine(error.message)] };
      throw error;
    }
  },
});

/** Pure. */
export function probeReading(target: UrlTarget, answer: HttpAnswer): Reading {
  const isStatusGood = target.okStatuses.includes(answer.status);
  const wrong = isStatusGood && target.expectJson !== undefined ? unmet(target.expectJson, answer) : [];
  return {
    headline: `${hostOf(target.url)} answers ${answer.status} in ${answer.totalMs} ms${wrong.length > 0 ? ', with the wrong content' : ''}`,
    state: isStatusGood && wrong.length === 0 ? 'good' : 'bad',
    lines: [
      ...(isStatusGood ? [] : [`Expected ${target.okStatuses.join(' or ')}.`]),
      ...wrong,
      ...(answer.location === null ? [] : [`It points to ${oneLine(answer.location, 200)}, which is not followed.`]),
      ...(isStatusGood || answer.body === '' ? [] : [`It says: ${oneLine(answer.body, 200)}`]),
      ...(answer.method === target.method ? [] : [`Asked with ${answer.method}, because the server does not know ${target.method}.`]),
    ],
  };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? oneLine(url, 80);
}

function unmet(expected: { readonly [field: string]: Json }, answer: HttpAnswer): string[] {
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return [answer.isBodyCut ? 'The answer is larger than 64 KiB, so its content was not checked.' : 'The answer is not JSON.'];
  }
  return Object.entries(expected).flatMap(([field, value]) => {
    const found = fieldOf(body, field);
    if (JSON.stringify(found) === JSON.stringify(value)) return [];
    return [`${field} is ${found === undefined ? 'missing' : oneLine(JSON.stringify(found), 80)}, expected ${JSON.stringify(value)}`];
  });
}

/** `status`, or `checks.database` for a field of a field. */
function fieldOf(value: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((current, key) => (current !== null && typeof current === 'object' && Object.hasOwn(current, key) ? (current as Record<string, unknown>)[key] : undefined), value);
}
