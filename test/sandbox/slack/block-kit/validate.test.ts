import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { validateMessageBlocks, validateView } from '../../../../sandbox/slack/block-kit/validate.ts';

/**
 * Goal: the stand-in refuses what Slack refuses, naming the place, and takes what Slack takes.
 * Method: each limit once at it and once beyond it.
 */
const text = (length: number) => 'x'.repeat(length);
const plain = (length: number) => ({ type: 'plain_text', text: text(length) });
const marked = (length: number) => ({ type: 'mrkdwn', text: text(length) });
const option = (value: string, label = 'label') => ({ text: { type: 'plain_text', text: label }, value });
const options = (count: number) => Array.from({ length: count }, (_, index) => option(`v${index}`));
const button = (more: object = {}) => ({ type: 'button', text: plain(5), action_id: 'go', ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const select = (more: object) => actions({ type: 'static_select', action_id: 'pick', ...more });
const section = (more: object = { text: marked(5) }) => ({ type: 'section', ...more });
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain(5), element, ...more });
const table = (rows: number, cells: number, cell: object = { type: 'raw_text', text: 'x' }) => ({ type: 'table', rows: Array.from({ length: rows }, () => Array.from({ length: cells }, () => cell)) });
const image = { type: 'image', alt_text: 'a graph', image_url: 'https://example.com/a.png' };
const confirm = { title: plain(100), text: marked(300), confirm: plain(30), deny: plain(30) };

const messagesTaken: readonly (readonly [string, object[]])[] = [
  ['no block', []],
  ['50 blocks', Array.from({ length: 50 }, () => ({ type: 'divider' }))],
  ['a section of 3000 characters', [section({ text: marked(3000) })]],
  ['emoji counted as one character each', [{ type: 'header', text: { type: 'plain_text', text: '🔴'.repeat(150) } }]],
  ['ten fields of 1200 characters', [section({ fields: Array.from({ length: 10 }, () => marked(1200)) })]],
  ['a button at every limit', [actions(button({ text: plain(75), value: text(2000), accessibility_label: text(75), url: `https://example.com/${text(2900)}`, confirm }))]],
  ['25 elements in a row', [actions(...Array.from({ length: 25 }, (_, index) => button({ action_id: `a${index}` })))]],
  ['one action in two blocks', [actions(button()), actions(button())]],
  ['a select of 100 options', [select({ options: options(100) })]],
  ['an option that is chosen from the start', [select({ options: options(3), initial_option: option('v1') })]],
  ['an overflow of 5 options', [actions({ type: 'overflow', action_id: 'more', options: options(5) })]],
  ['a field of 2000 characters', [section({ fields: [marked(2000)] })]],
  ['a header of 150 characters', [{ type: 'header', text: plain(150) }]],
  ['ids of 255 characters', [{ ...actions(button({ action_id: text(255) })), block_id: text(255) }]],
  ['an option of 75 characters with a value of 75', [select({ options: [option(text(75), text(75))] })]],
  ['10 checkboxes', [actions({ type: 'checkboxes', action_id: 'c', options: options(10) })]],
  ['a table of 10000 characters', [table(1, 20, { type: 'raw_text', text: text(500) })]],
  ['a table of 100 rows', [table(100, 20, { type: 'raw_text', text: 'x' })]],
  ['a context of 10 elements', [{ type: 'context', elements: Array.from({ length: 9 }, () => marked(5) as object).concat(image) }]],
  ['an image', [image]],
  ['a picture that was uploaded', [{ type: 'image', alt_text: 'a graph', slack_file: { id: 'F1' } }]],
  ['markdown', [{ type: 'markdown', text: text(12_000) }]],
  ['rich text', [{ type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'kubectl' }] }] }]],
];
for (const [what, blocks] of messagesTaken) test(`takes ${what}`, () => expect(validateMessageBlocks(blocks)).toEqual({ ok: true }));

