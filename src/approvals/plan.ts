import type { PlanDraft, Target } from '../actions/plan.ts';
import type { Risk } from '../catalog/system.ts';
import type { Json } from '../support/json.ts';

/** A draft with everything that a decision depends on. Frozen: it is hashed, shown, approved and executed as it stands. */
export interface Plan {
  readonly draft: PlanDraft;
  readonly target: Target;
  readonly params: { readonly [name: string]: Json };
  readonly primitive: string;
  readonly actionId: string;
  readonly systemId: string;
  readonly environment: string;
  readonly component: string | null;
  readonly incidentId: number | null;
  readonly requestedBy: string;
  readonly risk: Risk;
  readonly policyId: string;
  /** A sentence about a run of unknown outcome on the same target that somebody let it go past. */
  readonly overrides?: string;
  readonly approvalsNeeded: number;
  readonly catalogVersion: string;
  readonly epoch: number;
  readonly expiresAt: string;
}
