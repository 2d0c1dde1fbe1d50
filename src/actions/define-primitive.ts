import type { z } from 'zod';
import type { Clock } from '../support/clock.ts';
import type { Json } from '../support/json.ts';
import type { PlanDraft, Refusal, Target, WorkloadTarget } from './plan.ts';
import type { Ports } from './ports.ts';

/**
 * A primitive is a kind of operation that the code knows. It declares; it runs nothing by itself. Deadlines, output caps, redaction,
 * audit, locks and evidence after a crash belong to the runner, once.
 */
export type Primitive = ReadPrimitive | WritePrimitive;

export interface Context {
  readonly ports: Ports;
  readonly clock: Clock;
  /** Aborts at the runner's deadline. */
  readonly signal: AbortSignal;
}

type TargetKind = Target['kind'];
type TargetOf<K extends TargetKind> = Extract<Target, { kind: K }>;
export type Params = { readonly [name: string]: Json };

/** What a read found, as data. The view decides how it looks; long text goes to a file in the thread. */
export interface Reading {
  /** One line with numbers: `2 of 3 pods ready`. */
  readonly headline: string;
  readonly state: 'good' | 'bad' | 'unknown' | 'neutral';
  /** Short lines, most important first. */
  readonly lines: readonly string[];
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly text?: { readonly title: string; readonly body: string };
}

export interface ReadPrimitive<K extends TargetKind = TargetKind, P extends z.ZodType = z.ZodType> {
  readonly id: string;
  readonly effect: 'read';
  readonly target: K;
  readonly params: P;
  /** What it needs of Kubernetes; the Roles are generated from it. */
  readonly rights: readonly Right[];
  read(context: Context, target: TargetOf<K>, params: z.output<P>): Promise<Reading>;
}

export interface WritePrimitive<K extends TargetKind = TargetKind, P extends z.ZodType = z.ZodType, Observed = unknown> {
  readonly id: string;
  readonly effect: 'write';
  readonly target: K;
  readonly params: P;
  readonly rights: readonly Right[];
  /** Reads the target before planning, server-side dry run included. Throws a `StockOpsError` of kind `upstream` when the outside does not answer. */
  observe(context: Context, target: TargetOf<K>, params: z.output<P>): Promise<Observed>;
  /** Pure. */
  plan(input: { readonly target: TargetOf<K>; readonly params: z.output<P>; readonly observed: Observed }): PlanDraft | Refusal;
  /** Called again and again, by any process, until it is no longer `running`; reads only. `startedAt` is when the run began. */
  progress(context: Context, input: ProgressInput<TargetOf<K>>): Promise<Progress>;
  /**
   * After a lost answer: what can be seen from outside about whether the effect happened. Never guesses:
   * `happened` and `didNotHappen` are only for facts that cannot be read otherwise.
   */
  evidence(context: Context, input: ProgressInput<TargetOf<K>>): Promise<Evidence>;
}

export interface ProgressInput<T> {
  readonly runId: string;
  readonly target: T;
  readonly plan: PlanDraft;
  /** What the outside answered to the effect, as kept; `null` when the answer was lost. */
  readonly receipt: Json;
  readonly startedAt: Date;
  readonly now: Date;
}

export type Progress =
  | { readonly status: 'running'; readonly line: string }
  | { readonly status: 'succeeded'; readonly lines: readonly string[] }
  /** `reason` says what is wrong in one sentence; `lines` what is so now; `log` the last words of what crashed. */
  | { readonly status: 'failed'; readonly reason: string; readonly lines: readonly string[]; readonly log?: string; readonly because?: FailedBecause };

/**
 * What kind of end it was, where that matters to whoever reads it: somebody else changed the same thing since, the rollout stands still because it is
 * paused, or the cluster's own deadline for progress has passed (F-29).
 */
export type FailedBecause = 'superseded' | 'paused' | 'noProgress';

export interface Evidence {
  readonly verdict: 'happened' | 'didNotHappen' | 'unclear';
  readonly lines: readonly string[];
}

/** What a primitive asks of a cluster, as Kubernetes spells it. `src/actions/roles.ts` makes Roles of it: for whom, where, and for which names. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Only where the target is a workload of this kind. */
  readonly of?: WorkloadTarget['workload'];
  /** Only on objects with the target's own name. Kubernetes cannot say so of `list`, nor of a `create` by POST. */
  readonly named?: true;
  /** For a look that the identity which changes things must take itself, because one program does both. */
  readonly by?: 'write';
}

export function defineRead<K extends TargetKind, P extends z.ZodType>(primitive: Omit<ReadPrimitive<K, P>, 'effect'>): ReadPrimitive<K, P> {
  return { ...primitive, effect: 'read' };
}

export function defineWrite<K extends TargetKind, P extends z.ZodType, Observed>(
  primitive: Omit<WritePrimitive<K, P, Observed>, 'effect'>,
): WritePrimitive<K, P, Observed> {
  return { ...primitive, effect: 'write' };
}
