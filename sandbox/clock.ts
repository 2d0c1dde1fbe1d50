import type { Clock } from '../src/support/clock.ts';

/** A clock that runs like its base and can be moved on. It never goes back. */
export interface ShiftableClock extends Clock {
  /** How far it is ahead of its base. */
  offsetMs(): number;
  /** Moves time on and wakes whoever is due by then, earliest first. */
  advance(ms: number): void;
}

// A timer of Node's that is set further ahead fires at once.
const longestNapMs = 2 ** 30;

export function shiftableClock(base: Clock, startOffsetMs = 0): ShiftableClock {
  let offsetMs = startOffsetMs;
  const sleepers = new Set<{ readonly wakeAtMs: number; readonly nudge: AbortController }>();
  const nowMs = () => base.now().getTime() + offsetMs;

  return {
    now: () => new Date(nowMs()),
    offsetMs: () => offsetMs,
    async sleep(ms, signal) {
      const wakeAtMs = nowMs() + Math.max(0, ms);
      while (!signal?.aborted) {
        const sleeper = { wakeAtMs, nudge: new AbortController() };
        const wake = () => sleeper.nudge.abort();
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
        await base.sleep(Math.min(Math.max(0, wakeAtMs - nowMs()), longestNapMs), sleeper.nudge.signal);
        signal?.removeEventListener('abort', wake);
        sleepers.delete(sleeper);
        if (nowMs() >= wakeAtMs) return;
      }
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`Time moves forward: ${ms} ms is not possible.`);
      offsetMs += ms;
      for (const sleeper of [...sleepers].sort((one, other) => one.wakeAtMs - other.wakeAtMs)) sleeper.nudge.abort();
    },
  };
}
