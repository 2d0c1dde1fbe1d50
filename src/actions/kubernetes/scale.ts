import { z } from 'zod';
import { StockOpsError } from '../../support/errors.ts';
import type { RiskCondition } from '../../catalog/system.ts';
import { defineWrite, type Evidence, type Progress } from '../define-primitive.ts';
import { Replicas } from '../parameters.ts';
import type { WorkloadTarget } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import { count, duration } from '../wording.ts';
import type { AutoscalerFound, Workload } from './cluster.ts';
import { decideEvidence } from './evidence.ts';
import { dryRun, helmReleaseOf, refusedByCluster, type ObservedChange } from './observe.ts';
import { scalePatch, type PatchOperation } from './patch.ts';
import { autoscalerRights, podRights, scaleRights, workloadRights } from './rights.ts';
import { rolloutSettlesWithinMs } from './rollout.ts';
import { isReady, troubleOf, troubleSummary } from './trouble.ts';

interface Observed extends ObservedChange {
  readonly autoscaler: AutoscalerFound;
}

/** Changes how many pods a Deployment or StatefulSet runs, as `kubectl scale` does. */
export const scale = defineWrite({
  id: 'k8s.scale',
  target: 'workload',
  params: z.strictObject({ replicas: Replicas }),
  rights: [...workloadRights(['get']), ...scaleRights, ...autoscalerRights, ...podRights],

  observe: async (context, target, params): Promise<Observed> => {
    const [workload, autoscaler] = await Promise.all([
      context.ports.kubernetes.workload(target, context.signal),
      context.ports.kubernetes.autoscaler(target, context.signal),
    ]);
    const isPossible = workload.replicas !== null && workload.replicas !== params.replicas;
    return { workload, autoscaler, dryRun: isPossible ? await dryRun(context, scalePatch(target, workload, params.replicas)) : { accepted: true, object: null } };
  },

  plan: ({ target, params, observed }) => {
    const { workload, autoscaler } = observed;
    const what = `scaling ${target.name} to ${params.replicas}`;
    if (workload.replicas === null) {
      return { refused: `Not done: ${what}.`, rule: 'A DaemonSet runs one pod on every node that fits.', instead: 'Change the nodes, or the labels that choose them.' };
    }
    if (workload.replicas === params.replicas) {
      return { refused: `Not done: ${what}.`, rule: `It is set to ${params.replicas} already.`, instead: `${workload.status.ready} of ${count(params.replicas, 'pod')} ready; look at the pods if that is too few.` };
    }
    if (!observed.dryRun.accepted) return refusedByCluster(what, observed.dryRun.reason);
    return {
      summary: `Scale ${target.name} from ${workload.replicas} to ${params.replicas}`,
      changes: [
        { what: 'replicas', before: String(workload.replicas), after: String(params.replicas) },
      ],
      warnings: warnings(target, workload, autoscaler, params.replicas),
      conditions: conditions(workload.replicas, autoscaler, params.replicas),
      request: scalePatch(target, workload, params.replicas),
      equivalent: [
        'kubectl', 'scale', `--context=${target.context}`, `--namespace=${target.namespace}`,
        `--current-replicas=${workload.replicas}`, `--replicas=${params.replicas}`, `${target.workload.toLowerCase()}/${target.name}`,
      ],
      undo: { primitive: 'k8s.scale', params: { replicas: workload.replicas } },
      guard: { uid: workload.uid, generation: workload.generation, replicas: workload.replicas },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: async (context, input): Promise<Progress> => {
    const wanted = wantedReplicas(input.plan.request);
    const [workload, pods] = await Promise.all([
      context.ports.kubernetes.workload(input.target, context.signal),
      context.ports.kubernetes.pods(input.target, context.signal),
    ]);
    if (workload.uid !== input.plan.guard['uid']) return { status: 'failed', because: 'superseded', reason: `${workload.name} was deleted and created again by someone else.`, lines: [] };
    if (workload.replicas !== wanted) {
      return { status: 'failed', because: 'superseded', reason: `Superseded: ${whoSetReplicas(workload)} has set ${workload.name} to ${workload.replicas} since.`, lines: [readiness(workload)] };
    }
    const { ready, current } = workload.status;
    if (workload.observedGeneration >= workload.generation && current === wanted && ready === wanted) {
      return { status: 'succeeded', lines: [wanted === 0 ? 'No pods run any more' : readiness(workload)] };
    }
    const elapsedMs = input.now.getTime() - input.startedAt.getTime();
    const trouble = troubleSummary(pods, input.now);
    if (elapsedMs <= input.plan.settleWithinMs) {
      return { status: 'running', line: `${readiness(workload)} (${duration(elapsedMs)})${trouble && `; ${trouble}`}` };
    }
    const waiting = pods.filter((pod) => !isReady(pod)).map((pod) => `${pod.name}: ${troubleOf(pod, input.now)?.sentence ?? 'not ready yet'}`);
    return { status: 'failed', reason: `It did not settle within ${duration(input.plan.settleWithinMs)}.`, lines: [readiness(workload), ...waiting.slice(0, 5)] };
  },

  /** The Scale has no annotations, but the API server names our field manager beside `spec.replicas`. */
  evidence: async (context, input): Promise<Evidence> =>
    decideEvidence(input, await context.ports.kubernetes.workload(input.target, context.signal)),
});

function wantedReplicas(request: { readonly via: string }): number {
  const operations = (request as RequestVia<'kubernetes'>).body as unknown as readonly PatchOperation[];
  const write = operations.find((operation) => operation.op !== 'test' && operation.path === '/spec/replicas');
  if (write === undefined || !('value' in write) || typeof write.value !== 'number') throw new StockOpsError('PLAN_UNREADABLE');
  return write.value;
}

function readiness(workload: Workload): string {
  return `${workload.status.ready} of ${count(workload.replicas ?? workload.status.desired, 'pod')} ready`;
}

function whoSetReplicas(workload: Workload): string {
  const manager = workload.managers.find(({ fields }) => hasReplicas(fields))?.manager;
  if (manager === undefined) return 'somebody';
  return manager === 'kube-controller-manager' ? 'the autoscaler' : manager.startsWith('stockops-') ? 'another run' : manager;
}

function hasReplicas(fields: unknown): boolean {
  const specification = (fields as { 'f:spec'?: { 'f:replicas'?: unknown } } | null)?.['f:spec'];
  return specification?.['f:replicas'] !== undefined;
}

function warnings(target: WorkloadTarget, workload: Workload, found: AutoscalerFound, replicas: number): string[] {
  const list: string[] = [];
  if (workload.replicas !== null && replicas < workload.replicas) list.push(`This takes ${count(workload.replicas - replicas, 'pod')} away.`);
  if (found.is === 'unknown') list.push(`It is not known whether an autoscaler will change this again: ${found.why}`);
  if (found.is === 'found') {
    const { name, minReplicas, maxReplicas } = found.autoscaler;
    if (replicas === 0) list.push(`Zero pods switch the autoscaler ${name} off: it does nothing until someone scales up again.`);
    else if (replicas < minReplicas || replicas > maxReplicas) {
      list.push(`The autoscaler ${name} keeps between ${minReplicas} and ${maxReplicas} and will undo this within a minute or so. Change its bounds instead.`);
    } else if (workload.replicas === 0) list.push(`This switches the autoscaler ${name} (${minReplicas} to ${maxReplicas}) on again.`);
    else list.push(`The autoscaler ${name} (${minReplicas} to ${maxReplicas}) may change this again as soon as it measures.`);
  } else if (replicas === 0) list.push('Zero pods: nothing answers until someone scales up again.');
  const release = helmReleaseOf(workload);
  if (release !== null) list.push(`Helm's release ${release} still says otherwise: its next upgrade or rollback brings its own number back.`);
  if (workload.paused) list.push(`${target.name} is paused; new pods still start, with the version that runs now.`);
  return list;
}

function conditions(before: number, found: AutoscalerFound, after: number): RiskCondition[] {
  const isOutside = found.is === 'found' && (after < found.autoscaler.minReplicas || after > found.autoscaler.maxReplicas);
  return [
    ...(after < before ? (['fewer_replicas'] as const) : []),
    ...(isOutside ? (['outside_autoscaler'] as const) : []),
    ...(after === 0 ? (['to_zero'] as const) : []),
  ];
}
