/**
 * A run is one execution of one plan, from the moment somebody asks.
 *
 *   planned            ──▶ awaiting_approval              confirmed
 *   planned            ──▶ approved                       confirmed, and no approval is needed
 *   awaiting_approval  ──▶ approved | denied              others have decided
 *   approved           ──▶ started
 *   started            ──▶ succeeded | failed | unknown
 *   unknown            ──▶ started | succeeded | failed   evidence or a person has told
 *   failed             ──▶ succeeded                      looked at again, it has finished after all
 *
 *   planned, awaiting_approval            ──▶ expired
 *   planned, awaiting_approval, approved  ──▶ withdrawn | voided
 *
 * What may follow what is `moves` in `transitions.ts`.
 *
 * `approved → started` is one conditional update, committed before the effect. Whoever did not see that commit does nothing. A run that is
 * `started` and whose process is gone is `unknown`: it is never tried again; evidence or a person closes it (G-5).
 */
import type { Outcome } from './outcome.ts';
import type { Plan } from '../approvals/plan.ts';
import type { RunState } from '../storage/tables.ts';
import type { Receipt } from '../actions/ports.ts';

export interface Run {
  readonly id: string;
  readonly plan: Plan;
  readonly planHash: string;
  readonly state: RunState;
  readonly version: number;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
  readonly expiresAt: Date;
  readonly approvedAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly receipt: Receipt | null;
  readonly progressLine: string | null;
  readonly outcome: Outcome | null;
  readonly channelId: string;
  readonly threadKey: string | null;
  readonly undoOf: string | null;
  readonly overridden: Overridden | null;
}

/** Somebody let others go past it while nobody knows whether it happened. */
export interface Overridden {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

export interface Approval {
  readonly userId: string;
  readonly decision: 'approved' | 'denied';
  readonly reason: string | null;
  readonly at: Date;
}

export const finalStates: ReadonlySet<RunState> = new Set(['succeeded', 'failed', 'denied', 'expired', 'withdrawn', 'voided']);
