import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { setDockerFault, updateContainer } from '../../sandbox/docker/docker-state.ts';
import { fromSecret, toSecret, type Release } from '../../sandbox/helm/release.ts';
import { setHelmFault } from '../../sandbox/helm/faults.ts';
import { createLog } from '../../src/support/log.ts';
import { canariesIn, makeCanaries, type Canary } from '../harness/canaries.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { alerts, approver, ask, card, fire, oncall, press, reply, submit, told, type } from './on-call.ts';

/**
 * Goal: no secret that lies about in the systems comes out of the bot again (GUARANTEES T-09, T-10, I11, M-21).
 * Method: more than 40 forms of canaries in logs, values, environments, alerts, events, errors and what people type; the flows of a bad night; then every place
 * where the bot has left a word is searched: Slack, the log, the metrics, the database, PagerDuty, the doors.
 */
const seed = randomBytes(6).toString('hex');
const canaries = makeCanaries(seed);
const planted = canaries.map(({ line }) => line).join('\n');

interface Night {
  readonly bot: TestBot;
  /** Every place where the bot may have left something, by name. */
  sinks(): Promise<Readonly<Record<string, string>>>;
}

async function night(options: Parameters<typeof startTestBot>[0] = {}): Promise<Night> {
  let written = '';
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      written += String(chunk);
      done();
    },
  });
  const bot = await startTestBot({ ...options, alsoLogTo: createLog('debug', destination) });
  const answers: string[] = [];
  return {
    bot,
    sinks: async () => {
      for (const request of [new Request(`${bot.running.intakeUrl}/webhooks/alertmanager`, { method: 'POST', body: planted, headers: { authorization: `Bearer ${planted.slice(0, 40).replaceAll('\n', ' ')}` } }), new Request(`${bot.running.intakeUrl}/x?${new URLSearchParams({ q: canaries[0]?.secret ?? '' })}`)]) answers.push(await (await fetch(request)).text());
      const { state } = bot.slack.workspace;
      const views = state.users.flatMap(({ id }) => bot.slack.views(id).map(({ content }) => content));
      return {
        'messages of Slack': JSON.stringify(state.messages),
        'files in Slack': state.files.map(({ contentBase64, title }) => `${title}\n${Buffer.from(contentBase64 ?? '', 'base64').toString()}`).join('\n'),
        'modals and Home': JSON.stringify([views, state.homes]),
        'calls of Slack': JSON.stringify(bot.slack.requests),
        'the log': written + JSON.stringify(bot.log),
        'the metrics': await (await fetch(`${bot.running.operationsUrl}/metrics`)).text(),
        'the database': await dump(bot),
        'PagerDuty': JSON.stringify([bot.pagerduty.received, bot.pagerduty.incidents()]),
        'answers of the doors': answers.join('\n'),
      };
    },
  };
}

async function dump({ running }: TestBot): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(running.db);
  expect(tables.length).toBeGreaterThan(10);
  const parts = [];
  for (const { name } of tables) parts.push(name, JSON.stringify((await sql`select * from ${sql.table(name)}`.execute(running.db)).rows));
  return parts.join('\n');
}

async function expectNoCanary({ bot, sinks }: Night, own: readonly Canary[] = []): Promise<void> {
  for (const [place, text] of Object.entries(await sinks())) expect(canariesIn([...canaries, ...own], text), `${place} (canaries of seed ${seed})`).toEqual([]);
  expect(bot.slack.complaints).toEqual([]);
}

/** Deployed with values that nobody should have put there. */
function plantValues(bot: TestBot): void {
  const secrets = bot.kubernetes.list({ kind: 'Secret', namespace: 'stock-service' }) as unknown as readonly { readonly type?: string; readonly data?: { readonly release?: string } }[];
  const deployed = secrets.filter(({ type }) => type === 'helm.sh/release.v1').map(fromSecret).find(({ info }) => info.status === 'deployed');
  if (deployed === undefined) throw new Error('no release is deployed');
  const config = { ...deployed.config, notes: planted, extra: Object.fromEntries(canaries.map(({ line }, index) => [`v${index}`, line])), smtp: { password: canaries[0]?.secret ?? '' } };
  bot.kubernetes.apply(toSecret({ ...deployed, config } as Release, bot.clock.now()) as never, { manager: 'helm' });
}

