import { message, section, type MessageContent } from './blocks.ts';
import { mrkdwn, truncate, when } from './mrkdwn.ts';

/** An old card was pressed. Nothing was done, and the card is fresh by now. */
export interface StaleCard {
  readonly incidentId: number;
  /** What has happened since, as a noun: `the rollback`, `somebody acknowledged it`. */
  readonly since: { readonly what: string; readonly at: Date } | null;
  readonly now: Date;
}

export function staleCardMessage({ incidentId, since, now }: StaleCard): MessageContent {
  const before = since === null ? mrkdwn`an older state of INC-${incidentId}` : mrkdwn`before ${truncate(since.what, 150)} (${when(since.at, now)})`;
  return message(mrkdwn`*Nothing was done:* this card was from ${before}.`, [section(mrkdwn`It is fresh now. Look again, and press again if you still want to.`)]);
}
