/**
 * What may become of a run, decided without a database: the state it is in and what somebody or something does → the state it goes to, or why not. The
 * code around it locks the row, asks here, and writes what was answered (`decide.ts`, `break-glass.ts`, `start.ts`, `become-unknown.ts`).
 *
 * Where the state alone does not say it, it is decided elsewhere: what the outside answered and what no longer stands (`start.ts`), what was seen of it
 * (`watch.ts`), that a person ends the watching (`howToCancel`, then `decide.ts`), and what the database forgot (`new-epoch.ts`). No way is taken that is
 * not in the table of moves, whoever decides: `store.ts` asks `mayMove` before it writes.
 */
import { canonicalJson } from '../support/json.ts';
import type { RunState } from '../storage/tables.ts';
import type { Run } from './run.ts';

/** From each state, the states that it may go to. `store.ts` writes no other. */
const moves: Readonly<Record<RunState, readonly RunState[]>> = {
  planned: ['awaiting_approval', 'approved', 'expired', 'withdrawn', 'voided'],
  awaiting_approval: ['approved', 'denied', 'expired', 'withdrawn', 'voided'],
  approved: ['started', 'withdrawn', 'voided'],
  // `started` to `started`: the outside has answered, and how it goes on is watched.
  started: ['started', 'succeeded', 'failed', 'unknown'],
  // `unknown` to `started`: it is known to have happened, and is watched.
  unknown: ['started', 'succeeded', 'failed'],
  // Looked at again, it has finished after all.
  failed: ['succeeded'],
  succeeded: [],
  denied: [],
  expired: [],
  withdrawn: [],
  voided: [],
};

export const mayMove = (from: RunState, to: RunState): boolean => moves[from].includes(to);

export type RunEvent =
  /** `needsOthers`: the rule of now asks for approvals. */
  | { readonly is: 'confirm'; readonly by: string; readonly needsOthers: boolean }
  /** `isEnough`: with this one nothing is missing. */
  | { readonly is: 'approve'; readonly by: string; readonly isEnough: boolean }
  | { readonly is: 'deny'; readonly by: string }
  /** Somebody goes on without the approvals that are missing. */
  | { readonly is: 'breakGlass' }
  | { readonly is: 'withdraw'; readonly by: string }
  | { readonly is: 'expire' }
  /** `seenVersion`: what was looked at and found to stand. `isHeld`: a freeze is in force, or the bot is read-only. */
  | { readonly is: 'start'; readonly seenVersion: number; readonly isHeld: boolean }
  /** Whoever started it is gone, or the answer was lost. */
  | { readonly is: 'lose' }
  | { readonly is: 'settle'; readonly by: string; readonly happened: boolean }
  /** Somebody lets others go past it. */
  | { readonly is: 'override' };

export type Step =
  | { readonly kind: 'moves'; readonly to: RunState }
  /** It counts, and the state stays: an approval of several. */
  | { readonly kind: 'counts' }
  /** The same by the same person, or not due yet: nothing changes, and nothing is wrong. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly rule: string; readonly instead: string };

export type Standing = Pick<Run, 'state' | 'version' | 'requestedBy' | 'expiresAt' | 'approvals' | 'outcome'>;

export function nextStep(run: Standing, event: RunEvent, now: Date): Step {
  const { state } = run;
  const isOver = run.expiresAt <= now;
  const decision = (by: string) => run.approvals.find((approval) => approval.userId === by)?.decision;
  switch (event.is) {
    case 'confirm':
      if (run.requestedBy !== event.by) return refused('it is the plan of somebody else', 'Ask for one of your own.');
      if (wasConfirmed(state)) return nothing;
      if (state !== 'planned') return refused(whyNotNow(state), 'Ask again for a fresh plan.');
      if (isOver) return refused('the plan has expired', 'Ask again for a fresh one.');
      return to(event.needsOthers ? 'awaiting_approval' : 'approved');
    case 'approve':
      if (decision(event.by) === 'approved') return nothing;
      if (state !== 'awaiting_approval') return refused(whyNotNow(state), 'Nothing more is needed of you.');
      if (isOver) return refused('the request has expired', 'Ask for a fresh one.');
      return event.isEnough ? to('approved') : { kind: 'counts' };
    case 'deny':
      if (state === 'denied' && decision(event.by) === 'denied') return nothing;
      return state === 'awaiting_approval' ? to('denied') : refused(whyNotNow(state), 'Nothing more is needed of you.');
    case 'breakGlass':
      if (state !== 'awaiting_approval') return refused('it does not wait for approval', 'Nothing more is needed of you.');
      return isOver ? refused('the request has expired', 'Ask for a fresh one.') : to('approved');
    case 'withdraw':
      if (run.requestedBy !== event.by) return refused('only the person who asked may withdraw it', 'Deny it instead, if you may decide.');
      if (state === 'withdrawn') return nothing;
      return mayMove(state, 'withdrawn') ? to('withdrawn') : refused(whyNotNow(state), 'See how it stands in the thread.');
    case 'expire':
      if (state === 'approved') return isOver ? to('voided') : nothing;
      return mayMove(state, 'expired') && isOver ? to('expired') : nothing;
    case 'start':
      if (state !== 'approved' || run.version !== event.seenVersion) return refused(whyNotNow(state), 'Look at it again.');
      return isOver || event.isHeld ? to('voided') : to('started');
    case 'lose':
      return state === 'started' ? to('unknown') : nothing;
    case 'settle':
      if (run.outcome?.status === 'settled' && run.outcome.by === event.by && run.outcome.happened === event.happened) return nothing;
      return state === 'unknown' ? to(event.happened ? 'succeeded' : 'failed') : refused('it is settled already', 'Look at its message.');
    case 'override':
      if (state === 'started') return refused('it is running, and whoever runs it is alive', 'Wait until it ends, or look whether it can be cancelled.');
      return state === 'unknown' ? { kind: 'counts' } : refused('it is settled already', 'Ask for your change again.');
  }
}

export type Cancelling =
  /** Nothing has been sent. */
  | { readonly kind: 'withdraw' }
  /** It is done as far as we do it: it can be left alone, and then undone. */
  | { readonly kind: 'stopWatching' }
  | { readonly kind: 'refused'; readonly rule: string; readonly instead: string };

