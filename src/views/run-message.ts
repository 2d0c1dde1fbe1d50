import type { Evidence, FailedBecause, Reading } from '../actions/define-primitive.ts';
import type { PlanDraft, Target } from '../actions/plan.ts';
import type { Plan } from '../approvals/plan.ts';
import { button, buttons, context, message, optional, section, sectionsOf, type Block, type Button, type MessageContent } from './blocks.ts';
import { count, duration, durationBetween } from './durations.ts';
import { exactPlan } from './exact-plan.ts';
import { holdLine, type HoldView } from './hold.ts';
import { changesInOneLine, shortHash, warningLines } from './plan-details.ts';
import { code, codeBlock, codePoints, escape, join, mrkdwn, person, truncate, when, type Mrkdwn } from './mrkdwn.ts';
import { readingLines } from './readings.ts';
import { symbols } from './symbols.ts';
import { targetPlace } from './target.ts';

/** One request from its plan to its outcome: one message in the thread, edited as it goes. */
export interface RunMessage {
  readonly requestId: string;
  readonly incidentId: number | null;
  readonly plan: PlanDraft;
  /** What is hashed: the draft and everything that it is bound to. */
  readonly whole: Plan;
  readonly planHash: string;
  readonly target: Target;
  readonly systemName: string;
  readonly environment: string;
  readonly requestedBy: string;
  readonly approvals: readonly { readonly by: string; readonly at: Date }[];
  /** It went on without the approvals that were missing. */
  readonly brokenGlass?: { readonly by: string; readonly reason: string } | null;
  readonly state: RunMessageState;
  /** What keeps it from starting, while it waits. */
  readonly hold?: HoldView | null;
  /** It goes past another run that is not settled: the sentence that says so. */
  readonly overrides?: string | null;
  /** The alerts of its incident have ended, or it was resolved, since it was asked for. */
  readonly overSince: Date | null;
  readonly now: Date;
}
export type RunMessageState =
  | { readonly is: 'waitsForConfirmation'; readonly expiresAt: Date }
  /** `approvers` in words: `SRE`. */
  | {
      readonly is: 'waitsForApproval';
      readonly needed: number;
      readonly approvers: string;
      /** Slack ids of those who may; empty where Slack did not say. */
      readonly people: readonly string[];
      /** The people are enough, but no owner is among them yet. In words: `SRE lead`. */
      readonly ownerMissing: string | null;
      readonly expiresAt: Date;
      /** The commander of its incident may start it without the approvals that are missing. */
      readonly canBreakGlass?: boolean;
    }
  /** Agreed to, not begun. `waits` says what for, where it is not just its turn. */
  | { readonly is: 'approved'; readonly waits: string | null }
  | { readonly is: 'running'; readonly startedAt: Date; readonly line: string | null }
  | {
      readonly is: 'succeeded';
      readonly startedAt: Date;
      readonly endedAt: Date;
      readonly lines: readonly string[];
      readonly checks: readonly RunCheck[];
      /** A note in words about numbers before and after: `error ratio 12 % → 0.3 %, watched 5 min`. */
      readonly comparison: string | null;
      readonly canUndo: boolean;
    }
  | { readonly is: 'failed'; readonly startedAt: Date | null; readonly endedAt: Date; readonly reason: string; readonly lines: readonly string[]; readonly log: string | null; readonly because: FailedBecause | null; readonly canUndo: boolean }
  | { readonly is: 'unknown'; readonly startedAt: Date; readonly since: Date; readonly reason: string; readonly evidence: Evidence | null; readonly overridden?: { readonly by: string; readonly at: Date; readonly reason: string } | null }
  /** It was sent and taken; somebody ended the watching. */
  | { readonly is: 'notWatched'; readonly by: string; readonly startedAt: Date; readonly endedAt: Date; readonly lines: readonly string[]; readonly canUndo: boolean }
  /** A person or evidence closed what was not known. */
  | { readonly is: 'settled'; readonly how: 'happened' | 'didNotHappen'; readonly by: string | null; readonly at: Date; readonly lines: readonly string[]; readonly canUndo: boolean }
  | { readonly is: 'expired'; readonly at: Date }
  | { readonly is: 'denied'; readonly by: string; readonly at: Date; readonly reason: string | null }
  | { readonly is: 'withdrawn'; readonly by: string; readonly at: Date }
  /** Agreed to, but no longer what was agreed to. */
  | { readonly is: 'voided'; readonly at: Date; readonly why: string; readonly because?: 'held' | 'late' | 'busy'; readonly who?: { readonly did: 'frozen' | 'asked'; readonly by: string; readonly at: Date } | undefined };
