import type { System } from '../../src/catalog/system.ts';
import type { KubernetesStandIn } from '../kubernetes/stand-in.ts';

export interface WorkloadAddress {
  readonly context: string;
  readonly namespace: string;
  readonly deployment: string;
}

export interface PodView {
  readonly name: string;
  readonly state: 'ready' | 'starting' | 'failing' | 'ending';
  readonly reason: string | null;
}

export interface DeploymentView {
  readonly name: string;
  readonly image: string;
  readonly desired: number;
  /** Another text as soon as somebody changes it; what the autoscaler and other controllers do leaves it as it is. */
  readonly changeMark: string;
  readonly pods: readonly PodView[];
}

type Lister = Pick<KubernetesStandIn, 'list'>;
type Json = { readonly [field: string]: Json } & readonly Json[] & string & number & boolean;

/** The Deployments and StatefulSets of a namespace with their pods, as dots on a panel need them. A context that the cluster does not have is empty. */
export function deploymentsIn(kubernetes: Lister, context: string, namespace: string): readonly DeploymentView[] {
  const listed = (kind: string): readonly Json[] => {
    try {
      return kubernetes.list({ context, kind, namespace }) as unknown as readonly Json[];
    } catch {
      return [];
    }
  };
  const pods = listed('Pod');
  return [...listed('Deployment'), ...listed('StatefulSet')].map((deployment) => ({
    name: deployment['metadata']?.['name'] ?? '',
    image: deployment['spec']?.['template']?.['spec']?.['containers']?.[0]?.['image'] ?? '',
    desired: deployment['spec']?.['replicas'] ?? 1,
    changeMark: changeMarkOf(deployment),
    pods: pods.filter((pod) => carries(pod, deployment['spec']?.['selector']?.['matchLabels'])).map(podView),
  }));
}

export function workloadView(kubernetes: Lister, address: WorkloadAddress): DeploymentView | undefined {
  return deploymentsIn(kubernetes, address.context, address.namespace).find(({ name }) => name === address.deployment);
}

/** What a system's component runs as in an environment; `undefined` where it is nothing of the cluster there. */
export function workloadOf(system: System, environmentName: string, componentName: string | null): WorkloadAddress | undefined {
  const environment = system.environments.get(environmentName);
  const component = [...system.components.values()].find((one) => (componentName === null ? one.isDefault : one.name === componentName));
  if (environment?.platform !== 'kubernetes' || component?.workload === undefined) return undefined;
  return { context: environment.context, namespace: environment.namespace, deployment: component.workload.name };
}

function changeMarkOf(workload: Json): string {
  const byPeople = [...(workload['metadata']?.['managedFields'] ?? [])].filter((entry) => entry['manager'] !== 'kube-controller-manager' && entry['subresource'] !== 'status');
  return JSON.stringify([workload['spec']?.['template'], byPeople.map((entry) => [entry['manager'], entry['operation'], entry['subresource'], entry['time']])]);
}

function carries(pod: Json, labels: Json | undefined): boolean {
  return labels !== undefined && Object.entries(labels).every(([name, value]) => pod['metadata']?.['labels']?.[name] === value);
}

function podView(pod: Json): PodView {
  const name = pod['metadata']?.['name'] ?? '';
  if (pod['metadata']?.['deletionTimestamp']) return { name, state: 'ending', reason: null };
  const container = pod['status']?.['containerStatuses']?.[0];
  const waiting = container?.['state']?.['waiting']?.['reason'] ?? null;
  const ended = container?.['state']?.['terminated']?.['reason'] ?? container?.['lastState']?.['terminated']?.['reason'] ?? null;
  if (container?.['ready']) return { name, state: 'ready', reason: null };
  const isStarting = waiting === null || waiting === 'ContainerCreating' || waiting === 'PodInitializing';
  if (isStarting && ended === null) return { name, state: 'starting', reason: waiting };
  return { name, state: 'failing', reason: ended ?? waiting };
}
