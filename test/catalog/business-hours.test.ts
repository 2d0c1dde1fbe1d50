import { expect, test } from 'vitest';
import { nextBusinessDay, nextBusinessMoment } from '../../src/catalog/business-hours.ts';

/**
 * Goal: what may wait for business hours is due at the next opening by the clock on the wall of the system's people.
 * Method: a week from Monday to Friday, nine to five, and a table of moments: inside, at its edges, at night, over weekends, and over both changes of the clocks.
 */
const hours = { days: ['mon', 'tue', 'wed', 'thu', 'fri'] as const, from: '09:00', to: '17:00' };
const berlin = 'Europe/Berlin';

for (const [why, now, zone, moment] of [
  ['inside, it is now', '2026-03-02T10:00:00Z', 'UTC', '2026-03-02T10:00:00Z'],
  ['at the opening, it is now', '2026-03-02T09:00:00Z', 'UTC', '2026-03-02T09:00:00Z'],
  ['at the closing, it is tomorrow', '2026-03-02T17:00:00Z', 'UTC', '2026-03-03T09:00:00Z'],
  ['early in the morning, it is today', '2026-03-02T02:00:00Z', 'UTC', '2026-03-02T09:00:00Z'],
  ['on Friday evening, it is Monday', '2026-03-06T17:30:00Z', 'UTC', '2026-03-09T09:00:00Z'],
  ['on Sunday, it is Monday', '2026-03-08T12:00:00Z', 'UTC', '2026-03-09T09:00:00Z'],
  ['the opening stays at nine when the clocks go forward', '2026-03-28T12:00:00Z', berlin, '2026-03-30T07:00:00Z'],
  ['and before they did it was an hour later by UTC', '2026-03-26T20:00:00Z', berlin, '2026-03-27T08:00:00Z'],
  ['the opening stays at nine when they go back', '2026-10-24T12:00:00Z', berlin, '2026-10-26T08:00:00Z'],
  ['the day is that of the zone', '2026-03-08T23:30:00Z', 'Asia/Tokyo', '2026-03-09T00:00:00Z'],
] as const)
  test(`SV-15: ${why}`, () => expect(nextBusinessMoment(hours, zone, new Date(now))).toEqual(new Date(moment)));

for (const [why, now, moment] of [
  ['in the morning of a working day, it is the next one', '2026-03-02T08:00:00Z', '2026-03-03T09:00:00Z'],
  ['on Friday, it is Monday', '2026-03-06T10:00:00Z', '2026-03-09T09:00:00Z'],
  ['on Saturday, it is Monday', '2026-03-07T10:00:00Z', '2026-03-09T09:00:00Z'],
  ['on Sunday, it is Monday', '2026-03-08T10:00:00Z', '2026-03-09T09:00:00Z'],
] as const)
  test(`SV-16: ${why}`, () => expect(nextBusinessDay(hours, 'UTC', new Date(now))).toEqual(new Date(moment)));

test('a leap day is a day', () => expect(nextBusinessDay(hours, 'UTC', new Date('2028-02-28T10:00:00Z'))).toEqual(new Date('2028-02-29T09:00:00Z')));