export interface RunCheck {
  readonly title: string;
  readonly reading: Reading;
}

export function runMessage(run: RunMessage): MessageContent {
  const { state, plan, now } = run;
  const summary = truncate(plan.summary, 250);
  const about = { requestId: run.requestId, ...(run.incidentId !== null && { incidentId: run.incidentId }) };
  const show = button('See the whole plan', { verb: 'request.show', ...about });
  switch (state.is) {
    case 'waitsForApproval':
      return waitsForApproval(run, state, about);
    case 'waitsForConfirmation':
      return message(mrkdwn`${symbols.waits} *${summary} (${run.environment})?*`, [
        section(join([mrkdwn`Waits for ${person(run.requestedBy)} to confirm · plan ${code(shortHash(run.planHash))} · until ${when(state.expiresAt, now)}`, overLine(run), changesInOneLine(plan.changes, 5)], '\n')),
        buttons(button('Confirm…', { verb: 'request.confirm', ...about }, 'primary'), button('Withdraw', { verb: 'request.withdraw', ...about })),
      ]);
    case 'approved':
      return message(mrkdwn`${symbols.running} *${summary} (${run.environment}): ${state.waits === null ? mrkdwn`starts in a moment` : mrkdwn`not started yet`}*`, [
        section(join([state.waits === null ? null : escape(truncate(state.waits, 300)), overLine(run), askedBySentence(run)], '\n')),
        buttons(button('Withdraw', { verb: 'request.withdraw', ...about }), show),
      ]);
    case 'running':
      return message(mrkdwn`${symbols.running} *${summary} (${run.environment}): running*`, [
        section(join([state.line === null ? mrkdwn`Sent; waiting for the first sign.` : escape(truncate(state.line, 300)), mrkdwn`Began ${when(state.startedAt, now)} (${durationBetween(state.startedAt, now)}) · ${askedBy(run)}`], '\n')),
        context(mrkdwn`Plan ${code(shortHash(run.planHash))} · ${changesInOneLine(plan.changes, 3)}`),
        buttons(button('Cancel…', { verb: 'run.cancel', ...about })),
      ]);
    case 'succeeded':
      return succeeded(run, state, about);
    case 'failed':
      return failed(run, state, about);
    case 'unknown':
      return unknown(run, state, about);
    case 'notWatched':
      return notWatched(run, state, about);
    case 'settled': {
      const who = state.by === null ? mrkdwn`what was seen since` : person(state.by);
      const [symbol, words] = state.how === 'happened' ? [symbols.done, 'it happened'] : [symbols.failed, 'it did not happen'];
      return message(mrkdwn`${symbol} *${summary} (${run.environment}): ${words}*`, [section(join([mrkdwn`It was not known; settled ${when(state.at, now)} by ${who} · ${askedBy(run)}`, ...lines(state.lines)], '\n')), buttons(undoButton(run, state, about))]);
    }
    case 'expired':
      return ended(run, mrkdwn`${symbols.failed} *Not done: ${summary}. It ran out at ${when(state.at, now)}*`, mrkdwn`Nobody decided in time (${run.approvals.length} approved).`, askAgain(about));
    case 'denied':
      return ended(run, mrkdwn`${symbols.failed} *Not done: ${summary}. Denied by ${person(state.by)} ${when(state.at, now)}*`, state.reason === null ? null : mrkdwn`“${truncate(state.reason, 500)}”`);
    case 'withdrawn':
      return ended(run, mrkdwn`${symbols.failed} *Not done: ${summary}. Withdrawn by ${person(state.by)} ${when(state.at, now)}*`, null);
    case 'voided':
      return ended(run, mrkdwn`${symbols.failed} *Not done: ${summary}. ${state.because === undefined ? 'It is no longer what was agreed to' : whyVoided[state.because]}*`, mrkdwn`${truncate(state.why, 500)}${inTheWay(run, state.who)} Nothing was changed.`, askAgain(about));
  }
}

