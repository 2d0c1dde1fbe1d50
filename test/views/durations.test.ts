import { expect, test } from 'vitest';
import { count, duration } from '../../src/views/durations.ts';

for (const [ms, words] of [
  [0, '0 s'],
  [412, '0.4 s'],
  [990, '1 s'],
  [41_000, '41 s'],
  [72_000, '1 min 12 s'],
  [60_000, '1 min'],
  [599_600, '10 min'],
  [11 * 60_000 + 20_000, '11 min'],
  [59 * 60_000 + 40_000, '1 h'],
  [125 * 60_000, '2 h 5 min'],
  [48 * 3_600_000, '2 d'],
  [76 * 3_600_000, '3 d 4 h'],
  [-5, '0 s'],
] as const) {
  test(`${ms} ms reads ${words}`, () => expect(duration(ms)).toBe(words));
}

test('one is not many', () => expect([count(1, 'alert'), count(2, 'alert'), count(0, 'page')]).toEqual(['1 alert', '2 alerts', '0 pages']));
