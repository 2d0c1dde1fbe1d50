import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dockerCalls } from '../../sandbox/docker/docker-state.ts';
import { helmCalls } from '../../sandbox/helm/faults.ts';
import type { Message } from '../../sandbox/slack/state.ts';
import type { Failpoint } from '../../src/support/failpoints.ts';
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import { notificationOf } from '../harness/test-bot.ts';
import { startBotProcess, type BotProcess } from './bot-process.ts';

/**
 * Goal: `kill -9` at any step between a click and its outcome loses nothing and does nothing twice, and the message tells the truth.
 * Method: the bot as a process of its own on one database, over all its deaths. Each row asks for a write by `/stock`, dies at one point, starts again, and
 * is looked at from outside: requests that reached the cluster, Helm or docker, and the one message in the channel.
 */
interface Death {
  readonly point: Failpoint;
  readonly family: 'k8s.scale' | 'k8s.restart' | 'k8s.setImage' | 'k8s.undo' | 'helm.upgrade' | 'helm.rollback' | 'compose.restart';
  readonly command: string;
  readonly channel: string;
  readonly needsApproval?: true;
  /** How it stands when it is over, and how many requests may have reached the outside by then. */
  readonly ends: 'done' | 'notKnown' | 'notBegun';
  readonly effects: 0 | 1;
}

const deaths: readonly Death[] = [
  { point: 'interaction.before-store', family: 'k8s.scale', command: 'mystocks scale 4', channel: 'mystocks', ends: 'notBegun', effects: 0 },
  { point: 'interaction.after-store', family: 'k8s.scale', command: 'mystocks scale 4', channel: 'mystocks', ends: 'done', effects: 1 },
  { point: 'interaction.before-finish', family: 'k8s.scale', command: 'analysis scale worker 4', channel: 'stock-analysis', ends: 'done', effects: 1 },
  { point: 'run.before-started', family: 'k8s.scale', command: 'stock-api scale 3', channel: 'stock-api', ends: 'done', effects: 1 },
  { point: 'run.after-started', family: 'k8s.restart', command: 'stock-api restart', channel: 'stock-api', ends: 'notKnown', effects: 0 },
  { point: 'run.after-effect', family: 'k8s.scale', command: 'analysis scale frontend 3', channel: 'stock-analysis', ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'k8s.restart', command: 'analysis restart worker', channel: 'stock-analysis', ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'k8s.setImage', command: 'mystocks deploy v1.0.0', channel: 'mystocks', needsApproval: true, ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'k8s.undo', command: 'mystocks rollback', channel: 'mystocks', needsApproval: true, ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'helm.upgrade', command: 'service deploy v2.4.0', channel: 'stock-service', needsApproval: true, ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'helm.rollback', command: 'service rollback 8', channel: 'stock-service', needsApproval: true, ends: 'done', effects: 1 },
  { point: 'run.after-effect', family: 'compose.restart', command: 'crypto restart-api', channel: 'crypto', ends: 'done', effects: 1 },
  { point: 'run.after-receipt', family: 'k8s.scale', command: 'stock-api scale 4', channel: 'stock-api', ends: 'done', effects: 1 },
  { point: 'run.before-outcome', family: 'k8s.scale', command: 'analysis scale worker 5', channel: 'stock-analysis', ends: 'done', effects: 1 },
  { point: 'run.after-outcome', family: 'compose.restart', command: 'crypto restart grafana', channel: 'crypto', ends: 'done', effects: 1 },
  { point: 'card.before-post', family: 'k8s.scale', command: 'mystocks scale 5', channel: 'mystocks', ends: 'done', effects: 1 },
  { point: 'card.after-post', family: 'k8s.scale', command: 'analysis scale frontend 4', channel: 'stock-analysis', ends: 'done', effects: 1 },
  { point: 'card.after-update', family: 'k8s.restart', command: 'analysis restart frontend', channel: 'stock-analysis', ends: 'done', effects: 1 },
];

/** On PostgreSQL a dead process's rows are free only when its lease ends, half a minute later; so there the rows where that matters most. */
const chosen = process.env['DATABASE_URL'] === undefined ? deaths : deaths.filter(({ point, family }) => (point === 'run.after-effect' && family === 'k8s.scale') || ['run.before-started', 'run.after-started', 'interaction.after-store', 'card.after-update'].includes(point));
const withinMs = 90_000;
const oncall = 'U0ONCALL';
const table: string[] = [];

test('a write of each family, killed at each step: nothing lost, nothing twice, and the message tells the truth', async () => {
  await using bot = await startBotProcess();
  for (const death of chosen) {
    await dieAndLook(bot, death).catch((error: unknown) => {
      throw new Error(`${death.point}, ${death.family}: ${error instanceof Error ? error.message : String(error)}\n${bot.log()}`, { cause: error });
    });
    table.push(`${death.point.padEnd(26)} ${death.family.padEnd(16)} ${String(death.effects)} effect${death.effects === 1 ? ' ' : 's'}  ${death.ends}`);
  }
}, 600_000);

