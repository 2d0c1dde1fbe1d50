/**
 * Goal: every change that the main line can make is driven from a press in Slack to the outcome in the thread, on a real control plane with a real Helm.
 * Method: the real bot with its loops running, a stand-in of Slack to press in, and two of the five systems as they are in `systems/`.
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../sandbox/slack/state.ts';
import { startStandIns, type StandIns } from '../../sandbox/stand-ins.ts';
import { startBot, type RunningBot } from '../../src/commands/start-bot.ts';
import { systemClock } from '../../src/support/clock.ts';
import { createLog } from '../../src/support/log.ts';
import { buttonOf, textOf } from '../harness/messages.ts';
import { notificationOf } from '../harness/test-bot.ts';

const { KUBECONFIG = '', HELM_BIN = '' } = process.env;
const patience = { withinMs: 90_000 };
const patience90 = { timeout: 90_000 };
const chart = join(import.meta.dirname, '../../sandbox/charts/stock-service');
const namespaces = ['stock-service', 'mystocks'];

const config = new KubeConfig();
config.loadFromFile(KUBECONFIG);
config.setCurrentContext('admin');
const [core, apps, rights] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api), config.makeApiClient(RbacAuthorizationV1Api)];

const cleanup = new AsyncDisposableStack();
let standIns: StandIns;
let bot: RunningBot;

beforeAll(async () => {
  for (const name of namespaces) {
    await core.createNamespace({ body: { metadata: { name } } });
    await rights.createNamespacedRoleBinding({
      namespace: name,
      body: { metadata: { name: 'stockops' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'stockops' }] },
    });
  }
  for (const tag of ['v2.4.0', 'v2.4.1']) await helm('upgrade', '--install', 'stock-service', chart, '--namespace=stock-service', '--reset-then-reuse-values', `--set=image.tag=${tag}`);
  for (const tag of ['v1.0.0', 'v1.0.1']) await deployMystocks(tag);

  const folder = await mkdtemp(join(tmpdir(), 'stockops-cluster-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  // Of the five systems as they are, one bound is wider: the simulated nodes know a broken image by its tag.
  const systemsDirectory = join(folder, 'systems');
  await cp(join(import.meta.dirname, '../../systems'), systemsDirectory, { recursive: true });
  const mystocks = join(systemsDirectory, 'mystocks/system.yaml');
  await writeFile(mystocks, (await readFile(mystocks, 'utf8')).replace(String.raw`"^v\\d+\\.\\d+\\.\\d+$"`, () => String.raw`"^(v\\d+\\.\\d+\\.\\d+|broken)$"`));
  standIns = cleanup.use(await startStandIns({ clock: systemClock, folder: join(folder, 'stand-ins'), persists: false, systemsDirectory, slack: { rateLimits: 'none' }, environment: { KUBECONFIG, HELM_BIN } }));
  const started = await startBot({
    settings: standIns.settings,
    storage: { kind: 'pglite', dataDirectory: 'memory' },
    clock: systemClock,
    random: { bytes: randomBytes },
    log: createLog('error'),
    load: standIns.load,
    doors: { intake: { host: '127.0.0.1', port: 0 }, operations: { host: '127.0.0.1', port: 0 } },
    loops: true,
  });
  if (started.kind !== 'running') throw new Error('the catalog is wrong');
  bot = started.bot;
  cleanup.defer(() => bot.stop());
  await standIns.slack.untilConnected();
});
afterAll(async () => {
  await cleanup.disposeAsync();
  for (const name of namespaces) await core.deleteNamespace({ name });
});

test('Stock Service: scale and undo, restart, a Helm upgrade that keeps its values, and the rollback of it', { timeout: 400_000 }, async () => {
  const card = await fire('ServiceDown', { job: 'stock-service', namespace: 'stock-service' });

  const scaled = await change(card, 'Scale…', { replicas: '5' });
  expect(textOf(scaled)).toContain('5 of 5 pods ready');
  expect((await deployment('stock-service', 'stock-service')).spec?.replicas).toBe(5);

  await press(scaled, 'Undo…');
  await confirm('Scale stock-service from 5 to 3', 'U0APPROVER');
  await outcome('Scale stock-service from 5 to 3');
  expect((await deployment('stock-service', 'stock-service')).spec?.replicas).toBe(3);

  await change(card, 'Restart…');
  expect((await deployment('stock-service', 'stock-service')).spec?.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt']).toBeDefined();

  await command('/stock stock-service scale-permanently 4');
  await confirm('Set replicaCount to 4', 'U0APPROVER');
  await outcome('Set replicaCount to 4');
  const upgraded = await deployment('stock-service', 'stock-service');
  expect(upgraded.spec?.replicas).toBe(4);
  expect(upgraded.spec?.template.spec?.containers[0]?.image, 'SV-60: a scale must not change the version').toMatch(/:v2\.4\.1$/);

  await press(card, 'Roll back…');
  await confirm('Roll back stock-service', 'U0APPROVER');
  await outcome('Roll back stock-service');
  expect((await deployment('stock-service', 'stock-service')).spec?.template.spec?.containers[0]?.image).toMatch(/:v2\.4\.0$/);
});

test('MyStocks: a broken version hangs and says why, and rolling back returns to the image before', { timeout: 400_000 }, async () => {
  const card = await fire('MyStocksDown', { job: 'mystocks-api', namespace: 'mystocks', system: 'mystocks' });
  await command('/stock mystocks deploy broken');
  await confirm('broken', 'U0APPROVER');
  const failed = await standIns.slack.until(() => allMessages().findLast((message) => message.text.startsWith('❌') && message.text.includes('broken')), { withinMs: 150_000, what: 'the outcome of the broken version' });
  expect(textOf(failed)).toContain('ImagePullBackOff');

  await command('/stock mystocks logs');
  await standIns.slack.until((slack) => slack.ephemerals('U0ONCALL').some((message) => textOf(message).includes('Logs')), patience);

  await press(card, 'Roll back…');
  await confirm('Roll back mystocks-api', 'U0APPROVER');
  const rolledBack = await outcome('Roll back mystocks-api');
  expect(textOf(rolledBack)).toContain('v1.0.1');
  expect((await deployment('mystocks', 'mystocks-api')).spec?.template.spec?.containers[0]?.image).toBe('mystocks/api:v1.0.1');
});

async function fire(alertname: string, labels: Record<string, string>): Promise<Message> {
  const body = JSON.stringify(notificationOf([{ labels: { alertname, severity: 'critical', ...labels }, startsAt: new Date(), endsAt: null }]));
  const response = await fetch(`${bot.intakeUrl}/webhooks/alertmanager`, { method: 'POST', body, headers: { authorization: `Bearer ${standIns.alertmanagerToken}` } });
  expect(response.status).toBe(200);
  return standIns.slack.until((slack) => slack.channel('alerts').messages().find((message) => textOf(message).includes(alertname)), { ...patience, what: `the card of ${alertname}` });
}

/** Presses a button of a message as it stands now: a person looks again after something has been done, or is told to. */
async function press(message: Message, label: string): Promise<void> {
  await expect.poll(() => bot.db.selectFrom('messages').select('key').whereRef('wanted_version', '>', 'sent_version').execute(), patience90).toEqual([]);
  const fresh = await standIns.slack.until(
    (slack) => [...slack.channel('alerts').messages(), ...slack.channel('alerts').messages().flatMap((one) => slack.thread('alerts', one.ts))].find((one) => one.ts === message.ts && textOf(one).includes(label)),
    { ...patience, what: `the button ${label}` },
  );
  await standIns.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: fresh.ts, actionId: buttonOf(fresh, label) });
}

