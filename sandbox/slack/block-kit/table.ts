import { blockId } from './composition.ts';
import { richTextElements } from './rich-text.ts';
import { byType, countCharacters, flag, isObject, list, object, oneOf, string } from './schema.ts';
import type { JsonObject, Report } from './schema.ts';

const cell = byType({
  raw_text: object({ required: { text: string({ min: 1 }) } }),
  raw_number: object({ required: { value: () => {} }, optional: { text: string() } }),
  rich_text: object({ required: { elements: richTextElements }, optional: { block_id: blockId } }),
});

export const maximumTableText = 10_000;

/** Characters in every cell of every table: Slack limits their sum, not each. */
export function tableText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + tableText(entry), 0);
  if (!isObject(value)) return 0;
  const own = typeof value['text'] === 'string' ? countCharacters(value['text']) : 0;
  return own + tableText(value['elements']) + tableText(value['rows']);
}

function rowsAreEven(table: JsonObject, pointer: string, report: Report): void {
  const rows = Array.isArray(table['rows']) ? table['rows'].filter(Array.isArray) : [];
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) report(`${pointer}/rows`, 'every row must have the same number of cells');
  const settings = table['column_settings'];
  if (Array.isArray(settings) && settings.length > width) report(`${pointer}/column_settings`, 'more column settings than columns');
}

export const table = object(
  {
    required: { rows: list(list(cell, { min: 1, max: 20 }), { min: 1, max: 100 }) },
    optional: {
      block_id: blockId,
      column_settings: list((value, pointer, report) => value === null || object({ optional: { align: oneOf('left', 'center', 'right'), is_wrapped: flag } })(value, pointer, report), { max: 20 }),
    },
  },
  rowsAreEven,
);
