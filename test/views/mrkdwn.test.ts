import fc from 'fast-check';
import { expect, test } from 'vitest';
import { section } from '../../src/views/blocks.ts';
import { code, codeBlock, codePoints, dateToken, escape, groupMention, join, link, mrkdwn, nothing, person, truncate, truncateMrkdwn, verbatim, when } from '../../src/views/mrkdwn.ts';
import { fuzzRuns } from '../fuzz/runs.ts';
import { findMarkup } from './scan.ts';

/** Also halves of characters. fast-check's own units first take seconds to read what Unicode has. */
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint));

for (const [why, text, shown] of [
  ['a mention of everybody', '<!channel> wake up', '&lt;!channel&gt; wake up'],
  ['a mention without brackets', '@here look', '＠here look'],
  ['a link that pretends to be another', '<https://evil.test|grafana>', '&lt;https∶//evil.test|grafana&gt;'],
  ['an entity that would become a bracket', '&lt;@U1&gt;', '&amp;lt;@U1&amp;gt;'],
  ['emphasis', '*bold* _it_ ~gone~', '∗bold∗ ˍitˍ ∼gone∼'],
  ['a code fence', '```rm```', 'ˋˋˋrmˋˋˋ'],
  ['an emoji', 'all :fire:', 'all ∶fire:'],
  ['half an emoji that the template would complete', 'all :fire', 'all ∶fire'],
  ['a quote', '> said nobody', '› said nobody'],
  ['a line break that would look like a line of ours', 'down\nApproved by everybody', 'down Approved by everybody'],
  ['text written backwards', 'a\u202eb', 'ab'],
  ['characters without width', 'pa\u200bge\u2060', 'page'],
  ['terminal colours', '\u001b[31mred\u001b[0m', 'red'],
  ['half a character', 'a\ud83d', 'a\ufffd'],
] as const) {
  test(`T-08: ${why} is only text`, () => expect(escape(text).source).toBe(shown));
}

for (const text of ['http_requests_total', '02:14:31', '10.1.0.7:8080', 'a * b', 'stock-service-7c9', '12 % of 3.4 s', 'v2.4.1', 'Zürich 東京 👍']) {
  test(`${text} stays as it is, except what would be emphasis`, () => expect(escape(text).source).toBe(text.replace('*', '∗')));
}

test('a template escapes strings and keeps what was made here', () => {
  expect(mrkdwn`*${'<b>'}* by ${person('U0ONCALL')}, ${3}${null}`.source).toBe('*&lt;b&gt;* by <@U0ONCALL>, 3');
});

test('only Slack ids become mentions', () => {
  expect(person('U0ONCALL').source).toBe('<@U0ONCALL>');
  for (const id of ['alertmanager', 'U1> <!channel', 'u0oncall', '', 'U']) expect(person(id).source).not.toContain('<');
  expect(groupMention('S0SRE').source).toBe('<!subteam^S0SRE>');
  expect(groupMention('!channel').source).toBe('!channel');
});

test('only http and https addresses without a password become links', () => {
  expect(link('https://grafana.example.test/d/1?a=1&b=<2>|', 'Dashboard').source).toBe('<https://grafana.example.test/d/1?a=1&amp;b=%3C2%3E%7C|Dashboard>');
  for (const url of ['javascript:alert(1)', 'https://user:secret@evil.test/', 'not an address', '', `https://a.test/${'x'.repeat(3_000)}`]) expect(link(url, 'Graph').source).toBe('Graph');
  expect(link('https://a.test', 'a|b').source).toBe('<https://a.test/|a∣b>');
});

test("times are in the reader's zone, with ISO 8601 UTC where Slack cannot render them", () => {
  const time = new Date('2026-11-22T02:14:00.500Z');
  expect(dateToken(time, 'time').source).toBe('<!date^1795313640^{time}|2026-11-22T02:14:00Z>');
  expect(when(time, new Date('2026-11-22T05:00:00Z')).source).toContain('^{time}|');
  expect(when(time, new Date('2026-11-23T05:00:00Z')).source).toContain('^{date_short_pretty} at {time}|');
});

test('a code block cannot be left, and says how many lines it does not show', () => {
  expect(codeBlock('a ``` b\n<!channel>').source).toBe('```\na ˋˋˋ b\n&lt;!channel&gt;\n```');
  const log = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  expect(codeBlock(log, { keep: 'end', max: 100 }).source).toBe('```\n… 93 more lines\nline 93\nline 94\nline 95\nline 96\nline 97\nline 98\nline 99\n```');
  expect(codeBlock(log, { max: 60 }).source).toBe('```\nline 0\nline 1\n… 98 more lines\n```');
});

test('inline code shows what cannot be seen', () => {
  expect(code('a`b\u200b').source).toBe(String.raw`${'`'}a\u{60}b\u{200b}${'`'}`);
});

test('T-16: where two texts differ, they differ as code and as exact words, too', () => {
  const texts = fc.array(fc.oneof(fc.constantFrom('`', 'ˋ', '\\u{60}', '\\', 'u{60}', '*', '∗', ' ', '\n', '\u200b', '&', '<', '&lt;', '\ud800', 'a', ':', '/', 'here', '@', '>', 'e\u0301\u0301\u0301\u0301\u0301'), fc.string({ unit: anyCharacter, maxLength: 2 })), { maxLength: 5 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      fc.pre(one !== other && one !== '' && other !== '');
      expect(code(one).source).not.toBe(code(other).source);
      expect(verbatim(one).source).not.toBe(verbatim(other).source);
      expect(findMarkup(verbatim(one).source, () => false)).toEqual([]);
    }),
    { numRuns: fuzzRuns(5_000) },
  );
});

test('texts are cut by whole characters, visibly, and never beyond the limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.integer({ min: 1, max: 20 }), (text, max) => {
      const cut = truncate(text, max);
      expect(codePoints(cut)).toBeLessThanOrEqual(max);
      expect(cut === text || (cut.endsWith('…') && text.startsWith(cut.slice(0, -1)))).toBe(true);
      expect(cut.isWellFormed() || !text.isWellFormed()).toBe(true);
    }),
  );
});

test('text with markup is cut between its marks and closes its code', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 120 }), (max) => {
      const text = mrkdwn`${'& & &'} ${person('U0ONCALL')} ${codeBlock('log\nlog')} ${link('https://a.test', 'Graph')} ${code('x y')}`;
      const cut = truncateMrkdwn(text, max).source;
      expect(codePoints(cut)).toBeLessThanOrEqual(max);
      expect(cut.replace(/<[^<>]*>|&amp;/g, '')).not.toMatch(/[<>&]/);
      expect((cut.split('`').length - 1) % 2).toBe(0);
    }),
  );
});

test('joining leaves no separator behind for what is not there', () => {
  expect(join([null, mrkdwn`a`, nothing, mrkdwn`b`, null], ' · ').source).toBe('a · b');
});

test('a raw string is no text for a block, by its type', () => {
  // @ts-expect-error A string has to go through the template.
  expect(() => section('<!channel>')).toThrow();
  // @ts-expect-error Something that only looks like it neither.
  section({ source: '<!channel>' });
});
