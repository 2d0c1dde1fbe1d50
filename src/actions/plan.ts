import type { RiskCondition } from '../catalog/system.ts';
import type { Json } from '../support/json.ts';

/**
 * What an action acts on, fully named. A target is made from the catalog and looked up; no part of it is ever taken from an
 * alert without having been parsed into a narrow type first (GUARANTEES T-06, T-07).
 */
export type Target = WorkloadTarget | ReleaseTarget | ComposeTarget | UrlTarget | QueryTarget;

export interface WorkloadTarget {
  readonly kind: 'workload';
  /** kubeconfig context, as the system's file names it. */
  readonly context: string;
  readonly namespace: string;
  readonly workload: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  /** Label selector of its pods, as kubectl writes it: `app=stock-api`. */
  readonly selector: string;
  readonly container: string;
}

export interface ReleaseTarget {
  readonly kind: 'release';
  readonly context: string;
  readonly namespace: string;
  readonly release: string;
  readonly chart: string;
  /** The workload that the release rolls out; its progress is the release's progress. */
  readonly workload: WorkloadTarget;
}

export interface ComposeTarget {
  readonly kind: 'compose';
  /** `local`, or the ssh destination that the system's file names. */
  readonly host: string;
  readonly file: string;
  readonly project: string;
  readonly service: string;
  readonly containerName: string;
}

export interface UrlTarget {
  readonly kind: 'url';
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly okStatuses: readonly number[];
  readonly expectJson?: { readonly [field: string]: Json };
}

export interface QueryTarget {
  readonly kind: 'query';
  readonly prometheusUrl: string;
  /** PromQL from the catalog; never composed from labels. */
  readonly expression: string;
  readonly name: string;
  readonly unit: string;
  readonly thresholds: { readonly [name: string]: number };
  /** What an empty answer means; `no_data` where nothing is said. */
  readonly onEmpty?: 'no_data' | 'zero';
  /** For a metric that counts states: 2 is `open`. */
  readonly values?: { readonly [value: string]: string };
}

/** One line of the before → after table on a card. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** The exact effect, as it will be sent. It is executed as stored, never rebuilt from a message. */
export type EffectRequest =
  | {
      readonly via: 'kubernetes';
      readonly context: string;
      readonly method: 'PATCH' | 'PUT';
      readonly path: string;
      readonly contentType: string;
      readonly body: Json;
    }
  | { readonly via: 'helm'; readonly context: string; readonly arguments: readonly string[] }
  | { readonly via: 'compose'; readonly host: string; readonly arguments: readonly string[] };

/**
 * What a primitive says it would do, before anybody agreed to it. Pure: the same target, parameters and observation give the
 * same draft. `runs/` adds who asked, for which incident and under which policy, and hashes the whole (GUARANTEES G-6).
 */
export interface PlanDraft {
  /** `Scale stock-service from 3 to 5`: verb first, no full stop. */
  readonly summary: string;
  readonly changes: readonly Change[];
  /** Full sentences, each something that the person should know before pressing on. */
  readonly warnings: readonly string[];
  /** What about this plan may raise its risk (the catalog's `riskWhen`). */
  readonly conditions?: readonly RiskCondition[];
  readonly request: EffectRequest;
  /** The line that a person could type instead. */
  readonly equivalent: readonly string[];
  /** How to go back, or the reason why that is not possible. */
  readonly undo: { readonly primitive: string; readonly params: { readonly [name: string]: Json } } | { readonly impossible: string };
  /** What must still be so when the plan starts: uid, generation, chart digest, revision. Compared field by field. */
  readonly guard: { readonly [field: string]: Json };
  /** How long the effect may take to settle before the run is said to have failed. */
  readonly settleWithinMs: number;
}

/** Why nothing was planned. The three parts of every refusal: what was not done, the rule, what to do instead. */
export interface Refusal {
  readonly refused: string;
  readonly rule: string;
  readonly instead: string;
}
