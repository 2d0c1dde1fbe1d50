import { createHmac } from 'node:crypto';
import type { Clock } from '../../../src/support/clock.ts';
import type { Random } from '../../../src/support/ids.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import { ackWithinMs, eitherClock, keepRecord } from './delivery.ts';
import type { AppAnswer, Delivery, DeliveryRecord, EnvelopeType } from './delivery.ts';

/** How long Slack waits before it sends an event again: at once, after a minute, after five. */
const retryAfterMs = [0, 60_000, 300_000];

export function signature(signingSecret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

interface Attempt {
  readonly answer: AppAnswer;
  readonly reason: string | null;
  readonly mayRetry: boolean;
}

/**
 * Slack's HTTP mode: signed POSTs to the app's request URL. An interaction or a command is sent once; an event that is not
 * answered with 200 within three seconds comes again, up to three times.
 */
export class SignedHttp implements Delivery {
  readonly records: DeliveryRecord[] = [];
  readonly #url: string;
  readonly #signingSecret: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #changed: () => void;
  readonly #closing = new AbortController();

  constructor(url: string, signingSecret: string, clock: Clock, random: Random, changed: () => void) {
    this.#url = url;
    this.#signingSecret = signingSecret;
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
  }

  async deliver(type: EnvelopeType, payload: JsonObject): Promise<AppAnswer> {
    const first = await this.#attempt(type, payload, 0, null);
    if (type === 'events_api' && !first.answer.acked && first.mayRetry) void this.#retry(payload, first);
    return first.answer;
  }

  async #retry(payload: JsonObject, first: Attempt): Promise<void> {
    let last = first;
    for (const [index, waitMs] of retryAfterMs.entries()) {
      if (waitMs > 0) await this.#clock.sleep(waitMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      last = await this.#attempt('events_api', payload, index + 1, last.reason);
      if (last.answer.acked || !last.mayRetry) return;
    }
  }

  async #attempt(type: EnvelopeType, payload: JsonObject, retryNumber: number, retryReason: string | null): Promise<Attempt> {
    const body = encode(type, payload);
    const sentAt = this.#clock.now();
    const timestamp = Math.floor(sentAt.getTime() / 1000);
    const record: DeliveryRecord = { envelopeId: this.#random.bytes(8).toString('hex'), type, payload, connection: 0, retryNumber, sentAt, ackedAt: null, isLate: false };
    keepRecord(this.records, record);
    this.#changed();
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.#closing.signal]);
    const sent = fetch(this.#url, {
      method: 'POST',
      redirect: 'manual',
      signal: this.#closing.signal,
      headers: {
        'content-type': type === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signature(this.#signingSecret, timestamp, body),
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        ...(retryReason === null ? {} : { 'x-slack-retry-num': String(retryNumber), 'x-slack-retry-reason': retryReason }),
      },
      body,
    }).then(
      async (response): Promise<Attempt> => {
        const text = await response.text();
        const answeredAt = this.#clock.now();
        if (response.status !== 200) return failed('dispatch_failed', 'http_error', response.headers.get('x-slack-no-retry') !== '1');
        record.ackedAt = answeredAt;
        this.#changed();
        return { answer: { acked: true, ackedAfterMs: answeredAt.getTime() - sentAt.getTime(), payload: decode(text), problem: null }, reason: null, mayRetry: false };
      },
      (): Attempt => failed('dispatch_failed', 'connection_failed', true),
    );
    const tooLate = eitherClock(this.#clock, ackWithinMs, signal).then((): Attempt => failed('operation_timeout', 'http_timeout', true));
    const attempt = await Promise.race([sent, tooLate]);
    if (attempt.reason === 'http_timeout') void sent.then(() => (record.isLate = record.ackedAt !== null));
    done.abort();
    return attempt;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}

function failed(problem: 'dispatch_failed' | 'operation_timeout', reason: string, mayRetry: boolean): Attempt {
  return { answer: { acked: false, ackedAfterMs: null, payload: null, problem }, reason, mayRetry };
}

function encode(type: EnvelopeType, payload: JsonObject): string {
  if (type === 'events_api') return JSON.stringify(payload);
  if (type === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)])).toString();
}

function decode(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
