/**
 * Goal: the bot needs no more of its machine than the manifest gives it (T-27): no root, no home, and nothing that it can write but one folder.
 * Method: the program as a process of its own, in a folder that cannot be written, as nobody where this test may choose, and under Node's own
 * permissions, which hold for root too: a write anywhere else, or a program started, is an error.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startStandIns } from '../../sandbox/stand-ins.ts';
import { systemClock } from '../../src/support/clock.ts';

const root = join(import.meta.dirname, '../..');
const nobody = 65_534;

/** Whether everybody may go all the way to a file. */
function isOpenTo(path: string): boolean {
  return (statSync(path).mode & 0o005) === 0o005 && (dirname(path) === path || isOpenTo(dirname(path)));
}

test('the bot starts, answers and ends without a home or a folder that it could write', async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stockops-nobody-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const standIns = cleanup.use(await startStandIns({ clock: systemClock, folder: join(folder, 'stand-ins'), persists: false }));
  const [readOnly, writable] = [join(folder, 'read-only'), join(folder, 'tmp')];
  for (const [path, mode] of [[readOnly, 0o555], [writable, 0o777], [folder, 0o755], [join(folder, 'stand-ins'), 0o755], [join(folder, 'stand-ins/kubeconfig'), 0o644], [join(folder, 'stand-ins/kubeconfig-write'), 0o644]] as const) {
    if (path === readOnly || path === writable) await mkdir(path);
    await chmod(path, mode);
  }
  const mayChoose = process.getuid?.() === 0 && isOpenTo(process.execPath) && isOpenTo(join(root, 'src/main.ts'));
  const bot = spawn(process.execPath, ['--permission', '--allow-net', '--allow-fs-read=*', `--allow-fs-write=${writable}`, join(root, 'src/main.ts'), 'serve'], {
    cwd: readOnly,
    env: { PATH: '/usr/bin', HOME: readOnly, TMPDIR: writable, ...standIns.environment, PORT: '0', OPS_PORT: '0', HOST: '127.0.0.1', STOCKOPS_DATA_DIR: join(writable, 'data'), LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(mayChoose && { uid: nobody, gid: nobody }),
  });
  cleanup.defer(() => void bot.kill('SIGKILL'));
  let output = '';
  const ended = new Promise<number | null>((resolve) => bot.once('exit', resolve));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [bot.stdout, bot.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('"Ready"')) resolve();
      });
  });
  await Promise.race([ready, ended]);
  const operations = /"operations":"([^"]+)"/.exec(output)?.[1];
  expect(operations, output).toBeDefined();
  const intake = /"intake":"([^"]+)"/.exec(output)?.[1];
  expect((await fetch(`${operations}/readyz`)).status).toBe(200);
  const answer = await fetch(`${intake}/webhooks/alertmanager`, { method: 'POST', headers: { authorization: `Bearer ${standIns.alertmanagerToken}`, 'content-type': 'application/json' }, body: '{"version":"4"}' });
  expect(answer.status).toBe(200);
  bot.kill('SIGTERM');
  expect(await ended, output).toBe(0);
  expect(output).not.toMatch(/ERR_ACCESS_DENIED|EACCES|EROFS/);
});
