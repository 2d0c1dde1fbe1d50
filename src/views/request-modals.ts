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
