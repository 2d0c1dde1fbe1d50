import { isObject } from './schema.ts';
import type { JsonObject } from './schema.ts';

export interface PlacedElement {
  readonly block: JsonObject;
  readonly element: JsonObject;
  readonly pointer: string;
}

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Every element that a person can press or fill in, with the block it stands in. */
export function* interactiveElements(blocks: unknown, pointer = '/blocks'): Generator<PlacedElement> {
  for (const [index, block] of objects(blocks).entries()) {
    const at = `${pointer}/${index}`;
    if (block['type'] === 'actions') {
      for (const [place, element] of objects(block['elements']).entries()) yield { block, element, pointer: `${at}/elements/${place}` };
    }
    if (block['type'] === 'section' && isObject(block['accessory']) && block['accessory']['type'] !== 'image') yield { block, element: block['accessory'], pointer: `${at}/accessory` };
    if (block['type'] === 'input' && isObject(block['element'])) yield { block, element: block['element'], pointer: `${at}/element` };
  }
}

export function findElement(blocks: unknown, actionId: string, blockId?: string): PlacedElement | undefined {
  for (const placed of interactiveElements(blocks)) {
    if (placed.element['action_id'] === actionId && (blockId === undefined || placed.block['block_id'] === blockId)) return placed;
  }
  return undefined;
}

/** All text that a person reads in these blocks, as one string per place. */
export function* textsOf(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const entry of value) yield* textsOf(entry);
  if (!isObject(value)) return;
  for (const [name, entry] of Object.entries(value)) {
    if (name === 'text' && typeof entry === 'string') yield entry;
    else if (typeof entry === 'object') yield* textsOf(entry);
  }
}
