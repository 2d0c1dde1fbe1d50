/**
 * `runbook.md`, cut at its headings. Plain Markdown with two marks of ours, each an HTML comment on a line of its own:
 *
 *     <!-- action: scale replicas=5 -->      the bot can run the next fenced command; parameters are filled in
 *     <!-- note: … -->                       what the bot does differently from that command
 *
 * In a fence marked `bash`, `sh` or `console` every line is a command, a trailing backslash joins two. In one marked `bash script`, `sql`,
 * `promql` or `python` the whole block is one. Everything else (`text`, `yaml`) is no command.
 */

export interface ParsedSection {
  readonly title: string;
  readonly anchor: string;
  readonly body: string;
  readonly lead: string;
  readonly commands: readonly ParsedCommand[];
}

export interface ParsedCommand {
  readonly text: string;
  readonly action?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly note?: string;
  /** Of the mark, or of the command where it has none. Counts from 1. */
  readonly line: number;
}

interface Heading {
  readonly level: number;
  readonly title: string;
  readonly anchor: string;
  readonly index: number;
}

/** Sections by anchor, in the order of the text. A section reaches to the next heading of its own or a higher level. */
export function parseRunbook(text: string): ReadonlyMap<string, ParsedSection> {
  const lines = text.split(/\r?\n/);
  const headings = findHeadings(lines);
  return new Map(
    headings.map((heading, position) => {
      const next = headings.slice(position + 1).find((other) => other.level <= heading.level);
      const end = next?.index ?? lines.length;
      const bodyLines = lines.slice(heading.index + 1, end);
      return [
        heading.anchor,
        { title: heading.title, anchor: heading.anchor, body: bodyLines.join('\n').trim(), lead: findLead(bodyLines), commands: findCommands(bodyLines, heading.index + 2) },
      ];
    }),
  );
}

/** The anchor that Git hosts give a heading: lower-case, spaces to hyphens, other signs dropped. */
export function slug(title: string): string {
  return plainText(title)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function findHeadings(lines: readonly string[]): Heading[] {
  const used = new Map<string, number>();
  const headings: Heading[] = [];
  let fence: string | null = null;
  for (const [index, line] of lines.entries()) {
    fence = fenceAfter(line, fence);
    const match = fence === null ? /^(#{1,6})\s+(.+?)\s*#*$/.exec(line) : null;
    if (match === null) continue;
    const base = slug(match[2]!);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    headings.push({ level: match[1]!.length, title: plainText(match[2]!), anchor: `#${count === 0 ? base : `${base}-${count}`}`, index });
  }
  return headings;
}

/** Which fence is open after this line: its opening marks, or `null`. */
function fenceAfter(line: string, open: string | null): string | null {
  const marks = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
  if (marks === undefined) return open;
  if (open === null) return marks;
  return marks[0] === open[0] && marks.length >= open.length ? null : open;
}

/** The first paragraph, as plain text, at most two sentences of it. */
function findLead(lines: readonly string[]): string {
  const paragraph: string[] = [];
  for (const line of lines) {
    const trimmed = line.trim();
    const isProse = trimmed !== '' && !/^(#{1,6}\s|<!--|[-*+]\s|\d+[.)]\s|\||>|`{3,}|~{3,}|!\[)/.test(trimmed);
    if (isProse) paragraph.push(trimmed);
    else if (paragraph.length > 0) break;
    else if (/^(#{1,6}\s|`{3,}|~{3,})/.test(trimmed)) break;
  }
  const sentences = plainText(paragraph.join(' ')).match(/[^.!?]+(?:[.!?](?!\s|$)[^.!?]*)*[.!?]*(?:\s|$)/g) ?? [];
  return sentences.slice(0, 2).join('').trim();
}

function findCommands(lines: readonly string[], firstLine: number): ParsedCommand[] {
  const commands: ParsedCommand[] = [];
  let mark: Mark = {};
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    const comment = /^\s*<!--\s*(action|note):\s*(.*?)\s*-->\s*$/.exec(line);
    if (comment !== null) {
      mark = { ...mark, line: mark.line ?? firstLine + index, ...(comment[1] === 'note' ? { note: comment[2]! } : readActionMark(comment[2]!)) };
      continue;
    }
    const opening = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (opening === null) {
      if (line.trim() !== '') mark = {};
      continue;
    }
    const start = index + 1;
    let end = start;
    while (end < lines.length && fenceAfter(lines[end]!, opening[2]!) !== null) end += 1;
    const block = lines.slice(start, end).map((inner) => (inner.startsWith(opening[1]!) ? inner.slice(opening[1]!.length) : inner));
    for (const { text, offset } of commandsOf(block, opening[3]!.trim())) {
      commands.push({ text, ...mark, line: mark.line ?? firstLine + start + offset });
    }
    mark = {};
    index = end;
  }
  return commands;
}

type Mark = Partial<Omit<ParsedCommand, 'text'>>;

function readActionMark(text: string): Mark {
  const [action = '', ...given] = text.split(/\s+/);
  const parameters = Object.fromEntries(given.map((part) => [part.split('=')[0]!, part.slice(part.indexOf('=') + 1)]));
  return given.length === 0 ? { action } : { action, parameters };
}

function commandsOf(block: readonly string[], info: string): { text: string; offset: number }[] {
  if (/^(bash|sh) script$|^(sql|promql|python)$/.test(info)) {
    const text = block.join('\n').trim();
    return text === '' ? [] : [{ text, offset: 0 }];
  }
  if (!/^(bash|sh|console)$/.test(info)) return [];
  const commands: { text: string; offset: number }[] = [];
  let joined: { text: string; offset: number } | null = null;
  for (const [offset, line] of block.entries()) {
    const trimmed = line.trim();
    if (joined === null && (trimmed === '' || trimmed.startsWith('#'))) continue;
    const part = trimmed.replace(/\s*\\$/, '');
    joined = joined === null ? { text: part, offset } : { text: `${joined.text} ${part}`, offset: joined.offset };
    if (trimmed.endsWith('\\')) continue;
    commands.push(joined);
    joined = null;
  }
  if (joined !== null) commands.push(joined);
  return commands;
}

/** Markdown's inline marks taken off. */
function plainText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/(\*\*|__)(.+?)\1/g, '$2')
    .replace(/(?<![\w*])\*(?!\s)(.+?)\*(?![\w*])/g, '$1')
    .trim();
}
