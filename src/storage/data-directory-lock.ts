/**
 * PGlite takes no lock on its directory, and two processes that write to it destroy it (P-5). So one process holds a directory: it listens on a
 * Unix socket inside it. Whoever comes second connects: an answer means that the holder lives; a refusal means that it died and left the socket behind.
 * The kernel ends the listening when the process ends, also by `kill -9`, so a stale lock never needs a person.
 */
import { createConnection, createServer, type Server } from 'node:net';
import { mkdir, open, realpath, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../support/clock.ts';

export interface DataDirectoryLock extends AsyncDisposable {
  release(): Promise<void>;
}

export class DataDirectoryHeld extends Error {
  override readonly name = 'DataDirectoryHeld';
  readonly holder: string;
  constructor(directory: string, holder: string) {
    super(`The data directory ${directory} is in use by ${holder}.`);
    this.holder = holder;
  }
}

/**
 * @throws DataDirectoryHeld when another process holds it
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  await mkdir(directory, { recursive: true });
  const socketPath = await socketPathOf(directory);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const holder = await whoHolds(socketPath);
    if (holder !== undefined) throw new DataDirectoryHeld(directory, holder);
    // Nobody answers: the socket, if there is one, is a dead process's. Only one of several starters may clear it away.
    const guardPath = `${socketPath}.taking`;
    const guard = await open(guardPath, 'wx').catch(() => undefined);
    if (guard === undefined) {
      await systemClock.sleep(200 * (attempt + 1));
      if (attempt === 1) await rm(guardPath, { force: true });
      continue;
    }
    try {
      if ((await whoHolds(socketPath)) !== undefined) continue;
      await rm(socketPath, { force: true });
      return heldBy(await listen(socketPath));
    } finally {
      await guard.close();
      await rm(guardPath, { force: true });
    }
  }
  throw new DataDirectoryHeld(directory, (await whoHolds(socketPath)) ?? 'a process that is starting');
}

// A socket's path may be 103 bytes at most; a deeper directory is named by its hash in the directory for temporary files.
async function socketPathOf(directory: string): Promise<string> {
  const inside = join(await realpath(directory), 'lock');
  if (Buffer.byteLength(inside) <= 100) return inside;
  return join(tmpdir(), `stockops-${createHash('sha256').update(inside).digest('hex').slice(0, 24)}.lock`);
}

function whoHolds(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = createConnection(socketPath);
    const end = (holder: string | undefined) => {
      socket.destroy();
      resolve(holder);
    };
    socket.setTimeout(2_000, () => end(answer || 'a process that does not answer'));
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('end', () => end(answer || 'another process'));
    socket.on('error', () => end(undefined));
  });
}

function listen(socketPath: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`process ${process.pid}`);
    });
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.unref();
      resolve(server);
    });
  });
}

function heldBy(server: Server): DataDirectoryLock {
  const release = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { release, [Symbol.asyncDispose]: release };
}
