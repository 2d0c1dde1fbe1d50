import { context, message, modal, section, textInput, type MessageContent, type ModalContent } from './blocks.ts';
import { join, link, mrkdwn, person, truncate, when } from './mrkdwn.ts';
import { reasonInput } from './request-modals.ts';
import { symbols } from './symbols.ts';

/** Before it is done: what it means, and why it is needed. */
export function breakGlassModal(request: { readonly requestId: string; readonly summary: string; readonly environment: string }): ModalContent {
  return modal({
    name: 'run.breakGlass',
    title: 'Break the glass',
    submit: 'Start without them',
    close: 'Cancel',
    about: { requestId: request.requestId },
    parts: [
      section(mrkdwn`*${truncate(request.summary, 300)} (${truncate(request.environment, 60)})*\nIt starts at once, *without the approvals that are missing*. Only the commander of the incident may do this, at most once in an hour.`),
      textInput({ name: reasonInput, label: 'Why can it not wait?', maxLength: 500, multiline: true }),
      context(mrkdwn`Your name and these words are posted where everybody sees them, and stay in the record.`),
    ],
  });
}

/** Loud, where incidents are told of. */
export interface BrokenGlassNotice {
  readonly by: string;
  readonly reason: string;
  readonly summary: string;
  readonly systemName: string;
  readonly environment: string;
  readonly requestedBy: string;
  readonly incidentId: number | null;
  readonly at: Date;
  readonly threadUrl: string | null;
  readonly now: Date;
}

export function brokenGlassMessage(notice: BrokenGlassNotice): MessageContent {
  return message(mrkdwn`${symbols.triggered} *Glass broken: ${truncate(notice.summary, 250)} (${truncate(notice.systemName, 60)}, ${truncate(notice.environment, 60)}) starts without approval*`, [
    section(
      join(
        [
          mrkdwn`By ${person(notice.by)}, commander of INC-${notice.incidentId ?? 0}, ${when(notice.at, notice.now)} · asked for by ${person(notice.requestedBy)}`,
          mrkdwn`“${truncate(notice.reason, 500)}”`,
          notice.threadUrl === null ? null : mrkdwn`${link(notice.threadUrl, 'How it goes')}`,
        ],
        '\n',
      ),
    ),
    context(mrkdwn`Nobody can do this again until it is over, and not within an hour. Please look at it now or in the morning.`),
  ]);
}
