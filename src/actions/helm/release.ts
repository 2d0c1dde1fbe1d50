/** What the primitives read about a Helm release. */
import type { Json } from '../../support/json.ts';
import type { ContainerSpec } from '../kubernetes/cluster.ts';

export interface HelmRevision {
  readonly revision: number;
  readonly updatedAt: string;
  /** `deployed`, `superseded`, `failed`, `pending-upgrade` … */
  readonly status: string;
  /** `stock-service-1.4.0`. */
  readonly chart: string;
  readonly appVersion: string;
  readonly description: string;
}

export interface HelmMetadata {
  readonly revision: number;
  readonly status: string;
  readonly chart: string;
  readonly version: string;
  /** How Helm writes objects: `ssa` is server-side apply, under which fields that somebody else has set are conflicts. */
  readonly applyMethod: string | null;
}

/** The chart that an upgrade would use. */
export interface HelmChart {
  readonly name: string;
  readonly version: string;
  /** SHA-256 over a chart in a folder, and of one in a registry what Helm says it has pulled; `null` where nothing says it. A version may be pushed again with other bytes. */
  readonly digest: string | null;
}

/** The objects of one revision as Helm rendered them, reduced: no values of secrets, and of the others only whether they are equal. */
export interface HelmManifest {
  readonly workload: { readonly replicas: number | null; readonly containers: readonly ManifestContainer[] } | null;
  readonly objects: readonly ManifestObject[];
}

export interface ManifestContainer extends ContainerSpec {
  readonly limits: { readonly [resource: string]: string };
  readonly requests: { readonly [resource: string]: string };
}

export interface ManifestObject {
  readonly kind: string;
  readonly name: string;
  /** SHA-256 of the object, or `null` where Helm hid it (a Secret in a dry run). */
  readonly digest: string | null;
  /** Keys of a ConfigMap or Secret with the digest of each value. */
  readonly keys: { readonly [key: string]: string };
}

export type HelmValues = { readonly [key: string]: Json };