/** In the open where a Secret belongs: in the environment, the command line and the annotations of the workload, and so of each of its pods. */
function plantEnvironment(bot: TestBot): void {
  const deployment = structuredClone(bot.kubernetes.find({ kind: 'Deployment', namespace: 'stock-service', name: 'stock-service' })) as unknown as { metadata: { annotations?: Record<string, string> }; spec: { template: { metadata: { annotations?: Record<string, string> }; spec: { containers: Record<string, unknown>[] } } } };
  const noted = Object.fromEntries(canaries.map(({ line }, index) => [`example.com/note-${index}`, line]));
  Object.assign((deployment.metadata.annotations ??= {}), noted);
  Object.assign((deployment.spec.template.metadata.annotations ??= {}), noted);
  for (const container of deployment.spec.template.spec.containers)
    Object.assign(container, { env: canaries.flatMap(({ line, secret }, index) => [{ name: `NOTE_${index}`, value: line }, { name: `DB_PASSWORD_${index}`, value: secret }]), args: canaries.map(({ line }) => line) });
  bot.kubernetes.apply(deployment as never, { manager: 'kubectl' });
}

const shown = (places: Readonly<Record<string, string>>) => Object.values(places).join('\n').split('[hidden: ').length - 1;

test('I11, M-21: what applications write, and what their releases and pods hold, is shown without its secrets', async () => {
  const all = await night();
  await using bot = all.bot;
  bot.kubernetes.setLogs({ namespace: 'stock-service', deployment: 'stock-service', lines: planted.split('\n') });
  plantValues(bot);
  plantEnvironment(bot);
  await bot.advance({ minutes: 2 });
  for (const { line } of canaries.slice(0, 12)) bot.kubernetes.recordEvent({ kind: 'Deployment', namespace: 'stock-service', name: 'stock-service', type: 'Warning', reason: 'FailedMount', message: line });
  await fire(bot, 'stock-service');
  await bot.advance({ minutes: 1 });
  for (const command of ['logs', 'values', 'describe', 'events', 'releases', 'pods', 'health']) await type(bot, oncall, 'alerts', `service ${command}`);
  await bot.advance({ minutes: 1 });
  expect(told(bot, oncall)).not.toBe('');
  // A plan compares the whole template.
  await ask(bot, oncall, 'Restart…');
  await bot.advance({ minutes: 5 });
  await ask(bot, oncall, 'Roll back…');
  const places = await all.sinks();
  expect(places['files in Slack']).toContain('[hidden: GitHub token]');
  expect(shown(places)).toBeGreaterThan(60);
  await expectNoCanary(all);
});

test('I11, M-21: what alerts carry is stored, shown and paged without its secrets', async () => {
  const all = await night();
  await using bot = all.bot;
  const [name, labels] = alerts['stock-service'];
  const annotations = Object.fromEntries(canaries.map(({ line }, index) => [`note_${index}`, line]));
  await bot.fires(name, { ...labels, ...Object.fromEntries(canaries.map(({ line }, index) => [`planted_${index}`, line])), db_password: canaries[0]?.secret ?? '' }, { ...annotations, summary: planted, description: planted, runbook_url: 'https://git.example.com/runbooks/x.md' });
  await bot.advance({ minutes: 6 });
  expect(bot.pagerduty.received.length).toBeGreaterThan(0);
  expect(await bot.send(planted)).toBe(200);
  expect(await bot.send(JSON.stringify({ version: '4', alerts: planted }))).toBe(200);
  await bot.advance({ minutes: 1 });
  const places = await all.sinks();
  for (const place of ['messages of Slack', 'PagerDuty', 'the database']) expect(places[place], place).toContain('[hidden: ');
  expect(shown(places)).toBeGreaterThan(250);
  await expectNoCanary(all);
});

