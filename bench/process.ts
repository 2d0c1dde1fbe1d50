import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServerProcess extends AsyncDisposable {
  /** From starting the program until it said that it is ready. */
  readonly startMs: number;
  /** What it has used so far, as the kernel counts it. Known on Linux; elsewhere not a number. */
  usage(): Promise<Usage>;
}

export interface Usage {
  readonly processorMs: number;
  readonly residentBytes: number;
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
  return { startMs: performance.now() - startedAt, usage: () => usageOf(child.pid ?? 0), [Symbol.asyncDispose]: stop };
}

const msPerTick = 10;

async function usageOf(pid: number): Promise<Usage> {
  try {
    const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]);
    // The name of the program, in brackets, may hold spaces; times in user and kernel are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { processorMs: (Number(fields[11]) + Number(fields[12])) * msPerTick, residentBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024 };
  } catch {
    return { processorMs: Number.NaN, residentBytes: Number.NaN };
  }
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
