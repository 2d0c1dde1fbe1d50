import fastify, { type FastifyInstance } from 'fastify';

/** A stand-in that is reachable, on loopback alone. Stopping it breaks what is still open, as a killed service would. */
export interface Loopback extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A server for a stand-in: no log of its own, and bodies arrive as bytes, so each stand-in parses as the service it stands for does. */
export function standInServer(options: { readonly bodyLimitBytes?: number } = {}): FastifyInstance {
  const server = fastify({ logger: false, forceCloseConnections: true, bodyLimit: options.bodyLimitBytes ?? 4 * 1024 * 1024 });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return server;
}

/** `port` 0 takes any free one. */
export async function listenOnLoopback(server: FastifyInstance, port = 0): Promise<Loopback> {
  await server.listen({ host: '127.0.0.1', port });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('A stand-in listens on a port, and this one does not.');
  const stop = async () => {
    await server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, stop, [Symbol.asyncDispose]: stop };
}
