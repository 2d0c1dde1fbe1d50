import { createServer } from 'node:http';
import { listenOn } from './ports.ts';

/** What a pod of a service shows to Prometheus. Stopped, it breaks every connection, as a pod that has died does; it keeps its port, so nobody takes it meanwhile. */
export interface Exporter extends AsyncDisposable {
  readonly address: string;
  stop(): void;
  comeBack(): void;
}

export async function startExporter(): Promise<Exporter> {
  let answers = true;
  const server = createServer((request, response) => {
    if (!answers) return void request.socket.destroy();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1\n');
  });
  const port = await listenOn(server);
  return {
    address: `127.0.0.1:${port}`,
    stop: () => {
      answers = false;
    },
    comeBack: () => {
      answers = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
