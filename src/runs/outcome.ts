import type { FailedBecause } from '../actions/define-primitive.ts';

/** How a run ended, as the card, the timeline and the audit tell it. */
export type Outcome =
  | { readonly status: 'succeeded'; readonly lines: readonly string[]; readonly checks: readonly Check[] }
  /** `reason` is one sentence; `lines` are what is so now. */
  | { readonly status: 'failed'; readonly reason: string; readonly lines: readonly string[]; readonly log: string | null; readonly because?: FailedBecause }
  /** The effect may or may not have happened. `lines` are what was seen since. */
  | { readonly status: 'unknown'; readonly reason: string; readonly lostAt: string; readonly lines: readonly string[]; readonly verdict: 'happened' | 'didNotHappen' | 'unclear' }
  /** It was not known whether it happened; a person has looked and says so. */
  | { readonly status: 'settled'; readonly happened: boolean; readonly by: string; readonly note: string }
  /** It was sent and taken; a person ended the watching before it was seen to end. `lines` are what was seen last. */
  | { readonly status: 'notWatched'; readonly by: string; readonly lines: readonly string[] }
  /** `who`: whose freeze or whose run stood in the way. */
  | { readonly status: 'notStarted'; readonly reason: string; readonly because?: WhyNotStarted; readonly who?: { readonly did: 'frozen' | 'asked'; readonly by: string; readonly at: string } };

/** Of what kind the reason is, for the one line that is read first. Without it: things are no longer as they were when people agreed. */
export type WhyNotStarted = 'held' | 'late' | 'busy';

export interface Check {
  readonly title: string;
  readonly headline: string;
  readonly good: boolean;
}
