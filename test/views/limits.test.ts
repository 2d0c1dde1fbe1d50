import type { KnownBlock, View as SlackView } from '@slack/web-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { button, buttons, message, modal, optional, section } from '../../src/views/blocks.ts';
import { parseControl, parseContext } from '../../src/views/controls.ts';
import { mrkdwn } from '../../src/views/mrkdwn.ts';
import { everyView, type View } from './every-view.ts';
import { objectsOf, textsOf, whatSlackRefusesInMessage, whatSlackRefusesInView } from './limits.ts';

/**
 * Goal: Slack never refuses a message of ours for its size or form, and buttons survive any text.
 * Method: every view with texts and lists of any length, against the limits written down a second time in `limits.ts`.
 */
const whatSlackRefuses = (view: View) => ('text' in view ? whatSlackRefusesInMessage(view) : whatSlackRefusesInView(view as unknown as Record<string, unknown>));
const controlsOf = (view: View) => objectsOf(view.blocks, 'button').map(({ action_id }) => action_id);

const lengths = fc.oneof(fc.constantFrom(0, 1, 74, 75, 76, 149, 151, 2_999, 3_000, 3_001, 20_000), fc.nat(4_000));
const units = fc.constantFrom('x', '&', '<', '*', '👍', '\ud83d', 'wörd ', 'a\n', '`');

test('no text is too long for any view, and no button is lost to it', () => {
  const usual = everyView();
  fc.assert(
    fc.property(lengths, units, (length, unit) => {
      for (const [name, view] of Object.entries(everyView(() => unit.repeat(length)))) {
        expect(whatSlackRefuses(view), name).toEqual([]);
        if (!name.startsWith('pick-system')) expect(controlsOf(view), name).toEqual(controlsOf(usual[name] as View));
      }
    }),
    { numRuns: 25 },
  );
});

test('no list is too long for any view', () => {
  for (const [many, length, unit] of [[0, 1, 'x'], [2, 400, '&'], [9, 40, '*'], [11, 1, 'x'], [41, 400, 'x'], [130, 40, '&'], [130, 1, '👍']] as const) {
    for (const [name, view] of Object.entries(everyView((sample) => `${sample}${unit.repeat(length)}`, many))) {
      expect(whatSlackRefuses(view), `${name} with ${many}`).toEqual([]);
    }
  }
});

test('every button and modal can be read back by the handlers', () => {
  for (const [name, view] of Object.entries(everyView((sample) => sample, 3))) {
    for (const made of objectsOf(view.blocks, 'button')) expect(parseControl(String(made['action_id']), String(made['value'])), name).not.toBeNull();
    if ('private_metadata' in view) expect(parseContext(view.private_metadata), name).not.toBeNull();
  }
});

test('the first line is the notification, and it is never empty', () => {
  for (const [name, view] of Object.entries(everyView())) {
    if (!('text' in view)) continue;
    const [first] = textsOf(view.blocks);
    expect(first?.split('\n')[0]?.replaceAll(/[*_](?!\w)|(?<!\w)[*_]|`/g, ''), name).toBe(view.text);
    expect(view.text.trim()).not.toBe('');
  }
});

test('one symbol at most, and it is the first character', () => {
  const symbols = /🔴|🟠|🟢|🟡|⏳|✅|❌|❓/gu;
  for (const [name, view] of Object.entries(everyView())) {
    const found = textsOf(view.blocks).join('\n').match(symbols) ?? [];
    expect(found.length, name).toBeLessThanOrEqual(1);
    if (found.length === 1 && 'text' in view) expect(view.text.startsWith(found[0] as string), name).toBe(true);
  }
});

test('what is least important gives way first, and the message says what is missing', () => {
  const long = (letter: string) => section(mrkdwn`${letter.repeat(2_900)}`);
  const { blocks } = message(mrkdwn`first`, [long('a'), optional('the runbook', long('b')), long('c'), optional('the log', long('d')), buttons(button('Acknowledge', { verb: 'incident.acknowledge' }))]);
  expect(textsOf(blocks)).toEqual(['first', 'a'.repeat(2_900), 'b'.repeat(2_900), 'c'.repeat(2_900), 'Acknowledge', 'Left out for length: the log.']);
});

test('necessary text that is too long is cut where it is longest, and controls stay', () => {
  const parts = Array.from({ length: 60 }, (_, index) => section(mrkdwn`${String(index)} ${'x'.repeat(1_000)}`));
  const content = message(mrkdwn`first`, [...parts, buttons(button('Acknowledge', { verb: 'incident.acknowledge' }))]);
  expect(whatSlackRefusesInMessage(content)).toEqual([]);
  expect(objectsOf(content.blocks, 'button')).toHaveLength(1);
  expect(textsOf(content.blocks)[0]).toBe('first');
  expect(textsOf(content.blocks).at(-1)).toBe('Left out for length: 13 parts.');
});

test('a text is never cut inside a link, a mention or an entity, nor a code block left open', () => {
  fc.assert(
    fc.property(fc.nat(3_100), (length) => {
      const text = mrkdwn`${'x'.repeat(length)} ${'&'.repeat(20)} *bold*`;
      const shown = textsOf(message(mrkdwn`first`, [section(text)]).blocks)[1] as string;
      expect(shown.replaceAll('&amp;', '')).not.toContain('&');
    }),
  );
});

test('more than five buttons are never made; those named first stay', () => {
  const row = buttons(...['one', 'two', 'three', 'four', 'five', 'six'].map((label) => button(label, { verb: 'incident.more' })));
  expect(objectsOf(row, 'button').map(({ text }) => (text as { text: string }).text)).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(new Set(objectsOf(row, 'button').map(({ action_id }) => action_id)).size).toBe(5);
});

test("the blocks are blocks to Slack's own types", () => {
  const content = message(mrkdwn`first`, []);
  const view = modal({ name: 'plan.read', title: 'Plan', about: {}, parts: [] });
  const blocks: KnownBlock[] = [...content.blocks];
  const slackView: SlackView = { ...view, blocks: [...view.blocks] };
  expect([blocks.length, slackView.type]).toEqual([1, 'modal']);
});
