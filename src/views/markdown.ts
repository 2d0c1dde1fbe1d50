import { escape, join, link, mrkdwn, code, type Mrkdwn } from './mrkdwn.ts';

/** Runbooks are Markdown; this is the part of it that they use, in Slack's words. What is not understood is shown as text. */
export type MarkdownPart = { readonly kind: 'text'; readonly text: Mrkdwn } | { readonly kind: 'fence'; readonly lines: readonly string[] };

export function markdownParts(markdown: string): readonly MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  let text: Mrkdwn[] = [];
  let fence: { readonly marks: string; readonly indent: number; readonly lines: string[] } | null = null;
  const endText = () => {
    if (text.length > 0) parts.push({ kind: 'text', text: join(text, '\n') });
    text = [];
  };
  for (const line of withoutComments(markdown).split(/\r?\n/)) {
    const [, indent = '', marks] = /^(\s*)(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== null) {
      if (marks?.startsWith(fence.marks)) {
        parts.push({ kind: 'fence', lines: fence.lines });
        fence = null;
      } else fence.lines.push(line.slice(Math.min(fence.indent, line.length - line.trimStart().length)));
    } else if (marks !== undefined) {
      endText();
      fence = { marks, indent: indent.length, lines: [] };
    } else if (line.trim() === '') endText();
    else text.push(textLine(line));
  }
  if (fence !== null) parts.push({ kind: 'fence', lines: fence.lines });
  endText();
  return parts;
}

const withoutComments = (markdown: string) => markdown.replace(/^[ \t]*<!--[^]*?-->[ \t]*\r?\n?/gmu, '');

function textLine(line: string): Mrkdwn {
  const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line);
  if (heading) return mrkdwn`*${inline(heading[1]?.replaceAll('**', '') ?? '', { bold: false })}*`;
  const [, indent = '', bullet, numbered, rest] = /^(\s*)(?:([-*+])\s+|(\d{1,3}[.)])\s+)(.*)$/.exec(line) ?? [];
  const space = indent.length >= 2 ? mrkdwn`    ` : null;
  if (bullet !== undefined) return mrkdwn`${space}• ${inline(rest ?? '')}`;
  if (numbered !== undefined) return mrkdwn`${space}${numbered} ${inline(rest ?? '')}`;
  const quote = /^\s*>\s?(.*)$/.exec(line);
  if (quote) return mrkdwn`> ${inline(quote[1] ?? '')}`;
  if (/^\s*\|[\s|:-]+\|\s*$/.test(line)) return mrkdwn``;
  const row = /^\s*\|(.*)\|\s*$/.exec(line);
  if (row) return join((row[1] ?? '').split('|').map((cell) => inline(cell.trim())), ' · ');
  return inline(line.trim());
}

/** `**bold**`, `` `code` `` and `[links](https://…)`; the rest is text. */
function inline(text: string, { bold = true } = {}): Mrkdwn {
  const pieces: Mrkdwn[] = [];
  let end = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^()\s]+)\)/gu)) {
    pieces.push(spaced(text.slice(end, match.index)));
    const [, codeText, boldText, linkText, url] = match;
    if (codeText !== undefined) pieces.push(code(codeText));
    else if (boldText !== undefined) pieces.push(bold ? mrkdwn`*${boldText}*` : escape(boldText));
    else pieces.push(link(url ?? '', linkText ?? ''));
    end = match.index + match[0].length;
  }
  pieces.push(spaced(text.slice(end)));
  return join(pieces, '');
}

/** `escape` trims; between two marked words a space must stay. */
function spaced(text: string): Mrkdwn {
  if (text.trim() === '') return text === '' ? mrkdwn`` : mrkdwn` `;
  return mrkdwn`${/^\s/u.test(text) ? mrkdwn` ` : null}${text}${/\s$/u.test(text) ? mrkdwn` ` : null}`;
}
