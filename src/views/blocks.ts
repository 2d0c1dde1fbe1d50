import { encodeContext, encodeControl, type Control, type ViewName } from './controls.ts';
import { codePoints, join, mrkdwn, oneLine, truncate, truncateMrkdwn, truncateSource, withoutEmphasis, type Mrkdwn } from './mrkdwn.ts';

/**
 * The few blocks that this bot uses, and constructors that cannot make one which Slack refuses. One bad block makes Slack refuse
 * the whole message, so every limit is kept here and nowhere else: what is too long is cut, the least important first, and it says so.
 */
export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}
export interface MrkdwnText {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Slack then leaves addresses, `#names` and `@names` in the text alone. */
  readonly verbatim: true;
}
export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
}
export interface Option {
  readonly text: PlainText;
  readonly value: string;
}
export type Input =
  | {
      readonly type: 'plain_text_input';
      readonly action_id: string;
      readonly multiline: boolean;
      readonly min_length: number;
      readonly max_length: number;
      readonly initial_value?: string;
      readonly placeholder?: PlainText;
    }
  | {
      readonly type: 'number_input';
      readonly action_id: string;
      readonly is_decimal_allowed: false;
      readonly min_value?: string;
      readonly max_value?: string;
      readonly initial_value?: string;
    }
  | { readonly type: 'static_select'; readonly action_id: string; readonly options: Option[]; readonly initial_option?: Option; readonly placeholder: PlainText };

export type Block =
  | { readonly type: 'section'; readonly text: MrkdwnText; readonly accessory?: Button }
  | { readonly type: 'context'; readonly elements: MrkdwnText[] }
  | { readonly type: 'actions'; readonly elements: Button[] }
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'divider' }
  | { readonly type: 'input'; readonly block_id: string; readonly label: PlainText; readonly element: Input; readonly optional: boolean; readonly hint?: PlainText };

/** A message: `text` is what a notification shows and what stands alone where Slack refuses the blocks. */
export interface MessageContent {
  readonly text: string;
  readonly blocks: readonly Block[];
}

export interface ModalContent {
  readonly type: 'modal';
  readonly callback_id: ViewName;
  readonly title: PlainText;
  readonly close: PlainText;
  readonly submit?: PlainText;
  readonly private_metadata: string;
  readonly blocks: readonly Block[];
}
export interface HomeContent {
  readonly type: 'home';
  readonly blocks: readonly Block[];
}

export const limits = {
  blocksPerMessage: 50,
  blocksPerView: 100,
  textPerMessage: 10_000,
  notification: 3_000,
  section: 3_000,
  contextElements: 10,
  buttons: 5,
  buttonLabel: 75,
  header: 150,
  viewTitle: 24,
  options: 100,
  optionText: 75,
  inputLabel: 200,
} as const;

export function section(text: Mrkdwn, accessory?: Button): Block {
  return { type: 'section', text: mrkdwnText(text), ...(accessory && { accessory }) };
}

/** Small grey text. */
export function context(text: Mrkdwn): Block {
  return { type: 'context', elements: [mrkdwnText(text)] };
}

export function header(text: string): Block {
  return { type: 'header', text: plainText(text, limits.header) };
}

export const divider: Block = { type: 'divider' };

/** At most five, those named first; `null` stands for a button that does not apply now. No buttons, no block. */
export function buttons(...candidates: readonly (Button | null)[]): Block | null {
  const elements = candidates.filter((button) => button !== null).slice(0, limits.buttons);
  if (elements.length === 0) return null;
  const seen = new Map<string, number>();
  return {
    type: 'actions',
    elements: elements.map((button) => {
      const times = (seen.get(button.action_id) ?? 0) + 1;
      seen.set(button.action_id, times);
      return times === 1 ? button : { ...button, action_id: `${button.action_id}:${times}` };
    }),
  };
}

/** A button is a verb and what it acts on; `…` at its end means that it asks first. */
export function button(label: string, control: Control, style?: 'primary' | 'danger'): Button {
  const { actionId, value } = encodeControl(control);
  return { type: 'button', action_id: actionId, text: plainText(label, limits.buttonLabel), value, ...(style && { style }) };
}

interface InputOptions {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly optional?: boolean;
}

