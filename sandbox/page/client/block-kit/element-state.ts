import type { Block, Element, Option } from './block.ts';

/** What a person has put into an element, in the shape of Slack's `view.state.values`. */
export interface ElementState {
  readonly type: string;
  readonly value?: string | null;
  readonly selected_option?: Option | null;
  readonly selected_options?: readonly Option[];
  readonly selected_user?: string | null;
  readonly selected_users?: readonly string[];
  readonly selected_channel?: string | null;
  readonly selected_conversation?: string | null;
  readonly selected_date?: string | null;
  readonly selected_time?: string | null;
  readonly selected_date_time?: number | null;
}

export type Values = Readonly<Record<string, Readonly<Record<string, ElementState>>>>;

/** How an element stands before anybody touched it; nothing for elements that keep no state, such as buttons. */
export function initialState(element: Element): ElementState | undefined {
  const { type } = element;
  switch (type) {
    case 'plain_text_input':
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
      return { type, value: element.initial_value ?? null };
    case 'static_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null };
    case 'multi_static_select':
    case 'checkboxes':
      return { type, selected_options: element.initial_options ?? [] };
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type, selected_users: element.initial_users ?? [] };
    case 'channels_select':
      return { type, selected_channel: element.initial_channel ?? null };
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null };
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null };
    case 'datetimepicker':
      return { type, selected_date_time: element.initial_date_time ?? null };
    default:
      return undefined;
  }
}

/** Slack names blocks and actions that have no name; the stand-in does too. The position keeps them apart until then. */
export function blockIdOf(block: Block, index: number): string {
  return block.block_id ?? `block-${index}`;
}

function elementsOf(block: Block): readonly Element[] {
  if (block.type === 'input') return block.element ? [block.element] : [];
  if (block.type === 'actions') return block.elements ?? [];
  return block.accessory ? [block.accessory] : [];
}

/** Everything that has a state: as it began, and over it what was changed. */
export function collectValues(blocks: readonly Block[], changed: Values): Values {
  const values: Record<string, Record<string, ElementState>> = {};
  blocks.forEach((block, index) => {
    const blockId = blockIdOf(block, index);
    for (const element of elementsOf(block)) {
      const initial = initialState(element);
      if (initial === undefined) continue;
      const actionId = element.action_id ?? '';
      values[blockId] = { ...values[blockId], [actionId]: changed[blockId]?.[actionId] ?? initial };
    }
  });
  return values;
}

/** What Slack's own client refuses before the bot is asked: by block id, one sentence each. */
export function findErrors(blocks: readonly Block[], values: Values): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  blocks.forEach((block, index) => {
    if (block.type !== 'input' || !block.element) return;
    const blockId = blockIdOf(block, index);
    const state = values[blockId]?.[block.element.action_id ?? ''];
    const error = state === undefined || isEmpty(state) ? (block.optional ? undefined : 'This is needed.') : errorOf(block.element, state);
    if (error !== undefined) errors[blockId] = error;
  });
  return errors;
}

function isEmpty(state: ElementState): boolean {
  return Object.entries(state).every(([key, value]) => key === 'type' || value === null || value === '' || (Array.isArray(value) && value.length === 0));
}

function errorOf(element: Element, state: ElementState): string | undefined {
  const value = state.value ?? '';
  switch (element.type) {
    case 'number_input': {
      const number = Number(value);
      if (value.trim() === '' || !Number.isFinite(number)) return 'This is not a number.';
      if (element.is_decimal_allowed !== true && !Number.isInteger(number)) return 'A whole number, please.';
      if (element.min_value !== undefined && number < Number(element.min_value)) return `At least ${element.min_value}.`;
      if (element.max_value !== undefined && number > Number(element.max_value)) return `At most ${element.max_value}.`;
      return undefined;
    }
    case 'plain_text_input':
      if (element.min_length !== undefined && value.length < element.min_length) return `At least ${element.min_length} characters.`;
      return undefined;
    case 'email_text_input':
      return /^\S+@\S+\.\S+$/.test(value) ? undefined : 'This is not an e-mail address.';
    case 'url_text_input':
      return URL.canParse(value) ? undefined : 'This is not a URL.';
    default:
      return undefined;
  }
}
