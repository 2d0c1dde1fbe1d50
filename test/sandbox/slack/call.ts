import type { SlackStandIn } from '../../../sandbox/slack/stand-in.ts';

export interface Called {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly ok: boolean; readonly error?: string; readonly [name: string]: any };
}

/** One call of the Web API with JSON, without a client that retries, paces or rewrites anything. */
export async function call(slack: SlackStandIn, method: string, args: object = {}, token: string | null = slack.botToken): Promise<Called> {
  const response = await fetch(`${slack.url}/api/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(args),
  });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: (await response.json()) as Called['body'] };
}

export const button = (actionId: string, text = actionId) => ({ type: 'button' as const, action_id: actionId, text: { type: 'plain_text' as const, text }, value: 'INC-1' });
export const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
export const actions = (blockId: string, ...elements: object[]) => ({ type: 'actions' as const, block_id: blockId, elements });
