import type { Reading } from '../actions/define-primitive.ts';
import { codeBlock, codePoints, escape, join, mrkdwn, truncate, type Mrkdwn } from './mrkdwn.ts';

const shortText = 600;

/** What a read found, within `maxLines`. The headline is bold where it is bad, because that is where the eye should go. */
export function readingLines(title: string, reading: Reading, maxLines: number): Mrkdwn {
  const headline = truncate(reading.headline, 250);
  const first = reading.state === 'bad' ? mrkdwn`*${title}: ${headline}*` : reading.state === 'unknown' ? mrkdwn`${title}: _not known._ ${headline}` : mrkdwn`${title}: ${headline}`;
  const left = reading.lines.length - maxLines;
  return join([first, ...reading.lines.slice(0, maxLines).map((line) => escape(truncate(line, 250))), left > 0 ? mrkdwn`_${count(left)} in the file_` : null], '\n');
}

const count = (left: number) => `${left} more ${left === 1 ? 'line' : 'lines'}`;

/** A table as lines, since a phone breaks columns: `stock-service-7c9: Running, 0 restarts`. */
export function tableLines(reading: Reading, maxRows: number): Mrkdwn | null {
  if (reading.table === undefined) return null;
  const [first = '', ...columns] = reading.table.columns;
  const heading = mrkdwn`_${[first, ...columns].map((column) => truncate(column, 40)).join(' · ')}_`;
  const rows = reading.table.rows.slice(0, maxRows).map((row) => join(row.map((cell, index) => (index === 0 ? mrkdwn`*${truncate(cell, 80)}*` : escape(truncate(cell, 120)))), ' · '));
  const left = reading.table.rows.length - maxRows;
  return join([heading, ...rows, left > 0 ? mrkdwn`_${left} more ${left === 1 ? 'row' : 'rows'} in the file_` : null], '\n');
}

/** Short text as it is, of longer text the end, which is where a log says why. */
export function textBlock(reading: Reading): Mrkdwn | null {
  if (reading.text === undefined) return null;
  const title = isLong(reading.text.body) ? mrkdwn`${reading.text.title}, last lines (all of it: file in the thread)` : escape(reading.text.title);
  return mrkdwn`${title}\n${codeBlock(reading.text.body, { keep: 'end', max: shortText })}`;
}

/** What does not fit a message and goes into the thread as a file; `null` when the message says it all. */
export function fileOf(title: string, reading: Reading, shown: { readonly lines: number; readonly rows: number }): { readonly title: string; readonly body: string } | null {
  const longText = reading.text !== undefined && isLong(reading.text.body);
  if (!longText && reading.lines.length <= shown.lines && (reading.table?.rows.length ?? 0) <= shown.rows) return null;
  const table = reading.table === undefined ? [] : [reading.table.columns.join('\t'), ...reading.table.rows.map((row) => row.join('\t'))];
  const text = reading.text === undefined ? [] : ['', reading.text.title, reading.text.body];
  return { title, body: [reading.headline, ...reading.lines, ...table, ...text].join('\n') };
}

const isLong = (body: string) => codePoints(body) > shortText - 40 || body.split('\n').some((line) => codePoints(line) > 300);
