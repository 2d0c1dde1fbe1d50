import type { Json } from '../support/json.ts';

/** What escalation needs from PagerDuty. `connectors/pagerduty` implements it over the real service. */
export interface PagerDutyPort {
  /**
   * Sends one event, once: it never tries again by itself, because the order of the events of one `dedupKey` is the caller's to keep
   * (GUARANTEES G-7). Never rejects. The routing key is in no answer.
   */
  send(event: PageEvent): Promise<PageReceipt>;
  /** Who is on call on this schedule now. Never rejects. */
  onCall(scheduleId: string): Promise<OnCall>;
}

export type PageReceipt =
  /** Taken; PagerDuty works on it later, so this is not yet a ringing phone. */
  | { readonly status: 'accepted' }
  /** Not taken. `permanent`: the same event would be refused again. */
  | { readonly status: 'refused'; readonly reason: string; readonly permanent: boolean }
  /** It may or may not have been taken. Sending it again is safe: the same `dedupKey` folds it into one alert. */
  | { readonly status: 'lost'; readonly reason: string };

export interface PageEvent {
  readonly routingKey: string;
  readonly action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedupKey: string;
  readonly summary: string;
  readonly source: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly component?: string;
  readonly group?: string;
  readonly class?: string;
  readonly customDetails: { readonly [name: string]: Json };
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly timestamp: Date;
}

export type OnCall =
  | { readonly status: 'known'; readonly people: readonly OnCallPerson[] }
  | { readonly status: 'unknown'; readonly reason: string };

export interface OnCallPerson {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  /** End of the turn, or `null` where it does not end. */
  readonly until: Date | null;
}
