import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escape, oneLine } from '../../src/views/mrkdwn.ts';
import { everyView, type Outside, type View } from './every-view.ts';
import { objectsOf, textsOf } from './limits.ts';
import { findMarkup, skeleton } from './scan.ts';

/**
 * Goal: whatever alerts, logs, clusters and people write, Slack shows it as text (GUARANTEES T-08).
 * Method: every view is rendered with hostile text in every field that comes from outside; a strict scanner reads every string of the
 * payload, and the markup is compared with that of the same view filled with a harmless word.
 */
const attacks = [
  '<!channel>', '<!here>', '<!everyone>', '<!subteam^S1>', '<@U1>', '<#C1|general>', '<https://evil.test|grafana.example>', 'https://evil.test', 'mailto:a@evil.test', '@channel', '@here', '@everyone', '<!date^0^{date}|now>',
  '&lt;!channel&gt;', '&amp;lt;!channel', '```', '`', '``` ```', '*bold*', '_it_', '~gone~', ':fire:', ':fire', 'fire:', ':100:', '>quote', '>>>', '&gt; quote', '\u202eevil', '\u200b', '\u2066x\u2069', '\u0000', '\u001b[31mred', '\n', '\r\n> x',
  '\u2028', '\ud800', '👩‍👩‍👧', 'e\u0301\u0301\u0301\u0301\u0301\u0301', 'ㅤ', '*', '_', '~', '|', '>', '<', '&', ':', '@', '\\', '{value}', '__proto__', '𝒳', ' ',
];
const hostile = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...attacks) }, fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('x', 'pod 1', 'http_requests_total')), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((text) => oneLine(text) !== '');

const ours = (token: string) =>
  /^!date\^\d+\^(?:\{time\}|\{time_secs\}|\{date_short_pretty\}|\{date_short_pretty\} at \{time\}|\{time\} \(\{ago\}\)|\{date_short_pretty\} at \{time\} \(\{ago\}\))\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(token) ||
  ['@U0ONCALL', '@U0APPROVER'].includes(token) ||
  /^https:\/\/(?:prometheus|alertmanager|grafana|runbooks|example\.slack)(?:\.example)?\.test\/[^|<>]*\|[^|<>]+$/.test(token);

/** Everything that Slack parses: mrkdwn objects and the notification. */
const parsed = (view: View): string[] => [...objectsOf(view.blocks, 'mrkdwn').map((object) => String(object['text'])), ...('text' in view ? [view.text] : [])];

test('T-08: no view makes a mention, link, date, emoji or open code out of text from outside', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const [name, view] of Object.entries(everyView(() => text))) {
        for (const shown of parsed(view)) expect(findMarkup(shown, ours), `${name}: ${shown}`).toEqual([]);
        for (const shown of textsOf(view)) expect(/\p{Default_Ignorable_Code_Point}|\p{Cf}|(?!\n)\p{Cc}/u.test(shown), name).toBe(false);
      }
    }),
    { numRuns: 100 },
  );
});

test('T-08: the markup of a view is the same whatever is in it', () => {
  const harmless = everyView(() => 'x');
  fc.assert(
    fc.property(hostile, (text) => {
      // Short enough that nothing is cut and every reading stays within its message.
      const short = oneLine(text.slice(0, 24)) === '' ? 'x' : text.slice(0, 24);
      for (const [name, view] of Object.entries(everyView(() => short))) {
        if (name.startsWith('storm-thread')) continue; // Longer lines make more pages.
        expect(skeleton(parsed(view).join('\n')), name).toBe(skeleton(parsed(harmless[name] as View).join('\n')));
      }
    }),
    { numRuns: 100 },
  );
});

test('T-08: escaped text alone is never markup', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
      expect(findMarkup(escape(text).source, () => false)).toEqual([]);
    }),
    { numRuns: 20_000 },
  );
});

test('T-08: the scanner itself sees every attack', () => {
  for (const attack of ['<!channel>', '<@U1>', '<https://evil.test|x>', '@here', ':fire:', '```', '`', 'a > b', 'a & b', '\u202e', '\u200b', 'https://evil.test']) {
    expect(findMarkup(attack, () => false), attack).not.toEqual([]);
  }
  expect(skeleton('*a* b')).not.toBe(skeleton('a b'));
});

test('values to compare show characters that cannot be seen', () => {
  const swap: Outside = (sample) => (sample === 'v2.4.0' ? 'v2.4.0\u200b' : sample);
  expect(JSON.stringify(everyView(swap)['plan-for-approval'])).toContain(String.raw`v2.4.0\\u{200b}`);
});
