import { expect, test } from 'vitest';
import { decideEvent, type KnownEvent } from '../../src/alerts/decide-event.ts';

const minute = (minutes: number) => new Date(Date.UTC(2026, 2, 2, 2, 0) + minutes * 60_000);

/** How often an event is told, over messages of `[minute, status, fingerprint]`. */
function told(messages: readonly (readonly [number, 'firing' | 'resolved', string])[]): number[] {
  let known: KnownEvent | undefined;
  return messages.flatMap(([at, status, fingerprint]) => {
    const { isNews, after } = decideEvent(known, { status, fingerprint }, minute(at));
    known = after;
    return isNews ? [at] : [];
  });
}

for (const [why, messages, news] of [
  ['once, when it begins', [[0, 'firing', 'a']], [0]],
  ['not again while it lasts', [[0, 'firing', 'a'], [240, 'firing', 'a'], [480, 'firing', 'a']], [0]],
  ['not again under another fingerprint while it lasts', [[0, 'firing', 'a'], [300, 'firing', 'b'], [301, 'resolved', 'a']], [0]],
  ['not again when the exporter was away for a moment', [[0, 'firing', 'a'], [300, 'resolved', 'a'], [304, 'firing', 'b']], [0]],
  ['again when it had been over for a while', [[0, 'firing', 'a'], [10, 'resolved', 'a'], [90, 'firing', 'a']], [0, 90]],
  ['not when it only ended', [[0, 'resolved', 'a'], [1, 'firing', 'a']], [1]],
] as const)
  test(`SV-29: an event is told ${why}`, () => expect(told(messages)).toEqual(news));
