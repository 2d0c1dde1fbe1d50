import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App, Receiver } from '@slack/bolt';
import type { Clock } from '../../support/clock.ts';
import { messageOf } from '../../support/log.ts';
import { whyNotFromSlack } from './verify-request.ts';

/** The largest modal that Slack can send back is a quarter of this. */
export const largestBodyBytes = 1024 * 1024;

export interface HttpReceiver extends Receiver {
  listener(request: IncomingMessage, response: ServerResponse): void;
}

/**
 * Takes what Slack posts and hands it to Bolt. Bolt's own receiver is not used: it takes an unsigned `ssl_check`, verifies the text instead of the
 * bytes and the stamp in one direction only, lets a signed `null` bring the process down, and leaves what nobody takes open for three seconds (P-11).
 *
 * Answers 401 for what Slack did not sign, 413 for what is too large, 400 for what is nothing that we know, and 503 for what could not be
 * stored: Slack then tells the person that it did not work.
 */
export function createHttpReceiver(signingSecrets: () => readonly string[], clock: Clock, log: (message: string, fields: Record<string, unknown>) => void): HttpReceiver {
  if (signingSecrets().length === 0 || signingSecrets().includes('')) throw new Error('Without a signing secret anybody could be Slack.');
  let app: App | undefined;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) {
      response.setHeader('connection', 'close');
      return answer(response, 413);
    }
    const why = whyNotFromSlack({ rawHeaders: request.rawHeaders, body }, signingSecrets(), clock.now());
    if (why !== null) {
      log('A request that is not one of Slack’s was refused', { why });
      return answer(response, 401);
    }
    const payload = parsePayload(request.headers['content-type'], body);
    if (payload === null) return answer(response, 400);
    if (payload['type'] === 'url_verification') return answer(response, 200, { challenge: payload['challenge'] });
    const acknowledge = async (content?: unknown): Promise<void> => answer(response, 200, content);
    try {
      await app?.processEvent({ body: payload, ack: acknowledge });
    } catch (error) {
      log('A request of Slack’s cannot be read', { error: messageOf(error) });
      return answer(response, 400);
    }
    answer(response, 503);
  }

  return {
    init: (bolt) => void (app = bolt),
    // Slack knocks at our own door; nothing is opened here.
    start: async () => {},
    stop: async () => {},
    listener: (request, response) => void take(request, response).catch(() => response.destroy()),
  };
}

/** The first answer counts. */
function answer(response: ServerResponse, status: number, content?: unknown): void {
  if (response.headersSent || response.destroyed) return;
  if (content === undefined || content === '') response.writeHead(status).end();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

/** `null`: too large. What is too large is not read to its end. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > largestBodyBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const knownTypes: readonly unknown[] = ['url_verification', 'event_callback', 'block_actions', 'view_submission'];

/** A form for presses (its field `payload` is JSON) and for commands, JSON for events. `null`: nothing that we know. */
function parsePayload(contentType: string | undefined, body: Buffer): Record<string, unknown> | null {
  const form = contentType?.split(';')[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded' ? new URLSearchParams(body.toString()) : null;
  const [json, ...more] = form === null ? [body.toString()] : form.getAll('payload');
  if (more.length > 0) return null;
  if (json === undefined) return form?.has('command') === true ? Object.assign(Object.create(null) as Record<string, unknown>, Object.fromEntries(form)) : null;
  try {
    const value = JSON.parse(json) as Record<string, unknown> | null;
    const isKnown = knownTypes.includes(value?.['type']) && (value?.['type'] !== 'event_callback' || typeof value['event'] === 'object');
    return isKnown ? value : null;
  } catch {
    return null;
  }
}
