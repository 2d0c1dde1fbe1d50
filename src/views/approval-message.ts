import { button, buttons, context, message, section, type MessageContent } from './blocks.ts';
import { escape, join, link, mrkdwn, person, truncate, whenAgo } from './mrkdwn.ts';
import { runMessage, type RunMessage } from './run-message.ts';
import { symbols } from './symbols.ts';
import { targetPlace } from './target.ts';

/**
 * The run's message for those who may decide, as a direct message with the way to the thread: a mention in a thread is easily missed.
 * It is edited along with the one in the thread.
 */
export function approvalDirectMessage(approval: RunMessage, threadUrl: string | null): MessageContent {
  const content = runMessage(approval);
  if (threadUrl === null) return content;
  return { text: content.text, blocks: [...content.blocks, context(mrkdwn`${link(threadUrl, 'Open the thread')}`)] };
}

/** For whoever was asked and has not decided when the time runs short. Short, because all of it stands above. */
export function reminderMessage(approval: RunMessage, threadUrl: string | null): MessageContent {
  const { state, plan, now } = approval;
  const what = mrkdwn`${truncate(plan.summary, 250)} (${truncate(approval.environment, 60)})`;
  const thread = threadUrl === null ? null : context(mrkdwn`${link(threadUrl, 'Open the thread')}`);
  if (state.is !== 'waitsForApproval') return message(mrkdwn`*No longer waits: ${what}*`, [context(mrkdwn`How it went stands in the request above.`), thread]);
  const about = { requestId: approval.requestId, ...(approval.incidentId !== null && { incidentId: approval.incidentId }) };
  return message(mrkdwn`${symbols.waits} *Still waits for you: ${what}*`, [
    section(
      join(
        [
          join([escape(truncate(approval.systemName, 60)), targetPlace(approval.target)], ' · '),
          mrkdwn`Runs out at ${whenAgo(state.expiresAt, now)} · asked by ${person(approval.requestedBy)} · ${approval.approvals.length} of ${state.needed} from ${truncate(state.approvers, 100)}`,
        ],
        '\n',
      ),
    ),
    buttons(button('Approve', { verb: 'request.approve', ...about }, 'primary'), button('Deny…', { verb: 'request.deny', ...about }), button('See the whole plan', { verb: 'request.show', ...about })),
    thread,
  ]);
}
