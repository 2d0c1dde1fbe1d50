import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { helmCalls } from '../../sandbox/helm/faults.ts';
import { textOf } from '../harness/messages.ts';
import { startTestBot } from '../harness/test-bot.ts';
import { approver, oncall, press, submit, type } from './on-call.ts';

/**
 * Goal: what was approved is these very bytes of a chart, whatever version it says it is.
 * Method: a folder of charts that the test may change, and a change of it between the request and its approval.
 */
test('T-12: a chart of the same version with other bytes voids the approval, and Helm changes nothing', async () => {
  const charts = await mkdtemp(join(tmpdir(), 'stockops-charts-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(charts, { recursive: true }));
  await cp(join(import.meta.dirname, '../../sandbox/charts'), join(charts, 'charts'), { recursive: true });
  await using bot = await startTestBot({ environment: { STOCKOPS_CHARTS_DIR: charts } });
  await type(bot, oncall, 'stock-service', 'deploy v2.4.0');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  const upgrades = () => helmCalls(bot.kubeconfig).filter(({ argv }) => argv.includes('upgrade')).map(({ argv }) => (argv.some((word) => word.startsWith('--dry-run')) ? 'tried' : 'run'));
  expect(upgrades()).toContain('tried');

  const template = join(charts, 'charts/stock-service/templates/deployment.yaml');
  await writeFile(template, (await readFile(template, 'utf8')).replace('      containers:', '      hostNetwork: true\n      containers:'));
  const request = () => bot.slack.channel('stock-service').messages().at(-1)!;
  await press(bot, approver, request(), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(textOf(request())).toContain('The target has changed since the plan was made: chartDigest was');
  expect(upgrades()).not.toContain('run');
});
