/** What a person does and sees in these stories, in as few words as they would use to tell it. */
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import type { TestBot } from '../harness/test-bot.ts';
import type { Values } from '../../sandbox/slack/people/people.ts';
import type { Message, OpenView } from '../../sandbox/slack/state.ts';

export const oncall = 'U0ONCALL';
export const approver = 'U0APPROVER';
export const sreLead = 'U0SRELEAD';
export const support = 'U0SUPPORT';

/** The alert of each system that the stories begin with. */
export const alerts = {
  'stock-api': ['StockApiDown', { namespace: 'stock-api', severity: 'critical' }],
  'stock-service': ['ServiceDown', { namespace: 'stock-service', job: 'stock-service', severity: 'critical' }],
  mystocks: ['MyStocksDown', { namespace: 'mystocks', severity: 'critical' }],
  'crypto-volatility': ['PredictionApiDown', { system: 'crypto-volatility', job: 'volatility-api', severity: 'critical' }],
} as const satisfies Record<string, readonly [string, Record<string, string>]>;

export async function fire(bot: TestBot, system: keyof typeof alerts) {
  const [name, labels] = alerts[system];
  return bot.fires(name, labels);
}

export function cards(bot: TestBot): Message[] {
  return bot.slack.channel('alerts').messages();
}

export function card(bot: TestBot): Message {
  const found = cards(bot).at(-1);
  if (found === undefined) throw new Error('There is no card.');
  return found;
}

/** The replies to the card. */
export function thread(bot: TestBot): readonly Message[] {
  return bot.slack.thread('alerts', card(bot).ts);
}

/** The run's message: the latest in the thread whose first line holds `words`. */
export function reply(bot: TestBot, words: string): Message {
  const found = thread(bot).findLast((message) => message.text.includes(words));
  if (found === undefined) throw new Error(`Nothing in the thread says "${words}"; there is:\n${thread(bot).map((message) => `  ${message.text}`).join('\n')}`);
  return found;
}

export async function press(bot: TestBot, as: string, message: Message, label: string): Promise<void> {
  await bot.slack.press({ as, channel: message.channelId, ts: message.ts, actionId: buttonOf(message, label) });
  await bot.settle();
}

export async function pressInModal(bot: TestBot, as: string, label: string): Promise<void> {
  await bot.slack.pressInView({ as, actionId: buttonOf(asMessage(modal(bot, as)), label) });
  await bot.settle();
}

export async function submit(bot: TestBot, as: string, values: Values = {}): Promise<Readonly<Record<string, string>>> {
  const { errors } = await bot.slack.submit({ as, values });
  await bot.settle();
  return errors;
}

export async function type(bot: TestBot, as: string, channel: string, text: string): Promise<void> {
  await bot.slack.command({ as, channel, command: '/stock', text });
  await bot.settle();
}

export function modal(bot: TestBot, as: string): OpenView {
  const view = bot.slack.views(as).at(-1);
  if (view === undefined) throw new Error(`${as} sees no modal; last told: ${told(bot, as)}`);
  return view;
}

export function modalText(bot: TestBot, as: string): string {
  return textOf(asMessage(modal(bot, as)));
}

export function modalButtons(bot: TestBot, as: string): string[] {
  return labelsOf(asMessage(modal(bot, as)));
}

/** The last thing that only this person was told. */
export function told(bot: TestBot, as: string): string {
  const last = bot.slack.ephemerals(as).at(-1);
  return last === undefined ? '' : textOf(last) === '' ? last.text : `${last.text}\n${textOf(last)}`;
}

export function directMessages(bot: TestBot, as: string): Message[] {
  return bot.slack.channel(bot.slack.workspace.directMessageWith(as).id).messages();
}

/** What has reached the clusters and was no question. */
export function writes(bot: TestBot): string[] {
  return bot.kubernetes.writes.filter((request) => !request.dryRun).map((request) => `${request.method} ${request.namespace}/${request.name}${request.subresource === '' ? '' : `/${request.subresource}`}`);
}

/** Presses an action on the card, answers its question, confirms the plan, and waits until it stands in the thread: a channel takes one post a second. */
export async function ask(bot: TestBot, as: string, label: string, values: Values | null = null): Promise<void> {
  await press(bot, as, card(bot), label);
  if (values !== null) await submit(bot, as, values);
  await submit(bot, as);
  await bot.advance({ seconds: 3 });
}

function asMessage(view: OpenView): Pick<Message, 'blocks' | 'text'> {
  return { blocks: view.content['blocks'] as Message['blocks'], text: '' };
}
