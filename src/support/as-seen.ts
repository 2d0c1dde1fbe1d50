/**
 * What a terminal acts on and does not print (ECMA-48): colours and cursor movements, character sets, titles and links. Each is bounded, ends with its line and
 * holds no second beginning, so that a text of beginnings takes no longer than any other, and a log can hide no line of the next one.
 */
const controlSequences = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]`,
    String.raw`\u001b[ -/]{1,4}[0-~]`,
    String.raw`(?:\u001b[\]P^_X]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f\r\n]{0,2048}(?:\u0007|\u001b\\|\u009c)`,
  ].join('|'),
  'g',
);

/** Without the spaces, which are seen, and whatever else Unicode calls a separator of lines. */
const unseen = /(?![\t-\r\u0085\u2028\u2029])[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A text as its reader sees it: without terminal colours and cursor movements, as logs carry them, and without characters that have no shape. */
export function asSeen(text: string): string {
  return text.toWellFormed().replace(controlSequences, '').replace(unseen, '');
}
