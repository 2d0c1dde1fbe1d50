import { expect, test } from 'vitest';
import { openWindow, windowsWithin, type MaintenanceWindow } from '../../src/catalog/maintenance.ts';

/** Goal: a window is open exactly while it says so, in the system's own time. Method: a table of moments around its edges. */
const firstSunday: MaintenanceWindow = { every: 'sun', weeks: [1], from: '02:00', to: '06:00', why: 'Monthly' };
const overnight: MaintenanceWindow = { every: 'fri', weeks: [], from: '22:00', to: '02:00', why: 'Weekly' };
const dated: MaintenanceWindow = { fromAt: new Date('2026-03-07T22:00:00Z'), untilAt: new Date('2026-03-08T01:00:00Z'), why: 'Move' };

for (const [why, window, zone, now, isOpen] of [
  ['the first Sunday of the month, inside (SA-126)', firstSunday, 'UTC', '2026-12-06T02:00:00Z', true],
  ['at its end it is over', firstSunday, 'UTC', '2026-12-06T06:00:00Z', false],
  ['before it begins', firstSunday, 'UTC', '2026-12-06T01:59:59Z', false],
  ['the second Sunday is another one', firstSunday, 'UTC', '2026-12-13T03:00:00Z', false],
  ['the next first Sunday', firstSunday, 'UTC', '2027-01-03T03:00:00Z', true],
  ['the hour is that of the zone', firstSunday, 'Asia/Tokyo', '2026-12-05T17:30:00Z', true],
  ['the first evening of one that goes past midnight', overnight, 'UTC', '2026-03-06T23:00:00Z', true],
  ['past midnight it is still open', overnight, 'UTC', '2026-03-07T01:59:00Z', true],
  ['and then it is over', overnight, 'UTC', '2026-03-07T02:00:00Z', false],
  ['the night before is none', overnight, 'UTC', '2026-03-06T01:00:00Z', false],
  ['a dated one, at its first moment', dated, 'UTC', '2026-03-07T22:00:00Z', true],
  ['a dated one, at its end', dated, 'UTC', '2026-03-08T01:00:00Z', false],
] as const)
  test(`${why}: ${isOpen ? 'open' : 'not open'}`, () => expect(openWindow({ maintenance: [window], timezone: zone }, new Date(now))).toBe(isOpen ? window : null));

test('what comes up: the open one first, then what opens within the days, in the zone of the system', () => {
  const upTo = (now: string, timezone = 'UTC') => windowsWithin({ maintenance: [firstSunday, overnight, dated], timezone }, new Date(now), 7).map(({ why, from, to }) => `${why} ${from.toISOString()} ${to.toISOString()}`);
  expect(upTo('2026-03-07T00:30:00Z')).toEqual([
    'Weekly 2026-03-06T22:00:00.000Z 2026-03-07T02:00:00.000Z',
    'Move 2026-03-07T22:00:00.000Z 2026-03-08T01:00:00.000Z',
    'Weekly 2026-03-13T22:00:00.000Z 2026-03-14T02:00:00.000Z',
  ]);
  expect(upTo('2026-03-08T01:00:00Z')).toEqual(['Weekly 2026-03-13T22:00:00.000Z 2026-03-14T02:00:00.000Z']);
  expect(upTo('2026-12-05T00:00:00Z', 'Asia/Tokyo')).toEqual(['Monthly 2026-12-05T17:00:00.000Z 2026-12-05T21:00:00.000Z', 'Weekly 2026-12-11T13:00:00.000Z 2026-12-11T17:00:00.000Z']);
});
