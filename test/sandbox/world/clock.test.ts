/** Goal: a clock that is moved on wakes whoever is due, in order, and nobody else. Method: over a clock that stands still. */
import { expect, test } from 'vitest';
import { shiftableClock } from '../../../sandbox/clock.ts';
import { manualClock, systemClock, type Clock } from '../../../src/support/clock.ts';

const start = new Date('2026-11-22T02:14:00Z');

function sleepersOn(clock: Clock) {
  const woken: string[] = [];
  const sleeper = (name: string, ms: number, signal?: AbortSignal) => clock.sleep(ms, signal).then(() => void woken.push(name));
  return { woken, sleeper, settle: () => systemClock.sleep(1) };
}

test('moving on wakes those who are due, earliest first, and leaves the others asleep', async () => {
  const clock = shiftableClock(manualClock(start));
  const { woken, sleeper, settle } = sleepersOn(clock);
  void sleeper('in ten minutes', 600_000);
  void sleeper('in two', 120_000);
  void sleeper('in one', 60_000);
  await settle();
  clock.advance(120_000);
  await settle();
  expect(woken).toEqual(['in one', 'in two']);
  expect(clock.now()).toEqual(new Date(start.getTime() + 120_000));
  clock.advance(480_000);
  await settle();
  expect(woken).toEqual(['in one', 'in two', 'in ten minutes']);
});

test('time of the base counts together with what it was moved', async () => {
  const base = manualClock(start);
  const clock = shiftableClock(base);
  const { woken, sleeper, settle } = sleepersOn(clock);
  void sleeper('in ten minutes', 600_000);
  await settle();
  clock.advance(540_000);
  await settle();
  base.moveTo(new Date(start.getTime() + 59_999));
  await settle();
  expect(woken).toEqual([]);
  base.moveTo(new Date(start.getTime() + 60_000));
  await settle();
  expect(woken).toEqual(['in ten minutes']);
  expect(clock.offsetMs()).toBe(540_000);
});

test('a sleeper who is called back wakes at once', async () => {
  const clock = shiftableClock(manualClock(start));
  const { woken, sleeper, settle } = sleepersOn(clock);
  const called = new AbortController();
  void sleeper('an hour', 3_600_000, called.signal);
  await settle();
  called.abort();
  await settle();
  expect(woken).toEqual(['an hour']);
});

test('sleeps longer than a timer of Node can, instead of not at all', async () => {
  const naps: number[] = [];
  const clock = shiftableClock({ now: () => start, sleep: (ms) => new Promise(() => void naps.push(ms)) });
  void clock.sleep(60 * 24 * 3_600_000);
  await systemClock.sleep(1);
  expect(naps).toEqual([2 ** 30]);
});

test('does not go back', () => {
  expect(() => shiftableClock(systemClock).advance(-1)).toThrow(RangeError);
});
