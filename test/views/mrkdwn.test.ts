import fc from 'fast-check';
import { expect, test } from 'vitest';
import { section } from '../../src/views/blocks.ts';
import {
  code, codeBlock, codePoints, dateToken, escape, isoTime, join, link, mrkdwn, nothing, oneLine, person, truncate, truncateMrkdwn, truncateSource, verbatim, webAddress, when, whenAgo, withoutEmphasis,
} from '../../src/views/mrkdwn.ts';
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
  ['an emoji with a digit', ':8ball: :+1: :100: :1234:', '∶8ball: ∶+1: ∶100: ∶1234:'],
  ['an emoji in another script', ':東京:', '∶東京:'],
  ['a mention in capitals', '@Everyone @GROUP @channel', '＠Everyone ＠GROUP ＠channel'],
  ['an underscore at the edge of a word', '_a b_ _1 2_', 'ˍa bˍ ˍ1 2ˍ'],
  ['a tilde at the edge of a word', '~a b~ ~1 2~', '∼a b∼ ∼1 2∼'],
  ['a quote', '> said nobody', '› said nobody'],
  ['a line break that would look like a line of ours', 'down\nApproved by everybody', 'down Approved by everybody'],
  ['text written backwards', 'a\u202eb', 'ab'],
  ['characters without width', 'pa\u200bge\u2060', 'page'],
  ['terminal colours', '\u001b[31mred\u001b[0m', 'red'],
  ['half a character', 'a\ud83d', 'a\ufffd'],
  ['spaces at the ends and between', '  a \t\n  b  ', 'a b'],
  ['every kind of line break', 'a\rb\u000bc\u0085d\u2028e\u2029f', 'a b c d e f'],
  ['accents piled up over other lines', `e${'\u0301'.repeat(9)}x`, `e${'\u0301'.repeat(3)}x`],
] as const) {
  test(`T-08: ${why} is only text`, () => expect(escape(text).source).toBe(shown));
}

for (const text of ['http_requests_total', 'a1_2b~3', 'Ä_東', 'mail to @you', 'note: this: that', 'a:8080', 'x :1 2:', `Cafe\u0301 e${'\u0301'.repeat(3)}`, '02:14:31', '10.1.0.7:8080', 'a * b', 'stock-service-7c9', '12 % of 3.4 s', 'v2.4.1', 'Zürich 東京 👍']) {
  test(`${text} stays as it is, except what would be emphasis`, () => expect(escape(text).source).toBe(text.replace('*', '∗')));
}

test('a template escapes strings and keeps what was made here', () => {
  expect(mrkdwn`*${'<b>'}* by ${person('U0ONCALL')}, ${3}${null}`.source).toBe('*&lt;b&gt;* by <@U0ONCALL>, 3');
});

for (const [why, text, shown] of [
  ['emphasis', '*bold* _it_ ~gone~', String.raw`\u{2a}bold\u{2a} \u{5f}it\u{5f} \u{7e}gone\u{7e}`],
  ['marks at the edge of a number', '_1 2_ *3', String.raw`\u{5f}1 2\u{5f} \u{2a}3`],
  ['marks inside a word, which Slack does not read', 'a*b 1_2 Ä~東 x1_2y', 'a*b 1_2 Ä~東 x1_2y'],
  ['a code mark', 'a`b', String.raw`a\u{60}b`],
  ['a mention, in any case', '@here @Channel @EVERYONE @group @you', String.raw`\u{40}here \u{40}Channel \u{40}EVERYONE \u{40}group @you`],
  ['an address', 'see https://evil.test/', String.raw`see https\u{3a}//evil.test/`],
  ['a quote', '> a > b', String.raw`\u{3e} a &gt; b`],
  ['entities', '<!channel> &amp;', '&lt;!channel&gt; &amp;amp;'],
  ['an emoji, and what a template would complete to one', ':fire: :8ball: :+1: :can\'t:', String.raw`\u{3a}fire: \u{3a}8ball: \u{3a}+1: \u{3a}can't:`],
  ['the two numbers that are emoji', ':100: :1234:', String.raw`\u{3a}100: \u{3a}1234:`],
  ['half an emoji at the end', 'all :fire', String.raw`all \u{3a}fire`],
  ['an emoji in another script', 'a :東京:', String.raw`a \u{3a}東京:`],
  ['times, ports and sentences', '02:14:31 host:8080 note: this: that :a b:', '02:14:31 host:8080 note: this: that :a b:'],
  ['a port at the end', 'host:8080', 'host:8080'],
  ['spaces that would not be seen', ' a  b ', String.raw`\u{20}a \u{20}b\u{20}`],
  ['spaces of other kinds', 'a\u00a0b\u3000c', String.raw`a\u{a0}b\u{3000}c`],
  ['line breaks and tabs', 'a\nb\tc\u2028d\u2029e', String.raw`a\u{a}b\u{9}c\u{2028}d\u{2029}e`],
  ['what has no shape', 'a\u200bb\u202ec\u115fd\ue000e\u2800f\u0007', String.raw`a\u{200b}b\u{202e}c\u{115f}d\u{e000}e\u{2800}f\u{7}`],
  ['half a character', 'a\ud83db', String.raw`a\u{d83d}b`],
  ['accents beyond the third', `e${'\u0301'.repeat(5)}`, String.raw`${`e${'\u0301'.repeat(3)}`}\u{301}\u{301}`],
  ['a text that looks like such a spelling', String.raw`\u{2a} \d \u2a`, String.raw`\u{5c}u{2a} \d \u2a`],
] as const) {
  test(`T-16: of ${why} nothing is lost in exact words`, () => expect(verbatim(text).source).toBe(shown));
}

