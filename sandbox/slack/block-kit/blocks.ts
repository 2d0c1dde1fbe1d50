import { anyText, blockId, plainText, slackFile } from './composition.ts';
import { imageElement, shapesOf } from './elements.ts';
import { richTextElements } from './rich-text.ts';
import { atLeastOne, byType, exactlyOne, flag, list, object, oneOf, string, url } from './schema.ts';
import type { Check } from './schema.ts';
import { table } from './table.ts';

const choices = [
  'static_select', 'multi_static_select', 'users_select', 'multi_users_select', 'conversations_select', 'multi_conversations_select',
  'channels_select', 'multi_channels_select', 'checkboxes', 'radio_buttons', 'datepicker', 'timepicker',
] as const;
const entries = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input', 'datetimepicker'] as const;

const accessory = byType({ ...shapesOf('button', 'overflow', ...choices), image: imageElement });
const actionElement = byType(shapesOf('button', 'overflow', 'datetimepicker', 'static_select', 'users_select', 'conversations_select', 'channels_select', 'checkboxes', 'radio_buttons', 'datepicker', 'timepicker', 'multi_static_select', 'multi_users_select', 'multi_conversations_select', 'multi_channels_select'));
const inputElement = byType(shapesOf(...choices, ...entries, 'file_input'));
const contextElement = byType({
  image: imageElement,
  plain_text: plainText(3000),
  mrkdwn: anyText(3000),
});

const input = object({
  required: { label: plainText(2000), element: inputElement },
  optional: { block_id: blockId, hint: plainText(2000), optional: flag, dispatch_action: flag },
});

const everywhere = {
  section: object(
    {
      optional: { block_id: blockId, text: anyText(3000), fields: list(anyText(2000), { min: 1, max: 10 }), accessory, expand: flag },
    },
    atLeastOne('text', 'fields'),
  ),
  context: object({ required: { elements: list(contextElement, { min: 1, max: 10 }) }, optional: { block_id: blockId } }),
  actions: object({ required: { elements: list(actionElement, { min: 1, max: 25 }) }, optional: { block_id: blockId } }),
  header: object({ required: { text: plainText(150) }, optional: { block_id: blockId } }),
  divider: object({ optional: { block_id: blockId } }),
  image: object(
    {
      required: { alt_text: string({ min: 1, max: 2000 }) },
      optional: { block_id: blockId, image_url: url(3000), slack_file: slackFile, title: plainText(2000) },
    },
    exactlyOne('image_url', 'slack_file'),
  ),
  rich_text: object({ required: { elements: richTextElements }, optional: { block_id: blockId } }),
} satisfies Record<string, Check>;

export const messageBlock = byType({
  ...everywhere,
  input,
  table,
  markdown: object({ required: { text: string({ min: 1, max: 12_000 }) }, optional: { block_id: blockId } }),
  file: object({ required: { external_id: string({ min: 1, max: 255 }), source: oneOf('remote') }, optional: { block_id: blockId } }),
});

export const viewBlock = byType({ ...everywhere, input });
