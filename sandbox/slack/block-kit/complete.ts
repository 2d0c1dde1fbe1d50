import type { Random } from '../../../src/support/ids.ts';
import { isObject } from './schema.ts';
import type { JsonObject } from './schema.ts';

const shortId = (random: Random) => random.bytes(4).toString('base64url').slice(0, 5);

/**
 * The blocks as Slack stores and returns them: ids that the sender left out are made up, and texts say what they are.
 * The given blocks stay as they were.
 */
export function completeBlocks(blocks: readonly unknown[], random: Random): JsonObject[] {
  const completed = structuredClone(blocks).filter(isObject);
  for (const block of completed) {
    block['block_id'] ??= shortId(random);
    completeInside(block, random);
  }
  return completed;
}

const pressable = /^(button|overflow|checkboxes|radio_buttons|.*select|.*picker|.*input)$/;

function completeInside(value: unknown, random: Random): void {
  if (Array.isArray(value)) for (const entry of value) completeInside(entry, random);
  if (!isObject(value)) return;
  if (value['type'] === 'plain_text') value['emoji'] ??= true;
  if (value['type'] === 'mrkdwn') value['verbatim'] ??= false;
  if (typeof value['type'] === 'string' && pressable.test(value['type']) && !('block_id' in value)) value['action_id'] ??= shortId(random);
  for (const entry of Object.values(value)) completeInside(entry, random);
}
