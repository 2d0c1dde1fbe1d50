import { defineWrite, type Context, type Evidence, type Progress } from '../define-primitive.ts';
import type { Json } from '../../support/json.ts';
import { pointerSegment } from '../../support/kubernetes-names.ts';
import { NoParameters } from '../parameters.ts';
import type { WorkloadTarget } from '../plan.ts';
import { count } from '../wording.ts';
import type { Workload } from './cluster.ts';
import { decideEvidence } from './evidence.ts';
import { dryRun, refusedByCluster, type ObservedChange } from './observe.ts';
import { workloadPatch, type PatchOperation } from './patch.ts';
import { progressOfRollout, rolloutRights, rolloutSettlesWithinMs, rolloutStage } from './rollout.ts';

/** The same annotation that `kubectl rollout restart` sets, so that both tools show it alike. */
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

interface Observed extends ObservedChange {
  /** RFC 3339, to the second, as kubectl writes it. */
  readonly at: string;
}

/** Replaces every pod by a new one of the same version, a few at a time, as `kubectl rollout restart` does. */
export const restart = defineWrite({
  id: 'k8s.restart',
  target: 'workload',
  params: NoParameters,
  rights: rolloutRights('patch'),

  observe: async (context: Context, target): Promise<Observed> => {
    const workload = await context.ports.kubernetes.workload(target, context.signal);
    const at = context.clock.now().toISOString().replace(/\.\d+Z$/, 'Z');
    return { workload, at, dryRun: await dryRun(context, request(target, workload, at)) };
  },

  plan: ({ target, observed }) => {
    const { workload } = observed;
    const what = `restarting ${target.name}`;
    if (workload.paused) {
      return { refused: `Not done: ${what}.`, rule: 'Its rollout is paused, so no new pod would start.', instead: 'Resume it first (kubectl rollout resume).' };
    }
    const stage = rolloutStage(workload);
    if (stage.stage === 'rolling') {
      return {
        refused: `Not done: ${what}.`,
        rule: `A rollout is under way: ${stage.updated} of ${count(workload.status.desired, 'pod')} new.`,
        instead: 'Wait until it has settled, or roll back.',
      };
    }
    if (workload.status.desired === 0) {
      return { refused: `Not done: ${what}.`, rule: 'It is scaled to 0, so there is no pod to replace.', instead: 'Scale it up.' };
    }
    if (!observed.dryRun.accepted) return refusedByCluster(what, observed.dryRun.reason);
    return {
      summary: `Restart ${target.name}`,
      changes: [
        { what: 'pods', before: `${workload.status.ready} of ${workload.status.desired} ready`, after: `${count(workload.status.desired, 'new pod')} of the same version` },
        ...workload.containers.map((container) => ({ what: `image of ${container.name}`, before: container.image, after: container.image })),
      ],
      warnings: warnings(workload),
      request: request(target, workload, observed.at),
      equivalent: ['kubectl', 'rollout', 'restart', `--context=${target.context}`, `--namespace=${target.namespace}`, `${target.workload.toLowerCase()}/${target.name}`],
      undo: { impossible: 'A restart changes no version, so there is nothing to go back to.' },
      guard: { uid: workload.uid, generation: workload.generation },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: (context, input): Promise<Progress> => progressOfRollout(context, input),
  evidence: async (context, input): Promise<Evidence> =>
    decideEvidence(input, await context.ports.kubernetes.workload(input.target, context.signal)),
});

function request(target: WorkloadTarget, workload: Workload, at: string) {
  const metadata = (workload.template as { metadata?: { annotations?: Json } }).metadata;
  const operations: PatchOperation[] = [
    ...(metadata === undefined ? [{ op: 'add', path: '/spec/template/metadata', value: {} } as const] : []),
    ...(metadata?.annotations === undefined ? [{ op: 'add', path: '/spec/template/metadata/annotations', value: {} } as const] : []),
    { op: 'add', path: `/spec/template/metadata/annotations/${pointerSegment(restartedAt)}`, value: at },
  ];
  return workloadPatch(target, workload, operations);
}

function warnings(workload: Workload): string[] {
  return [
    'What the pods keep in memory is lost: caches start empty.',
    ...(workload.kind === 'Deployment' ? ['This adds a revision with the same image; a later roll back looks further back by itself.'] : []),
    ...(workload.strategy === 'Recreate' ? ['All pods stop before new ones start: nothing answers meanwhile.'] : []),
    ...(workload.strategy === 'OnDelete' ? ['Pods are replaced only when someone deletes them (update strategy OnDelete).'] : []),
    ...(workload.status.desired === 1 && workload.kind === 'StatefulSet' ? ['There is one pod: nothing answers while it is replaced.'] : []),
  ];
}
