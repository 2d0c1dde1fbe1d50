/**
 * What Slack would do with a text, read as strictly as Slack's own parser might: everything that is not plain text. Written
 * independently of `src/views/mrkdwn.ts`, so that a hole there is seen here (GUARANTEES T-08).
 */

/** What must never be in a text, whatever came from outside. `allowed` are the control sequences that templates make. */
export function findMarkup(text: string, allowed: (token: string) => boolean): string[] {
  const found: string[] = [];
  const invisible = /[\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\u2028\u2029]|(?!\n)\p{Cc}/u.exec(text);
  if (invisible) found.push(`an invisible character U+${invisible[0].codePointAt(0)?.toString(16)}`);
  const withoutTokens = text.replace(/<([^<>]*)>/g, (_, token: string) => {
    if (!allowed(token)) found.push(`<${token}>`);
    return ' ';
  });
  if (/[<]/.test(withoutTokens)) found.push('a bare <');
  if (/(?<!^)>/m.test(withoutTokens)) found.push('a bare >');
  if (/&(?!amp;|lt;|gt;)/.test(withoutTokens)) found.push('a bare &');
  if ((withoutTokens.split('```').length - 1) % 2 !== 0) found.push('an open code block');
  const words = outsideCode(withoutTokens);
  if (words.includes('`')) found.push('an open code span');
  for (const pattern of [/@(here|channel|everyone|group)/iu, /:(?!\d+:)[\p{L}\p{N}_+'-]+:|:100:|:1234:/u, /https?:\/\//iu]) {
    const match = pattern.exec(words);
    if (match) found.push(match[0]);
  }
  return found;
}

/** The markup alone, in order: two texts from one template have the same, whatever is in them. */
export function skeleton(text: string): string {
  const marks = outsideCode(text, '`').matchAll(/<([^<>|]*)\|?[^<>]*>|(?:(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`|\n)/gu);
  return [...marks].map(([mark, token]) => (token === undefined ? mark : `<${token}>`)).join('');
}

function outsideCode(text: string, mark = ''): string {
  return text.replace(/```[^]*?```/g, mark).replace(/`[^`\n]+`/g, mark);
}