const messagesRefused: readonly (readonly [string, unknown, string])[] = [
  ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' })), '/blocks'],
  ['an unknown type', [{ type: 'carousel_of_horrors' }], '/blocks/0'],
  ['a block without a type', [{}], '/blocks/0'],
  ['a property that the block does not have', [section({ text: marked(5), footer: 'x' })], '/blocks/0'],
  ['a section with neither text nor fields', [section({})], '/blocks/0'],
  ['an empty text', [section({ text: marked(0) })], '/blocks/0/text/text'],
  ['a section of 3001 characters', [section({ text: marked(3001) })], '/blocks/0/text/text'],
  ['11 fields', [section({ fields: Array.from({ length: 11 }, () => marked(5)) })], '/blocks/0/fields'],
  ['a field of 2001 characters', [section({ fields: [marked(2001)] })], '/blocks/0/fields/0/text'],
  ['mrkdwn in a header', [{ type: 'header', text: marked(5) }], '/blocks/0/text'],
  ['a header of 151 characters', [{ type: 'header', text: plain(151) }], '/blocks/0/text/text'],
  ['mrkdwn on a button', [actions(button({ text: marked(5) }))], '/blocks/0/elements/0/text'],
  ['a button of 76 characters', [actions(button({ text: plain(76) }))], '/blocks/0/elements/0/text/text'],
  ['a button value of 2001 characters', [actions(button({ value: text(2001) }))], '/blocks/0/elements/0/value'],
  ['a button with a colour of its own', [actions(button({ style: 'default' }))], '/blocks/0/elements/0/style'],
  ['a button that leads to no address', [actions(button({ url: 'javascript:alert(1)' }))], '/blocks/0/elements/0/url'],
  ['a button with a broken address', [actions(button({ url: 'https://' }))], '/blocks/0/elements/0/url'],
  ['an action id of 256 characters', [actions(button({ action_id: text(256) }))], '/blocks/0/elements/0/action_id'],
  ['no elements', [actions()], '/blocks/0/elements'],
  ['26 elements', [actions(...Array.from({ length: 26 }, (_, index) => button({ action_id: `a${index}` })))], '/blocks/0/elements'],
  ['one action id twice in a block', [actions(button(), button())], '/blocks/0/elements/1/action_id'],
  ['one block id twice', [{ type: 'divider', block_id: 'a' }, { type: 'divider', block_id: 'a' }], '/blocks/1/block_id'],
  ['a block id of 256 characters', [{ type: 'divider', block_id: text(256) }], '/blocks/0/block_id'],
  ['a select of 101 options', [select({ options: options(101) })], '/blocks/0/elements/0/options'],
  ['a select without options', [select({})], '/blocks/0/elements/0'],
  ['a select of options and groups', [select({ options: options(1), option_groups: [{ label: plain(5), options: options(1) }] })], '/blocks/0/elements/0'],
  ['an option of 76 characters', [select({ options: [option('v', text(76))] })], '/blocks/0/elements/0/options/0/text/text'],
  ['an option value of 76 characters', [select({ options: [option(text(76))] })], '/blocks/0/elements/0/options/0/value'],
  ['two options of one value', [select({ options: [option('v'), option('v', 'other')] })], '/blocks/0/elements/0'],
  ['a chosen option that is none', [select({ options: options(2), initial_option: option('v9') })], '/blocks/0/elements/0'],
  ['an overflow of 6 options', [actions({ type: 'overflow', action_id: 'more', options: options(6) })], '/blocks/0/elements/0/options'],
  ['11 checkboxes', [actions({ type: 'checkboxes', action_id: 'c', options: options(11) })], '/blocks/0/elements/0/options'],
  ['a select that asks the app for its options', [actions({ type: 'external_select', action_id: 'e' })], '/blocks/0/elements/0'],
  ['a text field among the buttons', [actions({ type: 'plain_text_input', action_id: 'i' })], '/blocks/0/elements/0'],
  ['a button in an input', [input(button())], '/blocks/0/element'],
  ['a confirmation of 301 characters', [actions(button({ confirm: { ...confirm, text: marked(301) } }))], '/blocks/0/elements/0/confirm/text/text'],
  ['an image from two places', [{ ...image, slack_file: { id: 'F1' } }], '/blocks/0'],
  ['an image without words', [{ type: 'image', image_url: 'https://example.com/a.png' }], '/blocks/0'],
  ['11 elements in a context', [{ type: 'context', elements: Array.from({ length: 11 }, () => marked(5)) }], '/blocks/0/elements'],
  ['a table of 101 rows', [table(101, 1)], '/blocks/0/rows'],
  ['a table of 21 columns', [table(1, 21)], '/blocks/0/rows/0'],
  ['a ragged table', [{ type: 'table', rows: [[{ type: 'raw_text', text: 'a' }], []] }], '/blocks/0/rows'],
  ['two tables', [table(1, 1), table(1, 1)], '/blocks'],
  ['a table of 10001 characters', [{ type: 'table', rows: [[...table(1, 19, { type: 'raw_text', text: text(500) }).rows[0]!, { type: 'raw_text', text: text(501) }]] }], '/blocks'],
  ['markdown of 12001 characters', [{ type: 'markdown', text: text(12_001) }], '/blocks/0/text'],
  ['rich text of an unknown kind', [{ type: 'rich_text', elements: [{ type: 'rich_text_poem', elements: [] }] }], '/blocks/0/elements/0'],
];
for (const [what, blocks, pointer] of messagesRefused) {
  test(`refuses ${what}`, () => {
    const verdict = validateMessageBlocks(blocks);
    expect(verdict).toMatchObject({ ok: false, error: 'invalid_blocks' });
    expect('messages' in verdict && verdict.messages).toContainEqual(expect.stringMatching(new RegExp(`^\\[ERROR\\] .+ \\[json-pointer:${pointer}\\]$`)));
  });
}

