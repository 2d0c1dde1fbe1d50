import type { Reading } from '../actions/define-primitive.ts';
import { message, optional, section, sectionsOf, type MessageContent } from './blocks.ts';
import { durationBetween } from './durations.ts';
import { join, mrkdwn, truncate, when, type Mrkdwn } from './mrkdwn.ts';
import { fileOf, readingLines, textBlock } from './readings.ts';
import { symbols } from './symbols.ts';

/** The first thing in an incident's thread: one message that fills as answers come. */
export interface Diagnostics {
  readonly startedAt: Date;
  /** `null` while answers are missing. */
  readonly endedAt: Date | null;
  /** In the order of the rule; the order stands still while they fill. */
  readonly answers: readonly DiagnosticAnswer[];
  readonly now: Date;
}
export type DiagnosticAnswer =
  | { readonly title: string; readonly status: 'pending' }
  | { readonly title: string; readonly status: 'read'; readonly reading: Reading }
  /** The outside did not answer: that is not known, not bad. */
  | { readonly title: string; readonly status: 'failed'; readonly reason: string };

const linesPerAnswer = 3;

export function diagnosticsMessage(diagnostics: Diagnostics): MessageContent {
  const { answers, startedAt, endedAt, now } = diagnostics;
  const waiting = answers.filter(({ status }) => status === 'pending').length;
  const took = endedAt === null ? `${answers.length - waiting} of ${answers.length} answers` : `took ${durationBetween(startedAt, endedAt)}`;
  const first = mrkdwn`*Diagnostics: ${worst(answers, waiting)}*`;
  return message(endedAt === null ? mrkdwn`${symbols.running} ${first}` : first, [
    ...sectionsOf([mrkdwn`${when(startedAt, now)}, ${took}`, ...answers.map(answerLines)]),
    ...answers.map((answer) => {
      const text = answer.status === 'read' ? textBlock(answer.reading) : null;
      return text && optional(truncate(answer.title, 40), section(text));
    }),
  ]);
}

/** The files that belong into the thread beside it: logs. A table is a press on its own button away, and would only bury what matters. */
export function diagnosticFiles(diagnostics: Diagnostics): { readonly title: string; readonly body: string }[] {
  return diagnostics.answers.flatMap((answer) => (answer.status === 'read' && answer.reading.text !== undefined ? (fileOf(answer.title, answer.reading, { lines: linesPerAnswer, rows: Number.POSITIVE_INFINITY }) ?? []) : []));
}

/** The first line is enough alone: the first thing that is bad, else what is not known, else that nothing is. */
function worst(answers: readonly DiagnosticAnswer[], waiting: number): Mrkdwn {
  const bad = answers.filter((answer) => answer.status === 'read' && answer.reading.state === 'bad');
  const [first] = bad;
  if (first?.status === 'read') return mrkdwn`${first.title}: ${truncate(first.reading.headline, 150)}${bad.length > 1 ? `, and ${bad.length - 1} more` : ''}`;
  const unknown = answers.filter((answer) => answer.status === 'failed' || (answer.status === 'read' && answer.reading.state === 'unknown')).length;
  if (waiting > 0) return mrkdwn`asking…`;
  return unknown > 0 ? mrkdwn`nothing bad seen, ${unknown} of ${answers.length} not known` : mrkdwn`nothing bad seen`;
}

function answerLines(answer: DiagnosticAnswer): Mrkdwn {
  switch (answer.status) {
    case 'pending':
      return mrkdwn`${answer.title}: _asking…_`;
    case 'failed':
      return mrkdwn`${answer.title}: _not known._ ${truncate(answer.reason, 250)}`;
    case 'read':
      return join([readingLines(answer.title, answer.reading, linesPerAnswer)], '\n');
  }
}
