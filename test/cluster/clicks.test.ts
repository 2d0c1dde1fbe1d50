/**
 * Goal: every change that the main line can make is driven from a press in Slack to the outcome in the thread, on a real control plane with a real Helm.
 * Method: the real bot with its loops running, a stand-in of Slack to press in, and two of the five systems as they are in `systems/`. The bot is the two
 * service accounts of `manifests/identity` with the Roles of `manifests/rights`, and at the end the API server's own audit log is asked what they did.
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, type KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Message } from '../../sandbox/slack/state.ts';
import { startStandIns, type StandIns } from '../../sandbox/stand-ins.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import { startBot, type RunningBot } from '../../src/commands/start-bot.ts';
import { systemClock } from '../../src/support/clock.ts';
import { createLog } from '../../src/support/log.ts';
import { asBotsIdentities } from '../harness/identities.ts';
import { buttonOf, textOf } from '../harness/messages.ts';
import { notificationOf } from '../harness/test-bot.ts';
import { refused, shippedRoles, unusedRights } from '../harness/used-rights.ts';
import { auditedRequests, changesSomething, type AuditedRequest } from './audit-log.ts';

const { KUBECONFIG = '', HELM_BIN = '', AUDIT_LOG } = process.env;
if (AUDIT_LOG === undefined) throw new Error('AUDIT_LOG must name the audit log of the API server: one JSON object a line, with every request of the user admin.');
const patience = { withinMs: 90_000 };
const patience90 = { timeout: 90_000 };
const chart = join(import.meta.dirname, '../../sandbox/charts/stock-service');
const namespaces = ['stock-service', 'mystocks'];

const config = new KubeConfig();
config.loadFromFile(KUBECONFIG);
config.setCurrentContext('admin');
const [core, apps, objects] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api), KubernetesObjectApi.makeApiClient(config)];
const beganAt = new Date();

const cleanup = new AsyncDisposableStack();
let standIns: StandIns;
let bot: RunningBot;

beforeAll(async () => {
  for (const name of namespaces) {
    await core.createNamespace({ body: { metadata: { name } } });
    await apply(`manifests/rights/prod/${name}.yaml`);
  }
  // Helm keeps ten revisions; with these, each more is one that it must delete.
  for (const tag of ['v2.3.1', 'v2.3.2', 'v2.3.3', 'v2.3.4', 'v2.3.5', 'v2.3.6', 'v2.3.7', 'v2.3.8', 'v2.4.0', 'v2.4.1']) await helm('upgrade', '--install', 'stock-service', chart, '--namespace=stock-service', '--reset-then-reuse-values', `--set=image.tag=${tag}`);
  for (const tag of ['v1.0.0', 'v1.0.1']) await deployMystocks(tag);

  const folder = await mkdtemp(join(tmpdir(), 'stockops-cluster-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  // Of the five systems as they are, one bound is wider: the simulated nodes know a broken image by its tag.
  const systemsDirectory = join(folder, 'systems');
  await cp(join(import.meta.dirname, '../../systems'), systemsDirectory, { recursive: true });
  const mystocks = join(systemsDirectory, 'mystocks/system.yaml');
  await writeFile(mystocks, (await readFile(mystocks, 'utf8')).replace(String.raw`"^v\\d+\\.\\d+\\.\\d+$"`, () => String.raw`"^(v\\d+\\.\\d+\\.\\d+|broken)$"`));
  const bots = await asBotsIdentities(KUBECONFIG, folder);
  standIns = cleanup.use(await startStandIns({ clock: systemClock, folder: join(folder, 'stand-ins'), persists: false, systemsDirectory, slack: { rateLimits: 'none' }, environment: { KUBECONFIG: bots.kubeconfigPath, KUBECONFIG_WRITE: bots.writeKubeconfigPath, HELM_BIN } }));
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

  // The chart's autoscaler comes, and goes again with the rollback.
  await command('/stock stock-service autoscaling 4 9 70');
  await confirm('Set autoscaling.enabled', 'U0APPROVER');
  await outcome('Set autoscaling.enabled');
  await press(card, 'Roll back…');
  await confirm('Roll back stock-service', 'U0APPROVER');
  await outcome('Roll back stock-service');
  expect((await deployment('stock-service', 'stock-service')).spec?.template.spec?.containers[0]?.image).toMatch(/:v2\.4\.0$/);
});

test('MyStocks: a broken version hangs and says why, and rolling back returns to the image before', { timeout: 400_000 }, async () => {
  const card = await fire('MyStocksDown', { job: 'mystocks-api', namespace: 'mystocks', system: 'mystocks' });
  await command('/stock mystocks scale 4');
  await confirm('Scale mystocks-api from 3 to 4', 'U0APPROVER');
  await outcome('Scale mystocks-api from 3 to 4');

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

test('whatever may be looked at is looked at, by who may look', { timeout: 200_000 }, async () => {
  for (const [system, looks] of [['stock-service', ['pods', 'describe', 'logs', 'events', 'top', 'rollout', 'history', 'releases', 'values']], ['mystocks', ['pods', 'describe', 'events', 'top', 'rollout', 'history']]] as const) {
    for (const look of looks) {
      const before = standIns.slack.ephemerals('U0ONCALL').length;
      await command(`/stock ${system} ${look}`);
      await standIns.slack.until((slack) => slack.ephemerals('U0ONCALL').length > before, { ...patience, what: `the answer to ${system} ${look}` });
    }
  }
});

test('the API server refused nothing that the bot asked: the Roles are enough (T-18)', () => {
  const asked = auditedRequests(AUDIT_LOG, beganAt);
  expect(asked.length).toBeGreaterThan(100);
  expect(refused(asked)).toEqual([]);
});

test('the bot used every right that it has in the two namespaces: the Roles are not too much (M-22)', () => {
  const roles = shippedRoles('prod').filter(({ metadata }) => namespaces.includes(metadata.namespace));
  expect(roles).toHaveLength(4);
  expect(unusedRights(roles, auditedRequests(AUDIT_LOG, beganAt))).toEqual([]);
});

test('each change that the API server saw from the bot is one that people agreed to, and nothing else was changed (G-5, M-20)', async () => {
  const runs = await bot.db.selectFrom('runs').select(['id', 'plan', 'approvals_needed', 'approved_at', 'started_at', 'finished_at']).execute();
  const approvals = await bot.db.selectFrom('approvals').select(['run_id']).where('decision', '=', 'approved').execute();
  const agreed = runs.filter((run) => run.approved_at !== null && run.started_at !== null && approvals.filter((one) => one.run_id === run.id).length >= run.approvals_needed);
  const changes = auditedRequests(AUDIT_LOG, beganAt).filter(changesSomething);
  expect(changes.filter(({ account }) => account !== 'stockops-write')).toEqual([]);

  const isOf = (change: AuditedRequest, run: (typeof agreed)[number]): boolean => {
    const { request } = (run.plan as unknown as Plan).draft;
    // The two clocks are one machine's; Helm ends a moment before the run is written down as over.
    if (change.at < new Date(run.started_at!) || (run.finished_at !== null && change.at > new Date(run.finished_at))) return false;
    const url = new URL(change.uri, 'http://cluster');
    if (request.via === 'kubernetes') return url.pathname === request.path && url.searchParams.get('fieldManager') === `stockops-${run.id}`;
    return request.via === 'helm' && request.arguments.includes(`--namespace=${change.namespace}`) && (change.resource === 'secrets' ? change.name.startsWith('sh.helm.release.v1.stock-service.v') || change.verb === 'create' : url.searchParams.get('fieldManager') === 'helm' || change.verb === 'delete');
  };
  expect(changes.filter((change) => !agreed.some((run) => isOf(change, run))).map(({ verb, uri }) => `${verb} ${uri}`)).toEqual([]);
  expect(agreed.filter((run) => !changes.some((change) => isOf(change, run))).map(({ id }) => id)).toEqual([]);
});

test('the bot read no Secret but Helm’s records (T-09)', () => {
  const secrets = auditedRequests(AUDIT_LOG, beganAt).filter(({ resource, verb }) => resource === 'secrets' && (verb === 'get' || verb === 'list'));
  expect(secrets.length).toBeGreaterThan(0);
  const isHelms = ({ verb, name, uri }: AuditedRequest): boolean => (verb === 'get' ? name.startsWith('sh.helm.release.v1.') : /\bowner=helm\b/.test(new URL(uri, 'http://cluster').searchParams.get('labelSelector') ?? ''));
  expect(secrets.filter((request) => !isHelms(request)).map(({ uri }) => uri)).toEqual([]);
});

/** Everything in a manifest, as an administrator would apply it. */
async function apply(path: string): Promise<void> {
  const documents = parseAllDocuments(await readFile(join(import.meta.dirname, '../..', path), 'utf8'));
  for (const document of documents) await objects.create(document.toJS() as KubernetesObject);
}

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
