import type { Change, PlanDraft } from '../actions/plan.ts';
import { canonicalJson, sha256, type Json } from '../support/json.ts';
import { redact } from '../support/redact/redact.ts';
import { count, duration } from './durations.ts';
import { code, codePoints, join, mrkdwn, verbatim, type Mrkdwn } from './mrkdwn.ts';

/**
 * A plan as people read it before they agree: nothing of it is ever cut in the middle. A value that is too long to show is named by its length
 * and hash, and the whole of it goes into the thread as a file (GUARANTEES T-16).
 */
const longestValue = 100;

/** `image: v2.4.1 → v2.4.0`, one line per change: a phone breaks columns, and these it does not. */
export function changeLines(changes: readonly Change[]): readonly Mrkdwn[] {
  return changes.map(({ what, before, after }) =>
    before === after ? mrkdwn`${whole(what)}: ${exact(before)} (unchanged)` : mrkdwn`*${whole(what)}*: ${exact(before)} → *${exact(after)}*`,
  );
}

/** The changes in one line for a message; those that do not fit are counted. */
export function changesInOneLine(changes: readonly Change[], max: number): Mrkdwn {
  const real = changes.filter(({ before, after }) => before !== after);
  const shown = real.slice(0, max).map(({ what, before, after }) => mrkdwn`${whole(what)} ${exact(before)} → ${exact(after)}`);
  return real.length === 0 ? mrkdwn`No value changes.` : join([...shown, real.length > max ? mrkdwn`${real.length - max} more in the whole plan` : null], ', ');
}

/** A value to compare, character by character. What looks like a secret is named by its hash: those who compare see that it differs, and not what it is. */
export function exact(value: string, longest = longestValue): Mrkdwn {
  if (value === '') return mrkdwn`_nothing_`;
  return codePoints(value) <= longest && redact(value) === value ? code(value) : fingerprint(value);
}

/** Full sentences; one that is too long is named by its hash like a value. */
export function sentence(text: string): Mrkdwn {
  return text === '' ? mrkdwn`_nothing_` : codePoints(text) <= 500 ? verbatim(text) : fingerprint(text);
}

/** `replicas 3, revision 8` */
export function exactValues(values: { readonly [name: string]: Json }): Mrkdwn {
  const shown = Object.entries(values).map(([name, value]) => mrkdwn`${whole(name)} ${exact(canonicalJson(value))}`);
  return shown.length === 0 ? mrkdwn`_nothing_` : join(shown, ', ');
}

const whole = (text: string): Mrkdwn => (text === '' ? mrkdwn`_nothing_` : codePoints(text) <= longestValue ? verbatim(text) : fingerprint(text));

/** Enough of the hash that nobody makes two values with the same one. */
export function fingerprint(text: string): Mrkdwn {
  return mrkdwn`${count(codePoints(text), 'character')}, sha256 ${code(sha256(text).slice(0, 32))}`;
}

/** `9f3c·21ab`: enough for two people to see that they talk of the same plan. */
export function shortHash(planHash: string): string {
  return `${planHash.slice(0, 4)}·${planHash.slice(4, 8)}`;
}

export function warningLines(plan: PlanDraft): readonly Mrkdwn[] {
  return plan.warnings.map((warning) => mrkdwn`⚠ ${sentence(warning)}`);
}

export function sameAs(plan: PlanDraft): Mrkdwn {
  const line = commandLine(plan.equivalent);
  return codePoints(line) <= 800 ? mrkdwn`Same as: ${code(line)}` : mrkdwn`Same as: a command of ${fingerprint(line)}`;
}

/** As a person would type it: what a shell would read otherwise is in single quotes. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

export function undoLine(plan: PlanDraft): Mrkdwn {
  if ('impossible' in plan.undo) return mrkdwn`No undo: ${sentence(plan.undo.impossible)}`;
  const { primitive, params } = plan.undo;
  return Object.keys(params).length === 0 ? mrkdwn`Undo: one button afterwards (${exact(primitive)}).` : mrkdwn`Undo: one button afterwards (${exact(primitive)}), back to ${exactValues(params)}.`;
}

export function settleLine(plan: PlanDraft): Mrkdwn {
  return mrkdwn`It has ${duration(plan.settleWithinMs)} to settle; after that it counts as failed.`;
}
