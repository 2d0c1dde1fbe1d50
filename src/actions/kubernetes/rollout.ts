/**
 * A rollout, watched: by polling, from nothing but the cluster's own state, so that any process can go on with it.
 * The rules for "complete" are kubectl's (`rollout status`).
 */
import { canonicalJson, sha256, type Json } from '../../support/json.ts';
import { runAnnotation } from '../../support/kubernetes-names.ts';
import type { Context, FailedBecause, Progress, ProgressInput, Right } from '../define-primitive.ts';
import type { WorkloadTarget } from '../plan.ts';
import { count, duration, lastLines, oneLine } from '../wording.ts';
import type { Pod, Revision, Workload } from './cluster.ts';
import { logRights, podRights, revisionRights, workloadRights } from './rights.ts';
import { isReady, troubleOf, troubleSummary } from './trouble.ts';

/** How long a rollout may take before the run says that it has failed. Clusters give ten minutes; people in an incident do not. */
export const rolloutSettlesWithinMs = 5 * 60_000;

/** What it takes to watch a workload, and where it is changed, to do that and to read the last words of what crashed. */
export function rolloutRights(change: 'patch' | null): readonly Right[] {
  const watching = [...revisionRights, ...podRights];
  return change === null ? [...workloadRights(['get']), ...watching] : [...workloadRights(['get', change]), ...watching, ...logRights];
}

export type RolloutStage =
  | { readonly stage: 'complete' }
  | { readonly stage: 'unseen' }
  | { readonly stage: 'rolling'; readonly updated: number }
  /** Every pod is new, but not all of them are ready. */
  | { readonly stage: 'settling' }
  | { readonly stage: 'paused' }
  | { readonly stage: 'waitsForDeletion' }
  | { readonly stage: 'deadlineExceeded'; readonly message: string };

/** Pure. */
export function rolloutStage(workload: Workload): RolloutStage {
  const { desired, current, updated, available, ready } = workload.status;
  if (workload.observedGeneration < workload.generation) return { stage: 'unseen' };
  if (workload.strategy === 'OnDelete' && updated < desired) return { stage: 'waitsForDeletion' };
  const isComplete = updated >= desired - workload.partition && (workload.kind === 'Deployment' ? current <= updated : true) && (workload.kind === 'StatefulSet' ? ready : available) >= desired;
  if (isComplete) return { stage: 'complete' };
  if (workload.paused) return { stage: 'paused' };
  const progressing = workload.conditions.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return { stage: 'deadlineExceeded', message: progressing.message };
  return updated < desired - workload.partition || current > updated ? { stage: 'rolling', updated } : { stage: 'settling' };
}

/** What the answer to a patch of a workload says that a later look is compared with. */
export interface RolloutReceipt {
  readonly generation: number;
  readonly templateDigest: string;
}

export function templateDigest(template: Json): string {
  return sha256(canonicalJson(template));
}

/** One look at a rollout that the plan's request has started. */
export async function progressOfRollout(context: Context, input: Pick<ProgressInput<WorkloadTarget>, 'runId' | 'target' | 'plan' | 'receipt' | 'startedAt' | 'now'>): Promise<Progress> {
  const { kubernetes } = context.ports;
  const [workload, pods, revisions] = await Promise.all([
    kubernetes.workload(input.target, context.signal),
    kubernetes.pods(input.target, context.signal),
    kubernetes.revisions(input.target, context.signal),
  ]);
  const newPods = podsOfNewest(workload, pods, revisions);
  const superseded = whySuperseded(workload, input);
  if (superseded !== null) return { status: 'failed', because: 'superseded', reason: superseded, lines: podLines(workload, pods, newPods, input.now) };

  const stage = rolloutStage(workload);
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  switch (stage.stage) {
    case 'complete':
      return { status: 'succeeded', lines: [`${workload.status.ready} of ${workload.status.desired} pods ready`, ...imageLines(workload)] };
    case 'paused':
      return fail('The rollout is paused: it goes on when someone resumes it.', 'paused');
    case 'waitsForDeletion':
      return fail('This workload replaces a pod only when someone deletes it (update strategy OnDelete).');
    case 'deadlineExceeded':
      return fail(`The rollout made no progress within its own deadline: ${oneLine(stage.message)}`, 'noProgress');
    default: {
      if (elapsedMs > input.plan.settleWithinMs) return fail(`The rollout did not finish within ${duration(input.plan.settleWithinMs)}.`);
      const trouble = troubleSummary(newPods, input.now);
      return { status: 'running', line: `${newReadiness(workload, newPods)} (${duration(elapsedMs)})${trouble && `; ${trouble}`}` };
    }
  }

  async function fail(reason: string, because?: FailedBecause): Promise<Progress> {
    const log = await lastWords(context, input.target, newPods, input.now);
    return { status: 'failed', reason, lines: podLines(workload, pods, newPods, input.now), ...(log === null ? {} : { log }), ...(because === undefined ? {} : { because }) };
  }
}