/** What can still be done about a run that somebody no longer wants. */
export function howToCancel({ state, receipt, plan }: Pick<Run, 'state' | 'receipt' | 'plan'>): Cancelling {
  if (mayMove(state, 'withdrawn')) return { kind: 'withdraw' };
  if (state === 'unknown') return { kind: 'refused', rule: whyNotNow(state), instead: 'Look again, or settle it on its message.' };
  if (state !== 'started') return { kind: 'refused', rule: whyNotNow(state), instead: 'Look at its message in the thread.' };
  if (receipt !== null) return { kind: 'stopWatching' };
  switch (plan.draft.request.via) {
    case 'helm':
      return { kind: 'refused', rule: 'Helm is at work, and stopping it in the middle would leave the release half changed', instead: 'Wait until it ends; then it can be undone.' };
    case 'compose':
      return { kind: 'refused', rule: 'Docker Compose is at work, and stopping it in the middle would leave the container half changed', instead: 'Wait until it ends; then it can be undone.' };
    case 'kubernetes':
      return { kind: 'refused', rule: 'the request is on its way, and cannot be called back', instead: 'Wait for its answer, a matter of seconds; then it can be undone.' };
  }
}

/** Of the runs under way on one target, the one that a new wish must wait for: one that is about to change it or may have, or the same wish waiting. */
export function inTheWayOf(wish: Pick<Run, 'plan'>, underWay: readonly Run[]): Run | undefined {
  return underWay.find((other) => other.state !== 'awaiting_approval' || isSameWish(other, wish));
}

export function isSameWish(one: Pick<Run, 'plan'>, other: Pick<Run, 'plan'>): boolean {
  return one.plan.primitive === other.plan.primitive && canonicalJson(one.plan.params) === canonicalJson(other.plan.params);
}

function whyNotNow(state: RunState): string {
  switch (state) {
    case 'planned':
      return 'it has not been asked for yet';
    case 'awaiting_approval':
      return 'it waits for approval';
    case 'approved':
      return 'it is approved and about to start';
    case 'started':
      return 'it is already running';
    case 'unknown':
      return 'nobody knows whether it happened';
    case 'expired':
      return 'it has run out';
    case 'withdrawn':
      return 'it was withdrawn';
    case 'denied':
      return 'it was denied';
    case 'voided':
      return 'it is no longer what was agreed to';
    case 'succeeded':
      return 'it has already been carried out';
    // The outside refused it, it did not happen, or it went wrong: its message says which.
    case 'failed':
      return 'it is over already, and failed';
  }
}

const nothing: Step = { kind: 'nothing' };
const to = (state: RunState): Step => ({ kind: 'moves', to: state });
const refused = (rule: string, instead: string): Step => ({ kind: 'refused', rule, instead });
const wasConfirmed = (state: RunState): boolean => state !== 'planned' && state !== 'expired' && state !== 'withdrawn';
