import { plurals } from '../../support/kubernetes-names.ts';
import type { Right } from '../define-primitive.ts';

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** On the workload itself, by its name; on nothing else of its kind. */
export function workloadRights(verbs: readonly string[]): readonly Right[] {
  return kinds.map((kind) => ({ group: 'apps', resource: plurals[kind], verbs, of: kind, named: true }));
}

/** A DaemonSet has no number of pods to set. */
export const scaleRights: readonly Right[] = (['Deployment', 'StatefulSet'] as const).map((kind) => ({ group: 'apps', resource: `${plurals[kind]}/scale`, verbs: ['patch'], of: kind, named: true }));

/** Where Kubernetes keeps what ran before. */
export const revisionRights: readonly Right[] = kinds.map((kind) => ({ group: 'apps', resource: kind === 'Deployment' ? 'replicasets' : 'controllerrevisions', verbs: ['list'], of: kind }));

export const podRights: readonly Right[] = [{ group: '', resource: 'pods', verbs: ['list'] }];
/** The names of pods change, so a Role cannot name them. */
export const logRights: readonly Right[] = [{ group: '', resource: 'pods/log', verbs: ['get'] }];
export const eventRights: readonly Right[] = [{ group: '', resource: 'events', verbs: ['list'] }];
/** Which one stands over a workload is inside of it, so all of the namespace are looked at. */
export const autoscalerRights: readonly Right[] = [{ group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: ['list'] }];
export const usageRights: readonly Right[] = [{ group: 'metrics.k8s.io', resource: 'pods', verbs: ['list'] }];