test('only Slack ids become mentions', () => {
  expect(person('U0ONCALL').source).toBe('<@U0ONCALL>');
  expect(person('W012A3CDE').source).toBe('<@W012A3CDE>');
  for (const id of ['alertmanager', 'U1> <!channel', '<!channel>U1', 'xU1', 'U1 x', 'u0oncall', '', 'U', 'U1-2', `U${'1'.repeat(31)}`]) expect(person(id).source, id).not.toContain('<');
  expect(person('alert*').source).toBe('alert∗');
});

test('only http and https addresses without a password become links', () => {
  expect(link('https://grafana.example.test/d/1?a=1&b=<2>|', 'Dashboard').source).toBe('<https://grafana.example.test/d/1?a=1&amp;b=%3C2%3E%7C|Dashboard>');
  expect(link('http://grafana:3000', 'Graph').source).toBe('<http://grafana:3000/|Graph>');
  for (const url of ['javascript:alert(1)', 'ftp://a.test/', 'https://user:secret@evil.test/', 'https://user@evil.test/', 'https://:secret@evil.test/', 'not an address', '', `https://a.test/${'x'.repeat(3_000)}`])
    expect(link(url, '*Graph*').source, url).toBe('∗Graph∗');
  expect(link('https://a.test', 'a|b').source).toBe('<https://a.test/|a∣b>');
  expect(link('https://a.test', '').source).toBe('<https://a.test/|link>');
});

test('an address is encoded where Slack would read it as the end of a link, and is at most 2,000 characters long', () => {
  expect(webAddress('https://a.test/<b>|c?<d>|e#<f>|g')).toBe('https://a.test/%3Cb%3E%7Cc?%3Cd%3E%7Ce#%3Cf%3E%7Cg');
  const longest = `https://a.test/${'x'.repeat(1_985)}`;
  expect(webAddress(longest)).toBe(longest);
  expect(webAddress(`${longest}x`)).toBeNull();
});

const night = new Date('2026-11-22T02:14:31.500Z');
for (const [format, token] of [
  ['time', '{time}'],
  ['seconds', '{time_secs}'],
  ['day', '{date_short_pretty}'],
  ['full', '{date_short_pretty} at {time}'],
  ['ago', '{time} ({ago})'],
  ['fullAgo', '{date_short_pretty} at {time} ({ago})'],
] as const)
  test(`a time as ${format} is in the reader's zone, and ISO 8601 UTC where Slack cannot render it`, () => {
    expect(dateToken(night, format).source).toBe(`<!date^1795313671^${token}|2026-11-22T02:14:31Z>`);
  });

test('a time without a zone of a reader is ISO 8601 UTC to the second', () => expect(isoTime(night).source).toBe('2026-11-22T02:14:31Z'));

for (const [why, now, format, formatAgo] of [
  ['the same night', '2026-11-22T05:00:00Z', 'time', 'ago'],
  ['just less than half a day later', '2026-11-22T14:14:31.499Z', 'time', 'ago'],
  ['half a day later', '2026-11-22T14:14:31.500Z', 'full', 'fullAgo'],
  ['just less than half a day before', '2026-11-21T14:14:31.501Z', 'time', 'ago'],
  ['half a day before', '2026-11-21T14:14:31.500Z', 'full', 'fullAgo'],
  ['the next night', '2026-11-23T05:00:00Z', 'full', 'fullAgo'],
] as const)
  test(`seen ${why}, a time is told ${format === 'time' ? 'alone' : 'with its day'}`, () => {
    expect(when(night, new Date(now)).source).toBe(dateToken(night, format).source);
    expect(whenAgo(night, new Date(now)).source).toBe(dateToken(night, formatAgo).source);
  });

