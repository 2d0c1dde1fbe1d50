import { context, modal, section, textInput, type ModalContent } from './blocks.ts';
import { mrkdwn, truncate } from './mrkdwn.ts';

export const reasonInput = 'reason';

/** Why not: whoever asked reads it. */
export function denyModal(request: { readonly requestId: string; readonly summary: string }): ModalContent {
  return modal({
    name: 'request.deny',
    title: 'Deny',
    submit: 'Deny',
    close: 'Cancel',
    about: { requestId: request.requestId },
    parts: [
      section(mrkdwn`*${truncate(request.summary, 300)}*`),
      textInput({ name: reasonInput, label: 'Why not?', hint: 'Whoever asked reads it.', maxLength: 500, multiline: true }),
    ],
  });
}

/** Lets others go past what nobody could see; says nothing about whether it happened. */
export function overrideModal(request: { readonly requestId: string; readonly summary: string }): ModalContent {
  return modal({
    name: 'run.override',
    title: 'Override',
    submit: 'Override',
    close: 'Cancel',
    about: { requestId: request.requestId },
    parts: [
      section(mrkdwn`*${truncate(request.summary, 300)}*\nNobody knows whether this happened, and it may still be on its way. If you go on, others may change the same target; what they ask for says so.`),
      textInput({ name: reasonInput, label: 'Why can it not wait?', maxLength: 300, multiline: true }),
      context(mrkdwn`If you know whether it happened, settle it instead. Your name and these words go into the incident's record.`),
    ],
  });
}

/** What is done is done: the watching can end, and then the way back is free. */
export function cancelModal(request: { readonly requestId: string; readonly summary: string; readonly seen: string | null; readonly canUndo: boolean }): ModalContent {
  return modal({
    name: 'run.cancel',
    title: 'Cancel',
    submit: 'Stop watching',
    close: 'Go on',
    about: { requestId: request.requestId },
    parts: [
      section(mrkdwn`*${truncate(request.summary, 300)}*`),
      section(mrkdwn`*Already done:* it was sent, and the outside has taken it and goes on with it. Seen last: ${request.seen === null ? 'nothing yet' : truncate(request.seen, 300)}`),
      section(request.canUndo ? mrkdwn`Stop watching, and its message offers *Undo…*, a plan of its own.` : mrkdwn`It cannot be undone. Stop watching, and its target can be changed again.`),
    ],
  });
}

/** A person settles what nobody could see; from then on the target is free again. */
export function settleModal(request: { readonly requestId: string; readonly summary: string; readonly how: 'happened' | 'didNotHappen' }): ModalContent {
  const happened = request.how === 'happened';
  return modal({
    name: happened ? 'run.itHappened' : 'run.itDidNot',
    title: happened ? 'It happened' : 'It did not happen',
    submit: happened ? 'It happened' : 'It did not',
    close: 'Cancel',
    about: { requestId: request.requestId },
    parts: [
      section(mrkdwn`*${truncate(request.summary, 300)}*\nYou say that this ${happened ? mrkdwn`*happened*` : mrkdwn`did *not* happen`}. Nothing is sent; the record is closed and the target can be changed again.`),
      textInput({ name: reasonInput, label: 'How do you know?', maxLength: 500, multiline: true }),
      context(mrkdwn`Your name and these words go into the incident's record.`),
    ],
  });
}