test('refuses more than 13,000 characters in all blocks together', () => {
  const blocks = (last: number) => [...Array.from({ length: 4 }, () => section({ text: marked(3000) })), section({ text: marked(last) })];
  expect(validateMessageBlocks(blocks(1000))).toEqual({ ok: true });
  expect(validateMessageBlocks(blocks(1001))).toMatchObject({ ok: false, error: 'msg_blocks_too_long' });
});

test('refuses blocks that are no list', () => expect(validateMessageBlocks('[]')).toMatchObject({ ok: false, error: 'invalid_blocks_format' }));

const modal = (more: object = {}) => ({ type: 'modal', title: plain(24), blocks: [section()], ...more });
const field = input({ type: 'plain_text_input', action_id: 'i', max_length: 3000 });

const viewsTaken: readonly (readonly [string, object])[] = [
  ['a modal at every limit', modal({ submit: plain(24), close: plain(24), private_metadata: text(3000), callback_id: text(255), blocks: Array.from({ length: 100 }, () => ({ type: 'divider' })) })],
  ['an input with a submit button', modal({ submit: plain(5), blocks: [field] })],
  ['numbers with bounds', modal({ submit: plain(5), blocks: [input({ type: 'number_input', action_id: 'n', is_decimal_allowed: false, min_value: '3', max_value: '20', initial_value: '3' })] })],
];
for (const [what, view] of viewsTaken) test(`takes ${what}`, () => expect(validateView(view, 'modal')).toEqual({ ok: true }));

