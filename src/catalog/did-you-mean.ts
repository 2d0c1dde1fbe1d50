/**
 * How many single-letter slips (left out, added, wrong, two swapped) lie between two words.
 * Swapped neighbours count once, because `sacle` is the commonest way to miss `scale`.
 */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const wrong = from[row - 1] === to[column - 1] ? 0 : 1;
      let best = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + wrong);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, beforePrevious[column - 2]! + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length]!;
}

/**
 * The candidates that a person may have meant by `word`, nearest first, at most `limit`. A candidate is near when a third of the word's
 * letters or fewer are wrong, or when one begins with the other. Empty when nothing is near: a wild guess is worse than none.
 */
export function didYouMean(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = word.toLowerCase().slice(0, 100);
  if (wanted === '') return [];
  const tolerance = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(candidates)]
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const isBeginning = wanted.length >= 3 && (lower.startsWith(wanted) || wanted.startsWith(lower)) && lower.length >= 3;
      return { candidate, distance: isBeginning ? Math.min(1, editDistance(wanted, lower)) : editDistance(wanted, lower) };
    })
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** `did you mean "scale"?`, or nothing to add. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  const near = didYouMean(word, candidates, 2);
  return near.length === 0 ? undefined : `did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`;
}
