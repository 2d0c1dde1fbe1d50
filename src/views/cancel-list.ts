import { button, message, section, type MessageContent } from './blocks.ts';
import { count } from './durations.ts';
import { mrkdwn, truncate, whenAgo } from './mrkdwn.ts';

/** `/stock cancel` of somebody who has asked for several changes. */
export function cancelList(runs: readonly { readonly requestId: string; readonly summary: string; readonly environment: string; readonly standing: string; readonly requestedAt: Date }[], now: Date): MessageContent {
  return message(mrkdwn`*You have asked for ${count(runs.length, 'change')} that are not over. Which one?*`, [
    ...runs.map((run) => section(mrkdwn`${truncate(run.summary, 200)} (${truncate(run.environment, 60)}): ${run.standing}, asked for ${whenAgo(run.requestedAt, now)}`, button('Cancel…', { verb: 'run.cancel', requestId: run.requestId }))),
  ]);
}