test('a code block cannot be left, and says how many lines it does not show', () => {
  expect(codeBlock('a ``` b\n<!channel>').source).toBe('```\na ˋˋˋ b\n&lt;!channel&gt;\n```');
  const log = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  expect(codeBlock(log, { keep: 'end', max: 100 }).source).toBe('```\n… 93 more lines\nline 93\nline 94\nline 95\nline 96\nline 97\nline 98\nline 99\n```');
  expect(codeBlock(log, { max: 60 }).source).toBe('```\nline 0\nline 1\n… 98 more lines\n```');
  expect(codeBlock('123456789\n123456789\nc', { max: 60 }).source).toBe('```\n123456789\n123456789\n… 1 more line\n```');
  expect(codeBlock('123456789\n1234567890\nc', { max: 60 }).source).toBe('```\n123456789\n… 2 more lines\n```');
  expect(codeBlock('👍👍👍👍👍👍👍👍👍\n123456789', { max: 60 }).source).toBe('```\n👍👍👍👍👍👍👍👍👍\n123456789\n```');
  expect(codeBlock('x'.repeat(301)).source).toBe(`\`\`\`\n${'x'.repeat(299)}…\n\`\`\``);
});

for (const [why, text, shown] of [
  ['nothing', '', ' '],
  ['every kind of line break', 'a\r\nb\rc\u2028d\u2029e\u0085f\ng', 'a\nb\nc\nd\ne\nf\ng'],
  ['a tab, as two spaces', 'a\tb', 'a  b'],
  ['spaces at the beginning, and not at the end', '  a  \n    b\t', '  a\n    b'],
  ['one empty line of several, and none at the beginning', '\n\n \na\n\n\n\nb\n\nc', 'a\n\nb\n\nc'],
  ['terminal colours', '\u001b[31mred\u001b[0m', 'red'],
  ['accents piled up', `e${'\u0301'.repeat(9)}x`, `e${'\u0301'.repeat(3)}x`],
] as const)
  test(`a code block shows ${why}`, () => expect(codeBlock(text).source).toBe(`\`\`\`\n${shown}\n\`\`\``));

test('inline code shows what cannot be seen', () => {
  expect(code('').source).toBe('` `');
  expect(code('<b> & *c*').source).toBe('`&lt;b&gt; &amp; *c*`');
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

for (const [why, text, max, cut] of [
  ['as long as it may be', 'abcd', 4, 'abcd'],
  ['one too long', 'abcde', 4, 'abc…'],
  ['much too long', 'abcdefgh', 4, 'abc…'],
  ['as long as it may be, of characters with two halves', '👍👍👍', 3, '👍👍👍'],
  ['one too long, of characters with two halves', '👍👍👍👍', 3, '👍👍…'],
  ['without room for more than the mark', 'abc', 1, '…'],
  ['nothing', '', 1, ''],
] as const)
  test(`a text ${why}, of ${max} characters: ${cut}`, () => expect(truncate(text, max)).toBe(cut));

for (const [why, source, max, cut] of [
  ['that fits stays', 'a <@U0ONCALL> b', 15, 'a <@U0ONCALL> b'],
  ['that fits by its characters stays', '👍👍👍👍👍', 5, '👍👍👍👍👍'],
  ['is cut with room for what closes it', 'abcdefghij', 9, 'abc…'],
  ['of characters with two halves is cut between them', '👍👍👍👍👍👍👍👍👍👍', 9, '👍👍👍…'],
  ['is cut before a mention that would be broken', 'ab <@U0ONCALL> cd', 16, 'ab …'],
  ['is cut behind a mention that fits', '<@U0ONCALL> cdefghijk', 17, '<@U0ONCALL>…'],
  ['is cut before an entity that would be broken', 'ab&amp;cdefgh', 12, 'ab…'],
  ['is cut before a sign that would be broken, whichever', 'a&lt;b&gt;cdef', 13, 'a&lt;b…'],
  ['closes a code block', '```\nlog line\n```', 15, '```\nlog l\n…```'],
  ['keeps a code block that is closed', '```x``` yzabcdefg', 16, '```x``` yz…'],
  ['closes a code span', '`code span` x', 11, '`code`…'],
  ['keeps a code span that is closed', '`ab`cdefghij', 10, '`ab`…'],
  ['opens no code span at its end', 'abcd`code span`', 11, 'abcd…'],
  ['closes a code span behind a code block', '```x```y`zzzzzzzzz', 16, '```x```y`z`…'],
] as const)
  test(`text with markup ${why}`, () => {
    expect(truncateSource(source, max)).toBe(cut);
    expect(codePoints(cut)).toBeLessThanOrEqual(max);
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

test('a notification shows the words without our marks, and keeps mentions and links whole', () => {
  expect(withoutEmphasis(mrkdwn`*${'Restart'}* _now_ ${code('a b')} by ${person('U0ONCALL')}`).source).toBe('Restart now a b by <@U0ONCALL>');
  expect(withoutEmphasis(mrkdwn`_1_ ${link('https://a.test/_b_/*c*', 'Graph')} ${'http_requests_total x1_2y Ä_東'}`).source).toBe('1 <https://a.test/_b_/*c*|Graph> http_requests_total x1_2y Ä_東');
  expect(withoutEmphasis(codeBlock('log')).source).toBe('\nlog\n');
});

test('a line without what cannot be seen has one space where there were several, and none at its ends', () => {
  expect(oneLine('  a \n\t b\u200b  \u202ec ')).toBe('a b c');
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
