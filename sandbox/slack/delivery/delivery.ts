import type { Clock } from '../../../src/support/clock.ts';
import { systemClock } from '../../../src/support/clock.ts';
import type { JsonObject } from '../block-kit/schema.ts';

export type EnvelopeType = 'interactive' | 'slash_commands' | 'events_api';

/** How the app took something that Slack sent it. */
export interface AppAnswer {
  readonly acked: boolean;
  readonly ackedAfterMs: number | null;
  /** What the app sent back with its acknowledgement. */
  readonly payload: unknown;
  /** What the person reads instead: nobody was connected, or three seconds passed. */
  readonly problem: null | 'dispatch_failed' | 'operation_timeout';
}

/** One thing sent to the app, and what became of it. */
export interface DeliveryRecord {
  readonly envelopeId: string;
  readonly type: EnvelopeType;
  readonly payload: JsonObject;
  /** Which of several connections, counted from 1; 0 for HTTP, `null` when there was none. */
  readonly connection: number | null;
  readonly retryNumber: number;
  readonly sentAt: Date;
  ackedAt: Date | null;
  /** Acknowledged after the person had already been told that it failed. */
  isLate: boolean;
}

export interface Delivery {
  readonly records: DeliveryRecord[];
  deliver(type: EnvelopeType, payload: JsonObject): Promise<AppAnswer>;
  close(): Promise<void>;
}

export const ackWithinMs = 3000;

const keptRecords = 20_000;

export function keepRecord(records: DeliveryRecord[], record: DeliveryRecord): void {
  records.push(record);
  if (records.length > keptRecords) records.shift();
}

/**
 * Resolves after `ms` of either time: the clock that the test moves, or the wall's when that clock stands still and the app
 * simply never answers.
 */
export function eitherClock(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return clock === systemClock ? clock.sleep(ms, signal) : Promise.race([clock.sleep(ms, signal), systemClock.sleep(ms, signal)]);
}