const whyVoided = { held: 'Changes are stopped', late: 'It ran out before it could start', busy: 'Something else is changing it' } as const;

/** Who froze it, or whose run is in the way. */
function inTheWay(run: RunMessage, who: Extract<RunMessageState, { is: 'voided' }>['who']): Mrkdwn | null {
  if (who === undefined) return null;
  return who.did === 'frozen' ? mrkdwn` Frozen by ${person(who.by)} ${when(who.at, run.now)}.` : mrkdwn` ${person(who.by)} asked for that other change ${durationBetween(who.at, run.now)} ago.`;
}

/** What goes back through Helm says so: it is a request of its own, with its own approval (F-30). */
function undoButton({ plan }: RunMessage, { canUndo }: { readonly canUndo: boolean }, about: About): Button | null {
  const words = 'primitive' in plan.undo && plan.undo.primitive === 'helm.rollback' ? 'Roll back…' : 'Undo…';
  return canUndo ? button(words, { verb: 'run.undo', ...about }) : null;
}

type About = { readonly requestId: string; readonly incidentId?: number };

/** The first screen of a phone decides: what, where, before and after, who. What is hashed stands below the buttons, whole. */
function waitsForApproval(run: RunMessage, state: Extract<RunMessageState, { is: 'waitsForApproval' }>, about: About): MessageContent {
  const { plan, now } = run;
  const changes = changesInOneLine(plan.changes, 3);
  const isShort = plan.warnings.length <= 2 && plan.warnings.every((warning) => codePoints(warning) <= 120);
  const warnings = isShort ? warningLines(plan) : [mrkdwn`⚠ ${count(plan.warnings.length, 'thing')} to know, below`];
  return message(mrkdwn`${symbols.waits} *Approval: ${truncate(plan.summary, 250)} (${truncate(run.environment, 60)})*`, [
    section(
      join(
        [
          join([escape(truncate(run.systemName, 60)), targetPlace(run.target)], ' · '),
          codePoints(changes.source) <= 800 ? changes : mrkdwn`${count(plan.changes.length, 'change')}, below`,
          ...warnings,
          mrkdwn`Asked by ${person(run.requestedBy)}${forIncident(run)} · plan ${code(shortHash(run.planHash))} · ${run.approvals.length} of ${state.needed} from ${truncate(state.approvers, 100)} · until ${when(state.expiresAt, now)}`,
          run.approvals.length === 0 ? null : mrkdwn`Approved so far by ${approvers(run)}`,
          run.hold == null ? null : holdLine(run.hold, now),
          overLine(run),
          state.ownerMissing === null ? null : mrkdwn`Still missing: an owner, ${truncate(state.ownerMissing, 100)}`,
        ],
        '\n',
      ),
    ),
    buttons(
      button('Approve', { verb: 'request.approve', ...about }, 'primary'),
      button('Deny…', { verb: 'request.deny', ...about }),
      button('See the whole plan', { verb: 'request.show', ...about }),
      button('Withdraw', { verb: 'request.withdraw', ...about }),
    ),
    state.canBreakGlass === true ? buttons(button('Break the glass…', { verb: 'run.breakGlass', ...about })) : null,
    context(join([mayDecide(run, state), mrkdwn`Whoever asked cannot approve; only they can withdraw.`], ' ')),
    ...exactPlan(run.whole),
  ]);
}

