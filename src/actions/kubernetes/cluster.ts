/**
 * What the primitives read from a cluster, reduced to what they decide on. Values of environment variables are only in
 * `template`, which no reading and no card ever shows.
 */
import type { Json } from '../../support/json.ts';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

export interface Workload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly uid: string;
  /** Counts changes of the specification, and not those of the status. */
  readonly generation: number;
  readonly observedGeneration: number;
  readonly annotations: { readonly [key: string]: string };
  readonly labels: { readonly [key: string]: string };
  readonly paused: boolean;
  /** `null` for a DaemonSet, which runs on every node that fits. */
  readonly replicas: number | null;
  readonly status: {
    readonly desired: number;
    readonly current: number;
    readonly updated: number;
    readonly ready: number;
    readonly available: number;
    /** Pods of a StatefulSet only: the revision that new pods get. */
    readonly updateRevision: string | null;
  };
  /** `OnDelete`: nothing is replaced until someone deletes the pods. */
  readonly strategy: 'RollingUpdate' | 'Recreate' | 'OnDelete';
  /** StatefulSet: pods below this ordinal keep the old revision. */
  readonly partition: number;
  readonly conditions: readonly Condition[];
  readonly template: Json;
  readonly containers: readonly ContainerSpec[];
  readonly managers: readonly FieldManager[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
}

/** Who last set which fields, as the API server records it. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string | null;
  readonly at: string | null;
  readonly fields: Json;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly node: string | null;
  readonly createdAt: string;
  readonly isBeingDeleted: boolean;
  readonly phase: string;
  /** Why the pod as a whole failed or was put out, where Kubernetes says: `Evicted`. */
  readonly reason: string | null;
  readonly message: string | null;
  /** `pod-template-hash` or `controller-revision-hash`. */
  readonly revisionHash: string | null;
  readonly conditions: readonly Condition[];
  /** Init containers first. */
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly isInit: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: ContainerState;
  readonly lastEnd: Termination | null;
}

export type ContainerState =
  | { readonly is: 'running'; readonly since: string | null }
  | { readonly is: 'waiting'; readonly reason: string; readonly message: string }
  | ({ readonly is: 'terminated' } & Termination)
  | { readonly is: 'unknown' };

export interface Termination {
  readonly reason: string;
  readonly exitCode: number;
  readonly message: string;
  readonly finishedAt: string | null;
}

/** One entry of a workload's rollout history: a ReplicaSet, or a ControllerRevision. */
export interface Revision {
  readonly number: number;
  readonly name: string;
  readonly hash: string | null;
  readonly createdAt: string;
  readonly changeCause: string | null;
  readonly containers: readonly ContainerSpec[];
  readonly template: Json;
  /** Pods it runs now; `null` where Kubernetes does not say. */
  readonly pods: number | null;
}

export interface Autoscaler {
  readonly name: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly desiredReplicas: number;
}

/** `unknown` when the identity of the bot may not list autoscalers: absence would be a guess. */
export type AutoscalerFound = { readonly is: 'found'; readonly autoscaler: Autoscaler } | { readonly is: 'none' } | { readonly is: 'unknown'; readonly why: string };

export interface ClusterEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly object: { readonly kind: string; readonly name: string };
  readonly count: number;
  readonly lastSeen: string | null;
}

export interface PodUsage {
  readonly pod: string;
  /** Amounts as Kubernetes writes them: `250m`, `128Mi`. */
  readonly containers: readonly { readonly name: string; readonly cpu: string; readonly memory: string }[];
}

export interface LogRequest {
  readonly context: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The container that ran before the last restart. */
  readonly previous: boolean;
  readonly tailLines: number;
}
