import { messageBlock, viewBlock } from './blocks.ts';
import { plainText } from './composition.ts';
import { countCharacters, flag, isObject, list, object, oneOf, string } from './schema.ts';
import type { Check, JsonObject, Report } from './schema.ts';
import { maximumTableText, tableText } from './table.ts';
import { interactiveElements, textsOf } from './walk.ts';

export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string; readonly messages: readonly string[] };

/** Slack's documents are silent about this sum; `msg_blocks_too_long` was seen from about 13,000 characters on. */
export const maximumMessageText = 13_000;
const maximumViewBytes = 250_000;

function collect(check: Check, value: unknown, pointer: string): string[] {
  const messages: string[] = [];
  check(value, pointer, (at, message) => messages.push(`[ERROR] ${message} [json-pointer:${at}]`));
  return messages;
}

/** Ids must be unique where an answer names them: a block in its message, an action in its block. */
function idsAreUnique(blocks: unknown, report: Report): void {
  const seenBlocks = new Set<unknown>();
  if (!Array.isArray(blocks)) return;
  blocks.filter(isObject).forEach((block, index) => {
    if (block['block_id'] === undefined) return;
    if (seenBlocks.has(block['block_id'])) report(`/blocks/${index}/block_id`, `duplicate block_id: ${String(block['block_id'])}`);
    seenBlocks.add(block['block_id']);
  });
  const seenActions = new Map<JsonObject, Set<unknown>>();
  for (const { block, element, pointer } of interactiveElements(blocks)) {
    const seen = seenActions.get(block) ?? new Set();
    if (element['action_id'] !== undefined && seen.has(element['action_id'])) report(`${pointer}/action_id`, `duplicate action_id: ${String(element['action_id'])}`);
    seen.add(element['action_id']);
    seenActions.set(block, seen);
  }
}

function focusIsUnique(blocks: unknown, report: Report): void {
  const focused = [...interactiveElements(blocks)].filter(({ element }) => element['focus_on_load'] === true);
  for (const { pointer } of focused.slice(1)) report(pointer, 'only one element may have focus_on_load');
}

export function validateMessageBlocks(blocks: unknown): Verdict {
  if (!Array.isArray(blocks)) return { ok: false, error: 'invalid_blocks_format', messages: ['[ERROR] must be an array [json-pointer:/blocks]'] };
  const messages = collect(list(messageBlock, { max: 50 }), blocks, '/blocks');
  messages.push(...collect((value, _pointer, report) => (idsAreUnique(value, report), focusIsUnique(value, report)), blocks, '/blocks'));
  const tables = blocks.filter((block) => isObject(block) && block['type'] === 'table');
  if (tables.length > 1) messages.push('[ERROR] only one table is allowed in a message [json-pointer:/blocks]');
  if (tableText(tables) > maximumTableText) messages.push(`[ERROR] table cells must hold less than ${maximumTableText + 1} characters together [json-pointer:/blocks]`);
  if (messages.length > 0) return { ok: false, error: 'invalid_blocks', messages };
  const total = [...textsOf(blocks)].reduce((sum, text) => sum + countCharacters(text), 0);
  if (total > maximumMessageText) return { ok: false, error: 'msg_blocks_too_long', messages: [`[ERROR] ${total} characters in all blocks together, at most ${maximumMessageText} [json-pointer:/blocks]`] };
  return { ok: true };
}

const common = {
  blocks: list(viewBlock, { min: 1, max: 100 }),
  private_metadata: string({ max: 3000 }),
  callback_id: string({ max: 255 }),
  external_id: string({ max: 255 }),
};
const modal = object(
  {
    required: { title: plainText(24), blocks: common.blocks },
    optional: { ...common, submit: plainText(24), close: plainText(24), clear_on_close: flag, notify_on_close: flag, submit_disabled: flag },
  },
  (view, pointer, report) => {
    const hasInput = Array.isArray(view['blocks']) && view['blocks'].some((block) => isObject(block) && block['type'] === 'input');
    if (hasInput && view['submit'] === undefined) report(`${pointer}/submit`, 'submit is required when an input block is within the blocks array');
  },
);
const home = object({ required: { blocks: common.blocks }, optional: common });

/** A view as `views.open` (kind modal) or `views.publish` (kind home) takes it. */
export function validateView(view: unknown, kind: 'modal' | 'home'): Verdict {
  const invalid = (messages: readonly string[]): Verdict => ({ ok: false, error: 'invalid_arguments', messages });
  if (!isObject(view)) return invalid(['[ERROR] must be an object [json-pointer:/view]']);
  const messages = collect(object({ required: { type: oneOf(kind) } }), { type: view['type'] }, '/view');
  messages.push(...collect(kind === 'modal' ? modal : home, view, '/view'));
  messages.push(...collect((value, _pointer, report) => {
    const inView: Report = (pointer, message) => report(`/view${pointer}`, message);
    idsAreUnique(value, inView);
    focusIsUnique(value, inView);
  }, view['blocks'], '/view/blocks'));
  if (messages.length > 0) return invalid(messages);
  if (Buffer.byteLength(JSON.stringify(view)) > maximumViewBytes) return { ok: false, error: 'view_too_large', messages: [`[ERROR] more than ${maximumViewBytes} bytes [json-pointer:/view]`] };
  return { ok: true };
}
