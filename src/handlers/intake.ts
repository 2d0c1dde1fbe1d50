import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../support/clock.ts';
import { sha256 } from '../support/json.ts';
import { messageOf } from '../support/log.ts';
import type { Bot } from './bot.ts';
import { openIntakeIncident } from './notifications-lane.ts';

/** Whole groups come unlimited by default, and 5,000 alerts are about 5 MB (P-8). */
export const bodyLimitBytes = 16 * 1024 * 1024;
/** Alertmanager waits at least 10 s for an answer (F-03). */
const deadlineMs = 5_000;
/** More at once wait for nothing: they are told to come again. */
const mostAtOnce = 64;

export interface IntakeSettings {
  /** Tokens that are valid now, by source. */
  readonly sources: readonly { readonly name: string; readonly tokens: readonly string[] }[];
  /** Why nothing may be taken now, or `null`. */
  readonly whyNotReady: () => string | null;
}

/**
 * The door for outside systems. A 200 means that the body is committed (G-1). Everything that Alertmanager should bring again gets a 503, because it
 * repeats only those (P-7); what it sent is never a reason for a 4xx.
 */
export function createIntake(bot: Bot, settings: IntakeSettings): FastifyInstance {
  const server = Fastify({ logger: false, bodyLimit: bodyLimitBytes, exposeHeadRoutes: false, routerOptions: { ignoreTrailingSlash: false }, requestTimeout: 30_000 });
  // The body is kept as it came, whatever it says it is.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  let underWay = 0;

  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/webhooks/alertmanager')) {
      const source = sourceOf(settings.sources, request.headers.authorization);
      if (source === null) return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'The bearer token is missing or wrong.' });
      request.headers['x-stockops-source'] = source;
    }
  });

  server.post('/webhooks/alertmanager', async (request, reply) => {
    const source = String(request.headers['x-stockops-source']);
    const notNow = settings.whyNotReady() ?? (underWay >= mostAtOnce ? 'too many at once' : null);
    if (notNow !== null) return unavailable(source, notNow, reply);
    underWay += 1;
    try {
      const body = typeof request.body === 'string' ? request.body : '';
      await withDeadline(
        bot.clock,
        bot.db
          .insertInto('notifications')
          // A text column holds no NUL; such a body is not JSON in any case, and is kept as near to what came as can be.
          .values({ source, body: body.replaceAll('\u0000', '\uFFFD'), body_sha256: sha256(body), received_at: bot.clock.now(), state: 'stored', due_at: bot.clock.now() })
          .execute(),
      );
    } catch (error) {
      bot.log.warn('A webhook could not be stored', { source, error: messageOf(error) });
      return unavailable(source, 'the database did not take it', reply);
    } finally {
      underWay -= 1;
    }
    bot.metrics.webhooks.inc({ source, answer: '200' });
    bot.wake();
    return reply.code(200).send({ stored: true });
  });

  server.setErrorHandler(async (error: { code?: string; statusCode?: number; message: string }, request, reply) => {
    const source = String(request.headers['x-stockops-source'] ?? 'unknown');
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      bot.metrics.webhooks.inc({ source, answer: '413' });
      await showTooLarge(bot, source);
      return reply.code(413).send({ error: `The body is larger than ${bodyLimitBytes} bytes. Set max_alerts in Alertmanager.` });
    }
    const status = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 503;
    bot.metrics.webhooks.inc({ source, answer: String(status) });
    if (status === 503) bot.log.error('A webhook failed', { source, error: error.message });
    return reply.code(status).send({ error: status === 503 ? 'Not taken. Please send it again.' : 'The request cannot be read.' });
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));

  function unavailable(source: string, reason: string, reply: { code(status: number): { header(name: string, value: string): { send(body: unknown): unknown } } }): unknown {
    bot.metrics.webhooks.inc({ source, answer: '503' });
    return reply.code(503).header('retry-after', '5').send({ error: `Not taken: ${reason}. Please send it again.` });
  }
  return server;
}

/** The source is who the token says it is, never what the body says (T-01). Compared in the same time whatever was sent. */
function sourceOf(sources: IntakeSettings['sources'], header: string | undefined): string | null {
  const given = digest(/^Bearer (\S+)$/.exec(header ?? '')?.[1] ?? '');
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

async function showTooLarge(bot: Bot, source: string): Promise<void> {
  try {
    await bot.db.transaction().execute((tx) =>
      openIntakeIncident(tx, bot, { source, about: 'tooLarge', kind: 'tooLarge', title: `A notification from ${source} was too large`, detail: String(bodyLimitBytes) }, bot.clock.now()),
    );
    bot.wake();
  } catch (error) {
    bot.log.error('A notification that was too large could not be shown', { source, error: messageOf(error) });
  }
}
