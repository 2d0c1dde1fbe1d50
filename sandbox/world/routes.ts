import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import { systemClock } from '../../src/support/clock.ts';
import { worldState } from './world-state.ts';
import { UnknownInWorld, type World } from './world.ts';

const AlertChoice = z.strictObject({ system: z.string(), alert: z.string() });
const day = 24 * 3_600_000;
const ClockMove = z.strictObject({ advanceMs: z.number().int().min(0).max(31 * day) });
const FaultChoice = z.strictObject({ id: z.string(), active: z.boolean() });

const compareEveryMs = 1_000;

/** What the sandbox's page asks and presses: `/world/*`. */
export function worldRoutes(world: World): FastifyPluginAsync {
  return async (server) => {
    const listeners = new Set<FastifyReply>();
    const ending = new AbortController();
    let seen = '';
    let isWatching = false;

    server.get('/world/state', async () => worldState(world));

    server.get('/world/events', async (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...(reply.getHeaders() as Record<string, string>) });
      reply.raw.write('retry: 1000\n\n');
      listeners.add(reply);
      reply.raw.on('close', () => listeners.delete(reply));
      if (!isWatching) void watch();
      return reply;
    });

    server.post('/world/alerts/fire', (request, reply) => press(reply, AlertChoice, request.body, ({ system, alert }) => world.fire(system, alert)));
    server.post('/world/alerts/resolve', (request, reply) => press(reply, AlertChoice, request.body, ({ system, alert }) => world.resolve(system, alert)));
    server.post('/world/alerts/flap', (request, reply) => press(reply, AlertChoice, request.body, ({ system, alert }) => world.flap(system, alert)));
    server.post('/world/clock', (request, reply) => press(reply, ClockMove, request.body, ({ advanceMs }) => world.advance(advanceMs)));
    server.post('/world/faults', (request, reply) => press(reply, FaultChoice, request.body, ({ id, active }) => world.setFault(id, active)));

    server.addHook('preClose', async () => {
      ending.abort();
      for (const listener of listeners) listener.raw.end();
    });

    async function press<T>(reply: FastifyReply, shape: z.ZodType<T>, body: unknown, act: (choice: T) => void) {
      const choice = shape.safeParse(body);
      if (!choice.success) return reply.code(400).send({ error: z.prettifyError(choice.error) });
      try {
        act(choice.data);
      } catch (error) {
        if (error instanceof UnknownInWorld) return reply.code(404).send({ error: error.message });
        throw error;
      }
      tell();
      return { ok: true };
    }

    // The stand-ins change by themselves, each in its own way; comparing what the panel would show finds every change in one place.
    async function watch(): Promise<void> {
      isWatching = true;
      while (listeners.size > 0 && !ending.signal.aborted) {
        const { now: _, ...shown } = worldState(world);
        const state = JSON.stringify(shown);
        if (state !== seen) tell();
        seen = state;
        await systemClock.sleep(compareEveryMs, ending.signal);
      }
      isWatching = false;
    }

    function tell(): void {
      for (const listener of listeners) listener.raw.write('data: {"type":"changed"}\n\n');
    }
  };
}
