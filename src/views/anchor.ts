import { context, message, type MessageContent } from './blocks.ts';
import { code, mrkdwn } from './mrkdwn.ts';

/** For a channel that keeps what the database might not: the number and hash of the last entry, as `stockops audit verify --anchor` takes them. */
export function anchorMessage({ sequence, hash }: { readonly sequence: number; readonly hash: string }): MessageContent {
  return message(mrkdwn`*Anchor of the record:* entry ${sequence}`, [context(code(`${sequence}:${hash}`))]);
}
