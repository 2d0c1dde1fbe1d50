import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stormCard, stormEnd, stormPages, type StormGroup } from '../../src/views/storm.ts';
import { at } from './examples.ts';
import { stormGroups } from './every-view.ts';
import { textsOf, whatSlackRefusesInMessage } from './limits.ts';

const storm = (groups: readonly StormGroup[]) => ({ startedAt: at('02:13'), groups, pages: { waiting: 0, undelivered: 0 }, cardsToCome: 3, now: at('02:14') });
const named = (page: { readonly blocks: readonly unknown[] }) => [...textsOf(page.blocks).join('\n').matchAll(/^INC-(\d+) /gm)].map(([, id]) => Number(id));

test('the thread of a storm names every group exactly once, within Slack’s limits', () => {
  fc.assert(
    fc.property(fc.nat(400), fc.constantFrom('', '&'.repeat(300), '👍'.repeat(90)), (count, long) => {
      const groups = stormGroups(count, (sample) => `${sample}${long}`);
      const pages = stormPages(groups);
      for (const page of pages) expect(whatSlackRefusesInMessage(page)).toEqual([]);
      expect(pages.flatMap(named).toSorted((a, b) => a - b)).toEqual(groups.map(({ incidentId }) => incidentId));
    }),
    { numRuns: 25 },
  );
});

test('a change of state edits a line where it stands; no line moves', () => {
  const groups = stormGroups(120);
  const later = groups.map((group) => ({ ...group, state: 'resolved' as const }));
  expect(stormPages(later).map(named)).toEqual(stormPages(groups).map(named));
  expect(JSON.stringify(stormPages(groups))).toContain('*open*');
  expect(JSON.stringify(stormPages(later))).not.toContain('*open*');
});

test('the storm card counts by severity, names the ten worst and says what is still to come', () => {
  const content = stormCard(storm(stormGroups(212)));
  expect(content.text).toBe('🔴 Storm: 212 alert groups in 1 min · P1 11 · P2 134 · P3 67 · all pages sent');
  expect(named(content)).toHaveLength(10);
  expect(textsOf(content.blocks).join('\n')).toMatch(/3 cards still to come[^]*more open, all named in the thread/);
});

test('pages that were not delivered are in the first line of a storm', () => {
  expect(stormCard({ ...storm(stormGroups(3)), pages: { waiting: 4, undelivered: 2 } }).text).toContain('2 pages NOT delivered');
});

test('a storm is over in green only if nothing of it is open', () => {
  const groups = stormGroups(5);
  expect(stormEnd({ ...storm(groups), endedAt: at('02:41') }).text).toBe('🟠 Storm over after 28 min: 5 alert groups · 4 still open');
  expect(stormEnd({ ...storm(groups.map((group) => ({ ...group, state: 'resolved' }))), endedAt: at('02:41') }).text).toBe('🟢 Storm over after 28 min: 5 alert groups · all resolved');
});
