import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataDirectoryHeld, lockDataDirectory } from '../../src/storage/data-directory-lock.ts';

const holder = fileURLToPath(new URL('./hold-lock.ts', import.meta.url));
let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stockops-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Another process that wants the directory: what it says. */
async function start(): Promise<{ readonly child: ChildProcess; readonly says: string }> {
  const child = spawn(process.execPath, [holder, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, says: text.toString().trim() };
}

test('F-41: a second process is refused and told who holds the directory', async () => {
  const { child, says } = await start();
  expect(says).toBe('held');
  await expect(lockDataDirectory(directory)).rejects.toThrow(DataDirectoryHeld);
  await expect(lockDataDirectory(directory)).rejects.toThrow(`process ${child.pid} on `);
});

test('F-41: the lock of a process that was killed is nobody’s', async () => {
  const { child } = await start();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using lock = await lockDataDirectory(directory);
  expect(lock).toBeDefined();
});

test('F-41: of three that start at once on the lock of a dead process, one has it', async () => {
  const { child } = await start();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const outcomes = await Promise.all([start(), start(), start()]);
  expect(outcomes.map(({ says }) => says.split(' ')[0]).toSorted()).toEqual(['held', 'refused:', 'refused:']);
});

test('F-41: a released directory can be taken at once', async () => {
  for (let round = 0; round < 3; round += 1) await (await lockDataDirectory(directory)).release();
  await using lock = await lockDataDirectory(directory);
  expect(lock).toBeDefined();
});

test('F-41: what a process left that died while it took the lock is cleared away, that of one that is taking it is not', async () => {
  const guard = join(directory, 'lock.taking');
  await writeFile(guard, '');
  await expect(lockDataDirectory(directory)).rejects.toThrow('a process that is starting');
  await utimes(guard, new Date(0), new Date(0));
  await using lock = await lockDataDirectory(directory);
  expect(lock).toBeDefined();
});
