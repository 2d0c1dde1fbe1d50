import { expect, test } from 'vitest';
import { ago, count, duration, memory, oneLine } from '../../src/actions/wording.ts';
import { parseQuantity } from '../../src/actions/kubernetes/quantity.ts';
import { lastBytes } from '../../src/support/last-bytes.ts';

const now = new Date('2026-01-05T02:20:00Z');

test('times are said in the unit that one would use', () => {
  expect([41_000, 119_000, 180_000, 3 * 3_600_000, 72 * 3_600_000].map(duration)).toEqual(['41 s', '119 s', '3 min', '3 h', '3 d']);
  expect([ago('2026-01-05T02:19:20Z', now), ago(null, now), ago('nonsense', now)]).toEqual(['40 s ago', 'at an unknown time', 'at an unknown time']);
  expect([count(1, 'pod'), count(2, 'pod'), memory(1536 * 1024 ** 2)]).toEqual(['1 pod', '2 pods', '1.5 Gi']);
});

test('text from outside becomes one line without control characters, cut between characters (T-08)', () => {
  expect(oneLine('a\r\n\u2028b\u0007\tc')).toBe('a b c');
  expect(oneLine('👩👩👩👩', 3)).toBe('👩👩…');
});

test('of a long log the end is kept, from a whole line on', () => {
  const log = Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join('\n');
  const kept = lastBytes(log);
  expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(64 * 1024);
  expect(kept).toMatch(/^line \d+\n/);
  expect(kept.endsWith('line 19999')).toBe(true);
  expect(lastBytes('short')).toBe('short');
});

test('amounts of Kubernetes are read in every form that it writes', () => {
  expect(['250m', '1', '1.5Gi', '256Mi', '2e3', '1k'].map(parseQuantity)).toEqual([0.25, 1, 1_610_612_736, 268_435_456, 2000, 1000]);
  expect(parseQuantity('100n')).toBeCloseTo(1e-7, 12);
  expect(parseQuantity('much')).toBeNaN();
});
