import type { Change, PlanDraft, Target } from '../actions/plan.ts';
import { canonicalJson, sha256 } from '../support/json.ts';
import { redactAll } from '../support/redact/redact.ts';
import { count, duration } from './durations.ts';
import { code, codeBlock, codePoints, escape, join, mrkdwn, truncate, type Mrkdwn, spelledOut } from './mrkdwn.ts';
import { targetLine } from './target.ts';

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

/** A value to compare, character by character. */
export function exact(value: string): Mrkdwn {
  if (value === '') return mrkdwn`_nothing_`;
  return codePoints(value) <= longestValue ? code(value) : fingerprint(value);
}

const whole = (text: string): Mrkdwn => (codePoints(text) <= longestValue ? escape(text) : fingerprint(text));

function fingerprint(text: string): Mrkdwn {
  return mrkdwn`${count(codePoints(text), 'character')}, sha256 ${code(sha256(text).slice(0, 16))}`;
}

/** `9f3c·21ab`: enough for two people to see that they talk of the same plan. */
export function shortHash(planHash: string): string {
  return `${planHash.slice(0, 4)}·${planHash.slice(4, 8)}`;
}

export function warningLines(plan: PlanDraft): readonly Mrkdwn[] {
  return plan.warnings.map((warning) => mrkdwn`⚠ ${truncate(warning, 500)}`);
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
  if ('impossible' in plan.undo) return mrkdwn`No undo: ${truncate(plan.undo.impossible, 300)}`;
  const back = Object.entries(plan.undo.params).map(([name, value]) => mrkdwn`${whole(name)} ${exact(typeof value === 'string' ? value : canonicalJson(value))}`);
  return back.length === 0 ? mrkdwn`Undo: one button afterwards.` : mrkdwn`Undo: one button afterwards, back to ${join(back, ', ')}.`;
}

export function settleLine(plan: PlanDraft): Mrkdwn {
  return mrkdwn`It has ${duration(plan.settleWithinMs)} to settle; after that it counts as failed.`;
}

/** The exact effect, the target and what must still be so: everything that the hash covers and the short form leaves out. */
export function exactPlan(plan: PlanDraft, target: Target): readonly Mrkdwn[] {
  const sent = canonicalJson(plan.request);
  const request = canonicalJson(redactAll(plan.request));
  const fitsExactly = codePoints(request) <= 250 && request === sent;
  return [
    mrkdwn`*On* ${targetLine(target)}`,
    mrkdwn`*Sends exactly* ${fitsExactly ? codeBlock(spelledOut(request)) : fingerprint(sent)}`,
    mrkdwn`*Only if still so* ${join(
      Object.entries(plan.guard).map(([field, value]) => mrkdwn`${whole(field)} ${exact(typeof value === 'string' ? value : canonicalJson(value))}`),
      ', ',
    )}`,
  ];
}

/** The whole plan as a file for the thread, when something in it was named by its hash; else `null`. */
export function planFile(plan: PlanDraft, target: Target): { readonly title: string; readonly body: string } | null {
  const values = [...plan.changes.flatMap(({ what, before, after }) => [what, before, after]), ...Object.values(plan.guard).map((value) => (typeof value === 'string' ? value : canonicalJson(value)))];
  const isWhole = values.every((value) => codePoints(value) <= longestValue) && codePoints(canonicalJson(plan.request)) <= 250 && redactAll(plan.request) === plan.request && codePoints(commandLine(plan.equivalent)) <= 800;
  return isWhole ? null : { title: plan.summary, body: `${JSON.stringify(redactAll({ target, ...plan }), null, 2)}\n` };
}
