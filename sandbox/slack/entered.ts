import { optionsOf } from './block-kit/elements.ts';
import { isObject } from './block-kit/schema.ts';
import type { JsonObject } from './block-kit/schema.ts';
import { interactiveElements } from './block-kit/walk.ts';
import type { Entered } from './state.ts';

/**
 * What a person has chosen or typed, per element, in the form in which Slack puts it into `state.values`.
 *
 * A choice may be given plainly (the value of an option, an id, a text, a list of those, `null` for nothing) or in Slack's own
 * form (`{type, selected_option: …}`).
 */
export type Choice = string | number | null | readonly string[] | JsonObject;

type Kind = 'option' | 'options' | 'plain' | 'list' | 'number';

const fields: { readonly [type: string]: { readonly field: string; readonly kind: Kind; readonly initial: string } } = {
  static_select: { field: 'selected_option', kind: 'option', initial: 'initial_option' },
  radio_buttons: { field: 'selected_option', kind: 'option', initial: 'initial_option' },
  overflow: { field: 'selected_option', kind: 'option', initial: '' },
  multi_static_select: { field: 'selected_options', kind: 'options', initial: 'initial_options' },
  checkboxes: { field: 'selected_options', kind: 'options', initial: 'initial_options' },
  users_select: { field: 'selected_user', kind: 'plain', initial: 'initial_user' },
  multi_users_select: { field: 'selected_users', kind: 'list', initial: 'initial_users' },
  conversations_select: { field: 'selected_conversation', kind: 'plain', initial: 'initial_conversation' },
  multi_conversations_select: { field: 'selected_conversations', kind: 'list', initial: 'initial_conversations' },
  channels_select: { field: 'selected_channel', kind: 'plain', initial: 'initial_channel' },
  multi_channels_select: { field: 'selected_channels', kind: 'list', initial: 'initial_channels' },
  datepicker: { field: 'selected_date', kind: 'plain', initial: 'initial_date' },
  timepicker: { field: 'selected_time', kind: 'plain', initial: 'initial_time' },
  datetimepicker: { field: 'selected_date_time', kind: 'number', initial: 'initial_date_time' },
  plain_text_input: { field: 'value', kind: 'plain', initial: 'initial_value' },
  email_text_input: { field: 'value', kind: 'plain', initial: 'initial_value' },
  url_text_input: { field: 'value', kind: 'plain', initial: 'initial_value' },
  number_input: { field: 'value', kind: 'plain', initial: 'initial_value' },
};

/** Whether an element is in `state.values`: buttons and overflow menus only send what was pressed. */
export const keepsValue = (element: JsonObject): boolean => element['type'] !== 'overflow' && fields[String(element['type'])] !== undefined;

/** The choice in Slack's form. Throws, naming what there is, when the element does not offer it. */
export function valueOf(element: JsonObject, choice: Choice): JsonObject {
  const type = String(element['type']);
  const rule = fields[type];
  if (!rule) throw new Error(`Nothing can be chosen in a ${type}.`);
  const given = unwrap(choice, rule.field);
  return { type, [rule.field]: given === null && rule.kind !== 'options' && rule.kind !== 'list' ? null : convert(element, given, rule.kind) };
}

function unwrap(choice: Choice, field: string): unknown {
  if (!isObject(choice)) return choice === '' ? null : choice;
  return choice[field] ?? (choice['type'] === undefined ? choice : null);
}

function convert(element: JsonObject, given: unknown, kind: Kind): unknown {
  const entries = given === null ? [] : Array.isArray(given) ? given : [given];
  if (kind === 'option') return optionOf(element, given);
  if (kind === 'options') return entries.map((entry) => optionOf(element, entry));
  if (kind === 'list') return entries.map(String);
  return kind === 'number' ? Number(given) : String(given);
}

function optionOf(element: JsonObject, given: unknown): JsonObject {
  const value = isObject(given) ? given['value'] : given;
  const option = optionsOf(element).find((candidate) => candidate['value'] === value);
  if (!option) throw new Error(`There is no option ${JSON.stringify(value)} in ${String(element['action_id'])}; there are: ${optionsOf(element).map((candidate) => candidate['value']).join(', ')}`);
  return option;
}

/** Everything that can hold a value, with what was entered, what it began with, or nothing. */
export function stateValues(blocks: unknown, entered: Entered): JsonObject {
  const values: { [blockId: string]: JsonObject } = {};
  for (const { block, element } of interactiveElements(blocks)) {
    const rule = fields[String(element['type'])];
    if (!rule || !keepsValue(element)) continue;
    const blockId = String(block['block_id']);
    const actionId = String(element['action_id']);
    const kept = entered[blockId]?.[actionId];
    (values[blockId] ??= {})[actionId] = kept?.['type'] === element['type'] ? kept : initialValue(element, rule);
  }
  return values;
}

function initialValue(element: JsonObject, rule: { field: string; kind: Kind; initial: string }): JsonObject {
  const none = rule.kind === 'options' || rule.kind === 'list' ? [] : null;
  return { type: element['type'], [rule.field]: element[rule.initial] ?? none };
}

/**
 * What Slack's own client says before it lets a modal go: nothing leaves the device while one of these is open.
 * By block id.
 */
export function whyNotSubmitted(blocks: unknown, values: JsonObject): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const { block, element } of interactiveElements(blocks)) {
    if (block['type'] !== 'input') continue;
    const blockId = String(block['block_id']);
    const inBlock = values[blockId];
    const value = isObject(inBlock) ? inBlock[String(element['action_id'])] : undefined;
    const problem = problemOf(element, isObject(value) ? value[fields[String(element['type'])]?.field ?? ''] : undefined, block['optional'] === true);
    if (problem !== null) problems[blockId] = problem;
  }
  return problems;
}

function problemOf(element: JsonObject, value: unknown, isOptional: boolean): string | null {
  const isEmpty = value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  if (isEmpty) return isOptional ? null : 'Please complete this required field.';
  if (element['type'] === 'number_input') return problemOfNumber(element, String(value));
  if (typeof value === 'string' && typeof element['max_length'] === 'number' && value.length > element['max_length']) return `Please keep this to ${element['max_length']} characters.`;
  if (typeof value === 'string' && typeof element['min_length'] === 'number' && value.length < element['min_length']) return `Please write at least ${element['min_length']} characters.`;
  if (Array.isArray(value) && typeof element['max_selected_items'] === 'number' && value.length > element['max_selected_items']) return `Please choose at most ${element['max_selected_items']}.`;
  return null;
}

function problemOfNumber(element: JsonObject, text: string): string | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'Please enter a number.';
  if (element['is_decimal_allowed'] !== true && !Number.isInteger(value)) return 'Please enter a whole number.';
  if (element['min_value'] !== undefined && value < Number(element['min_value'])) return `Please enter ${String(element['min_value'])} or more.`;
  if (element['max_value'] !== undefined && value > Number(element['max_value'])) return `Please enter ${String(element['max_value'])} or less.`;
  return null;
}
