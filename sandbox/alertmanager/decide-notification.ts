import type { Reason } from './payload.ts';

/** What the log of notifications remembers of a group: fingerprints, as they were when the last notification was taken. */
export interface LogEntry {
  readonly firing: ReadonlySet<string>;
  readonly resolved: ReadonlySet<string>;
  readonly atMs: number;
}

/** Whether the group is worth a notification now, and why; the rules of Alertmanager's dedup stage, in its order. */
export function whyNotify(entry: LogEntry | undefined, firing: ReadonlySet<string>, resolved: ReadonlySet<string>, nowMs: number, repeatIntervalMs: number): Reason | undefined {
  // What was never told is not worth telling that it is over.
  if (entry === undefined || entry.firing.size === 0) return firing.size > 0 ? 'first notification' : undefined;
  if (!firing.isSubsetOf(entry.firing)) return 'new alerts added';
  if (firing.size === 0) return 'all alerts resolved';
  if (!resolved.isSubsetOf(entry.resolved)) return 'some alerts resolved';
  return nowMs - entry.atMs >= repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}