test('I11, M-21: what the outside answers when it refuses is told without its secrets', async () => {
  const all = await night();
  await using bot = all.bot;
  await fire(bot, 'mystocks');
  for (const [index, { line }] of canaries.entries()) {
    // Slack says only fifty times a minute who is in a channel.
    if (index % 40 === 39) await bot.advance({ minutes: 1 });
    const fault = bot.kubernetes.fail({ mode: 'answer', status: 403, message: `forbidden: ${line}`, match: ({ subresource }) => subresource === 'log' });
    await type(bot, oncall, 'alerts', 'mystocks logs');
    fault.stop();
  }
  const refusing = bot.kubernetes.fail({ mode: 'answer', status: 422, message: planted, match: ({ method, dryRun }) => method === 'PATCH' && !dryRun });
  await ask(bot, oncall, 'Scale…', { replicas: '5' });
  refusing.stop();
  expect(reply(bot, 'Scale mystocks-api').text).toContain('❌');

  await fire(bot, 'stock-service');
  for (const { line } of canaries.slice(0, 6)) {
    setHelmFault(bot.kubeconfig, { mode: 'fail', command: 'history', message: line.split('\n').join(' ') });
    await type(bot, oncall, 'alerts', 'service releases');
  }
  updateContainer(bot.dockerState, 'kafka', { log: canaries.flatMap(({ line }) => line.split('\n')).map((text) => ({ at: bot.clock.now().toISOString(), stream: 'stdout' as const, text })) });
  await type(bot, oncall, 'crypto', 'logs kafka');
  for (const { line } of canaries.slice(0, 6)) {
    setDockerFault(bot.dockerState, { mode: 'fail', message: line.split('\n').join(' '), command: 'ps' });
    await type(bot, oncall, 'crypto', 'ps');
  }
  bot.services.outside('api.polygon.io', 500, planted.slice(-3_000));
  await type(bot, oncall, 'alerts', 'service external');
  bot.pagerduty.fault({ kind: 'finds invalid', because: planted });
  bot.expectError('PagerDuty refused a page for good');
  await bot.advance({ minutes: 8 });
  expect(shown(await all.sinks())).toBeGreaterThan(200);
  await expectNoCanary(all);
});

test('I11, M-21: what somebody types by mistake goes no further than Slack itself', async () => {
  const all = await night();
  await using bot = all.bot;
  await fire(bot, 'stock-service');
  for (const { line } of canaries) await type(bot, oncall, 'alerts', `service scale ${line.split('\n').join(' ')}`);
  await ask(bot, oncall, 'Roll back…');
  await press(bot, approver, reply(bot, 'Roll back'), 'Deny…');
  await submit(bot, approver, { reason: planted.slice(0, 480) });
  await press(bot, oncall, card(bot), 'Acknowledge');
  await bot.advance({ seconds: 5 });
  await press(bot, oncall, card(bot), 'Resolve…');
  await submit(bot, oncall, { cause: planted.slice(-480) });
  await bot.advance({ minutes: 1 });
  expect(shown(await all.sinks())).toBeGreaterThan(150);
  await expectNoCanary(all);
});

afterAll(() => console.log(`canaries of seed ${seed}: ${canaries.length} forms`));

test('G-8: a file with long output goes into the incident’s thread, and into no channel that is shared with another organisation', async () => {
  await using bot = await startTestBot();
  bot.kubernetes.setLogs({ namespace: 'stock-service', deployment: 'stock-service', lines: Array.from({ length: 400 }, (_, index) => `line ${index} of a long log that does not fit into a message`) });
  const channel = bot.slack.workspace.channel('alerts');
  if (channel === undefined) throw new Error('no channel');
  const uploaded = () => bot.slack.files().filter(({ isComplete, channelIds }) => isComplete && channelIds.includes(channel.id));
  Object.assign(channel, { isExternal: true });
  const alert = await fire(bot, 'stock-service');
  await bot.advance({ minutes: 2 });
  expect(uploaded()).toEqual([]);
  await alert.ends();
  Object.assign(channel, { isExternal: false });
  await bot.advance({ minutes: 40 });
  await fire(bot, 'stock-service');
  await bot.advance({ minutes: 2 });
  expect(uploaded().length).toBeGreaterThan(0);
});
