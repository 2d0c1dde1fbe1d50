import type { FastifyReply } from 'fastify';
import { listenOnLoopback, standInServer, type Loopback } from '../loopback.ts';

/** How a service stands, read at each request. */
export interface ServiceState {
  /** A request falls on one of these in turn, so with 2 of 3 failing, 2 of 3 requests fail. None: nobody answers. */
  readonly instances: readonly ('ready' | 'failing')[];
  readonly version: string;
  /** What `/health` and `/version` say besides, such as `model_loaded`. */
  readonly health?: Readonly<Record<string, string | boolean | number>>;
  readonly about?: Readonly<Record<string, string>>;
  /** Lines of `/metrics`, by name. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface Services extends Loopback {
  /** Base address of a system in an environment: what its catalog file says as `baseUrl`. */
  urlOf(systemId: string, environment: string): string;
  /** The stand-in for an address outside, such as a vendor's: it answers with the status that `outside` gives its host. */
  outsideUrlOf(url: string): string;
  show(systemId: string, environment: string, state: () => ServiceState): void;
  /** Hosts outside answer 200 unless told otherwise; `undefined` breaks the connection. */
  outside(host: string, status: number | undefined, says?: string): void;
}

/** The health, version and metrics addresses of the services, and the addresses of vendors that their runbooks probe. */
export async function startServices({ port }: { readonly port?: number } = {}): Promise<Services> {
  const states = new Map<string, { readonly state: () => ServiceState; turn: number }>();
  const hosts = new Map<string, number | undefined>();
  const words = new Map<string, string>();
  const server = standInServer();

  server.get('/:system/:environment/health', async (request, reply) => {
    const met = meet(request.params);
    if (met === undefined) return noService(reply);
    if (met.instance === undefined) return reply.code(503).type('text/plain').send('upstream connect error or disconnect/reset before headers');
    const ready = met.instance === 'ready';
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'healthy' : 'unhealthy', ...met.state.health });
  });
  server.get('/:system/:environment/version', async (request, reply) => {
    const met = meet(request.params);
    if (met === undefined) return noService(reply);
    return met.instance === 'ready' ? { version: met.state.version, ...met.state.about } : reply.code(503).send({ error: 'unavailable' });
  });
  server.get('/:system/:environment/metrics', async (request, reply) => {
    const met = meet(request.params);
    if (met === undefined) return noService(reply);
    if (met.instance !== 'ready') return reply.code(503).type('text/plain').send('unavailable\n');
    const lines = Object.entries(met.state.metrics ?? {}).map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(lines.join(''));
  });
  server.all('/outside/:host/*', async (request, reply) => {
    const { host } = request.params as { host: string };
    const status = hosts.has(host) ? hosts.get(host) : 200;
    if (status !== undefined) return reply.code(status).send(request.method === 'HEAD' ? undefined : (words.get(host) ?? { host }));
    reply.raw.socket?.destroy();
    return reply.hijack();
  });

  function meet(params: unknown): { readonly state: ServiceState; readonly instance: 'ready' | 'failing' | undefined } | undefined {
    const { system, environment } = params as { system: string; environment: string };
    const entry = states.get(`${system}/${environment}`);
    if (!entry) return undefined;
    const state = entry.state();
    entry.turn += 1;
    return { state, instance: state.instances.length === 0 ? undefined : state.instances[entry.turn % state.instances.length] };
  }

  const loopback = await listenOnLoopback(server, port);
  return {
    ...loopback,
    urlOf: (systemId, environment) => `${loopback.url}/${systemId}/${environment}`,
    outsideUrlOf: (url) => {
      const { host, pathname, search } = new URL(url);
      return `${loopback.url}/outside/${host}${pathname}${search}`;
    },
    show: (systemId, environment, state) => {
      states.set(`${systemId}/${environment}`, { state, turn: 0 });
    },
    outside: (host, status, says) => {
      hosts.set(host, status);
      if (says !== undefined) words.set(host, says);
    },
  };
}

function noService(reply: FastifyReply) {
  return reply.code(404).send({ error: 'no such service' });
}
