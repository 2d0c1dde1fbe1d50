import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { BodyTooLarge, readArguments, readBytes, sendJson } from './body.ts';
import { Refusal } from '../api/method.ts';
import type { Desk, Method } from '../api/method.ts';
import { methods } from '../api/registry.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import type { Faults } from '../faults.ts';
import type { RateLimits } from '../rate-limits.ts';

export interface ApiRequest {
  readonly method: string;
  readonly args: JsonObject;
  readonly token: 'bot' | 'app' | 'none';
  readonly at: Date;
  /** `null` while the caller waits, and for ever when no answer was sent. */
  answer: JsonObject | null;
  status: number | null;
  /** What the stand-in was told to do wrong with this call. */
  fault: string | null;
}

/** Those that are taken now; more than one while one replaces another. */
export interface Tokens {
  readonly bot: Set<unknown>;
  readonly app: Set<unknown>;
}

const keptRequests = 20_000;

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers?: Record<string, string>;
}

/** The Web API over HTTP: who calls, whether they may, how often, and what the method says. */
export class WebApi {
  readonly requests: ApiRequest[] = [];
  readonly #desk: Desk;
  readonly #tokens: Tokens;
  readonly #limits: RateLimits;
  readonly #faults: Faults;

  constructor(desk: Desk, tokens: Tokens, limits: RateLimits, faults: Faults) {
    this.#desk = desk;
    this.#tokens = tokens;
    this.#limits = limits;
    this.#faults = faults;
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const method = url.pathname.replace(/^\/api\//, '').replace(/\/$/, '');
    let body: Buffer;
    try {
      body = await readBytes(request);
    } catch (error) {
      if (error instanceof BodyTooLarge) return sendJson(response, 413, { ok: false, error: 'request_too_large' });
      throw error;
    }
    const given = readArguments(request, url, body);
    // Clients that belong to one team send its id along with everything.
    const { token, team_id: _team, ...args } = given ?? {};
    const givenToken = request.headers.authorization?.replace(/^Bearer /i, '') ?? token;
    const caller = this.#caller(givenToken);
    const record: ApiRequest = { method, args, token: caller, at: this.#desk.workspace.clock.now(), answer: null, status: null, fault: null };
    this.requests.push(record);
    if (this.requests.length > keptRequests) this.requests.shift();
    this.#desk.workspace.changed({ type: 'call' });

    const delayMs = this.#faults.delayMs(method);
    if (delayMs > 0) await this.#desk.workspace.clock.sleep(delayMs);
    const fault = this.#faults.strike(method, args);
    if (fault) {
      record.fault = fault.mode;
      this.#desk.workspace.changed({ type: 'call' });
    }
    // The client waits until it gives up; closing the stand-in ends it too.
    if (fault?.mode === 'timeout') return;
    if (fault?.mode === 'reset') return void request.socket.destroy();
    if (fault?.mode === 'unavailable') {
      record.status = 503;
      response.writeHead(503, { 'content-type': 'text/html' }).end('<html><body>Service Unavailable</body></html>');
      return;
    }

    const answer: Answer =
      fault?.mode === 'ratelimited'
        ? rateLimited(fault.retryAfter ?? 1)
        : fault?.mode === 'error'
          ? { status: 200, body: { ok: false, error: fault.error ?? 'internal_error' } }
          : given === null
            ? { status: 200, body: { ok: false, error: 'invalid_json' } }
            : this.#answer(method, args, caller, givenToken);
    if (fault?.mode === 'lost-answer') return void request.socket.destroy();
    record.answer = answer.body;
    record.status = answer.status;
    this.#desk.workspace.changed({ type: 'call' });
    sendJson(response, answer.status, answer.body, answer.headers);
  }

  #caller(token: unknown): ApiRequest['token'] {
    if (this.#tokens.bot.has(token)) return 'bot';
    return this.#tokens.app.has(token) ? 'app' : 'none';
  }

  #answer(name: string, args: JsonObject, caller: ApiRequest['token'], givenToken: unknown): Answer {
    const refused = (error: string, details: JsonObject = {}): Answer => ({ status: 200, body: { ok: false, error, ...details } });
    const method = methods.get(name);
    if (!method) return refused('unknown_method', { req_method: name });
    if (caller === 'none') return refused(givenToken === undefined ? 'not_authed' : 'invalid_auth');
    if (caller !== method.token) return refused('not_allowed_token_type');
    const wait = this.#limits.take(name, method.pace, String(args['channel'] ?? ''));
    if (wait !== null) return rateLimited(wait);
    const { scopes } = this.#desk;
    if (method.token === 'bot' && method.scopes.length > 0 && !method.scopes.some((scope) => scopes.has(scope))) {
      return refused('missing_scope', { needed: method.scopes[0], provided: [...scopes].join(',') });
    }
    const read = method.args.safeParse(args);
    if (!read.success) return refused('invalid_arguments', { response_metadata: { messages: read.error.issues.map(describeIssue) } });
    try {
      return { status: 200, body: { ok: true, ...(method as Method & { answer(args: unknown, desk: Desk): JsonObject }).answer(read.data, this.#desk) } };
    } catch (error) {
      if (error instanceof Refusal) return refused(error.error, error.details);
      throw error;
    }
  }
}

const rateLimited = (seconds: number): Answer => ({ status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': String(seconds) } });

function describeIssue(issue: z.core.$ZodIssue): string {
  const pointer = issue.path.map((part) => `/${String(part)}`).join('');
  if (issue.code === 'unrecognized_keys') return `[ERROR] no such argument: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return `[ERROR] missing required field or wrong type: ${issue.path.join('.')} [json-pointer:${pointer}]`;
  return `[ERROR] ${issue.message} [json-pointer:${pointer}]`;
}