/** Says so only when it is certain that another change came after ours; the autoscaler's is none. */
function whySuperseded(workload: Workload, input: Pick<ProgressInput<WorkloadTarget>, 'runId' | 'plan' | 'receipt'>): string | null {
  if (workload.uid !== input.plan.guard['uid']) return `${workload.name} was deleted and created again by someone else.`;
  if (input.receipt === null || !changedSince(workload, input.receipt)) return null;
  const latestRun = workload.annotations[runAnnotation];
  return latestRun !== undefined && latestRun !== input.runId ? 'Superseded by another change that was made from here.' : 'Superseded by another change, which was not made from here.';
}

function changedSince(workload: Workload, receipt: Json): boolean {
  const { generation, templateDigest: seenDigest } = receipt as Partial<RolloutReceipt>;
  return generation !== undefined && seenDigest !== undefined && workload.generation > generation && templateDigest(workload.template) !== seenDigest;
}

/** The pods of the newest revision: those that a rollout waits for. */
export function podsOfNewest(workload: Workload, pods: readonly Pod[], revisions: readonly Revision[]): readonly Pod[] {
  const hash = workload.status.updateRevision ?? revisions[0]?.hash ?? null;
  return hash === null ? pods : pods.filter((pod) => pod.revisionHash === hash && !pod.isBeingDeleted);
}

function newReadiness(workload: Workload, newPods: readonly Pod[]): string {
  return `${newPods.filter(isReady).length} of ${count(workload.status.desired, 'pod')} new and ready`;
}

function podLines(workload: Workload, pods: readonly Pod[], newPods: readonly Pod[], now: Date): string[] {
  const oldServing = pods.filter((pod) => !newPods.includes(pod) && isReady(pod)).length;
  const troubled = newPods.filter((pod) => !isReady(pod)).map((pod) => `${pod.name}: ${troubleOf(pod, now)?.sentence ?? 'runs but is not ready'}`);
  return [
    newReadiness(workload, newPods),
    ...troubled.slice(0, 5),
    ...(troubled.length > 5 ? [`and ${count(troubled.length - 5, 'more pod')} in trouble`] : []),
    ...(oldServing > 0 ? [`${count(oldServing, 'old pod')} still ${oldServing === 1 ? 'serves' : 'serve'}`] : []),
  ];
}

function imageLines(workload: Workload): string[] {
  return workload.containers.map((container) => `${container.name}: ${oneLine(container.image)}`);
}

/** The last lines of the container that crashed, or `null` where none did or its log is gone. */
async function lastWords(context: Context, target: WorkloadTarget, pods: readonly Pod[], now: Date): Promise<string | null> {
  for (const pod of pods) {
    const crashed = isReady(pod) ? null : (troubleOf(pod, now)?.crashed ?? null);
    if (crashed === null) continue;
    const restarted = pod.containers.find((container) => container.name === crashed)?.state.is === 'waiting';
    const request = { context: target.context, namespace: target.namespace, pod: pod.name, container: crashed, previous: restarted, tailLines: 20 };
    // What went wrong is told either way; a log that cannot be read must not hide it.
    const log = await context.ports.kubernetes.log(request, context.signal).catch(() => '');
    if (log !== '') return lastLines(log, 20);
  }
  return null;
}
