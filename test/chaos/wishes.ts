/** A write of each family that there is, as a person asks for it. */
import { updateContainer } from '../../sandbox/docker/docker-state.ts';
import { fromSecret, type Release } from '../../sandbox/helm/release.ts';
import type { StandIns } from '../../sandbox/stand-ins.ts';

export const families = ['k8s.scale', 'k8s.restart', 'k8s.undo', 'k8s.setImage', 'helm.upgrade', 'helm.rollback', 'compose.restart', 'compose.stop', 'compose.start'] as const;
export type Family = (typeof families)[number];

export interface Wish {
  readonly command: string;
  readonly channel: string;
  /** Makes the outside such that there is something to do. */
  readonly prepare?: (standIns: StandIns) => void;
}

/** What differs from how things are now, so that there is something to do. */
export function wishFor(family: Family, standIns: StandIns): Wish {
  switch (family) {
    case 'k8s.scale':
      return { command: `mystocks scale ${deploymentOf(standIns, 'mystocks', 'mystocks-api').replicas === 5 ? 4 : 5}`, channel: 'mystocks' };
    case 'k8s.restart':
      return { command: 'stock-api restart', channel: 'stock-api' };
    case 'k8s.undo':
      return { command: 'analysis rollback frontend', channel: 'stock-analysis' };
    case 'k8s.setImage':
      return { command: `mystocks deploy ${deploymentOf(standIns, 'mystocks', 'mystocks-api').tag === 'v1.0.0' ? 'v1.0.1' : 'v1.0.0'}`, channel: 'mystocks' };
    case 'helm.upgrade':
      return { command: `service scale-permanently ${valuesOf(standIns, 'stock-service')['replicaCount'] === 4 ? 5 : 4}`, channel: 'stock-service' };
    case 'helm.rollback':
      return { command: `service rollback ${revisionToGoBackTo(standIns, 'stock-service')}`, channel: 'stock-service' };
    case 'compose.restart':
      return { command: 'crypto restart-api', channel: 'crypto' };
    case 'compose.stop':
      return { command: 'crypto stop grafana', channel: 'crypto', prepare: ({ dockerState }) => updateContainer(dockerState, 'grafana', { state: 'running', exitCode: 0 }) };
    case 'compose.start':
      return { command: 'crypto start prometheus', channel: 'crypto', prepare: ({ dockerState }) => updateContainer(dockerState, 'prometheus', { state: 'exited', exitCode: 0 }) };
  }
}

/** What the release is deployed with: its chart may leave the replicas to an autoscaler, so the Deployment does not tell. */
const valuesOf = (standIns: StandIns, namespace: string): Release['config'] => deployedOf(releasesIn(standIns, namespace))?.config ?? {};

/** The newest one that differs. Helm keeps ten, so after many rows the first ones are gone. */
function revisionToGoBackTo(standIns: StandIns, namespace: string): number {
  const releases = releasesIn(standIns, namespace);
  const now = deployedOf(releases)?.manifest;
  const versions = releases.filter(({ info, manifest }) => info.status === 'superseded' && manifest !== now).map(({ version }) => version);
  if (versions.length === 0) throw new Error(`no revision in ${namespace} differs from the one that is deployed`);
  return Math.max(...versions);
}

const deployedOf = (releases: readonly Release[]): Release | undefined => releases.find(({ info }) => info.status === 'deployed');

function releasesIn({ kubernetes }: StandIns, namespace: string): Release[] {
  const secrets = kubernetes.list({ kind: 'Secret', namespace }) as unknown as readonly { readonly type?: string; readonly data?: { readonly release?: string } }[];
  return secrets.filter(({ type }) => type === 'helm.sh/release.v1').map(fromSecret);
}

function deploymentOf({ kubernetes }: StandIns, namespace: string, name: string): { readonly replicas: number; readonly tag: string } {
  const found = kubernetes.find({ kind: 'Deployment', namespace, name }) as unknown as { spec: { replicas: number; template: { spec: { containers: { image: string }[] } } } } | undefined;
  return { replicas: found?.spec.replicas ?? 0, tag: found?.spec.template.spec.containers[0]?.image.split(':').at(-1) ?? '' };
}
