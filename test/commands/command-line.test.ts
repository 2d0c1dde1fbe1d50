/**
 * Goal: a person at a terminal is told what is wrong, and the exit status says whose turn it is.
 * Method: the program as a process of its own, as an operator starts it.
 */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStandIns } from '../../sandbox/stand-ins.ts';
import { systemClock } from '../../src/support/clock.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

interface Ended {
  readonly status: number;
  readonly output: string;
}
function run(words: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { env: { PATH: process.env['PATH'] ?? '', ...environment } }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

test('check-config prints what each system offers and ends with 0', async () => {
  const { status, output } = await run(['check-config']);
  expect(output).toContain('Stock Service (stock-service, service, svc)');
  expect(output).toContain('5 systems');
  expect(status).toBe(0);
});

test('check-config says that a read-only bot would make none of the changes', async () => {
  expect((await run(['check-config'], { STOCKOPS_READ_ONLY: 'true' })).output).toContain('Read-only: STOCKOPS_READ_ONLY is set');
  expect((await run(['check-config'])).output).not.toContain('Read-only');
});

test('check-config prints every problem at once with its place, and ends with 2', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-catalog-'));
  try {
    await cp(join(import.meta.dirname, '../../systems'), folder, { recursive: true });
    const file = join(folder, 'stock-service/system.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('use: k8s.restart', 'use: k8s.restrat').replace('section: p1-service-down', 'section: p1-service-dwon'));
    const { status, output } = await run(['check-config', folder]);
    expect(status).toBe(2);
    expect(output).toMatch(/stock-service\/system\.yaml:\d+:\d+/);
    expect(output).toContain('k8s.restart');
    expect(output).toContain('p1-service-down');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('rbac prints the Roles of one system, and says when there is nothing to print (T-18)', async () => {
  const one = await run(['rbac', '--system', 'mystocks']);
  expect(one.status).toBe(0);
  expect(new Set(one.output.match(/^ {2}namespace: .+$/gm))).toEqual(new Set(['  namespace: mystocks']));
  expect(one.output).toContain('resourceNames: [mystocks-api]');
  const none = await run(['rbac', '--system', 'stock-service', '--environment', 'nowhere']);
  expect(none.status).toBe(2);
  expect(none.output).toContain('No rights are needed for the system "stock-service" in "nowhere"');
});

test('wrong settings are all named, and the bot ends with 2', async () => {
  const { status, output } = await run(['serve'], { PORT: 'x' });
  expect(status).toBe(2);
  for (const name of ['PORT', 'ALERTMANAGER_TOKEN', 'SLACK_BOT_TOKEN']) expect(output).toContain(name);
});

for (const words of [['frobnicate'], ['serve', '--nonsense'], ['db', 'drop']]) {
  test(`wrong use (${words.join(' ')}) shows the usage and ends with 2`, async () => {
    const { status, output } = await run(words);
    expect(status).toBe(2);
    expect(output).toContain('stockops check-config');
  });
}

test('a second process on the data directory is told who holds it and ends with 3; the first ends with 0 at SIGTERM (F-41, F-45)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-two-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const standIns = cleanup.use(await startStandIns({ clock: systemClock, folder, persists: false }));
  const environment = { ...standIns.environment, PORT: '0', OPS_PORT: '0', HOST: '127.0.0.1', STOCKOPS_DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'info' };

  const first = spawn(process.execPath, [main, 'serve'], { env: { PATH: process.env['PATH'] ?? '', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  cleanup.defer(() => void first.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => first.once('exit', resolve));
  const ready = new Promise<string>((resolve) => {
    let seen = '';
    first.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes('"Ready"')) resolve('ready');
    });
  });
  expect(await Promise.race([ready, ended.then((status) => `ended with ${status}`)])).toBe('ready');

  const second = await run(['serve'], environment);
  expect(second.status).toBe(3);
  expect(second.output).toContain(`process ${first.pid}`);

  first.kill('SIGTERM');
  expect(await ended).toBe(0);
});
