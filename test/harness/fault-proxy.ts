/**
 * A TCP proxy that can lose a connection at a chosen moment: before something passes, or after it has arrived and before its answer comes back. Between a
 * client and a server that know nothing of it.
 */
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Cut {
  /** Only on a connection on which this has come by before. */
  readonly after?: string;
  /** In what the client sends. */
  readonly at: string;
  /** `onTheWay`: it never arrives. `onTheWayBack`: it arrives and is answered, and the answer is lost. */
  readonly lost: 'onTheWay' | 'onTheWayBack';
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** The next connection of which this is true is cut, once. Resolves when it was. */
  cut(cut: Cut): Promise<void>;
  /** Cuts whichever connection brings the bytes so far to this many, in both directions together. */
  cutAfterBytes(bytes: number): Promise<void>;
}

interface Armed {
  readonly cut: Cut;
  readonly done: () => void;
}

export async function startFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  let armed: Armed | null = null;
  let bytesLeft: { count: number; readonly done: () => void } | null = null;

  const server = createServer((client) => {
    const upstream = createConnection(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let seen = '';
    let answerIsLost: (() => void) | null = null;
    const lose = (done: () => void): void => {
      client.destroy();
      upstream.destroy();
      done();
    };
    const pass = (to: Socket, chunk: Buffer): void => {
      if (bytesLeft !== null && (bytesLeft.count -= chunk.length) <= 0) {
        const { done } = bytesLeft;
        bytesLeft = null;
        return lose(done);
      }
      to.write(chunk);
    };
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (armed !== null && text.includes(armed.cut.at) && (armed.cut.after === undefined || seen.includes(armed.cut.after))) {
        const { cut, done } = armed;
        armed = null;
        if (cut.lost === 'onTheWay') return lose(done);
        answerIsLost = done;
      }
      // A transaction is what is looked back upon, so what was committed before is forgotten.
      seen = /\b(?:commit|rollback|begin)\b/.test(text) ? '' : (seen + text).slice(-64_000);
      pass(upstream, chunk);
    });
    upstream.on('data', (chunk: Buffer) => (answerIsLost === null ? pass(client, chunk) : lose(answerIsLost)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    cut: (cut) => new Promise((resolve) => (armed = { cut, done: resolve })),
    cutAfterBytes: (count) => new Promise((resolve) => (bytesLeft = { count, done: resolve })),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
