import { createHmac } from 'node:crypto';
import type { Clock } from '../../src/support/clock.ts';
import { newId, systemRandom } from '../../src/support/ids.ts';

export interface WebhookSubscription {
  readonly url: string;
  /** Several while a secret is being replaced: each gives one signature, joined by commas. */
  readonly secrets: readonly string[];
}

export interface Delivery {
  /** `X-Webhook-Id`: the same over redeliveries. */
  readonly id: string;
  readonly eventType: string;
  readonly tries: number;
  readonly outcome: 'delivered' | 'dropped' | 'given up';
}

/** `v1=` and the hex HMAC-SHA256 of the body's bytes, one per secret. There is no time in it, so a copy is as good as the original. */
export function signatures(secrets: readonly string[], body: string): string {
  return secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`).join(',');
}

// PagerDuty's rules: 5 s for an answer, 48 h of tries in order, and a subscription that drops three in a row is shut for a day.
const answerWithinMs = 5_000;
const giveUpAfterMs = 48 * 3_600_000;
const shutForMs = 24 * 3_600_000;
const dropsUntilShut = 3;

/** Delivers one after another, as PagerDuty does for what belongs to one subscription: what cannot be delivered holds up what follows. */
export function webhookSender(clock: Clock, subscription: WebhookSubscription) {
  const deliveries: Delivery[] = [];
  const ending = new AbortController();
  let line = Promise.resolve();
  let dropsInARow = 0;
  let shutUntilMs = 0;

  async function deliver(eventType: string, body: string): Promise<void> {
    if (clock.now().getTime() < shutUntilMs || ending.signal.aborted) return;
    const id = newId(systemRandom, 'webhook');
    const startedMs = clock.now().getTime();
    for (let tries = 1; ; tries += 1) {
      const answer = await post(subscription, id, body);
      if (answer === 'taken') dropsInARow = 0;
      if (answer === 'refused') dropsInARow += 1;
      if (dropsInARow >= dropsUntilShut) {
        shutUntilMs = clock.now().getTime() + shutForMs;
        dropsInARow = 0;
      }
      const late = clock.now().getTime() - startedMs > giveUpAfterMs || ending.signal.aborted;
      if (answer !== 'again' || late) {
        deliveries.push({ id, eventType, tries, outcome: answer === 'taken' ? 'delivered' : answer === 'refused' ? 'dropped' : 'given up' });
        return;
      }
      await clock.sleep(Math.min(1_000 * 2 ** tries, 60_000), ending.signal);
    }
  }

  return {
    deliveries: deliveries as readonly Delivery[],
    send(eventType: string, body: string): void {
      line = line.then(() => deliver(eventType, body));
    },
    /** Resolves when nothing waits any more. */
    settled: () => line,
    stop: async () => {
      ending.abort();
      await line;
    },
  };
}

async function post(subscription: WebhookSubscription, id: string, body: string): Promise<'taken' | 'again' | 'refused'> {
  try {
    const response = await fetch(subscription.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'PagerDuty-Webhook/V3.0',
        'x-webhook-id': id,
        'x-pagerduty-signature': signatures(subscription.secrets, body),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
    await response.arrayBuffer();
    if (response.ok) return 'taken';
    return response.status >= 500 || response.status === 429 ? 'again' : 'refused';
  } catch {
    return 'again';
  }
}
