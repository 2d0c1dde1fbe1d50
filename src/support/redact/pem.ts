import { hidden } from './marker.ts';

const marker = hidden('PEM block');
const begin = '-----BEGIN ';
const end = '-----END ';
/** A chain of certificates is longer, but each of its blocks is not. */
const longestBlock = 20_000;
/** A line, or a part of it between `\n` as JSON writes them, that can be of a block. */
const inside = /^[ \t>|]*(?:[A-Za-z0-9+/=]+|(?:Proc-Type|DEK-Info|Version|Comment): [\w ,.-]{1,80})?\\?r?$/;

/**
 * Hides PEM blocks whole, whatever they hold. Where one of its ends was cut off, the lines beside the other that can belong to it are hidden too, so that
 * no half of a key is left.
 */
export function hidePem(text: string): string {
  if (!text.includes('-----')) return text;
  const parts: string[] = [];
  let from = 0;
  let beginAt = text.indexOf(begin);
  let endAt = text.indexOf(end);
  while (beginAt !== -1 || endAt !== -1) {
    if (beginAt === -1 || (endAt !== -1 && endAt < beginAt)) {
      parts.push(text.slice(from, endAt - lengthOfLinesBefore(text.slice(Math.max(from, endAt - longestBlock), endAt))), marker);
      from = afterDashes(text, endAt + end.length);
    } else {
      parts.push(text.slice(from, beginAt), marker);
      const nextBegin = text.indexOf(begin, beginAt + begin.length);
      const isClosed = endAt !== -1 && endAt - beginAt <= longestBlock && (nextBegin === -1 || endAt < nextBegin);
      const headed = afterDashes(text, beginAt + begin.length);
      const dashes = text.indexOf('-----', headed);
      from = isClosed ? afterDashes(text, endAt + end.length) : headed + lengthOfLinesAfter(text.slice(headed, Math.min(headed + longestBlock, dashes === -1 ? Infinity : dashes)));
    }
    // Looked for only where the last one found lies behind us, so that each character is passed over once.
    if (beginAt !== -1 && beginAt < from) beginAt = text.indexOf(begin, from);
    if (endAt !== -1 && endAt < from) endAt = text.indexOf(end, from);
  }
  return parts.join('') + text.slice(from);
}

/** Behind `PRIVATE KEY-----`, or behind as much of it as the text has at its end; where it is something else, nothing. */
function afterDashes(text: string, from: number): number {
  return from + (/^(?:[A-Z0-9 ]{1,60}(?:-----|$))?/.exec(text.slice(from, from + 65))?.[0].length ?? 0);
}

// Log lines carry the line breaks of a key either as such or as `\n` in JSON.
const breaks = /(\r?\n|\\n)/;

function lengthOfLinesAfter(text: string): number {
  let passed = 0;
  // Empty lines behind the block stay: what begins on the next line would otherwise run into the marker.
  let length = 0;
  const pieces = text.split(breaks);
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = pieces[index] ?? '';
    const part = inside.test(piece) ? piece : (beginningOfLine.exec(piece)?.[0] ?? '');
    if (part !== '') length = passed + part.length;
    if (part !== piece) break;
    passed += piece.length + (pieces[index + 1]?.length ?? 0);
  }
  return length;
}

/** Of a line that does not end as the block's do. A short word with anything else behind it begins a sentence, or is the name of another secret. */
const beginningOfLine = /^[A-Za-z0-9+/=]+(?:(?<=[A-Za-z0-9+/=]{16})|(?=["'`\\,;<>)\]}]))/;

function lengthOfLinesBefore(text: string): number {
  let length = 0;
  const pieces = text.split(breaks);
  for (let index = pieces.length - 1; index >= 0; index -= 2) {
    const piece = pieces[index] ?? '';
    if (!inside.test(piece)) return length + lengthAtEnd(piece);
    length += piece.length + (pieces[index - 1]?.length ?? 0);
  }
  return length;
}

function lengthAtEnd(piece: string): number {
  let length = 0;
  while (length < piece.length && /[A-Za-z0-9+/=]/.test(piece.charAt(piece.length - 1 - length))) length += 1;
  return length;
}
