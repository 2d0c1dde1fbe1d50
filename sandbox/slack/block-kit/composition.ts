import { atLeastOne, byType, exactlyOne, flag, list, object, oneOf, string, url } from './schema.ts';
import type { Check } from './schema.ts';

/** What blocks and elements are composed of: texts, options, confirmation dialogs. */

export const plainText = (max: number): Check =>
  byType({ plain_text: object({ required: { text: string({ min: 1, max }) }, optional: { emoji: flag } }) });

export const anyText = (max: number): Check =>
  byType({
    plain_text: object({ required: { text: string({ min: 1, max }) }, optional: { emoji: flag } }),
    mrkdwn: object({ required: { text: string({ min: 1, max }) }, optional: { verbatim: flag } }),
  });

export const blockId = string({ min: 1, max: 255 });
export const actionId = string({ min: 1, max: 255 });

export const confirmation = object({
  required: { title: plainText(100), text: anyText(300), confirm: plainText(30), deny: plainText(30) },
  optional: { style: oneOf('primary', 'danger') },
});

// Slack's pages say 150 for a value and its own types say 75. What keeps to 75 works either way.
const option = (text: Check) =>
  object({ required: { text, value: string({ min: 1, max: 75 }) }, optional: { description: anyText(75) } });

export const plainOption = option(plainText(75));
export const markedOption = option(anyText(75));
export const overflowOption = object({
  required: { text: plainText(75), value: string({ min: 1, max: 75 }) },
  optional: { description: plainText(75), url: url(3000) },
});

export const optionGroup = object({ required: { label: plainText(75), options: list(plainOption, { min: 1, max: 100 }) } });

export const conversationFilter = object(
  {
    optional: {
      include: list(oneOf('im', 'mpim', 'private', 'public'), { min: 1 }),
      exclude_external_shared_channels: flag,
      exclude_bot_users: flag,
    },
  },
  atLeastOne('include', 'exclude_external_shared_channels', 'exclude_bot_users'),
);

export const dispatchActionConfig = object({
  optional: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { min: 1 }) },
});

export const slackFile = object({ optional: { id: string({ min: 1 }), url: string({ min: 1 }) } }, exactlyOne('id', 'url'));
