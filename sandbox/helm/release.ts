import { gunzipSync, gzipSync } from 'node:zlib';
import type { Chart } from './chart.ts';
import type { Values } from './values.ts';

export type ReleaseStatus = 'deployed' | 'superseded' | 'failed' | 'pending-install' | 'pending-upgrade' | 'pending-rollback' | 'uninstalled';

/** One revision of a release, as Helm 4 stores it. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: {
    readonly first_deployed: string;
    readonly last_deployed: string;
    readonly description: string;
    readonly status: ReleaseStatus;
    readonly notes?: string;
  };
  readonly chart: Chart;
  /** What the user set; not what the chart says. */
  readonly config: Values;
  readonly manifest: string;
  readonly apply_method: 'ssa' | 'csa';
}

export interface ReleaseSecret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly type: 'helm.sh/release.v1';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: { readonly [name: string]: string } };
  readonly data: { readonly release: string };
}

/** A release is kept as a Secret: JSON, gzipped, in base64, and once more in the base64 of every Secret. */
export function toSecret(release: Release, modifiedAt: Date): ReleaseSecret {
  const inner = gzipSync(Buffer.from(JSON.stringify(release))).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: `sh.helm.release.v1.${release.name}.v${release.version}`,
      namespace: release.namespace,
      labels: { modifiedAt: String(Math.floor(modifiedAt.getTime() / 1000)), name: release.name, owner: 'helm', status: release.info.status, version: String(release.version) },
    },
    data: { release: Buffer.from(inner).toString('base64') },
  };
}

export function fromSecret(secret: { readonly data?: { readonly release?: string } }): Release {
  const inner = Buffer.from(secret.data?.release ?? '', 'base64').toString();
  return JSON.parse(gunzipSync(Buffer.from(inner, 'base64')).toString()) as Release;
}

export const withStatus = (release: Release, status: ReleaseStatus, description = release.info.description): Release => ({ ...release, info: { ...release.info, status, description } });
