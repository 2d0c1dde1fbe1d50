import { z } from 'zod';
import { defineRead, type Reading } from '../define-primitive.ts';
import { ago, count, oneLine } from '../wording.ts';
import type { ClusterEvent } from './cluster.ts';
import { eventLine, eventsAbout, timesSeen } from './object-events.ts';
import { eventRights, podRights } from './rights.ts';

/** What the cluster has noted about the target and its pods, newest first. Kubernetes forgets after an hour. */
export const events = defineRead({
  id: 'k8s.events',
  target: 'workload',
  params: z.strictObject({ all: z.boolean({ error: 'must be true for the whole namespace, or false' }).default(false) }),
  rights: [...podRights, ...eventRights],
  read: async (context, target, params): Promise<Reading> => {
    const [events, pods] = await Promise.all([
      context.ports.kubernetes.events(target, context.signal),
      context.ports.kubernetes.pods(target, context.signal),
    ]);
    return eventsReading(params.all ? events : eventsAbout(target, pods, events), context.clock.now());
  },
});

/** Pure. */
export function eventsReading(events: readonly ClusterEvent[], now: Date): Reading {
  const warnings = events.filter((event) => event.type !== 'Normal');
  return {
    headline: `${count(warnings.length, 'warning')} among ${count(events.length, 'event')}`,
    state: events.length === 0 ? 'unknown' : warnings.length > 0 ? 'bad' : 'neutral',
    lines: events.length === 0 ? ['The cluster keeps events for an hour; none is left.'] : warnings.slice(0, 5).map((event) => eventLine(event, now)),
    table: {
      columns: ['when', 'kind', 'about', 'what', 'message'],
      rows: events.slice(0, 50).map((event) => [ago(event.lastSeen, now), event.type, `${event.object.kind}/${event.object.name}`, timesSeen(event), oneLine(event.message)]),
    },
  };
}
