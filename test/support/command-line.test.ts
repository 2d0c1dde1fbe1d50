import { expect, test } from 'vitest';
import { commandLine, whyNotCommandLine } from '../../src/support/command-line.ts';

/** Goal: no value becomes a flag, a second value or a second line (P-3, T-06). Method: command lines as Helm and Docker get them, and what would mean something else there. */
const largest = 64 * 1024;
for (const [why, argv] of [
  ['a word', ['history']],
  ['the shortest word and flag', ['p', '--f']],
  ['words with a hyphen', ['rollout-history']],
  ['a flag without a value', ['--atomic']],
  ['a flag with an empty value', ['--description=']],
  ['a value with whatever can be seen', ['--description=Für Ömer: a=b, "c" --d $(e)']],
  ['names behind the two hyphens', ['history', '--namespace=shop', '--', 'shop', './charts/Shop_1.2', '_', 'a -- b']],
  ['two hyphens and no name', ['ps', '--']],
  ['nothing', []],
  ['as much as may be', ['history', '--', 'a'.repeat(largest - 9)]],
] as const)
  test(`${why} may stand in a command line`, () => {
    expect(whyNotCommandLine(argv)).toBeNull();
    expect(commandLine(argv)).toEqual(argv);
  });

for (const [why, argv, wrong] of [
  ['a name that is a flag', ['history', '--', '--all'], '"--all"'],
  ['a name that is a short flag', ['history', '--', '-lapp=x'], '"-lapp=x"'],
  ['two hyphens for the second time', ['history', '--', 'shop', '--'], '"--"'],
  ['an empty name', ['history', '--', ''], '""'],
  ['NUL in a name', ['history', '--', 'a\0b'], String.raw`"a\u0000b"`],
  ['a control character alone', ['history', '--', '\u0085'], '"\u0085"'],
  ['a line break behind a name', ['history', '--', 'shop\n'], String.raw`"shop\n"`],
  ['a short flag', ['history', '-A', '--', 'shop'], '"-A"'],
  ['a short flag with hyphens behind it', ['-a--all'], '"-a--all"'],
  ['an empty word', ['', 'history'], '""'],
  ['a word with a capital', ['History'], '"History"'],
  ['a word with a digit', ['history2'], '"history2"'],
  ['a word that begins with a digit', ['2history'], '"2history"'],
  ['a name among the flags', ['history', 'Shop/../x', '--', 'a'], '"Shop/../x"'],
  ['a name among the flags, and no two hyphens', ['history', './shop'], '"./shop"'],
  ['a flag of another spelling', ['history', '--Namespace=x'], '"--Namespace=x"'],
  ['a flag with three hyphens', ['---namespace=x'], '"---namespace=x"'],
  ['a flag with a digit', ['--set2=x'], '"--set2=x"'],
  ['a flag behind a word', ['a --all'], '"a --all"'],
  ['a line break in a value', ['history', '--namespace=a\n--all', '--', 'shop'], String.raw`"--namespace=a\n--all"`],
  ['half a character in a name', ['history', '--', 'a\ud800'], String.raw`"a\ud800"`],
  ['half a character in a value', ['history', '--namespace=\udc00', '--', 'shop'], String.raw`"--namespace=\udc00"`],
  ['the first of two wrong ones', ['history', '-A', '--', '-B'], '"-A"'],
  ['a long one, of which the beginning is said', ['-'.repeat(100)], `"${'-'.repeat(80)}"`],
] as const)
  test(`${why} may not stand in a command line`, () => {
    expect(whyNotCommandLine(argv)).toBe(`${wrong} may not stand in a command line`);
    expect(() => commandLine(argv)).toThrow('Nothing was started');
  });

test('one character more than a command line may have, in one value or in several, is too long', () => {
  for (const argv of [['history', '--', 'a'.repeat(largest - 8)], ['history', '--', 'a'.repeat(largest / 2), 'b'.repeat(largest / 2)]]) {
    expect(whyNotCommandLine(argv)).toBe('it is longer than a command line may be');
  }
});

test('what may not stand there is refused as what an administrator must correct, and nothing is started', () => {
  expect(() => commandLine(['history', '--', '--all'])).toThrow(expect.objectContaining({ code: 'NOT_CONFIGURED', message: 'This is not configured. Nothing was started: "--all" may not stand in a command line.' }));
});
