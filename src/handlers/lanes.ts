import type { Clock } from '../support/clock.ts';
import { messageOf, type Log } from '../support/log.ts';

/** One kind of due row and what is done with it. Lanes run side by side, so that a slow cluster never holds up a page. */
export interface Lane {
  readonly name: string;
  /** How long one step may rightly take beyond what a lane usually does. */
  readonly patienceMs?: number;
  /** Takes one due row, if there is one, and does what it asks. `false` when nothing was due. */
  step(now: Date): Promise<boolean>;
  /** When the next row is due; `undefined` when none waits. */
  nextAt(): Promise<Date | undefined>;
}

export interface Lanes {
  start(): void;
  /** Ends the loops after the step that each has in hand. */
  stop(): Promise<void>;
  /** Something may be due: for every lane, or for those that are named. */
  wake(...names: readonly string[]): void;
  /** Steps through everything that is due now. What tests and the simulator use in place of the loops. */
  runUntilIdle(): Promise<void>;
  nextAt(): Promise<Date | undefined>;
  /** The name of a loop that has not come round for `ms` and the patience of its lane, and when it last did: for `/livez` (F-44). */
  stuckFor(ms: number): { readonly name: string; readonly since: Date } | undefined;
}

/** Another process may have written a row that this one was not told of. */
const lookEveryMs = 1_000;
const pauseAfterErrorMs = 1_000;

export function createLanes(lanes: readonly Lane[], clock: Clock, log: Log): Lanes {
  const stopping = new AbortController();
  const lastTurns = new Map<string, Date>();
  let loops: Promise<void>[] = [];
  // A wake that comes while a lane is working must not be lost between its last look and its sleep: so they are counted.
  const wakings = lanes.map((lane) => ({ lane, count: 0, wakeUp: () => {} }));

  async function loop(waking: (typeof wakings)[number]): Promise<void> {
    const { lane } = waking;
    while (!stopping.signal.aborted) {
      const countBefore = waking.count;
      try {
        lastTurns.set(lane.name, clock.now());
        if (await lane.step(clock.now())) continue;
        if (waking.count !== countBefore) continue;
        const dueAt = await lane.nextAt();
        const untilDue = dueAt === undefined ? lookEveryMs : dueAt.getTime() - clock.now().getTime();
        if (waking.count === countBefore) await rest(waking, Math.min(lookEveryMs, Math.max(5, untilDue)));
      } catch (error) {
        log.error('A lane could not work', { lane: lane.name, error: messageOf(error) });
        await rest(waking, pauseAfterErrorMs);
      }
    }
  }

  function rest(waking: (typeof wakings)[number], ms: number): Promise<void> {
    const woken = new AbortController();
    waking.wakeUp = () => woken.abort();
    return clock.sleep(ms, AbortSignal.any([woken.signal, stopping.signal]));
  }

  const wake = (...names: readonly string[]): void => {
    for (const waking of wakings) {
      if (names.length > 0 && !names.includes(waking.lane.name)) continue;
      waking.count += 1;
      waking.wakeUp();
    }
  };

  return {
    start: () => {
      loops = wakings.map(loop);
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
    stuckFor: (ms) => {
      const now = clock.now().getTime();
      const stuck = lanes.find(({ name, patienceMs = 0 }) => now - (lastTurns.get(name)?.getTime() ?? now) > ms + patienceMs);
      return stuck && { name: stuck.name, since: lastTurns.get(stuck.name)! };
    },
  };
}
