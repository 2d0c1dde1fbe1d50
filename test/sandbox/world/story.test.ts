/** Goal: a story goes on for the right reason only. Method: the pure decision, one row per reason. */
import { expect, test } from 'vitest';
import { nextOf, type Story } from '../../../sandbox/world/story.ts';

const now = new Date('2026-11-22T02:20:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();
const broken: Story = { system: 'stock-service', alert: 'ServiceDown', environment: 'production', startedAt: ago(300), phase: 'broken', changeMark: 'generation 1', goodSince: null, firing: { labels: {} } };
const sight = { isChanged: false, isWell: true, breaksPods: true, now };

for (const [why, story, seen, expected] of [
  ['all pods up for a moment between two crashes changes nothing but the note of it', broken, sight, { phase: 'broken', goodSince: ago(0) }],
  ['failing again forgets the good moment', { ...broken, goodSince: ago(1) }, { ...sight, isWell: false }, { phase: 'broken', goodSince: null }],
  ['good for half a minute without anybody doing anything is over all the same', { ...broken, goodSince: ago(30) }, sight, { phase: 'recovering' }],
  ['a change that is well begins the recovery', broken, { ...sight, isChanged: true }, { phase: 'recovering', goodSince: ago(0) }],
  ['a change that is not well yet waits', broken, { ...sight, isChanged: true, isWell: false }, { phase: 'broken' }],
  ['bad numbers with all pods well wait for a change', { ...broken, goodSince: null }, { ...sight, breaksPods: false }, { phase: 'broken', goodSince: null }],
  ['a recovery that fails again starts its time anew', { ...broken, phase: 'recovering', goodSince: ago(20) }, { ...sight, isWell: false }, { phase: 'recovering', goodSince: null }],
  ['a recovery is not over too early', { ...broken, phase: 'recovering', goodSince: ago(29) }, sight, { phase: 'recovering' }],
] as const) {
  test(why, () => {
    expect(nextOf(story, seen)).toMatchObject(expected);
  });
}

test('a recovery that lasts ends the story', () => {
  expect(nextOf({ ...broken, phase: 'recovering', goodSince: ago(30) }, sight)).toBe('ended');
});

test('a look that finds nothing new keeps the story as it is, so nothing is written', () => {
  expect(nextOf(broken, { ...sight, isWell: false })).toBe(broken);
});