const viewsRefused: readonly (readonly [string, unknown, string])[] = [
  ['a title of 25 characters', modal({ title: plain(25) }), '/view/title/text'],
  ['a modal without a title', { type: 'modal', blocks: [section()] }, '/view'],
  ['a submit of 25 characters', modal({ submit: plain(25) }), '/view/submit/text'],
  ['3001 characters of private metadata', modal({ private_metadata: text(3001) }), '/view/private_metadata'],
  ['an input without a submit button', modal({ blocks: [field] }), '/view/submit'],
  ['no blocks', modal({ blocks: [] }), '/view/blocks'],
  ['101 blocks', modal({ blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }), '/view/blocks'],
  ['a table in a modal', modal({ blocks: [table(1, 1)] }), '/view/blocks/0'],
  ['a text field of more than 3000 characters', modal({ submit: plain(5), blocks: [input({ type: 'plain_text_input', action_id: 'i', max_length: 3001 })] }), '/view/blocks/0/element/max_length'],
  ['a lowest number above the highest', modal({ submit: plain(5), blocks: [input({ type: 'number_input', action_id: 'n', is_decimal_allowed: false, min_value: '5', max_value: '3' })] }), '/view/blocks/0/element'],
  ['a home tab where a modal belongs', { type: 'home', blocks: [section()] }, '/view/type'],
  ['one block id twice', modal({ blocks: [{ type: 'divider', block_id: 'a' }, { type: 'divider', block_id: 'a' }] }), '/view/blocks/1/block_id'],
];
for (const [what, view, pointer] of viewsRefused) {
  test(`refuses a view with ${what}`, () => {
    const verdict = validateView(view, 'modal');
    expect(verdict).toMatchObject({ ok: false, error: 'invalid_arguments' });
    expect('messages' in verdict && verdict.messages.join('\n')).toContain(`[json-pointer:${pointer}]`);
  });
}

test('refuses a view of more than 250,000 bytes', () => {
  const view = (more: number) => modal({ blocks: [...Array.from({ length: 76 }, () => section({ text: { type: 'mrkdwn', text: '🔴'.repeat(800) } })), section({ text: marked(1 + more) })] });
  const room = 250_000 - Buffer.byteLength(JSON.stringify(view(0)));
  expect(validateView(view(room), 'modal')).toEqual({ ok: true });
  expect(validateView(view(room + 1), 'modal')).toMatchObject({ ok: false, error: 'view_too_large' });
});

// A corpus of blocks that Slack takes, where it lies beside the project. It holds more types than the bot uses.
const corpus = process.env['BLOCK_KIT_CORPUS'] ?? '../shared/contracts/slack/blockkit/fixtures/valid';
const unknownTypes = /"type": ?"(alert|card|carousel|container|context_actions|data_table|data_visualization|plan|task_card|video|workflow_button|feedback_buttons|icon_button|(multi_)?external_select|rich_text_input|url_source|url)"/;
const read = (folder: string): [string, unknown][] => {
  if (!existsSync(corpus)) return [];
  return readdirSync(join(corpus, folder))
    .map((file): [string, string] => [file, readFileSync(join(corpus, folder, file), 'utf8')])
    .filter(([, source]) => !unknownTypes.test(source))
    .map(([file, source]) => [file, JSON.parse(source)]);
};
test.skipIf(!existsSync(corpus))(`there is a corpus of blocks at ${corpus} (BLOCK_KIT_CORPUS names another place)`, () => expect(read('blocks').length).toBeGreaterThan(0));
for (const [file, block] of read('blocks')) test(`takes the block of the corpus: ${file}`, () => expect(validateMessageBlocks([block])).toEqual({ ok: true }));
for (const [file, element] of read('elements')) {
  test(`takes the element of the corpus: ${file}`, () => {
    const { type } = element as { type: string };
    const block = type === 'image' ? { type: 'context', elements: [element] } : /input|datetimepicker/.test(type) ? input(element as object) : section({ text: marked(5), accessory: element });
    expect(validateMessageBlocks([block])).toEqual({ ok: true });
  });
}
for (const [file, element] of read('rich_text')) {
  const { type } = element as { type: string };
  const body = type.startsWith('rich_text_') ? element : { type: 'rich_text_section', elements: [element] };
  test(`takes the rich text of the corpus: ${file}`, () => expect(validateMessageBlocks([type === 'rich_text' ? element : { type: 'rich_text', elements: [body] }])).toEqual({ ok: true }));
}
for (const [file, view] of read('views')) test(`takes the view of the corpus: ${file}`, () => expect(validateView(view, (view as { type: 'modal' | 'home' }).type)).toEqual({ ok: true }));
