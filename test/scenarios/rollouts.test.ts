import { expect, test } from 'vitest';
import { helmCalls } from '../../sandbox/helm/faults.ts';
import { fromSecret } from '../../sandbox/helm/release.ts';
import { textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, modal, modalText, oncall, press, pressInModal, reply, submit, type, writes } from './on-call.ts';
import { systemsThatChange } from './systems-that-change.ts';

/**
 * Goal: a version goes out and comes back through the tool that owns it, nothing else changes on the way, and a rollout that hangs says why.
 * Method: MyStocks (kubectl's history) and Stock Service (a Helm release), driven from Slack.
 */
const imageOf = (bot: TestBot, namespace: string, name: string) => {
  const found = bot.kubernetes.find({ kind: 'Deployment', namespace, name }) as unknown as { spec: { template: { spec: { containers: { image: string }[] } } } };
  return found.spec.template.spec.containers[0]?.image;
};

test('SV-47: Roll back names the image it goes back to, offers only other images, and Undo brings the new one back', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Roll back…');
  expect(modalText(bot, oncall)).toContain('Roll back mystocks-api to revision 2 (api:v1.0.0, from 7 d ago)?');
  await bot.slack.closeView({ as: oncall });

  await type(bot, oncall, 'mystocks', 'rollback 3');
  expect(modalText(bot, oncall)).toContain('has the image that runs now');
  await bot.slack.closeView({ as: oncall });

  await ask(bot, oncall, 'Roll back…');
  await press(bot, approver, reply(bot, 'Approval: Roll back mystocks-api'), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(reply(bot, 'Roll back mystocks-api').text).toContain('✅');
  expect(imageOf(bot, 'mystocks', 'mystocks-api')).toBe('mystocks/api:v1.0.0');

  await press(bot, oncall, reply(bot, 'Roll back mystocks-api'), 'Undo…');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  await press(bot, approver, reply(bot, 'Approval: '), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(imageOf(bot, 'mystocks', 'mystocks-api')).toBe('mystocks/api:v1.0.1');
});

test('a broken version hangs, says why with the last words, and rolls back', async () => {
  // A tag that no registry has, which the pattern of the catalog would not let through.
  await using systems = await systemsThatChange();
  await systems.replace('mystocks/system.yaml', /tagPattern: "[^"]+"/, 'tagPattern: "^(v[0-9]+[.][0-9]+[.][0-9]+|broken)$"');
  await using bot = await startTestBot({ systemsDirectory: systems.path });
  await fire(bot, 'mystocks');
  await type(bot, oncall, 'mystocks', 'deploy broken');
  expect(modalText(bot, oncall)).toContain('mystocks/api:v1.0.1');
  expect(modalText(bot, oncall)).toContain('mystocks/api:broken');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  const inChannel = () => bot.slack.channel('mystocks').messages().at(-1)!;
  await press(bot, approver, inChannel(), 'Approve');
  await bot.advance({ minutes: 6 });
  expect(inChannel().text).toContain('❌');
  expect(textOf(inChannel())).toContain('ImagePullBackOff');
  expect(textOf(inChannel())).toContain('old pods still serve');

  await press(bot, oncall, inChannel(), 'Undo…');
  expect(modalText(bot, oncall)).toContain('mystocks/api:v1.0.1');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  await press(bot, approver, inChannel(), 'Approve');
  await bot.advance({ minutes: 1 });
  expect(inChannel().text).toContain('✅');
  expect(imageOf(bot, 'mystocks', 'mystocks-api')).toBe('mystocks/api:v1.0.1');
});

test('Stock Service rolls back through Helm: the revisions to choose from are read while the modal is open', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await press(bot, oncall, card(bot), 'Roll back…');
  expect(modalText(bot, oncall)).toContain('Roll back stock-service to revision 7?');
  await pressInModal(bot, oncall, 'Choose another…');
  const question = JSON.stringify(modal(bot, oncall).content);
  expect(question).toContain('7 · v2.4.0 · 2 d ago');
  expect(question).toContain('revision 8 now');
  await submit(bot, oncall, { revision: '7' });
  expect(modalText(bot, oncall)).toContain('v2.4.1');
  expect(modalText(bot, oncall)).toContain('v2.4.0');
  expect(modalText(bot, oncall)).toContain('helm rollback');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  await press(bot, approver, reply(bot, 'Approval'), 'Approve');
  await bot.advance({ minutes: 2 });
  expect(reply(bot, 'stock-service to revision 7').text).toContain('✅');
  expect(imageOf(bot, 'stock-service', 'stock-service')).toBe('registry.example.com/stock-service:v2.4.0');
});

const deployedRelease = (bot: TestBot) => {
  const secrets = bot.kubernetes.list({ kind: 'Secret', namespace: 'stock-service' }) as unknown as readonly { readonly type?: string; readonly data?: { readonly release?: string } }[];
  return secrets.filter((secret) => secret.type === 'helm.sh/release.v1').map(fromSecret).find(({ info }) => info.status === 'deployed')!;
};

test('SV-60: a Helm upgrade keeps what was set before, and the chart', async () => {
  await using bot = await startTestBot();
  const { version, config, chart } = deployedRelease(bot);
  await type(bot, oncall, 'stock-service', 'deploy v2.4.0');
  expect(modalText(bot, oncall)).toContain('v2.4.0');
  await submit(bot, oncall);
  await bot.advance({ seconds: 3 });
  await press(bot, approver, bot.slack.channel('stock-service').messages().at(-1)!, 'Approve');
  await bot.advance({ minutes: 2 });
  expect(bot.slack.channel('stock-service').messages().at(-1)?.text).toContain('✅');
  expect(imageOf(bot, 'stock-service', 'stock-service')).toBe('registry.example.com/stock-service:v2.4.0');
  const upgrades = helmCalls(bot.kubeconfig).filter(({ argv }) => argv.includes('upgrade') && !argv.some((word) => word.startsWith('--dry-run')));
  expect(upgrades).toHaveLength(1);
  expect(upgrades[0]?.argv).toContain('--reset-then-reuse-values');
  expect(deployedRelease(bot)).toMatchObject({ version: version + 1, config: { ...config, image: { tag: 'v2.4.0' } }, chart: { metadata: chart.metadata } });
});

test('an autoscaler that may disagree is named in the plan, and the change is made all the same', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'stock-service');
  await press(bot, oncall, card(bot), 'Scale…');
  await submit(bot, oncall, { replicas: '5' });
  expect(modalText(bot, oncall)).toMatch(/The autoscaler \S+ \(3 to 20\) may change this again/);
  await submit(bot, oncall);
  await bot.advance({ minutes: 1 });
  expect(writes(bot)).toEqual(['PATCH stock-service/stock-service/scale']);
  expect(reply(bot, 'Scale stock-service').text).toContain('✅');
});

test('components: the worker is scaled when the worker is named, and the component of the alert is meant by its card', async () => {
  await using bot = await startTestBot();
  await type(bot, oncall, 'general', 'analysis scale worker 8');
  expect(modalText(bot, oncall)).toContain('Scale celery-worker from 3 to 8');
  await bot.slack.closeView({ as: oncall });
  await type(bot, oncall, 'general', 'analysis restart frontend');
  expect(modalText(bot, oncall)).toContain('Restart stock-analysis-frontend');
});
