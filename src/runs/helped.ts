/** Whether a change helped, and how that is said. Pure: `look-whether-it-helped.ts` looks. */
import { duration } from '../actions/wording.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Run } from './run.ts';

/** How long after a change the alerts may still end because of it. */
const watchedMs = 5 * 60_000;

export type Helped =
  /** Nothing can be said: no alert was firing for it. */
  | { readonly verdict: 'notAsked' }
  | { readonly verdict: 'watching' }
  | { readonly verdict: 'helped'; readonly afterMs: number }
  | { readonly verdict: 'didNotHelp' };

/** Whether the alerts of its incident ended after a change that worked. That one followed the other is said, not that it was the cause. */
export function whetherItHelped(run: Pick<Run, 'state' | 'finishedAt'>, incident: Pick<Incident, 'origin' | 'alertsEndedAt' | 'resolvedAt'> | null, now: Date): Helped {
  if (run.state !== 'succeeded' || run.finishedAt === null || incident?.origin !== 'alertmanager') return { verdict: 'notAsked' };
  const endedAt = incident.alertsEndedAt ?? incident.resolvedAt;
  if (endedAt !== null) return endedAt < run.finishedAt ? { verdict: 'notAsked' } : { verdict: 'helped', afterMs: endedAt.getTime() - run.finishedAt.getTime() };
  return now.getTime() - run.finishedAt.getTime() < watchedMs ? { verdict: 'watching' } : { verdict: 'didNotHelp' };
}

/** For the run's message. */
export function helpedInWords(helped: Helped): string | null {
  switch (helped.verdict) {
    case 'notAsked':
      return null;
    case 'watching':
      return `The alerts still fire. Whether they end is watched for ${duration(watchedMs)}.`;
    case 'helped':
      return helped.afterMs < 1_000 ? 'The alerts ended with it.' : `The alerts ended ${duration(helped.afterMs)} later.`;
    case 'didNotHelp':
      return `The alerts still fire ${duration(watchedMs)} after it. It did not help, or not enough.`;
  }
}
