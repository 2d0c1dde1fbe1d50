import type { PageEvent, PageReceipt, PagerDutyPort } from '../../escalation/pagerduty-port.ts';
import { meansNeverSent } from '../../support/never-sent.ts';
import { redactTo } from '../../support/redact/redact.ts';
import { brokenCallReason, causeCode } from './broken-call.ts';
import { enqueueBody } from './enqueue.ts';
import { readOnCall } from './rest.ts';

export interface PagerDutySettings {
  /** Base address of the Events API: `https://events.pagerduty.com`. */
  readonly eventsUrl: string;
  /** Base address of the REST API: `https://api.pagerduty.com`. */
  readonly apiUrl: string;
  /** Read at each call, so that it can be replaced while the bot runs (T-17). */
  readonly token?: string | undefined;
  readonly deadlineMs?: number;
}

/** PagerDuty over its two APIs. Which client serves which, and why, is in `docs/adr/0006-pagerduty-client.md`. */
export function createPagerDuty(settings: PagerDutySettings): PagerDutyPort {
  const deadlineMs = settings.deadlineMs ?? 10_000;
  return {
    send: (event) => sendEvent(settings.eventsUrl, event, deadlineMs),
    onCall: (scheduleId) => readOnCall({ ...settings, deadlineMs }, scheduleId),
  };
}

async function sendEvent(eventsUrl: string, event: PageEvent, deadlineMs: number): Promise<PageReceipt> {
  if (!/^[A-Za-z0-9_-]{32}$/.test(event.routingKey)) {
    return { status: 'refused', reason: 'The routing key is not one of PagerDuty: those have 32 letters and digits.', permanent: true };
  }
  // A deadline on an answer from outside is real time, whatever clock the rest of the bot follows.
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const response = await fetch(new URL('/v2/enqueue', eventsUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: enqueueBody(event),
      redirect: 'manual',
      signal,
    });
    const answer = await response.text().catch(() => '');
    return receiptOf(response.status, answer, event.routingKey);
  } catch (error) {
    return receiptOfBrokenCall(error, deadlineMs);
  }
}

function receiptOf(status: number, answer: string, secret: string): PageReceipt {
  if (status === 202) return { status: 'accepted' };
  // A gateway gave up waiting for PagerDuty, so PagerDuty itself may well have taken the event.
  if (status === 504) return { status: 'lost', reason: 'A gateway before PagerDuty gave up waiting (504).' };
  if (status === 429) return { status: 'refused', reason: 'PagerDuty takes no more events of this routing key for now (429).', permanent: false };
  // Only these two say that the event itself is wrong. Anything else may be a proxy or a bad hour, and a page is worth another try.
  const permanent = status === 400 || status === 413;
  return { status: 'refused', reason: `PagerDuty answered ${status}${complaintIn(answer, secret)}.`, permanent };
}

/** What the answer complains about, in PagerDuty's words, shortened, without our key should it echo it. */
function complaintIn(answer: string, secret: string): string {
  try {
    const { errors, message } = JSON.parse(answer) as { errors?: unknown; message?: unknown };
    const words = Array.isArray(errors) && errors.length > 0 ? errors.join('; ') : typeof message === 'string' ? message : '';
    return words === '' ? '' : `: ${redactTo(words.replaceAll(secret, '…'), 300)}`;
  } catch {
    return '';
  }
}

function receiptOfBrokenCall(error: unknown, deadlineMs: number): PageReceipt {
  const code = causeCode(error);
  if (meansNeverSent(code)) return { status: 'refused', reason: `PagerDuty could not be reached (${code}).`, permanent: false };
  return { status: 'lost', reason: brokenCallReason(error, deadlineMs) };
}