async function change(card: Message, label: string, values?: Record<string, string>): Promise<Message> {
  await press(card, label);
  if (values !== undefined) {
    await standIns.slack.until((slack) => slack.views('U0ONCALL').some((view) => JSON.stringify(view.content).includes('Show the plan')), patience);
    await standIns.slack.submit({ as: 'U0ONCALL', values });
  }
  const summary = await confirm('', null);
  return outcome(summary);
}

/** Waits for the plan in the modal, agrees to it, and lets another person approve where one is needed. Returns the plan's summary. */
async function confirm(begins: string, approver: string | null): Promise<string> {
  const view = await standIns.slack.until((slack) => slack.views('U0ONCALL').find((one) => JSON.stringify(one.content).includes('"plan.confirm"') && JSON.stringify(one.content).includes(begins)), { ...patience, what: `the plan "${begins}"` });
  const summary = /\*([^*]+)\?\*/.exec(JSON.stringify(view.content))?.[1] ?? '';
  await standIns.slack.submit({ as: 'U0ONCALL' });
  if (approver === null || !JSON.stringify(view.content).includes('Ask for approval')) return summary;
  const request = await standIns.slack.until(() => allMessages().find((message) => message.text.includes('Approval:') && message.text.includes(summary)), { ...patience, what: `the request for "${summary}"` });
  await standIns.slack.press({ as: approver, channel: request.channelId, ts: request.ts, actionId: buttonOf(request, 'Approve') });
  return summary;
}

function outcome(begins: string): Promise<Message> {
  return standIns.slack.until(
    () => allMessages().findLast((message) => message.text.startsWith('✅') && message.text.includes(begins)),
    { ...patience, what: `the outcome of "${begins}"` },
  );
}

function allMessages(): (Message & { channelId: string })[] {
  return ['alerts', 'stock-service', 'mystocks'].flatMap((channel) =>
    standIns.slack.channel(channel).messages().flatMap((message) => [message, ...standIns.slack.thread(channel, message.ts)].map((one) => ({ ...one, channelId: standIns.slack.channel(channel).id }))),
  );
}

async function command(words: string): Promise<void> {
  const [name = '', ...rest] = words.split(' ');
  const answer = await standIns.slack.command({ as: 'U0ONCALL', channel: rest[0] === 'mystocks' ? 'mystocks' : 'stock-service', command: name, text: rest.join(' ') });
  expect(answer.acked).toBe(true);
}

async function deployment(namespace: string, name: string) {
  return apps.readNamespacedDeployment({ namespace, name });
}

async function helm(...argv: string[]): Promise<void> {
  await execa(HELM_BIN, [...argv, '--kube-context=admin'], { env: { KUBECONFIG, PATH: process.env['PATH'], HOME: process.env['HOME'] }, extendEnv: false });
}

async function deployMystocks(tag: string): Promise<void> {
  const labels = { app: 'mystocks-api' };
  const body = {
    metadata: { name: 'mystocks-api', labels },
    spec: { replicas: 3, progressDeadlineSeconds: 60, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'mystocks-api', image: `mystocks/api:${tag}` }] } } },
  };
  const exists = await apps.readNamespacedDeployment({ namespace: 'mystocks', name: 'mystocks-api' }).then(() => true, () => false);
  await (exists ? apps.replaceNamespacedDeployment({ namespace: 'mystocks', name: 'mystocks-api', body }) : apps.createNamespacedDeployment({ namespace: 'mystocks', body }));
}
