import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { ago, count, oneLine } from '../wording.ts';
import type { ClusterEvent, Container, Pod, Workload } from './cluster.ts';
import { eventLine, eventsAbout } from './object-events.ts';
import { podsReading } from './pods.ts';
import { eventRights, podRights, workloadRights } from './rights.ts';
import { rolloutStage } from './rollout.ts';
import { isReady, troubleOf } from './trouble.ts';

const describedPods = 10;

/**
 * What `kubectl describe` says that helps at night: conditions, the last state and the reason of each restart, and the events of
 * the last hour. Environment variables are left out altogether, because their values may be secrets (SV-36).
 */
export const describe = defineRead({
  id: 'k8s.describe',
  target: 'workload',
  params: NoParameters,
  rights: [...workloadRights(['get']), ...podRights, ...eventRights],
  read: async (context, target): Promise<Reading> => {
    const { kubernetes } = context.ports;
    const [workload, pods, events] = await Promise.all([
      kubernetes.workload(target, context.signal),
      kubernetes.pods(target, context.signal),
      kubernetes.events(target, context.signal),
    ]);
    return description(workload, pods, events, context.clock.now());
  },
});

/** Pure. */
export function description(workload: Workload, pods: readonly Pod[], events: readonly ClusterEvent[], now: Date): Reading {
  const summary = podsReading(pods, now);
  const worstFirst = [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || a.name.localeCompare(b.name));
  const recent = eventsAbout(workload, pods, events).filter((event) => event.lastSeen !== null && now.getTime() - Date.parse(event.lastSeen) < 3_600_000);
  return {
    headline: summary.headline,
    state: summary.state,
    lines: [
      `${workload.kind} ${workload.name}: ${stageWords(workload)}, generation ${workload.generation}`,
      ...workload.containers.map((container) => `${container.name}: ${oneLine(container.image)}`),
      ...summary.lines,
      ...recent.filter((event) => event.type !== 'Normal').slice(0, 5).map((event) => eventLine(event, now)),
    ],
    text: {
      title: `${workload.name}, described`,
      body: [
        `${workload.kind} ${workload.name}`,
        ...workload.conditions.map((condition) => `  ${condition.type}=${condition.status} ${condition.reason}: ${oneLine(condition.message)}`),
        ...worstFirst.slice(0, describedPods).flatMap((pod) => podSection(pod, now)),
        ...(pods.length > describedPods ? ['', `and ${count(pods.length - describedPods, 'more pod')}`] : []),
        '',
        `Events of the last hour: ${recent.length === 0 ? 'none' : ''}`,
        ...recent.slice(0, 40).map((event) => `  ${eventLine(event, now)}`),
      ].join('\n'),
    },
  };
}

function stageWords(workload: Workload): string {
  const stage = rolloutStage(workload);
  switch (stage.stage) {
    case 'complete':
      return 'rolled out';
    case 'paused':
      return 'rollout paused';
    case 'rolling':
      return `rolling out, ${stage.updated} of ${workload.status.desired} new`;
    case 'settling':
      return `${workload.status.available} of ${workload.status.desired} available`;
    case 'unseen':
      return 'changed a moment ago';
    case 'waitsForDeletion':
      return 'waits until someone deletes the old pods';
    case 'deadlineExceeded':
      return 'rollout stuck';
  }
}

function podSection(pod: Pod, now: Date): string[] {
  const trouble = isReady(pod) ? null : troubleOf(pod, now);
  return [
    '',
    `Pod ${pod.name}: ${pod.isBeingDeleted ? 'stopping' : isReady(pod) ? 'ready' : 'not ready'}${trouble ? `, ${trouble.sentence}` : ''}, on ${pod.node ?? 'no node'}, started ${ago(pod.createdAt, now)}`,
    ...pod.conditions.filter((condition) => condition.status !== 'True').map((condition) => `  ${condition.type}=${condition.status} ${condition.reason}: ${oneLine(condition.message)}`),
    ...pod.containers.map((container) => `  ${container.isInit ? 'init container' : 'container'} ${container.name} (${oneLine(container.image)}): ${containerState(container, now)}`),
  ];
}

function containerState(container: Container, now: Date): string {
  const { state, lastEnd } = container;
  const present =
    state.is === 'running' ? `running since ${ago(state.since, now)}`
    : state.is === 'waiting' ? `waiting, ${state.reason}${state.message && `: ${oneLine(state.message)}`}`
    : state.is === 'terminated' ? `ended ${ago(state.finishedAt, now)}, exit ${state.exitCode} ${state.reason}`
    : 'state not known';
  const before = lastEnd === null ? '' : `; before: exit ${lastEnd.exitCode} ${oneLine(lastEnd.reason, 60)} ${ago(lastEnd.finishedAt, now)}${lastEnd.message && `, ${oneLine(lastEnd.message)}`}`;
  return `${present}, ${container.ready ? 'ready' : 'not ready'}, ${count(container.restarts, 'restart')}${before}`;
}