/** What was wanted because of an alert may no longer be needed when the alert has ended. */
function overLine({ overSince, incidentId, now }: RunMessage): Mrkdwn | null {
  return overSince === null ? null : mrkdwn`*INC-${incidentId} ended ${when(overSince, now)}*: is this still needed?`;
}

const mostPeople = 6;

function mayDecide(run: RunMessage, { people }: Extract<RunMessageState, { is: 'waitsForApproval' }>): Mrkdwn | null {
  const others = people.filter((id) => !run.approvals.some(({ by }) => by === id));
  if (others.length === 0) return null;
  const more = others.length - mostPeople;
  return mrkdwn`May decide: ${join([...others.slice(0, mostPeople).map(person), more > 0 ? mrkdwn`${more} more` : null], ', ')}.`;
}

function succeeded(run: RunMessage, state: Extract<RunMessageState, { is: 'succeeded' }>, about: About): MessageContent {
  const off = state.checks.filter(({ reading }) => reading.state === 'bad' || reading.state === 'unknown');
  const verdict = off.length === 0 ? '' : `, but ${off.length} of ${count(state.checks.length, 'check')} ${off.length === 1 ? 'is' : 'are'} not good`;
  const first = mrkdwn`${symbols.done} *${truncate(run.plan.summary, 250)} (${run.environment}): done${verdict}*`;
  return message(first, [
    section(join([mrkdwn`${durationBetween(state.startedAt, state.endedAt)} · ${askedBy(run)}`, ...lines(state.lines), state.comparison === null ? null : escape(truncate(state.comparison, 300))], '\n')),
    state.checks.length === 0 ? null : optional('the checks', ...sectionsOf(state.checks.slice(0, 8).map(({ title, reading }) => readingLines(title, reading, 2)))),
    context(mrkdwn`${changesInOneLine(run.plan.changes, 5)} · plan ${code(shortHash(run.planHash))}`),
    buttons(undoButton(run, state, about), button('See the whole plan', { verb: 'request.show', ...about })),
  ]);
}

/** In the first line, because each asks for something else: nothing of the change, a word with whoever made the other one, or a look at the pods. */
const endedHow = { superseded: 'superseded by another change', paused: 'paused by somebody', noProgress: 'no progress, stopped waiting' } as const satisfies Record<FailedBecause, string>;

function failed(run: RunMessage, state: Extract<RunMessageState, { is: 'failed' }>, about: About): MessageContent {
  const after = state.startedAt === null ? 'before it began' : `after ${durationBetween(state.startedAt, state.endedAt)}`;
  return message(mrkdwn`${symbols.failed} *${truncate(run.plan.summary, 250)} (${run.environment}): ${state.because === null ? 'failed' : endedHow[state.because]} ${after}*`, [
    section(join([mrkdwn`*${truncate(state.reason, 500)}*`, ...lines(state.lines), askedBySentence(run)], '\n')),
    state.log === null ? null : optional('the log', section(mrkdwn`Last words of what crashed\n${codeBlock(state.log, { keep: 'end', max: 1_500 })}`)),
    context(mrkdwn`${changesInOneLine(run.plan.changes, 5)} · plan ${code(shortHash(run.planHash))}`),
    buttons(undoButton(run, state, about), button('Look again', { verb: 'run.lookAgain', ...about }), button('See the whole plan', { verb: 'request.show', ...about })),
  ]);
}

