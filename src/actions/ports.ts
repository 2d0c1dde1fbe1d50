import type { Json } from '../support/json.ts';
import type { ComposeContainer, ComposeContainerTimes } from './compose/container.ts';
import type { HelmChart, HelmManifest, HelmMetadata, HelmRevision, HelmValues } from './helm/release.ts';
import type { HttpAnswer } from './http/answer.ts';
import type { AutoscalerFound, ClusterEvent, LogRequest, Pod, PodUsage, Revision, Workload } from './kubernetes/cluster.ts';
import type { EffectRequest, ReleaseTarget, WorkloadTarget, ComposeTarget, UrlTarget, QueryTarget } from './plan.ts';
import type { QueryAnswer } from './prometheus/samples.ts';

/**
 * What primitives need from the outside. `connectors/` implements these over the real clients; nothing else reaches a cluster,
 * a host or a URL. Every reader rejects with a `StockOpsError` of kind `upstream` when the outside does not answer or refuses;
 * an effect never rejects, it says how the outside took it.
 */
export interface Ports {
  readonly kubernetes: KubernetesPort;
  readonly helm: HelmPort;
  readonly compose: ComposePort;
  readonly http: HttpPort;
  readonly prometheus: PrometheusPort;
}

/** How the outside took an effect. `lost`: it may or may not have happened; nobody tries again. */
export type Receipt =
  | { readonly status: 'accepted'; readonly answer: Json }
  | { readonly status: 'rejected'; readonly reason: string }
  | { readonly status: 'lost'; readonly reason: string };

export type RequestVia<V extends EffectRequest['via']> = Extract<EffectRequest, { via: V }>;

/** Called in the last moment before something leaves this process for the outside. Throws `StoodStill` when that moment has come too late. */
export type BeforeSending = () => void;

export interface KubernetesPort {
  /**
   * Sends one mutating request. Never repeats it. The API server records `stockops-<runId>` as the manager of the fields that
   * changed; a patch of the object itself also writes the run into the annotation `stockops.dev/run`.
   */
  send(request: RequestVia<'kubernetes'>, runId: string, signal: AbortSignal, beforeSending?: BeforeSending): Promise<Receipt>;
  /** The same request with `dryRun=All`: the object as the server would store it. */
  dryRun(request: RequestVia<'kubernetes'>, signal: AbortSignal): Promise<Json>;

  workload(target: WorkloadTarget, signal: AbortSignal): Promise<Workload>;
  /** Those that the target's selector picks. */
  pods(target: WorkloadTarget, signal: AbortSignal): Promise<readonly Pod[]>;
  /** Rollout history, newest first. */
  revisions(target: WorkloadTarget, signal: AbortSignal): Promise<readonly Revision[]>;
  autoscaler(target: WorkloadTarget, signal: AbortSignal): Promise<AutoscalerFound>;
  /** Of the target's namespace, newest first. */
  events(target: WorkloadTarget, signal: AbortSignal): Promise<readonly ClusterEvent[]>;
  /** `null` where the cluster measures nothing. */
  usage(target: WorkloadTarget, signal: AbortSignal): Promise<readonly PodUsage[] | null>;
  /** At most 64 KiB of the newest lines. */
  log(request: LogRequest, signal: AbortSignal): Promise<string>;
}

export interface HelmPort {
  /** Runs Helm once. A failure that left a new revision behind is `accepted` with that revision and its reason: it did change something. */
  run(request: RequestVia<'helm'>, runId: string, signal: AbortSignal, beforeSending?: BeforeSending): Promise<Receipt>;
  /** Whether this Helm writes the run into the description of a rollback, as every Helm does with an upgrade; older ones take none. */
  marksRollbacks(signal: AbortSignal): Promise<boolean>;
  /** The same command with `--dry-run=server --hide-secret`. */
  dryRun(request: RequestVia<'helm'>, target: ReleaseTarget, signal: AbortSignal): Promise<HelmManifest>;

  /** Oldest first. */
  history(target: ReleaseTarget, signal: AbortSignal): Promise<readonly HelmRevision[]>;
  metadata(target: ReleaseTarget, revision: number, signal: AbortSignal): Promise<HelmMetadata>;
  /** Only what somebody set, never the chart's defaults. May hold secrets. */
  values(target: ReleaseTarget, revision: number, signal: AbortSignal): Promise<HelmValues>;
  manifest(target: ReleaseTarget, revision: number, signal: AbortSignal): Promise<HelmManifest>;
  /** The target's chart, in this version where it lies in a registry. */
  chart(target: ReleaseTarget, version: string, signal: AbortSignal): Promise<HelmChart>;
}

export interface ComposePort {
  run(request: RequestVia<'compose'>, runId: string, signal: AbortSignal, beforeSending?: BeforeSending): Promise<Receipt>;
  /** Containers of the project, also those that do not run. */
  containers(target: ComposeTarget, signal: AbortSignal): Promise<readonly ComposeContainer[]>;
  times(target: ComposeTarget, containerId: string, signal: AbortSignal): Promise<ComposeContainerTimes>;
  /** At most 64 KiB of the newest lines of the target's service. */
  log(target: ComposeTarget, tailLines: number, signal: AbortSignal): Promise<string>;
}

export interface HttpPort {
  /** One request without a body and without credentials. Follows no redirect. */
  probe(target: UrlTarget, signal: AbortSignal): Promise<HttpAnswer>;
}

export interface PrometheusPort {
  query(target: QueryTarget, signal: AbortSignal): Promise<QueryAnswer>;
}
export type { ComposeTarget, QueryTarget, ReleaseTarget, UrlTarget, WorkloadTarget };
