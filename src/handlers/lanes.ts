import type { Clock } from '../support/clock.ts';
import { messageOf, type Log } from '../support/log.ts';

/** One kind of due row and what is done with it. Lanes run side by side, so that a slow cluster never holds up a page. */
export interface Lane {
  readonly name: string;
  /** Takes one due row, if there is one, and does what it asks. `false` when nothing was due. */
  step(now: Date): Promise<boolean>;
  /** When the next row is due; `undefined` when none waits. */
  nextAt(): Promise<Date | undefined>;
}

export interface Lanes {
  start(): void;
  /** Ends the loops after the step that each has in hand. */
  stop(): Promise<void>;
  wake(): void;
  /** Steps through everything that is due now. What tests and the simulator use in place of the loops. */
  runUntilIdle(): Promise<void>;
  nextAt(): Promise<Date | undefined>;
  /** When each loop last came round, for `/livez`. */
  lastTurns(): ReadonlyMap<string, Date>;
}

/** Another process may have written a row that this one was not told of. */
const lookEveryMs = 1_000;
const pauseAfterErrorMs = 1_000;

export function createLanes(lanes: readonly Lane[], clock: Clock, log: Log): Lanes {
  const stopping = new AbortController();
  const lastTurns = new Map<string, Date>();
  let loops: Promise<void>[] = [];
  let wakers = new Set<() => void>();
  // A wake that comes while a lane is working must not be lost between its last look and its sleep.
  let wakes = 0;

  async function loop(lane: Lane): Promise<void> {
    while (!stopping.signal.aborted) {
      const wakesBefore = wakes;
      try {
        lastTurns.set(lane.name, clock.now());
        if (await lane.step(clock.now())) continue;
        if (wakes !== wakesBefore) continue;
        const dueAt = await lane.nextAt();
        const untilDue = dueAt === undefined ? lookEveryMs : dueAt.getTime() - clock.now().getTime();
        if (wakes === wakesBefore) await rest(Math.min(lookEveryMs, Math.max(5, untilDue)));
      } catch (error) {
        log.error('A lane could not work', { lane: lane.name, error: messageOf(error) });
        await rest(pauseAfterErrorMs);
      }
    }
  }

  function rest(ms: number): Promise<void> {
    const woken = new AbortController();
    const wakeUp = () => woken.abort();
    wakers.add(wakeUp);
    return clock.sleep(ms, AbortSignal.any([woken.signal, stopping.signal])).finally(() => wakers.delete(wakeUp));
  }

  const wake = (): void => {
    wakes += 1;
    const waiting = wakers;
    wakers = new Set();
    for (const wakeUp of waiting) wakeUp();
  };

  return {
    start: () => {
      loops = lanes.map(loop);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
    wake,
    runUntilIdle: async () => {
      for (let busy = true; busy; ) {
        busy = false;
        for (const lane of lanes) while (await lane.step(clock.now())) busy = true;
      }
    },
    nextAt: async () => {
      const times = await Promise.all(lanes.map((lane) => lane.nextAt()));
      return times.filter((time) => time !== undefined).sort((a, b) => a.getTime() - b.getTime())[0];
    },
    lastTurns: () => lastTurns,
  };
}
