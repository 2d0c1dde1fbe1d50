/** A cluster's objects for tests of what is decided from them. Everything is well unless a test says otherwise. */
import type { AutoscalerFound, Container, Pod, Revision, Workload } from '../../src/actions/kubernetes/cluster.ts';
import type { PlanDraft, Refusal, WorkloadTarget } from '../../src/actions/plan.ts';

export const now = new Date('2026-01-05T02:20:00Z');
export const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

export const target: WorkloadTarget = {
  kind: 'workload', context: 'prod', namespace: 'stock-service', workload: 'Deployment', name: 'stock-service', selector: 'app=stock-service', container: 'api',
};

export const templateOf = (image: string, more: object = {}) => ({
  metadata: { labels: { app: 'stock-service' } },
  spec: { containers: [{ name: 'api', image, ...more }] },
});

export function workload(changes: Partial<Workload> = {}): Workload {
  return {
    kind: 'Deployment', name: 'stock-service', uid: 'uid-1', generation: 7, observedGeneration: 7, annotations: { 'deployment.kubernetes.io/revision': '3' }, labels: {},
    paused: false, replicas: 3, status: { desired: 3, current: 3, updated: 3, ready: 3, available: 3, updateRevision: null }, strategy: 'RollingUpdate', partition: 0,
    conditions: [], template: templateOf('r/stock:v2'), containers: [{ name: 'api', image: 'r/stock:v2' }], managers: [], ...changes,
  };
}

export function container(changes: Partial<Container> = {}): Container {
  return { name: 'api', image: 'r/stock:v2', isInit: false, ready: true, restarts: 0, state: { is: 'running', since: ago(600) }, lastEnd: null, ...changes };
}

export function pod(name: string, changes: Partial<Pod> = {}): Pod {
  return {
    name, uid: `uid-of-${name}`, node: 'node-1', createdAt: ago(600), isBeingDeleted: false, phase: 'Running', reason: null, message: null, revisionHash: 'new',
    conditions: [{ type: 'Ready', status: 'True', reason: '', message: '' }], containers: [container()], ...changes,
  };
}

export const notReady = { conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: '' }] };

export function crashing(name: string): Pod {
  return pod(name, {
    ...notReady,
    containers: [container({ ready: false, restarts: 7, state: { is: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' }, lastEnd: { reason: 'OOMKilled', exitCode: 137, message: '', finishedAt: ago(40) } })],
  });
}

export function revision(number: number, image: string, changes: Partial<Revision> = {}): Revision {
  return { number, name: `stock-service-${number}`, hash: `hash-${number}`, createdAt: ago(1000 - number), changeCause: null, containers: [{ name: 'api', image }], template: templateOf(image), pods: 0, ...changes };
}

export const noAutoscaler: AutoscalerFound = { is: 'none' };
export const autoscaler: AutoscalerFound = { is: 'found', autoscaler: { name: 'stock-hpa', minReplicas: 3, maxReplicas: 20, desiredReplicas: 3 } };
export const accepted = { accepted: true, object: null } as const;

export function planned(plan: PlanDraft | Refusal): PlanDraft {
  if ('refused' in plan) throw new Error(`${plan.refused} ${plan.rule}`);
  return plan;
}
