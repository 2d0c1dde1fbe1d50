/**
 * Goal: what `npm start` promises: within a minute a first card, and a click leads through a plan to an outcome that helped.
 * Method: the sandbox as a process of its own, and a browser that a person would use.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { openBrowser } from './browser.ts';

const patienceMs = 120_000;

test('a visitor sees the first card, restarts the service from it, and watches the alert end', { timeout: 400_000 }, async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stockops-sandbox-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const sandbox = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts'), 'sandbox'], {
    env: { PATH: process.env['PATH'] ?? '', STOCKOPS_DATA_DIR: folder, SANDBOX_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => sandbox.once('exit', () => resolve()));
  cleanup.defer(async () => {
    sandbox.kill('SIGTERM');
    await ended;
  });
  const address = await new Promise<string>((resolve, reject) => {
    let seen = '';
    sandbox.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(seen)?.[0];
      if (url !== undefined) resolve(url);
    });
    sandbox.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}: ${seen}`)));
  });

  const browser = await openBrowser();
  cleanup.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(patienceMs);
  await page.goto(address);

  await page.getByText('P1 · Stock Service · production: 2 of 3 pods do not answer').first().waitFor();
  // A press that comes too late for Slack's three seconds, on a busy machine, is answered with "try again"; a person does.
  const pressUntil = async (label: string, shown: Locator): Promise<void> => {
    for (let press = 1; press <= 4 && !(await shown.isVisible()); press += 1) {
      await page.getByRole('button', { name: label, exact: true }).first().click();
      await shown.waitFor({ timeout: 30_000 }).catch(() => page.keyboard.press('Escape'));
    }
    await shown.waitFor({ timeout: 1_000 });
  };
  await pressUntil('Acknowledge', page.getByText('paging stopped').first());

  const modal = page.getByRole('dialog');
  await pressUntil('Restart…', modal.getByText('Same as:'));
  expect(await modal.innerText()).toContain('kubectl rollout restart');
  await modal.getByRole('button', { name: 'Restart', exact: true }).click();

  await page.getByText(/\d+ repl(y|ies)/).first().click();
  await page.getByText('(production): done').first().waitFor();
  await page.getByText('alerts ended, not yet resolved').first().waitFor();
});
