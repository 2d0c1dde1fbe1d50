import { expect, test } from 'vitest';
import { formatDateToken } from '../../sandbox/page/client/block-kit/date-token.ts';
import { parseMrkdwn, parsePlainText, type Inline, type Passage } from '../../sandbox/page/client/block-kit/mrkdwn.ts';

/** The tree as one line, so that a case can be read: `[bold a]`. */
function written(passages: readonly Passage[]): string {
  return passages
    .map((passage) => {
      if (passage.type === 'fence') return `[fence ${passage.text}]`;
      if (passage.type === 'quote') return `[quote ${written(passage.children)}]`;
      if (passage.type === 'list') return passage.items.map((item) => `[${item.marker} ${inlines(item.children)}]`).join('');
      return inlines(passage.children);
    })
    .join('|');
}

function inlines(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'text') return node.text;
      if (node.type === 'code') return `[code ${node.text}]`;
      if (node.type === 'link') return `[link ${node.url} ${node.text}]`;
      if (node.type === 'emoji') return node.symbol;
      if (node.type === 'date') return `[date ${node.timestamp} ${node.format} ${node.fallback}]`;
      if (node.type === 'broadcast') return `[${node.range}]`;
      if ('children' in node) return `[${node.type} ${inlines(node.children)}]`;
      return `[${node.type} ${node.id}]`;
    })
    .join('');
}

for (const [source, tree] of [
  ['*bold* _italic_ ~strike~ `code`', '[bold bold] [italic italic] [strike strike] [code code]'],
  ['*bold _and italic_*', '[bold bold [italic and italic]]'],
  ['snake_case_name and 2*3*4', 'snake_case_name and 2*3*4'],
  ['*not\nover lines*', '*not\nover lines*'],
  ['* a bullet is not bold *', '* a bullet is not bold *'],
  ['`*code stays*`', '[code *code stays*]'],
  ['*<https://a.example/x_y_z|a *b* c>*', '[bold [link https://a.example/x_y_z a *b* c]]'],
  ['&lt;b&gt; &amp;amp;', '<b> &amp;'],
  ['<https://a.example/?x=1&amp;y=2|name>', '[link https://a.example/?x=1&y=2 name]'],
  ['see https://a.example/x, please', 'see [link https://a.example/x https://a.example/x], please'],
  ['<@U1> <@U2|old> <#C1|alerts> <!subteam^S1|@sre> <!here>', '[user U1] [user U2] [channel C1] [group S1] [here]'],
  ['<!date^1700000000^{time}|at night>', '[date 1700000000 {time} at night]'],
  [':fire: :no_such_emoji: 10:30:00', '🔥 :no_such_emoji: 10:30:00'],
  ['before\n```a\n*b*```\nafter', 'before|[fence a\n*b*]|after'],
  ['&gt; one\n&gt; two\nthree', '[quote one\ntwo]|three'],
  ['> typed by hand', '[quote typed by hand]'],
  ['a\n&gt;&gt;&gt; all\nof it', 'a|[quote all\nof it]'],
  ['• one\n• *two*\n1. three', '[• one][• [bold two]][1. three]'],
  ['a < b and <unclosed', 'a < b and <unclosed'],
] as const) {
  test(`mrkdwn ${JSON.stringify(source)} is read as Slack reads it`, () => {
    expect(written(parseMrkdwn(source))).toBe(tree);
  });
}

test('plain text knows emoji and nothing else', () => {
  expect(inlines(parsePlainText('*Restart* :rocket: <@U1>'))).toBe('*Restart* 🚀 <@U1>');
});

/** How deep the page would have to draw. */
function depthOf(nodes: readonly (Passage | Inline)[]): number {
  return Math.max(0, ...nodes.map((node) => ('children' in node ? 1 + depthOf(node.children) : 'items' in node ? 1 + Math.max(...node.items.map((item) => depthOf(item.children))) : 1)));
}

const lettersIn = (tree: string) => tree.replaceAll(/\[(?:bold|italic|strike|code|fence|quote|user|link) ?/g, '').match(/[a-z]/g)?.length ?? 0;

for (const piece of ['*', '*a ', '_a', '~*_', '&gt; ', '<', '<@', '`', '```', '*a_b~c ', '*`<']) {
  test(`a long row of ${JSON.stringify(piece)} neither nests without end nor loses its text`, () => {
    const passages = parseMrkdwn(piece.repeat(3000));
    expect(depthOf(passages)).toBeLessThanOrEqual(6);
    expect(written(passages).length).toBeGreaterThanOrEqual(3000);
    expect(lettersIn(written(passages))).toBe(3000 * lettersIn(piece.replace('&gt;', '>')));
  });
}

test('a date token is filled in the viewer’s zone and says today where it is today', () => {
  const at = new Date(2026, 10, 22, 2, 14, 5);
  const seconds = at.getTime() / 1000;
  const later = new Date(2026, 10, 22, 2, 18, 0);
  expect(formatDateToken(seconds, '{date_short_pretty} at {time}, {ago}', later)).toBe('today at 02:14, 3 min ago');
  expect(formatDateToken(seconds, '{date_pretty} {time_secs}', new Date(2026, 10, 23, 1, 0))).toBe('yesterday 02:14:05');
  expect(formatDateToken(seconds, '{date_long} {unknown}', later)).toBe('Sunday, 22 November 2026 {unknown}');
  expect(formatDateToken(Number.NaN, '{time}', later)).toBeUndefined();
});
