import type { Json } from '../support/json.ts';
import type { EffectRequest, ReleaseTarget, WorkloadTarget, ComposeTarget, UrlTarget, QueryTarget } from './plan.ts';

/**
 * What primitives need from the outside. `connectors/` implements these over the real clients; nothing else reaches a cluster,
 * a host or a URL. Every method rejects with `UpstreamError` when the outside does not answer or refuses.
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

type RequestVia<V extends EffectRequest['via']> = Extract<EffectRequest, { via: V }>;

export interface KubernetesPort {
  /** Sends one mutating request. Never repeats it. `runId` is written into an annotation of ours where the object allows one. */
  send(request: RequestVia<'kubernetes'>, runId: string, signal: AbortSignal): Promise<Receipt>;
  /** The same request with `dryRun=All`: the object as the server would store it. */
  dryRun(request: RequestVia<'kubernetes'>, signal: AbortSignal): Promise<Json>;
  readonly [reader: string]: unknown;
}
export interface HelmPort {
  run(request: RequestVia<'helm'>, runId: string, signal: AbortSignal): Promise<Receipt>;
  readonly [reader: string]: unknown;
}
export interface ComposePort {
  run(request: RequestVia<'compose'>, runId: string, signal: AbortSignal): Promise<Receipt>;
  readonly [reader: string]: unknown;
}
export interface HttpPort {
  readonly [reader: string]: unknown;
}
export interface PrometheusPort {
  readonly [reader: string]: unknown;
}
export type { ComposeTarget, QueryTarget, ReleaseTarget, UrlTarget, WorkloadTarget };
