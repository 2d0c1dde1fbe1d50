/**
 * Goal: who sends an alert is known by the token alone, and an alert has a say only where its source may reach (T-01, T-07, T-22).
 * Method: the real app with three sources: one that reaches everything, one for a namespace of the production cluster, one for the other cluster.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../../sandbox/alertmanager/fingerprint.ts';
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import { alertmanagerToken, notificationOf, startTestBot, type TestBot } from '../harness/test-bot.ts';
import { systemsThatChange, type ChangeableSystems } from './systems-that-change.ts';

const tokens = { api: 'token-of-api-0123456789abcdef0123456789abc', staging: 'token-of-staging-0123456789abcdef0123456789', dr: 'token-of-dr-0123456789abcdef0123456789', drNext: 'next-token-of-dr-0123456789abcdef0123456789' };
const sources = `sources:
  alertmanager: {tokenSettings: [ALERTMANAGER_TOKEN], everything: true}
  staging:
    tokenSettings: [ALERTMANAGER_TOKEN_STAGING]
    reach: [{systems: [stock-service], environments: [staging]}]
  dr:
    tokenSettings: [ALERTMANAGER_TOKEN_DR, ALERTMANAGER_TOKEN_DR_NEXT]
    reach: [{clusters: [dr]}]
  api: {tokenSettings: [ALERTMANAGER_TOKEN_API], reach: [{namespaces: [stock-api]}]}
`;
const environment = { ALERTMANAGER_TOKEN_API: tokens.api, ALERTMANAGER_TOKEN_STAGING: tokens.staging, ALERTMANAGER_TOKEN_DR: tokens.dr, ALERTMANAGER_TOKEN_DR_NEXT: tokens.drNext };

let systems: ChangeableSystems;
let bot: TestBot;
beforeAll(async () => {
  systems = await systemsThatChange();
  await writeFile(join(systems.path, 'sources.yaml'), sources);
  bot = await startTestBot({ systemsDirectory: systems.path, environment });
});
afterAll(async () => {
  await bot[Symbol.asyncDispose]();
  await systems[Symbol.asyncDispose]();
});

const alert = (labels: Record<string, string>, endsAt: Date | null = null) => notificationOf([{ labels, startsAt: new Date(bot.clock.now().getTime() - 60_000), endsAt }], { groupKey: `{}:{${fingerprint(labels)}}` });
const send = async (token: string, labels: Record<string, string>, endsAt: Date | null = null) => {
  expect(await bot.send(alert(labels, endsAt), token)).toBe(200);
  await bot.advance({ seconds: 3 });
};
const incidentOf = (alertname: string) => bot.running.db.selectFrom('incidents').selectAll().where('alert_name', '=', alertname).orderBy('id').execute();
const cardOf = async (alertname: string) => {
  for (let waited = 0; waited < 60; waited += 5) {
    const found = bot.slack.channel('alerts').messages().find((message) => textOf(message).includes(alertname));
    if (found !== undefined) return found;
    await bot.advance({ seconds: 5 });
  }
  throw new Error(`no card of ${alertname}`);
};

describe('T-07: an alert speaks only for what its source reaches', () => {
  test('the source is who the token says, whatever the body says', async () => {
    await send(tokens.staging, { alertname: 'FromStaging', namespace: 'staging', source: 'alertmanager' });
    expect(await incidentOf('FromStaging')).toMatchObject([{ source: 'staging', system_id: 'stock-service', environment: 'staging' }]);
    expect(labelsOf(await cardOf('FromStaging'))).toContain('Restart…');
  });

  test('an alert about a place out of reach is a card of an unknown system that says why, with no action on it', async () => {
    await send(tokens.staging, { alertname: 'StrayServiceDown', namespace: 'stock-service', severity: 'critical' });
    expect(await incidentOf('StrayServiceDown')).toMatchObject([{ source: 'staging', system_id: null, environment: null }]);
    const card = await cardOf('StrayServiceDown');
    expect(textOf(card)).toContain('It names Stock Service (production, dr), where alerts of the source "staging" have no say, so there is no runbook and no action for it here.');
    expect(labelsOf(card)).toEqual(['Acknowledge', 'Resolve…', 'More']);
  });

  test('news about a place out of reach is a card, and not told to nobody', async () => {
    await systems.replace('stock-service/system.yaml', /^ {4}- name: ServiceDown\b/m, '    - {name: StrayNews, mode: event}\n    - name: ServiceDown');
    expect(await bot.running.reload()).toEqual([]);
    await send(tokens.dr, { alertname: 'StrayNews', namespace: 'staging' });
    expect(await incidentOf('StrayNews')).toMatchObject([{ source: 'dr', system_id: null }]);
  });

  test('a label that names another cluster does not lead there: the cluster is the token’s', async () => {
    await send(tokens.dr, { alertname: 'SaysProd', namespace: 'stock-service', cluster: 'prod' });
    expect(await incidentOf('SaysProd')).toMatchObject([{ system_id: 'stock-service', environment: 'dr' }]);
    await send(tokens.dr, { alertname: 'SaysProduction', system: 'stock-service', environment: 'production' });
    expect(await incidentOf('SaysProduction')).toMatchObject([{ system_id: null }]);
  });

  test('a source that reaches less from now on: the button of an older card is refused, and what waits does not start', async () => {
    await send(tokens.api, { alertname: 'BeforeNarrowing', namespace: 'stock-api' });
    const card = await cardOf('BeforeNarrowing');
    const pressRestart = () => bot.slack.press({ as: 'U0ONCALL', channel: 'alerts', ts: card.ts, actionId: buttonOf(card, 'Restart…') });
    await pressRestart();
    await bot.settle();
    await systems.replace('sources.yaml', /namespaces: \[stock-api\]/, 'namespaces: [staging]');
    expect(await bot.running.reload()).toEqual([]);
    const writes = bot.kubernetes.writes.length;

    await pressRestart();
    await bot.settle();
    expect(bot.slack.ephemerals('U0ONCALL').map((message) => textOf(message)).join('\n')).toContain('comes from the source "api", whose alerts have no say about Stock API (production)');

    await bot.slack.submit({ as: 'U0ONCALL' });
    await bot.advance({ seconds: 30 });
    expect(await bot.running.db.selectFrom('runs').select('state').execute()).toEqual([{ state: 'voided' }]);
    expect(bot.kubernetes.writes.slice(writes).filter((write) => !write.dryRun)).toEqual([]);
    expect(labelsOf(await cardOf('BeforeNarrowing'))).not.toContain('Restart…');

    await systems.replace('sources.yaml', /namespaces: \[staging\]/, 'namespaces: [stock-api]');
    expect(await bot.running.reload()).toEqual([]);
  });
});

describe('T-22: only its own source ends an alert', () => {
  test('the end that another source sends changes nothing; the end of its own does', async () => {
    const labels = { alertname: 'OnlyMine', namespace: 'staging' };
    await send(tokens.staging, labels);
    await send(tokens.dr, labels, bot.clock.now());
    await send(alertmanagerToken, labels, bot.clock.now());
    expect(await incidentOf('OnlyMine')).toMatchObject([{ source: 'staging', state: 'triggered' }]);
    await send(tokens.staging, labels, bot.clock.now());
    expect(await incidentOf('OnlyMine')).toMatchObject([{ source: 'staging', state: 'resolved', resolved_by: 'alertmanager' }]);
  });

  test('the same alert of two sources is two incidents: neither hides the other', async () => {
    const labels = { alertname: 'BothSeeIt', namespace: 'staging' };
    await send(tokens.staging, labels);
    await send(alertmanagerToken, labels);
    expect((await incidentOf('BothSeeIt')).map(({ source }) => source)).toEqual(['staging', 'alertmanager']);
  });
});

describe('T-01: tokens', () => {
  test('both tokens of a source are valid while one replaces the other', async () => {
    for (const token of [tokens.dr, tokens.drNext]) await send(token, { alertname: 'Rotating', namespace: 'stock-service' });
    expect(await incidentOf('Rotating')).toMatchObject([{ source: 'dr' }]);
  });

  test('a source that the catalog no longer names is not let in, and the others are', async () => {
    await systems.replace('sources.yaml', /, ALERTMANAGER_TOKEN_DR_NEXT\]/, ']');
    const problems = await bot.running.reload();
    bot.expectError('The changed catalog is wrong; the old one stays in force');
    expect(problems.map(({ message }) => message)).toEqual(['ALERTMANAGER_TOKEN_DR_NEXT is set, and no source has it: name it in systems/sources.yaml, or take it away.']);
    expect(await bot.send(alert({ alertname: 'Rotating', namespace: 'stock-service' }), tokens.drNext), 'the old catalog stays in force').toBe(200);
  });
});