test('killed between the answer to a webhook and its card, and at the moment of the page: one card, one page', async () => {
  await using bot = await startBotProcess();
  const { slack, pagerduty, alertmanagerToken } = bot.standIns;
  const labels = { alertname: 'ServiceDown', namespace: 'stock-service', job: 'stock-service', severity: 'critical' };
  const response = await fetch(`${bot.intakeUrl}/webhooks/alertmanager`, {
    method: 'POST',
    body: JSON.stringify(notificationOf([{ labels, startsAt: new Date(), endsAt: null }])),
    headers: { authorization: `Bearer ${alertmanagerToken}`, 'content-type': 'application/json' },
  });
  bot.kill();
  expect(response.status).toBe(200);
  await bot.startAgain();
  await slack.until(() => pagerduty.received.length > 0, { withinMs, what: 'a page' });
  bot.kill();
  await bot.startAgain();
  const cards = () => slack.channel('alerts').messages().filter((message) => message.text.includes('Stock Service'));
  await slack.until(() => cards().length > 0 && textOf(cards()[0]).includes('SRE lead'), { withinMs, what: 'a card that names the page' });
  expect(cards()).toHaveLength(1);
  expect(new Set(pagerduty.received.map(({ dedupKey }) => dedupKey)).size).toBe(1);
  table.push(`${'webhook answered'.padEnd(26)} ${'card'.padEnd(16)} 1 card`, `${'page received'.padEnd(26)} ${'page'.padEnd(16)} 1 alert in PagerDuty`);
}, 300_000);

afterAll(() => console.log(`\nkill -9 at, in, and what was found after the restart:\n${table.map((row) => `  ${row}`).join('\n')}\n`));

async function dieAndLook(bot: BotProcess, death: Death): Promise<void> {
  const { slack } = bot.standIns;
  const effectsBefore = effects(bot, death.family);
  const inChannel = () => slack.channel(death.channel).messages();
  const messagesBefore = inChannel().length;
  const message = (): Message | undefined => inChannel()[messagesBefore];

  await slack.command({ as: oncall, channel: death.channel, command: '/stock', text: death.command });
  await slack.until(() => slack.views(oncall).at(-1)?.content['callback_id'] === 'plan.confirm', { withinMs, what: `the plan of "${death.command}"` });
  // What was typed is done with, so what dies next is what is pressed next.
  await bot.untilHandled('command');
  const isAfterwards = death.point === 'run.before-outcome' || death.point === 'run.after-outcome' || death.point === 'card.after-update';
  const armed = () => bot.arm(death.point);
  if (death.needsApproval) {
    await slack.submit({ as: oncall });
    await slack.until(() => labelsOf(message()).includes('Approve'), { withinMs, what: 'the request for approval' });
    await armed();
    void slack.press({ as: 'U0APPROVER', channel: death.channel, ts: message()!.ts, actionId: buttonOf(message(), 'Approve') });
  } else if (isAfterwards) {
    await slack.submit({ as: oncall });
    await slack.until(() => message()?.text.includes('running') === true, { withinMs, what: 'a running change' });
    await armed();
  } else {
    await armed();
    void slack.submit({ as: oncall });
  }
  await bot.startAgain();

  if (death.ends === 'notBegun') {
    expect(effects(bot, death.family)).toBe(effectsBefore);
    expect(message()).toBeUndefined();
    await slack.closeView({ as: oncall });
    return;
  }
  const sign = death.ends === 'done' ? '✅' : '❓';
  await slack.until(() => message()?.text.startsWith(sign) === true && isSettled(message()), { withinMs, what: `${sign} for "${death.command}" in #${death.channel}; it says: ${message()?.text ?? 'nothing'}` });
  expect(effects(bot, death.family)).toBe(effectsBefore + death.effects);
  expect(inChannel().slice(messagesBefore)).toHaveLength(1);
  if (death.ends === 'notKnown') await settle(bot, message()!, death);
  // A modal that nobody could answer any more is closed by hand.
  if (slack.views(oncall).length > 0) await slack.closeView({ as: oncall, isCleared: true });
}

/** A person says what is so; nothing is sent for that. */
async function settle(bot: BotProcess, message: Message, death: Death): Promise<void> {
  const { slack } = bot.standIns;
  const before = effects(bot, death.family);
  await slack.press({ as: oncall, channel: death.channel, ts: message.ts, actionId: buttonOf(message, death.effects === 1 ? 'It happened…' : 'It did not…') });
  await slack.until(() => slack.views(oncall).some((view) => String(view.content['callback_id']).startsWith('run.it')), { withinMs, what: 'the question how they know' });
  await slack.submit({ as: oncall, values: { reason: 'Looked at the cluster.' } });
  await slack.until(() => textOf(slack.channel(death.channel).messages().find(({ ts }) => ts === message.ts)).includes('settled'), { withinMs, what: 'a settled run' });
  expect(effects(bot, death.family)).toBe(before);
}

const isSettled = (message: Message | undefined): boolean => message !== undefined && !textOf(message).includes('Looking at what can be seen');

/** What has reached the outside and could have changed it. */
function effects(bot: BotProcess, family: Death['family']): number {
  const { kubernetes, dockerState } = bot.standIns;
  if (family.startsWith('compose')) return dockerCalls(dockerState).filter(({ argv }) => argv.includes('restart')).length;
  if (family.startsWith('helm')) {
    const command = family === 'helm.upgrade' ? 'upgrade' : 'rollback';
    return helmCalls(join(dirname(dockerState), 'kubeconfig')).filter(({ argv }) => argv.includes(command) && !argv.some((word) => word.startsWith('--dry-run'))).length;
  }
  return kubernetes.writes.filter((request) => !request.dryRun && request.query.includes('fieldManager=stockops-')).length;
}
