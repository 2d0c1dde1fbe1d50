import type { OnCall, OnCallPerson } from '../../escalation/pagerduty-port.ts';
import { systemClock } from '../../support/clock.ts';
import { brokenCallReason } from './broken-call.ts';

interface RestSettings {
  readonly apiUrl: string;
  readonly token?: string | undefined;
  readonly deadlineMs: number;
}

export async function readOnCall(settings: RestSettings, scheduleId: string): Promise<OnCall> {
  const answer = await readRest(settings, '/oncalls', { 'schedule_ids[]': [scheduleId], 'include[]': ['users'], earliest: 'true', limit: '100' });
  if (answer.status === 'failed') return { status: 'unknown', reason: answer.reason };
  const people = new Map<string, OnCallPerson>();
  for (const turn of listIn(answer.data, 'oncalls')) {
    const person = personOf(turn);
    // One person stands once per level of each policy that uses the schedule.
    if (person !== undefined && !people.has(person.userId)) people.set(person.userId, person);
  }
  return { status: 'known', people: [...people.values()] };
}

type RestAnswer = { readonly status: 'read'; readonly data: unknown } | { readonly status: 'failed'; readonly reason: string };

async function readRest(settings: RestSettings, path: string, query: Record<string, string | string[]>): Promise<RestAnswer> {
  if (settings.token === undefined) return { status: 'failed', reason: 'PAGERDUTY_API_TOKEN is not set.' };
  // Loaded at the first question: the start of the bot does not wait for it.
  const { api } = await import('@pagerduty/pdjs');
  const { deadlineMs } = settings;
  const deadline = new AbortController();
  const request = {
    url: new URL(path, settings.apiUrl).href,
    method: 'GET',
    token: settings.token,
    queryParameters: query,
    redirect: 'error',
    signal: deadline.signal,
    // Its own timeout aborts nothing and would hold the process; ours does.
    requestTimeout: 0,
    // On 429 it waits this long and sends again, three times. By then our signal has ended, so the second request never leaves.
    retryTimeout: deadlineMs + 1_000,
  } as const;
  const answer = await Promise.race([
    Promise.resolve(api(request)).then(
      (response): RestAnswer => restAnswer(response),
      (error: unknown): RestAnswer => ({ status: 'failed', reason: restFailure(error, deadlineMs) }),
    ),
    systemClock.sleep(deadlineMs, deadline.signal).then((): RestAnswer => ({ status: 'failed', reason: `PagerDuty did not answer within ${deadlineMs / 1000} s, or asked us to slow down.` })),
  ]);
  deadline.abort();
  return answer;
}

function restAnswer(response: { readonly status: number; readonly data: unknown }): RestAnswer {
  if (response.status === 200) return { status: 'read', data: response.data };
  if (response.status === 401 || response.status === 403) return { status: 'failed', reason: `PagerDuty does not take PAGERDUTY_API_TOKEN (${response.status}).` };
  return { status: 'failed', reason: `PagerDuty answered ${response.status}.` };
}

/** The client rejects with the response where its body is not JSON. */
function restFailure(error: unknown, deadlineMs: number): string {
  if (typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number') return `PagerDuty answered ${error.status}.`;
  return brokenCallReason(error, deadlineMs);
}

function personOf(turn: unknown): OnCallPerson | undefined {
  const user = fieldIn(turn, 'user');
  const userId = textIn(user, 'id');
  if (userId === '') return undefined;
  const end = Date.parse(textIn(turn, 'end'));
  return { userId, name: textIn(user, 'name') || textIn(user, 'summary'), email: textIn(user, 'email'), until: Number.isNaN(end) ? null : new Date(end) };
}

function fieldIn(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textIn(value: unknown, name: string): string {
  const text = fieldIn(value, name);
  return typeof text === 'string' ? text : '';
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = fieldIn(value, name);
  return Array.isArray(list) ? list : [];
}
