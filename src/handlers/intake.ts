import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { redactNotification } from '../alerts/redact-notification.ts';
import { storeNotification } from '../storage/notifications.ts';
import type { Clock } from '../support/clock.ts';
import { failpoint } from '../support/failpoints.ts';
import { headerValues } from '../support/headers.ts';
import { messageOf } from '../support/log.ts';
import type { Bot } from './bot.ts';
import { openIntakeIncident } from './intake-incident.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token it came with; empty until that is known. */
    source: string;
  }
}

/** Whole groups come unlimited by default, and 5,000 alerts are about 5 MB (P-8). */
export const bodyLimitBytes = 16 * 1024 * 1024;
/** Alertmanager waits at least 10 s for an answer (F-03). */
const deadlineMs = 5_000;
/** So many of one source are taken at once. Those beyond wait for nothing: they are told to come again, and the places of the other sources stay free (T-21). */
const mostAtOnce = 32;
/** A sender that needs longer than this for one request is not sending (slowloris). */
const requestTimeoutMs = 30_000;

const alertmanagerPath = '/webhooks/alertmanager';

export interface IntakeSettings {
  /** Tokens that are valid now, by source. */
  readonly sources: () => readonly { readonly name: string; readonly tokens: readonly string[] }[];
  /** In HTTP mode, what takes Slack's requests and verifies them; `null` in Socket Mode. */
  readonly slack: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Why nothing may be taken now, or `null`. */
  readonly whyNotReady: () => string | null;
}

const slackPath = '/slack/events';

/**
 * The door for outside systems. A 200 means that the body is committed (G-1). Everything that Alertmanager should bring again gets a 503, because it
 * repeats only those (P-7). What a body says is never a reason for a 4xx; one that is larger than fits would be so the next time too: it gets a 413, and
 * is shown.
 */
export function createIntake(bot: Bot, settings: IntakeSettings): FastifyInstance {
  const server = Fastify({ logger: false, bodyLimit: bodyLimitBytes, exposeHeadRoutes: false, requestTimeout: requestTimeoutMs });
  server.removeAllContentTypeParsers();
  // The body is kept as it came, whatever it says it is: nothing is unpacked, so nothing small becomes large. Bytes that are no text are no reason for a 4xx either.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.decorateRequest('source', '');

  const underWay = new Map<string, number>();
  const unavailable = (source: string, reason: string, reply: FastifyReply) => {
    bot.metrics.webhooks.inc({ source, answer: '503' });
    return reply.code(503).header('retry-after', '5').send({ error: `Not taken: ${reason}. Please send it again.` });
  };

  // Who it is, and whether there is room, is settled before a byte of the body is read.
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    const source = sourceOf(settings.sources(), headerValues(request.raw.rawHeaders, 'authorization'));
    if (source === null) {
      bot.metrics.webhooks.inc({ source: 'unknown', answer: '401' });
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'The bearer token is missing or wrong.' });
    }
    request.source = source;
    // A type that cannot be read would be refused with 415, and Alertmanager would not come again (P-7).
    request.headers['content-type'] = 'application/json';
    const notNow = settings.whyNotReady();
    if (notNow !== null) return unavailable(source, notNow, reply);
    const own = underWay.get(source) ?? 0;
    if (own >= mostAtOnce) return unavailable(source, 'too many at once', reply);
    underWay.set(source, own + 1);
    reply.raw.once('close', () => underWay.set(source, (underWay.get(source) ?? 1) - 1));
  };

  server.post(alertmanagerPath, { onRequest: admit }, async (request, reply) => {
    const { source } = request;
    try {
      const body = Buffer.isBuffer(request.body) ? request.body.toString() : '';
      failpoint('webhook.before-commit');
      await withDeadline(bot.clock, storeNotification(bot.db, source, redactNotification(body), bot.clock.now()));
      failpoint('webhook.after-commit');
    } catch (error) {
      bot.log.warn('A webhook could not be stored', { source, error: messageOf(error) });
      return unavailable(source, 'the database did not take it', reply);
    }
    bot.metrics.webhooks.inc({ source, answer: '200' });
    bot.wake('notifications');
    return reply.code(200).send({ stored: true });
  });

  const { slack } = settings;
  if (slack !== null) {
    // Slack signs the bytes, so they go to the verifier as they come, before anything here has read them.
    server.post(slackPath, { onRequest: async (request, reply) => {
      if (settings.whyNotReady() !== null) return reply.code(503).send({ error: 'The bot is not ready.' });
      reply.hijack();
      slack(request.raw, reply.raw);
    } }, async () => {});
  }

  server.setErrorHandler(async (error: { code?: string; statusCode?: number; message: string }, request, reply) => {
    const source = request.source === '' ? 'unknown' : request.source;
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      bot.metrics.webhooks.inc({ source, answer: '413' });
      await showTooLarge(bot, source, Number(request.headers['content-length']));
      return reply.code(413).send({ error: `The body is larger than ${bodyLimitBytes} bytes. Set max_alerts in Alertmanager.` });
    }
    const status = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 503;
    if (status === 503) {
      bot.log.error('A webhook failed', { source, error: error.message });
      return unavailable(source, 'something broke', reply);
    }
    bot.metrics.webhooks.inc({ source, answer: String(status) });
    return reply.code(status).send({ error: 'The request cannot be read.' });
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
  return server;
}

/** The source is who the token says it is, never what the body says (T-01). Compared in the same time whatever was sent. Of two tokens, which is meant? None. */
function sourceOf(sources: ReturnType<IntakeSettings['sources']>, headers: readonly string[]): string | null {
  const given = digest(headers.length === 1 ? (/^Bearer (\S+)$/.exec(headers[0] ?? '')?.[1] ?? '') : '');
  let found: string | null = null;
  for (const source of sources) for (const token of source.tokens) if (timingSafeEqual(given, digest(token))) found = source.name;
  return found;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

async function withDeadline<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(deadlineMs, done.signal).then(() => {
    if (!done.signal.aborted) throw new Error('the database did not answer in time');
  });
  try {
    await Promise.race([work, late]);
    return await work;
  } finally {
    done.abort();
  }
}

async function showTooLarge(bot: Bot, source: string, declaredBytes: number): Promise<void> {
  const size = { sizeBytes: Number.isSafeInteger(declaredBytes) ? declaredBytes : null, limitBytes: bodyLimitBytes };
  const detail = `It had ${size.sizeBytes === null ? 'more bytes than fit' : `${size.sizeBytes} bytes`} (limit ${bodyLimitBytes})`;
  try {
    await bot.db.transaction().execute((tx) =>
      openIntakeIncident(
        tx,
        bot,
        { source, kind: 'tooLarge', title: `A notification from ${source} was too large`, detail, size },
        bot.clock.now(),
      ),
    );
    bot.wake();
  } catch (error) {
    bot.log.error('A notification that was too large could not be shown', { source, error: messageOf(error) });
  }
}
