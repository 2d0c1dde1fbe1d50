import { actionId, confirmation, conversationFilter, dispatchActionConfig, markedOption, optionGroup, overflowOption, plainOption, plainText, slackFile } from './composition.ts';
import { exactlyOne, flag, isObject, list, number, object, oneOf, pattern, string, url } from './schema.ts';
import type { Check, JsonObject, Report } from './schema.ts';

/** Every interactive element that the stand-in knows. What is not here is refused as unsupported. */

const placeholder = plainText(150);
const choice = { options: list(plainOption, { min: 1, max: 100 }), option_groups: list(optionGroup, { min: 1, max: 100 }) };
const common = { action_id: actionId, confirm: confirmation, focus_on_load: flag };
const selection = { max_selected_items: number({ min: 1 }) };
const userIds = list(string({ min: 1 }));

const sameOption = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function optionsOf(element: JsonObject): JsonObject[] {
  const direct = Array.isArray(element['options']) ? element['options'] : [];
  const groups = Array.isArray(element['option_groups']) ? element['option_groups'].filter(isObject) : [];
  return [...direct, ...groups.flatMap((group) => (Array.isArray(group['options']) ? group['options'] : []))].filter(isObject);
}

function initialIsAnOption(element: JsonObject, pointer: string, report: Report): void {
  const initial = element['initial_option'] !== undefined ? [element['initial_option']] : element['initial_options'];
  if (!Array.isArray(initial)) return;
  for (const chosen of initial) {
    if (!optionsOf(element).some((option) => sameOption(option, chosen))) report(pointer, 'initial option must exactly match one of the options');
  }
}

/** Two options with one value cannot be told apart when chosen. */
function valuesDiffer(element: JsonObject, pointer: string, report: Report): void {
  const values = optionsOf(element).map((option) => option['value']);
  if (new Set(values).size !== values.length) report(pointer, 'option values must be unique');
}

function rangeIsOrdered(low: string, high: string) {
  return (element: JsonObject, pointer: string, report: Report) => {
    if (element[low] !== undefined && element[high] !== undefined && Number(element[low]) > Number(element[high])) report(pointer, `${low} must not be greater than ${high}`);
  };
}

const decimal = pattern(/^-?\d+(\.\d+)?$/, 'a number in a string');
const date = pattern(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2026-01-31');
const time = pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 09:30');
const textInput = { action_id: actionId, placeholder, focus_on_load: flag, dispatch_action_config: dispatchActionConfig };

export const elementShapes = {
  button: object({
    required: { text: plainText(75) },
    optional: { action_id: actionId, url: url(3000), value: string({ max: 2000 }), style: oneOf('primary', 'danger'), confirm: confirmation, accessibility_label: string({ max: 75 }) },
  }),
  static_select: object({ optional: { ...common, placeholder, ...choice, initial_option: plainOption } }, exactlyOne('options', 'option_groups'), initialIsAnOption, valuesDiffer),
  multi_static_select: object(
    { optional: { ...common, ...selection, placeholder, ...choice, initial_options: list(plainOption, { min: 1 }) } },
    exactlyOne('options', 'option_groups'),
    initialIsAnOption,
    valuesDiffer,
  ),
  users_select: object({ optional: { ...common, placeholder, initial_user: string({ min: 1 }) } }),
  multi_users_select: object({ optional: { ...common, ...selection, placeholder, initial_users: userIds } }),
  conversations_select: object({
    optional: { ...common, placeholder, initial_conversation: string({ min: 1 }), default_to_current_conversation: flag, response_url_enabled: flag, filter: conversationFilter },
  }),
  multi_conversations_select: object({
    optional: { ...common, ...selection, placeholder, initial_conversations: userIds, default_to_current_conversation: flag, filter: conversationFilter },
  }),
  channels_select: object({ optional: { ...common, placeholder, initial_channel: string({ min: 1 }), response_url_enabled: flag } }),
  multi_channels_select: object({ optional: { ...common, ...selection, placeholder, initial_channels: userIds } }),
  overflow: object({ required: { options: list(overflowOption, { min: 1, max: 5 }) }, optional: { action_id: actionId, confirm: confirmation } }, valuesDiffer),
  checkboxes: object(
    { required: { options: list(markedOption, { min: 1, max: 10 }) }, optional: { ...common, initial_options: list(markedOption, { min: 1 }) } },
    initialIsAnOption,
    valuesDiffer,
  ),
  radio_buttons: object(
    { required: { options: list(markedOption, { min: 1, max: 10 }) }, optional: { ...common, initial_option: markedOption } },
    initialIsAnOption,
    valuesDiffer,
  ),
  datepicker: object({ optional: { ...common, placeholder, initial_date: date } }),
  timepicker: object({ optional: { ...common, placeholder, initial_time: time, timezone: string({ min: 1 }) } }),
  datetimepicker: object({ optional: { ...common, initial_date_time: number({ min: 1_000_000_000, max: 9_999_999_999 }) } }),
  plain_text_input: object(
    { optional: { ...textInput, initial_value: string({ max: 3000 }), multiline: flag, min_length: number({ min: 0, max: 3000 }), max_length: number({ min: 1, max: 3000 }) } },
    rangeIsOrdered('min_length', 'max_length'),
  ),
  email_text_input: object({ optional: { ...textInput, initial_value: string({ max: 3000 }) } }),
  url_text_input: object({ optional: { ...textInput, initial_value: string({ max: 3000 }) } }),
  number_input: object(
    { required: { is_decimal_allowed: flag }, optional: { ...textInput, initial_value: decimal, min_value: decimal, max_value: decimal } },
    rangeIsOrdered('min_value', 'max_value'),
  ),
  file_input: object({ optional: { action_id: actionId, filetypes: list(string({ min: 1 })), max_files: number({ min: 1, max: 10 }) } }),
} as const satisfies Record<string, Check>;

export type ElementType = keyof typeof elementShapes;

export const imageElement = object(
  { required: { alt_text: string({ min: 1, max: 2000 }) }, optional: { image_url: url(3000), slack_file: slackFile } },
  exactlyOne('image_url', 'slack_file'),
);

/** The named shapes, as a table for `byType`. */
export function shapesOf(...types: readonly ElementType[]): { [type: string]: Check } {
  return Object.fromEntries(types.map((type) => [type, elementShapes[type]]));
}
