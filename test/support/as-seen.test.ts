import { expect, test } from 'vitest';
import { asSeen } from '../../src/support/as-seen.ts';

/** Goal: a text is as its reader sees it, no more and no less. Method: what has no shape, and what stands beside it in Unicode and has one. */
for (const [why, text, seen] of [
  ['terminal colours', '\u001b[31mred\u001b[0m', 'red'],
  ['cursor movements', 'a\u001b[2Jb', 'ab'],
  ['a set of characters', 'a\u001b(B\u001b[mb', 'ab'],
  ['the title of a window', '\u001b]0;build\u0007ok', 'ok'],
  ['where a link leads', '\u001b]8;;https://example.test/\u001b\\here\u001b]8;;\u001b\\', 'here'],
  ['of a title that does not end in its line, the beginning alone', '\u001b]0;x\nerror\n\u0007ok', ']0;x\nerror\nok'],
  ['of a title within a title, the beginning alone', '\u001b]0;\u001b]0;x\u0007y', ']0;y'],
  ['of a colour that does not end, the beginning alone', 'a\u001b[31', 'a[31'],
  ['a control character', 'a\u0000\u0008\u007f\u009fb', 'ab'],
  ['text written backwards', 'a\u202eb\u2066c', 'abc'],
  ['characters without width', 'pa\u200bge\u2060\ufeff', 'page'],
  ['a soft hyphen', 'pass\u00adword', 'password'],
  ['a filler that Unicode says may be left out', 'a\u115f\u3164b', 'ab'],
  ['a variation of a character', 'a\ufe0f', 'a'],
  ['a character of private use', 'a\ue000\u{10fffd}b', 'ab'],
  ['an empty pattern of braille', 'a\u2800b', 'ab'],
  ['half a character', 'a\ud83d', 'a\ufffd'],
  ['a tab, and every break of a line', 'a\tb\nc\u000bd\u000ce\rf\u0085g\u2028h\u2029i', 'a\tb\nc\u000bd\u000ce\rf\u0085g\u2028h\u2029i'],
  ['letters, signs and pictures', 'Zürich 東京 – 12 % 👍 e\u0301', 'Zürich 東京 – 12 % 👍 e\u0301'],
  ['nothing', '', ''],
] as const)
  test(`${why}: ${seen === text ? 'stays' : 'is not seen'}`, () => expect(asSeen(text)).toBe(seen));
