import { expect, test } from 'vitest';
import { helpedInWords, whetherItHelped } from '../../src/runs/helped.ts';
import { nextLookAt } from '../../src/runs/watch.ts';
import type { RunState } from '../../src/storage/tables.ts';

/** Goal: what is said about whether a change helped is what was seen, no more. */
const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2, 2, 0, seconds));
const finished = { state: 'succeeded' as RunState, finishedAt: at(100) };
const incident = (change: { origin?: 'alertmanager' | 'person'; alertsEndedAt?: Date | null; resolvedAt?: Date | null } = {}) => ({ origin: 'alertmanager' as const, alertsEndedAt: null, resolvedAt: null, ...change });

for (const [why, run, about, now, words] of [
  ['no incident', finished, null, at(500), null],
  ['an incident that a person declared has no alerts', finished, incident({ origin: 'person' }), at(500), null],
  ['a change that failed', { ...finished, state: 'failed' as RunState }, incident(), at(500), null],
  ['a change of which no end is recorded', { ...finished, finishedAt: null }, incident({ alertsEndedAt: at(250) }), at(500), null],
  ['alerts that had ended before', finished, incident({ alertsEndedAt: at(90) }), at(500), null],
  ['alerts that ended two minutes later', finished, incident({ alertsEndedAt: at(250) }), at(500), 'The alerts ended 3 min later.'],
  ['alerts that ended in the same second', finished, incident({ alertsEndedAt: at(100) }), at(500), 'The alerts ended with it.'],
  ['alerts that ended within the second', finished, incident({ alertsEndedAt: new Date(at(101).getTime() - 1) }), at(500), 'The alerts ended with it.'],
  ['alerts that ended a second later', finished, incident({ alertsEndedAt: at(101) }), at(500), 'The alerts ended 1 s later.'],
  ['alerts that had ended before the incident was resolved', finished, incident({ alertsEndedAt: at(90), resolvedAt: at(160) }), at(500), null],
  ['an incident that was resolved by its alerts', finished, incident({ resolvedAt: at(160) }), at(500), 'The alerts ended 60 s later.'],
  ['alerts that still fire after a minute', finished, incident(), at(160), 'The alerts still fire. Whether they end is watched for 5 min.'],
  ['alerts that still fire just before five minutes', finished, incident(), new Date(at(400).getTime() - 1), 'The alerts still fire. Whether they end is watched for 5 min.'],
  ['alerts that still fire after five minutes', finished, incident(), at(400), 'The alerts still fire 5 min after it. It did not help, or not enough.'],
] as const) {
  test(`${why}: ${words ?? 'nothing is said'}`, () => expect(helpedInWords(whetherItHelped(run, about, now))).toBe(words));
}

for (const [why, secondsUnknown, inSeconds] of [
  ['just lost', 0, 15],
  ['a minute', 60, 30],
  ['ten minutes', 600, 300],
  ['an hour', 3_600, 600],
  ['more than a day: for people alone', 90_000, null],
] as const) {
  test(`not known for ${why}: looked at again after ${inSeconds ?? 'never'} s`, () => {
    const next = nextLookAt(at(0), at(secondsUnknown));
    expect(next === null ? null : (next.getTime() - at(secondsUnknown).getTime()) / 1_000).toBe(inSeconds);
  });
}
