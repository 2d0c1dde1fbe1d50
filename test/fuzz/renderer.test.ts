import fc from 'fast-check';
import { expect, test } from 'vitest';
import { code, codeBlock, escape, link, mrkdwn, oneLine, person, truncateMrkdwn, webAddress } from '../../src/views/mrkdwn.ts';
import { everyView, type View } from '../views/every-view.ts';
import { objectsOf, textsOf } from '../views/limits.ts';
import { findMarkup } from '../views/scan.ts';
import { fuzz } from './runs.ts';

/**
 * Goal: whatever text comes from outside, Slack reads it as text (GUARANTEES T-08, M-16).
 * Method: hostile text through every way that leads into mrkdwn, and now and then through every view; a strict scanner, written apart from the renderer, looks for
 * whatever no template of ours has made.
 */
const attacks = [
  '<!channel>', '<!here|x>', '<!everyone>', '<!subteam^S1>', '<@U1>', '<#C1|general>', '<https://evil.test|grafana.example>', 'https://evil.test', '@channel', '@here', '@everyone', '<!date^0^{date}|now>', '&lt;!channel&gt;', '&amp;lt;', '```', '`', '*', '_', '~',
  ':fire:', ':fire', 'fire:', ':100:', '>', '<', '&', '|', '\n', '\r\n> ', '\u2028', '\u0085', '\u202e', '\u2066', '\u200b', '\ufeff', '\u0000', '\u001b[31m', '\u001b]8;;https://evil.test\u0007', '\ud800', '\udc00', '👩‍👩‍👧', 'e\u0301\u0301\u0301\u0301\u0301', 'ㅤ', '⠀', '\\', '{value}', '[hidden: token]',
];
const hostile = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...attacks) }, fc.string({ unit: 'binary', maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('pod 1', 'http_requests_total', '10.0.0.1:8080')), { maxLength: 10 })
  .map((parts) => parts.join(''));
const nothing = () => false;

test('M-16, T-08: text from outside is never markup, alone or in a template, cut or whole', () => {
  fc.assert(
    fc.property(hostile, hostile, fc.integer({ min: 10, max: 80 }), (text, other, max) => {
      expect(findMarkup(escape(text).source, nothing)).toEqual([]);
      expect(findMarkup(code(text).source, nothing)).toEqual([]);
      expect(findMarkup(codeBlock(text).source, nothing)).toEqual([]);
      expect(findMarkup(person(text).source, (token) => /^@[UW][A-Z0-9]{1,30}$/.test(token))).toEqual([]);
      expect(findMarkup(mrkdwn`${text}: ${code(other)} (${other})`.source, nothing)).toEqual([]);
      expect(findMarkup(truncateMrkdwn(mrkdwn`${text} ${codeBlock(other)} ${code(text)} ${other}`, max).source, nothing)).toEqual([]);
    }),
    fuzz('renderer', 3_000),
  );
});

test('M-16, T-08: a link leads where it says, and nowhere else', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, hostile.map((text) => `https://runbooks.example.test/${text}`), fc.webUrl()), hostile, (url, words) => {
      const address = webAddress(url);
      const shown = findMarkup(link(url, words).source, (token) => address !== null && token.startsWith(`${address.replaceAll('&', '&amp;')}|`) && !token.slice(address.length).includes('>'));
      expect(shown).toEqual([]);
      if (address !== null) expect(link(url, words).source).toContain(`<${address.replaceAll('&', '&amp;')}|`);
    }),
    fuzz('links', 2_000),
  );
});

const ours = (token: string) => /^!date\^\d+\^[^|<>]+\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(token) || ['@U0ONCALL', '@U0APPROVER'].includes(token) || /^https:\/\/(?:prometheus|alertmanager|grafana|runbooks|example\.slack)(?:\.example)?\.test\/[^|<>]*\|[^|<>]+$/.test(token);
const parsed = (view: View): string[] => [...objectsOf(view.blocks, 'mrkdwn').map((object) => String(object['text'])), ...('text' in view ? [view.text] : [])];

test('M-16, T-08: no view makes more of it than text', () => {
  // One run draws dozens of views, each with the text in every field.
  const { numRuns, seed } = fuzz('views', 40);
  fc.assert(
    fc.property(hostile.filter((text) => oneLine(text) !== ''), (text) => {
      for (const [name, view] of Object.entries(everyView(() => text))) {
        for (const shown of parsed(view)) expect(findMarkup(shown, ours), `${name}: ${shown}`).toEqual([]);
        for (const shown of textsOf(view)) expect(/\p{Default_Ignorable_Code_Point}|\p{Cf}|(?!\n)\p{Cc}/u.test(shown), name).toBe(false);
      }
    }),
    { numRuns: Math.min(numRuns, 4_000), seed },
  );
});
