import { byType, flag, list, number, object, oneOf, string } from './schema.ts';
import type { Check } from './schema.ts';

const style = object({ optional: { bold: flag, italic: flag, strike: flag, code: flag, underline: flag, highlight: flag, client_highlight: flag, unlink: flag } });

const inline: Check = byType({
  text: object({ required: { text: string({ min: 1 }) }, optional: { style } }),
  link: object({ required: { url: string({ min: 1 }) }, optional: { text: string(), unsafe: flag, style } }),
  emoji: object({ required: { name: string({ min: 1 }) }, optional: { unicode: string(), url: string(), skin_tone: number({ min: 1, max: 6 }), style } }),
  user: object({ required: { user_id: string({ min: 1 }) }, optional: { style } }),
  usergroup: object({ required: { usergroup_id: string({ min: 1 }) }, optional: { style } }),
  channel: object({ required: { channel_id: string({ min: 1 }) }, optional: { style } }),
  broadcast: object({ required: { range: oneOf('here', 'channel', 'everyone') }, optional: { style } }),
  color: object({ required: { value: string({ min: 1 }) }, optional: { style } }),
  date: object({ required: { timestamp: number({ min: 0 }), format: string({ min: 1 }) }, optional: { url: string(), fallback: string({ min: 1 }), style } }),
});

const section = object({ required: { elements: list(inline) } });
const border = number({ min: 0 });

/** The body of a rich_text block, which is also what a table's cell may hold. */
export const richTextElements: Check = list(
  byType({
    rich_text_section: section,
    rich_text_list: object({
      required: { style: oneOf('bullet', 'ordered'), elements: list(byType({ rich_text_section: section }), { min: 1 }) },
      optional: { indent: number({ min: 0, max: 8 }), offset: number({ min: 0 }), border },
    }),
    rich_text_preformatted: object({ required: { elements: list(inline) }, optional: { border, language: string() } }),
    rich_text_quote: object({ required: { elements: list(inline) }, optional: { border } }),
  }),
);
