/**
 * The only place that reads the time or waits for it. Everything else is handed a `Clock`, so a test moves
 * hours in milliseconds and a simulation replays a day. SQL gets the time as a parameter, for the same reason.
 */
export interface Clock {
  now(): Date;
  /** Resolves after `ms` on this clock, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

export interface ManualClock extends Clock {
  /** When the next sleeper wakes; `undefined` while nobody sleeps. */
  nextWakeAt(): Date | undefined;
  /** Moves time to `at` (never backwards) and wakes whoever is due, in order of their time. */
  moveTo(at: Date): void;
}

/** A clock that stands still until it is moved. Tests and the sandbox own one. */
export function manualClock(start: Date): ManualClock {
  let nowMs = start.getTime();
  const sleepers = new Set<{ wakeAtMs: number; wake: () => void }>();
  const earliest = () =>
    [...sleepers].reduce<{ wakeAtMs: number; wake: () => void } | undefined>(
      (first, sleeper) => (first === undefined || sleeper.wakeAtMs < first.wakeAtMs ? sleeper : first),
      undefined,
    );
  return {
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          wakeAtMs: nowMs + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    nextWakeAt: () => {
      const first = earliest();
      return first && new Date(first.wakeAtMs);
    },
    moveTo: (at) => {
      const target = at.getTime();
      for (let first = earliest(); first && first.wakeAtMs <= target; first = earliest()) {
        nowMs = Math.max(nowMs, first.wakeAtMs);
        first.wake();
      }
      nowMs = Math.max(nowMs, target);
    },
  };
}
