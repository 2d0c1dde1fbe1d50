import { fromSecret, type Release } from '../helm/release.ts';
import type { KubernetesStandIn } from '../kubernetes/stand-in.ts';

export interface ReleaseView {
  readonly name: string;
  readonly namespace: string;
  readonly revisions: readonly { readonly revision: number; readonly status: string; readonly chart: string; readonly appVersion: string; readonly description: string; readonly updated: string }[];
}

/** The Helm releases of a namespace with their revisions, newest first, read from where Helm keeps them: Secrets of the cluster. */
export function releasesIn(kubernetes: Pick<KubernetesStandIn, 'list'>, context: string, namespace: string): readonly ReleaseView[] {
  const releases = secretsIn(kubernetes, context, namespace).map((secret) => fromSecret(secret));
  return [...Map.groupBy(releases, ({ name }) => name)].map(([name, revisions]) => ({
    name,
    namespace,
    revisions: revisions.sort((one, other) => other.version - one.version).map(revisionView),
  }));
}

function secretsIn(kubernetes: Pick<KubernetesStandIn, 'list'>, context: string, namespace: string): readonly { readonly data?: { readonly release?: string } }[] {
  try {
    const secrets = kubernetes.list({ context, kind: 'Secret', namespace }) as unknown as readonly { readonly type?: string; readonly data?: { readonly release?: string } }[];
    return secrets.filter(({ type }) => type === 'helm.sh/release.v1');
  } catch {
    // The sandbox's cluster does not have this context.
    return [];
  }
}

function revisionView(release: Release) {
  const { name, version, appVersion } = release.chart.metadata;
  return { revision: release.version, status: release.info.status, chart: `${name}-${version}`, appVersion: appVersion ?? '', description: release.info.description, updated: release.info.last_deployed };
}
