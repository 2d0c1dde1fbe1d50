import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideAlert, type KnownEpisode } from '../../src/alerts/decide-alert.ts';

const minute = (minutes: number) => new Date(Date.UTC(2026, 2, 2, 2, 0) + minutes * 60_000);
const fires = (from: number) => ({ status: 'firing' as const, startsAt: minute(from), endsAt: new Date('0001-01-01T00:00:00Z') });
const ends = (from: number, to: number) => ({ status: 'resolved' as const, startsAt: minute(from), endsAt: minute(to) });
type Told = ReturnType<typeof fires> | ReturnType<typeof ends>;

/** What is on record after a message, and how many episodes there were. */
function tell(known: KnownEpisode | undefined, told: Told): KnownEpisode | undefined {
  const decision = decideAlert(known, told);
  switch (decision.kind) {
    case 'open':
      return { status: 'firing', startsAt: told.startsAt, latestStartsAt: told.startsAt, endsAt: null };
    case 'refresh':
    case 'reopen':
      return { status: 'firing', startsAt: decision.startsAt, latestStartsAt: decision.latestStartsAt, endsAt: null };
    case 'end':
      return { ...known!, status: 'resolved', endsAt: decision.endsAt };
    case 'ignore':
      return known;
  }
}

describe('G-2: what one message says beyond what is known', () => {
  for (const [why, known, told, kind] of [
    ['a first firing begins an episode', [], fires(0), 'open'],
    ['the same again is the same episode', [fires(0)], fires(0), 'refresh'],
    ['a replica that saw it later is the same episode', [fires(0)], fires(0.5), 'refresh'],
    ['an end that was never seen to begin is nothing', [], ends(0, 5), 'ignore'],
    ['an end ends it', [fires(0)], ends(0, 5), 'end'],
    ['the end of the other replica is nothing new', [fires(0), ends(0, 5)], ends(0.5, 5.3), 'ignore'],
    ['a late firing of what has ended opens it again', [fires(0), ends(0, 5)], fires(0.5), 'reopen'],
    ['a firing after the end is a new episode', [fires(0), ends(0, 5)], fires(8), 'open'],
    ['the late end of an older episode does not end this one', [fires(0), ends(0, 5), fires(8)], ends(0, 5), 'ignore'],
    ['nor after the older beginning was told once more', [fires(8), fires(0)], ends(0, 5), 'ignore'],
  ] as const)
    test(why, () => {
      const before = (known as readonly Told[]).reduce<KnownEpisode | undefined>(tell, undefined);
      expect(decideAlert(before, told).kind).toBe(kind);
    });
});

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) return yield [];
  for (const [index, item] of items.entries()) for (const rest of orders(items.toSpliced(index, 1))) yield [item, ...rest];
}

test('G-2, F-08: in none of the 720 orders of a history of six does a firing alert end up hidden', () => {
  const history: Told[] = [fires(0), fires(0.5), fires(0), ends(0, 10), ends(0.5, 10.2), fires(20)];
  for (const order of orders(history)) {
    const known = order.reduce<KnownEpisode | undefined>(tell, undefined);
    // It fires since minute 20. An end before that says nothing about it, in whatever order the messages came.
    expect(known?.status, order.map((told) => `${told.status} ${told.startsAt.toISOString()}`).join(', ')).toBe('firing');
  }
});

test('G-2: in order, what is on record is what is true; the start is the earliest that was said', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ lasts: fc.integer({ min: 2, max: 30 }), pause: fc.integer({ min: 1, max: 60 }), skew: fc.constantFrom(-0.5, 0, 0.5), ended: fc.boolean() }), { minLength: 1, maxLength: 8 }), (episodes) => {
      let at = 100;
      let known: KnownEpisode | undefined;
      for (const { lasts, pause, skew, ended } of episodes) {
        for (const told of [fires(at), fires(at + skew), fires(at)]) known = tell(known, told);
        expect(known?.status).toBe('firing');
        expect(known!.startsAt.getTime()).toBeLessThanOrEqual(minute(at + Math.min(0, skew)).getTime());
        if (ended) {
          for (const told of [ends(at, at + lasts), ends(at + skew, at + lasts + 0.2)]) known = tell(known, told);
          expect(known?.status).toBe('resolved');
        }
        at += lasts + pause;
      }
    }),
    { numRuns: 2_000 },
  );
});
