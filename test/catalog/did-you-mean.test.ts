import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance, suggestion } from '../../src/catalog/did-you-mean.ts';

/**
 * Goal: a slip of the finger is answered with the word that was meant, and a word that is far from all with no guess.
 * Method: words as they are mistyped beside a small catalog of actions, and the laws of a distance over random words.
 */
const words = ['scale', 'stop', 'start', 'restart', 'rollback', 'logs', 'pods'];

for (const [typed, meant] of [['sacle', 'scale'], ['scal', 'scale'], ['restrat', 'restart'], ['rolback', 'rollback'], ['LOGS', 'logs'], ['roll', 'rollback'], ['sclae', 'scale']] as const) {
  test(`"${typed}" may mean "${meant}"`, () => {
    expect(didYouMean(typed, words)[0]).toBe(meant);
  });
}

for (const [why, typed] of [['far from everything', 'xyzzy'], ['empty', ''], ['one letter that begins many words', 's']] as const) {
  test(`makes no guess for a word that is ${why}`, () => {
    expect(didYouMean(typed, words)).toEqual([]);
  });
}

test('names the nearest first and never more than asked for', () => {
  expect(didYouMean('start', ['stars', 'start', 'smart'], 2)).toEqual(['start', 'smart']);
});

test('writes the question, or nothing', () => {
  expect(suggestion('sacle', words)).toBe('did you mean "scale"?');
  expect(suggestion('xyzzy', words)).toBeUndefined();
});

const word = fc.string({ maxLength: 12 });

test('the distance is zero exactly for equal words, and the same both ways', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
    }),
  );
});

test('one slip is a distance of one', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 2, maxLength: 12 }), fc.nat(), fc.constantFrom('leave out', 'add', 'swap'), (text, at, slip) => {
      const index = at % (text.length - 1);
      const slipped =
        slip === 'leave out'
          ? text.slice(0, index) + text.slice(index + 1)
          : slip === 'add'
            ? `${text.slice(0, index)}#${text.slice(index)}`
            : text.slice(0, index) + text[index + 1]! + text[index]! + text.slice(index + 2);
      expect(editDistance(text, slipped)).toBeLessThanOrEqual(1);
    }),
  );
});

test('is never more than the length of the longer word', () => {
  fc.assert(fc.property(word, word, (a, b) => editDistance(a, b) <= Math.max(a.length, b.length)));
});
