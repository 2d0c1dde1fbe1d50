import { context, type MessageContent } from './blocks.ts';
import { link, mrkdwn } from './mrkdwn.ts';
import { runMessage, type RunMessage } from './run-message.ts';

/**
 * The run's message for those who may decide, as a direct message with the way to the thread: a mention in a thread is easily missed.
 * It is edited along with the one in the thread.
 */
export function approvalDirectMessage(approval: RunMessage, threadUrl: string | null): MessageContent {
  const content = runMessage(approval);
  if (threadUrl === null) return content;
  return { text: content.text, blocks: [...content.blocks, context(mrkdwn`${link(threadUrl, 'Open the thread')}`)] };
}
