/**
 * PGlite takes no lock on its directory, and two processes that write to it destroy it (P-5). So one process holds a directory: it listens on a
 * Unix socket inside it. Whoever comes second connects: an answer means that the holder lives; a refusal means that it died and left the socket behind.
 * The kernel ends the listening when the process ends, also by `kill -9`, so a stale lock never needs a person.
 */
import { createConnection, createServer, type Server } from 'node:net';
import { mkdir, open, realpath, rm, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
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

/** Taking a lock is a matter of milliseconds; a guard that is older than this was left by a process that died in between. */
const guardIsStaleAfterMs = 10_000;
const lookAgainMs = 100;
/** Whoever starts at the same moment is waited for this long. */
const patienceMs = 3_000;

/**
 * @throws DataDirectoryHeld when another process holds it, or is taking it at this moment
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  await mkdir(directory, { recursive: true });
  const socketPath = await socketPathOf(directory);
  for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += lookAgainMs) {
    const holder = await whoHolds(socketPath);
    if (holder !== undefined) throw new DataDirectoryHeld(directory, holder);
    const lock = await take(socketPath);
    if (lock !== null) return lock;
    await systemClock.sleep(lookAgainMs);
  }
  throw new DataDirectoryHeld(directory, 'a process that is starting');
}

/** Nobody answers: the socket, if there is one, is a dead process's. Of several starters the one with the guard may clear it away. */
async function take(socketPath: string): Promise<DataDirectoryLock | null> {
  const guardPath = `${socketPath}.taking`;
  const guard = await open(guardPath, 'wx').catch(() => null);
  if (guard === null) {
    const left = await stat(guardPath).catch(() => null);
    if (left !== null && systemClock.now().getTime() - left.mtimeMs > guardIsStaleAfterMs) await rm(guardPath, { force: true });
    return null;
  }
  try {
    if ((await whoHolds(socketPath)) !== undefined) return null;
    await rm(socketPath, { force: true });
    return heldBy(await listen(socketPath));
  } finally {
    await guard.close();
    await rm(guardPath, { force: true });
  }
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
    // Only these say that nobody listens; where we may not even ask, somebody may.
    socket.on('error', (error: NodeJS.ErrnoException) => end(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? '') ? undefined : `a process that cannot be asked (${error.code})`));
  });
}

function listen(socketPath: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`process ${process.pid} on ${hostname()}`);
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