function unknown(run: RunMessage, state: Extract<RunMessageState, { is: 'unknown' }>, about: About): MessageContent {
  const gap = duration(state.since.getTime() - state.startedAt.getTime());
  return message(mrkdwn`${symbols.unknown} *Not known whether this happened: ${truncate(run.plan.summary, 250)} (${run.environment})*`, [
    section(
      join(
        [
          mrkdwn`${truncate(state.reason, 300)} Sent ${when(state.startedAt, run.now)}, lost ${gap} later.`,
          state.overridden == null
            ? mrkdwn`It will not be tried again by itself, and nothing else can change the same target until this is settled.`
            : mrkdwn`It will not be tried again by itself. *Overridden* by ${person(state.overridden.by)} ${when(state.overridden.at, run.now)}, so that others may change the same target, because: “${truncate(state.overridden.reason, 300)}”`,
        ],
        '\n',
      ),
    ),
    section(state.evidence === null ? mrkdwn`Looking at what can be seen from outside…` : join([mrkdwn`*Seen since:* ${verdict(state.evidence)}`, ...lines(state.evidence.lines)], '\n')),
    context(mrkdwn`${askedBySentence(run)} · plan ${code(shortHash(run.planHash))}`),
    buttons(button('Look again', { verb: 'run.lookAgain', ...about }, 'primary'), button('It happened…', { verb: 'run.itHappened', ...about }), button('It did not…', { verb: 'run.itDidNot', ...about }), state.overridden == null ? button('Override…', { verb: 'run.override', ...about }) : null),
  ]);
}

function notWatched(run: RunMessage, state: Extract<RunMessageState, { is: 'notWatched' }>, about: About): MessageContent {
  return message(mrkdwn`${symbols.unknown} *${truncate(run.plan.summary, 250)} (${run.environment}): sent, and no longer watched*`, [
    section(join([mrkdwn`The outside has taken it and goes on with it. ${person(state.by)} stopped watching ${when(state.endedAt, run.now)}, after ${durationBetween(state.startedAt, state.endedAt)}.`, ...lines(state.lines), askedBySentence(run)], '\n')),
    context(mrkdwn`${changesInOneLine(run.plan.changes, 5)} · plan ${code(shortHash(run.planHash))}`),
    buttons(state.canUndo ? button('Undo…', { verb: 'run.undo', ...about }) : null, button('Look again', { verb: 'run.lookAgain', ...about }), button('See the whole plan', { verb: 'request.show', ...about })),
  ]);
}

function verdict(evidence: Evidence): Mrkdwn {
  return { happened: mrkdwn`it happened.`, didNotHappen: mrkdwn`it did not happen.`, unclear: mrkdwn`not clear yet.` }[evidence.verdict];
}

const askAgain = (about: About) => buttons(button('Ask again…', { verb: 'request.again', ...about }));

function ended(run: RunMessage, first: Mrkdwn, why: Mrkdwn | null, next: Block | null = null): MessageContent {
  return message(first, [section(join([why, mrkdwn`Asked by ${person(run.requestedBy)}${forIncident(run)} · ${run.systemName} · ${run.environment} · plan ${code(shortHash(run.planHash))}`], '\n')), next]);
}

function askedBySentence(run: RunMessage): Mrkdwn {
  return mrkdwn`Asked ${byWhom(run)}`;
}

function askedBy(run: RunMessage): Mrkdwn {
  return mrkdwn`asked ${byWhom(run)}`;
}

function byWhom(run: RunMessage): Mrkdwn {
  const glass = run.brokenGlass == null ? '' : mrkdwn`, *without approval*: ${person(run.brokenGlass.by)} broke the glass, “${truncate(run.brokenGlass.reason, 200)}”`;
  return mrkdwn`by ${person(run.requestedBy)}${run.approvals.length === 0 ? '' : mrkdwn`, approved by ${approvers(run)}`}${glass}${run.overrides == null ? '' : mrkdwn` · ${truncate(run.overrides, 300)}`}`;
}

const approvers = ({ approvals, now }: RunMessage) => join(approvals.map(({ by, at }) => mrkdwn`${person(by)} ${when(at, now)}`), ', ');
const forIncident = ({ incidentId }: RunMessage) => (incidentId === null ? null : mrkdwn` for INC-${incidentId}`);
const lines = (texts: readonly string[]): Mrkdwn[] => {
  const shown = texts.slice(0, 8).map((line) => escape(truncate(line, 250)));
  return texts.length > 8 ? [...shown, mrkdwn`_${count(texts.length - 8, 'more line')}_`] : shown;
};
