/** Why a pod does not serve, in the words of the cluster. Pure. */
import { ago, count, oneLine } from '../wording.ts';
import type { Container, Pod } from './cluster.ts';

export interface Trouble {
  /** The reason alone, for a running line: `ImagePullBackOff`. */
  readonly reason: string;
  /** The whole sentence: `ImagePullBackOff: manifest unknown`. */
  readonly sentence: string;
  /** The container whose last words would tell more: it ended, and was or will be started again. */
  readonly crashed: string | null;
}

/** A pod counts when its `Ready` condition does: all containers ready, all readiness gates open, and not on its way out. */
export function isReady(pod: Pod): boolean {
  return !pod.isBeingDeleted && pod.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** `null`: nothing is wrong that the cluster knows of, it only has not finished starting. */
export function troubleOf(pod: Pod, now: Date): Trouble | null {
  const broken = pod.containers.map((container) => containerTrouble(container, now)).find((trouble) => trouble !== null);
  if (broken) return broken;
  if (pod.reason !== null) return { reason: pod.reason, sentence: sentence(pod.reason, pod.message ?? ''), crashed: null };
  const unscheduled = pod.conditions.find((condition) => condition.type === 'PodScheduled' && condition.status === 'False');
  if (unscheduled) return { reason: unscheduled.reason, sentence: sentence(unscheduled.reason, unscheduled.message), crashed: null };
  return null;
}

function containerTrouble(container: Container, now: Date): Trouble | null {
  const { state, lastEnd } = container;
  if (state.is === 'waiting' && !harmlessWaits.has(state.reason)) {
    const crashed = lastEnd === null ? null : container.name;
    const end = lastEnd && `, ${count(container.restarts, 'restart')}, last exit ${lastEnd.exitCode} ${oneLine(lastEnd.reason, 60)} ${ago(lastEnd.finishedAt, now)}`;
    return { reason: state.reason, sentence: end === null ? sentence(state.reason, state.message) : `${state.reason}${end}`, crashed };
  }
  if (state.is === 'terminated' && state.exitCode !== 0) {
    return { reason: state.reason, sentence: `${sentence(state.reason, state.message)} (exit ${state.exitCode})`, crashed: container.name };
  }
  return null;
}

/** States that every container goes through. */
const harmlessWaits = new Set(['ContainerCreating', 'PodInitializing', '']);

function sentence(reason: string, message: string): string {
  return message === '' ? reason : `${reason}: ${oneLine(message)}`;
}

/** `2 CrashLoopBackOff, 1 ImagePullBackOff`; empty where nothing is wrong. */
export function troubleSummary(pods: readonly Pod[], now: Date): string {
  const reasons = new Map<string, number>();
  for (const pod of pods) {
    const trouble = isReady(pod) ? null : troubleOf(pod, now);
    if (trouble) reasons.set(trouble.reason, (reasons.get(trouble.reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, pods]) => `${pods} ${reason}`).join(', ');
}
