import { hidden } from './marker.ts';

const marker = hidden('random text');
const candidate = /[A-Za-z0-9+/_-]{20,}={0,2}/g;
// What identifies things and keeps no secret: uids, digests, commits, the parts of a trace id. On-call people need them.
const identifiers = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{7,}\b|\b[0-9A-F]{7,}\b|\b\d+\b/g;

/**
 * Hides what was drawn from a hat: words of 20 and more characters that mix capitals, small letters and digits as no name does. Names are made of words, so
 * most of their letters stand in runs of one case and hardly a small letter stands alone; of random letters few do, and many. Hexadecimal text is left, because digests, commits and uids look no different.
 */
export function hideRandom(text: string): string {
  return text.replace(candidate, (found) => (looksRandom(found) ? marker : found));
}

export function looksRandom(found: string): boolean {
  const rest = found.replace(identifiers, ' ');
  if (rest.length < 20) return false;
  let small = 0;
  let capital = 0;
  let digits = 0;
  let inRuns = 0;
  let smallRuns = 0;
  let smallAlone = 0;
  let run = 0;
  let last = '';
  const distinct = new Set<string>();
  for (const character of `${rest} `) {
    const kind = character >= 'a' && character <= 'z' ? 'a' : character >= 'A' && character <= 'Z' ? 'A' : character >= '0' && character <= '9' ? '0' : '-';
    if (kind !== last || kind === '-') {
      if (run >= 4 && last !== '0') inRuns += run;
      if (last === 'a') smallRuns += 1;
      if (last === 'a' && run === 1) smallAlone += 1;
      run = 0;
    }
    run += 1;
    last = kind;
    if (kind === '-') continue;
    distinct.add(character);
    if (kind === 'a') small += 1;
    else if (kind === 'A') capital += 1;
    else digits += 1;
  }
  const letters = small + capital + digits;
  return small >= 2 && capital >= 2 && digits >= 1 && letters >= 16 && distinct.size >= 10 && inRuns / letters <= 0.5 && smallAlone / smallRuns >= 0.25;
}
