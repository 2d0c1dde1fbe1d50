import type { Reading } from '../actions/define-primitive.ts';
import { context, message, optional, section, sectionsOf, type MessageContent } from './blocks.ts';
import { duration } from './durations.ts';
import { escape, join, mrkdwn, nothing, person, truncate, when, type Mrkdwn } from './mrkdwn.ts';
import { fileOf, tableLines, textBlock } from './readings.ts';
import { symbols } from './symbols.ts';

/** The answer to something that only looks. */
export interface ReadingMessage {
  /** `Pods`, `Rollout history`. */
  readonly title: string;
  readonly systemName: string;
  readonly environment: string;
  readonly reading: Reading;
  readonly requestedBy: string;
  readonly at: Date;
  readonly tookMs: number;
  readonly now: Date;
}

const shown = { lines: 12, rows: 20 };

export function readingMessage(answer: ReadingMessage): MessageContent {
  const { reading } = answer;
  const left = reading.lines.length - shown.lines;
  const lines = [...reading.lines.slice(0, shown.lines).map((line) => escape(truncate(line, 300))), ...(left > 0 ? [mrkdwn`_${left} more in the file_`] : [])];
  const table = tableLines(reading, shown.rows);
  const text = textBlock(reading);
  return message(mrkdwn`${symbol(reading)}*${answer.systemName} · ${answer.environment} · ${answer.title}: ${truncate(reading.headline, 250)}*`, [
    ...sectionsOf(lines),
    table && optional('the table', ...sectionsOf([table])),
    text && optional('the text', section(text)),
    context(join([mrkdwn`Read ${when(answer.at, answer.now)} in ${duration(answer.tookMs)}`, mrkdwn`asked by ${person(answer.requestedBy)}`, mrkdwn`nothing was changed`], ' · ')),
  ]);
}

/** What goes into the thread beside it, or `null`. */
export function readingFile(answer: ReadingMessage): { readonly title: string; readonly body: string } | null {
  return fileOf(`${answer.title}, ${answer.systemName} ${answer.environment}`, answer.reading, shown);
}

function symbol({ state }: Reading): Mrkdwn {
  return { good: mrkdwn`${symbols.resolved} `, neutral: nothing, bad: mrkdwn`${symbols.triggered} `, unknown: mrkdwn`${symbols.unknown} ` }[state];
}