/** Its answer is found at `state.values[name][name]`. */
export function textInput(options: InputOptions & { readonly multiline?: boolean; readonly minLength?: number; readonly maxLength: number; readonly initial?: string; readonly placeholder?: string }): Block {
  const initial = options.initial === undefined ? '' : truncate(options.initial, options.maxLength);
  return input(options, {
    type: 'plain_text_input',
    action_id: options.name,
    multiline: options.multiline ?? false,
    min_length: options.optional === true ? 0 : (options.minLength ?? 1),
    max_length: Math.min(options.maxLength, 3_000),
    ...(initial !== '' && { initial_value: initial }),
    ...(options.placeholder !== undefined && { placeholder: plainText(options.placeholder, 150) }),
  });
}

export function numberInput(options: InputOptions & { readonly minimum?: number; readonly maximum?: number; readonly initial?: number }): Block {
  const { minimum, maximum, initial } = options;
  const fits = initial !== undefined && initial >= (minimum ?? initial) && initial <= (maximum ?? initial);
  return input(options, {
    type: 'number_input',
    action_id: options.name,
    is_decimal_allowed: false,
    ...(minimum !== undefined && { min_value: String(minimum) }),
    ...(maximum !== undefined && { max_value: String(maximum) }),
    ...(fits && { initial_value: String(initial) }),
  });
}

/** The chosen option's `value`. Slack takes 100 options of 75 characters; a longer value is left out, because half a value is another value. */
export function selectInput(
  options: InputOptions & { readonly choices: readonly { readonly text: string; readonly value: string }[]; readonly initial?: string; readonly placeholder?: string },
): Block {
  const byValue = new Map(options.choices.filter(({ value }) => value !== '' && codePoints(value) <= limits.optionText).map(({ text, value }) => [value, text]));
  const choices = [...byValue].slice(0, limits.options).map(([value, text]) => ({ text: plainText(text, limits.optionText), value }));
  // Slack refuses a select without options, and with it the whole modal.
  if (choices.length === 0) return textInput({ ...options, maxLength: 200 });
  const initial = choices.find(({ value }) => value === options.initial);
  return input(options, {
    type: 'static_select',
    action_id: options.name,
    options: choices,
    placeholder: plainText(options.placeholder ?? 'Choose one', 150),
    ...(initial && { initial_option: initial }),
  });
}

function input(options: InputOptions, element: Input): Block {
  return {
    type: 'input',
    block_id: options.name,
    label: plainText(options.label, limits.inputLabel),
    element,
    optional: options.optional ?? false,
    ...(options.hint !== undefined && { hint: plainText(options.hint, limits.inputLabel) }),
  };
}

/** Blocks that may be left out when there is no room; `name` is how the reader is told: `Left out for length: runbook.` */
export interface Optional {
  readonly optional: string;
  readonly blocks: readonly (Block | null)[];
}
export function optional(name: string, ...blocks: readonly (Block | null)[]): Optional {
  return { optional: name, blocks };
}

/** In reading order. `null` is what does not apply. Of the optional ones the last is left out first. */
export type Parts = readonly (Block | Optional | null)[];

/** `firstLine` is enough alone: it is the notification, without its bold marks. */
export function message(firstLine: Mrkdwn, parts: Parts): MessageContent {
  return notice(firstLine, [section(firstLine), ...parts]);
}

/** For text whose first line is already in its first part. */
export function notice(firstLine: Mrkdwn, parts: Parts): MessageContent {
  return {
    text: truncateMrkdwn(withoutEmphasis(firstLine), limits.notification).source || 'StockOps',
    blocks: fit(parts, limits.blocksPerMessage, limits.textPerMessage),
  };
}

export function modal(options: {
  readonly name: ViewName;
  readonly title: string;
  readonly submit?: string;
  readonly close?: string;
  readonly about: Omit<Control, 'verb'>;
  readonly parts: Parts;
}): ModalContent {
  return {
    type: 'modal',
    callback_id: options.name,
    title: plainText(options.title, limits.viewTitle),
    close: plainText(options.close ?? 'Close', limits.viewTitle),
    ...(options.submit !== undefined && { submit: plainText(options.submit, limits.viewTitle) }),
    private_metadata: encodeContext(options.about),
    blocks: fit(options.parts, limits.blocksPerView, 60_000),
  };
}

