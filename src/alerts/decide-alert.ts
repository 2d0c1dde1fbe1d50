import type { Alert } from './notification.ts';

/** The latest episode of an alert that is on record: same source, same fingerprint. */
export interface KnownEpisode {
  readonly status: 'firing' | 'resolved';
  /** The earliest beginning that was said, and the latest. */
  readonly startsAt: Date;
  readonly latestStartsAt: Date;
  readonly endsAt: Date | null;
}

/**
 * - `open`: a new episode begins
 * - `refresh`: the open episode goes on
 * - `end`: the open episode is over
 * - `reopen`: the episode that was said to be over is not (a late or reordered message of one of two Alertmanagers)
 * - `ignore`: says nothing that is not known, with the reason
 */
export type AlertDecision =
  | { readonly kind: 'open' }
  | { readonly kind: 'reopen' | 'refresh'; readonly startsAt: Date; readonly latestStartsAt: Date }
  | { readonly kind: 'end'; readonly endsAt: Date }
  | { readonly kind: 'ignore'; readonly reason: 'ended before this episode began' | 'already over' | 'never seen firing' };

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
const later = (a: Date, b: Date): Date => (a > b ? a : b);

/**
 * G-2. `startsAt` differs between two Prometheus servers that see the same fault, so it is merged (the earliest wins) and never part of the identity.
 * When messages come out of order we fail open: at worst one card is updated once too often; a firing alert is never hidden.
 */
export function decideAlert(known: KnownEpisode | undefined, alert: Pick<Alert, 'status' | 'startsAt' | 'endsAt'>): AlertDecision {
  if (alert.status === 'firing') {
    if (known === undefined) return { kind: 'open' };
    if (known.status === 'resolved' && known.endsAt !== null && alert.startsAt > known.endsAt) return { kind: 'open' };
    return {
      kind: known.status === 'firing' ? 'refresh' : 'reopen',
      startsAt: earlier(alert.startsAt, known.startsAt),
      latestStartsAt: later(alert.startsAt, known.latestStartsAt),
    };
  }
  if (known === undefined) return { kind: 'ignore', reason: 'never seen firing' };
  if (known.status === 'resolved') return { kind: 'ignore', reason: 'already over' };
  // Measured by the latest beginning: with the earliest, the late end of an older episode would end this one.
  if (alert.endsAt < known.latestStartsAt) return { kind: 'ignore', reason: 'ended before this episode began' };
  return { kind: 'end', endsAt: alert.endsAt };
}
