import { stripVTControlCharacters } from 'node:util';

/** Without the spaces, which are seen, and whatever else Unicode calls a separator of lines. */
const unseen = /(?![\t-\r\u0085\u2028\u2029])[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A text as its reader sees it: without terminal colours and cursor movements, as logs carry them, and without characters that have no shape. */
export function asSeen(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(unseen, '');
}
