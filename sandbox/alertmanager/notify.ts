import type { Clock } from '../../src/support/clock.ts';

export interface Webhook {
  readonly url: string;
  readonly token?: string;
}

export interface Attempt {
  readonly outcome: 'delivered' | 'refused' | 'given up';
  readonly tries: number;
  /** Of the last answer; `null` where there was none. */
  readonly status: number | null;
}

const firstWaitMs = 500;
const waitFactor = 1.5;
const longestWaitMs = 60_000;
// Alertmanager itself waits as long as the group interval. Nobody in the sandbox wants to, and a test says its own limit.
const answerWithinMs = 10_000;

/**
 * One notification, as Alertmanager sends it (P-7): a 2xx is success; a 5xx, a time-out and a broken connection are tried again with
 * growing waits until `untilMs`; any other answer, 429 among them, ends the attempt.
 */
export async function notify(clock: Clock, webhook: Webhook, body: string, untilMs: number, signal: AbortSignal): Promise<Attempt> {
  for (let tries = 1, waitMs = firstWaitMs; ; tries += 1, waitMs = Math.min(waitMs * waitFactor, longestWaitMs)) {
    const status = await post(webhook, body, signal);
    if (status !== null && status >= 200 && status < 300) return { outcome: 'delivered', tries, status };
    if (status !== null && status < 500) return { outcome: 'refused', tries, status };
    if (signal.aborted || clock.now().getTime() + waitMs > untilMs) return { outcome: 'given up', tries, status };
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return { outcome: 'given up', tries, status };
  }
}

async function post(webhook: Webhook, body: string, signal: AbortSignal): Promise<number | null> {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Alertmanager/0.34.0', ...(webhook.token !== undefined && { authorization: `Bearer ${webhook.token}` }) },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
