import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/catalog/duration.ts';

for (const [text, ms] of [['0m', 0], ['30s', 30_000], ['5m', 300_000], ['2h', 7_200_000], ['90d', 7_776_000_000], ['12w', 7_257_600_000]] as const) {
  test(`reads ${text} as ${ms} ms`, () => {
    expect(parseDuration(text)).toBe(ms);
  });
}

for (const [why, text] of [
  ['no unit', '5'],
  ['no number', 'm'],
  ['a unit that is not ours', '5min'],
  ['two parts', '1h30m'],
  ['a fraction', '1.5h'],
  ['a sign', '-5m'],
  ['space', '5 m'],
  ['nothing', ''],
  ['a number beyond every use', '9999999d'],
] as const) {
  test(`refuses a duration with ${why}`, () => {
    expect(parseDuration(text)).toBeNull();
  });
}

test('whatever it formats, it reads back to the same number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom('s', 'm', 'h', 'd', 'w'), (amount, unit) => {
      const ms = parseDuration(`${amount}${unit}`)!;
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('formats the shortest way', () => {
  expect([5_400_000, 7_200_000, 604_800_000, 45_000].map(formatDuration)).toEqual(['90m', '2h', '1w', '45s']);
});