export function home(parts: Parts): HomeContent {
  return { type: 'home', blocks: fit(parts, limits.blocksPerView, 60_000) };
}

function fit(parts: Parts, maxBlocks: number, maxText: number): Block[] {
  let kept = parts.filter((part) => part !== null);
  const leftOut: string[] = [];
  const flat = (): Block[] => {
    const blocks = kept.flatMap((part) => ('blocks' in part ? part.blocks.filter((block) => block !== null) : [part]));
    return leftOut.length === 0 ? blocks : [...blocks, context(mrkdwn`Left out for length: ${leftOut.toReversed().join(', ')}.`)];
  };
  for (let blocks = flat(); isTooMuch(blocks, maxBlocks, maxText); blocks = flat()) {
    const least = kept.findLast((part) => 'blocks' in part);
    if (least === undefined) break;
    leftOut.push(least.optional);
    kept = kept.filter((part) => part !== least);
  }
  return shorten(flat(), maxBlocks, maxText);
}

const isTooMuch = (blocks: readonly Block[], maxBlocks: number, maxText: number) => blocks.length > maxBlocks || textLength(blocks) > maxText;

/**
 * The last resort, for messages whose necessary parts alone are too long: text gives way and says so, controls and inputs do not. The first
 * block stays, since it is enough alone.
 */
function shorten(blocks: readonly Block[], maxBlocks: number, maxText: number): Block[] {
  const result = [...blocks];
  if (result.length > maxBlocks) {
    const left = result.length - maxBlocks + 1;
    for (let removed = 0; removed < left; removed += 1) result.splice(leastImportant(result), 1);
    result.push(context(mrkdwn`Left out for length: ${left} parts.`));
  }
  while (textLength(result) > maxText) {
    const longest = result.reduce((found, block, index) => (ownText(block) > ownText(result[found] as Block) ? index : found), 0);
    const block = result[longest] as Block;
    if (block.type === 'section') result[longest] = { ...block, text: cut(block.text) };
    else if (block.type === 'context') result[longest] = { ...block, elements: block.elements.map(cut) };
    else break;
  }
  return result;
}

/** The last block that is only read, else the last one of all. */
function leastImportant(blocks: readonly Block[]): number {
  const isOnlyRead = (block: Block) => block.type !== 'actions' && block.type !== 'input' && !('accessory' in block);
  const last = blocks.findLastIndex((block, index) => index > 0 && isOnlyRead(block));
  return last === -1 ? blocks.length - 1 : last;
}

const cut = (text: MrkdwnText): MrkdwnText => ({ ...text, text: truncateSource(text.text, Math.max(50, Math.floor(codePoints(text.text) / 2))) });

function ownText(block: Block): number {
  if (block.type === 'section') return codePoints(block.text.text);
  return block.type === 'context' ? block.elements.reduce((sum, { text }) => sum + codePoints(text), 0) : 0;
}

/** Everything that is read in these blocks, counted as Slack's message limit seems to count it. */
function textLength(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'section') return sum + codePoints(block.text.text) + (block.accessory ? codePoints(block.accessory.text.text) : 0);
    if (block.type === 'context') return sum + ownText(block);
    if (block.type === 'actions') return sum + block.elements.reduce((labels, element) => labels + codePoints(element.text.text), 0);
    return block.type === 'header' ? sum + codePoints(block.text.text) : sum;
  }, 0);
}

function mrkdwnText(text: Mrkdwn): MrkdwnText {
  return { type: 'mrkdwn', text: truncateMrkdwn(text, limits.section).source || '–', verbatim: true };
}

/** Slack does not parse these, but it shows what cannot be seen and refuses what is empty. */
export function plainText(text: string, max: number): PlainText {
  return { type: 'plain_text', text: truncate(oneLine(text), max) || '–', emoji: false };
}

/** Lines as sections, in order, each as full as Slack allows; no line is divided. */
export function sectionsOf(lines: readonly Mrkdwn[], separator: '\n' | '\n\n' = '\n'): Block[] {
  const sections: Mrkdwn[][] = [];
  let room = 0;
  for (const line of lines) {
    const length = codePoints(line.source) + separator.length;
    if (length > room) {
      sections.push([]);
      room = limits.section;
    }
    sections.at(-1)?.push(line);
    room -= length;
  }
  return sections.map((some) => section(join(some, separator)));
}
