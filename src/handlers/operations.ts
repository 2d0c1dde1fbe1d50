import Fastify, { type FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

export interface OperationsState {
  /** Why the process should be restarted, or `null`. */
  readonly whyNotAlive: () => string | null;
  /** Why it takes no work now; empty when it does. */
  readonly whyNotReady: () => readonly string[];
  /** What an operator should know although it takes work. */
  readonly notes: () => readonly string[];
}

/** The second door, on loopback unless configured: what an operator and a probe ask. */
export function createOperations(state: OperationsState, metrics: Metrics): FastifyInstance {
  const server = Fastify({ logger: false, exposeHeadRoutes: false });
  server.get('/livez', async (_request, reply) => {
    const reason = state.whyNotAlive();
    return reply.code(reason === null ? 200 : 503).send(reason === null ? { alive: true } : { alive: false, reason });
  });
  server.get('/readyz', async (_request, reply) => {
    const reasons = state.whyNotReady();
    metrics.ready.set(reasons.length === 0 ? 1 : 0);
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons, notes: state.notes() });
  });
  server.get('/metrics', async (_request, reply) => reply.header('content-type', metrics.registry.contentType).send(await metrics.registry.metrics()));
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'There is nothing here.' }));
  return server;
}
