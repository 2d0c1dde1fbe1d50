import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServerProcess extends AsyncDisposable {
  /** From starting the program until it said that it is ready. */
  readonly startMs: number;
}

const patienceMs = 60_000;

/** Starts a program of this project in a process of its own and waits until `readyUrl` answers 200. */
export async function startProcess(words: readonly string[], environment: Readonly<Record<string, string>>, readyUrl: string): Promise<ServerProcess> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env['PATH'] ?? '', ...environment } });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  while (!(await answers200(readyUrl))) {
    if (child.exitCode !== null) throw new Error(`${words.join(' ')} ended with status ${child.exitCode} before it was ready.`);
    if (performance.now() - startedAt > patienceMs) {
      await stop();
      throw new Error(`${words.join(' ')} was not ready after a minute.`);
    }
    await pause(5);
  }
  return { startMs: performance.now() - startedAt, [Symbol.asyncDispose]: stop };
}

function answers200(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A server on loopback has a port.');
  return address.port;
}
