import { ago, oneLine } from '../wording.ts';
import type { ClusterEvent, Pod, Workload } from './cluster.ts';

/** Events of the workload, its pods, and what stands between them. */
export function eventsAbout(workload: Pick<Workload, 'name'>, pods: readonly Pod[], events: readonly ClusterEvent[]): ClusterEvent[] {
  const names = new Set([workload.name, ...pods.map((pod) => pod.name)]);
  return events.filter(({ object }) => names.has(object.name) || (object.kind === 'ReplicaSet' && object.name.startsWith(`${workload.name}-`)));
}

export function eventLine(event: ClusterEvent, now: Date): string {
  return `${ago(event.lastSeen, now)}: ${event.object.name}: ${timesSeen(event)}: ${oneLine(event.message)}`;
}

export function timesSeen(event: ClusterEvent): string {
  return event.count > 1 ? `${event.reason} (${event.count} times)` : event.reason;
}
