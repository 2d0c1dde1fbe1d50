import type { Refusal } from '../actions/plan.ts';
import { record } from '../audit/record.ts';
import type { Action, System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';
import { findIncident } from '../incidents/store.ts';
import type { Run } from '../runs/run.ts';
import { findRun } from '../runs/store.ts';
import { StockOpsError, type ErrorCode } from '../support/errors.ts';
import type { MessageContent } from '../views/blocks.ts';
import type { Control } from '../views/controls.ts';
import { refusalMessage } from '../views/refusal.ts';
import type { Interaction } from '../views/slack-port.ts';
import type { Bot } from './bot.ts';

/** Where a person is told something that is only for them. */
export interface Place {
  readonly userId: string;
  readonly channelId: string | null;
  readonly threadTs: string | null;
}

export function placeOf(interaction: Interaction): Place {
  switch (interaction.kind) {
    case 'press':
      return { userId: interaction.userId, channelId: interaction.channelId, threadTs: interaction.threadTs };
    case 'command':
      return { userId: interaction.userId, channelId: interaction.channelId, threadTs: null };
    default:
      return { userId: interaction.userId, channelId: null, threadTs: null };
  }
}

/** Seen by one person, where they pressed; as a direct message where that is not possible. */
export async function whisper(bot: Bot, place: Place, content: MessageContent): Promise<void> {
  if (place.channelId !== null) {
    const answer = await bot.slack.whisper({ channel: place.channelId, userId: place.userId, threadTs: place.threadTs, content });
    if (answer.status === 'done') return;
  }
  const answer = await bot.slack.tell(place.userId, content);
  if (answer.status !== 'done') bot.log.warn('A person could not be told', { user: place.userId, answer: answer.status });
}

/** What a refusal was about, for whoever looks it up in the record. */
export interface About {
  readonly system: string | null;
  /** `run_9f3c…`, `INC-42`, the id of an action, or the word of the command. */
  readonly subject: string;
}

/** Only where it was not said, or not read yet, what it is about: nobody finds it by a system. */
export const nothingKnown: About = { system: null, subject: 'request' };
export const aboutRun = (run: Run | undefined): About => (run === undefined ? nothingKnown : { system: run.plan.systemId, subject: run.id });
export const aboutIncident = (incident: Incident): About => ({ system: incident.systemId, subject: `INC-${incident.id}` });
export const aboutAction = ({ system, action }: { readonly system: System; readonly action: Pick<Action, 'id'> }): About => ({ system: system.id, subject: action.id });

/** What a button or a modal carried with it, also when what it names is not there any more. */
export async function aboutControl({ db }: Pick<Bot, 'db'>, { requestId, incidentId, systemId, actionId }: Omit<Control, 'verb'>): Promise<About> {
  const run = requestId === undefined ? undefined : await findRun(db, requestId);
  if (run !== undefined) return aboutRun(run);
  const incident = incidentId === undefined ? undefined : await findIncident(db, incidentId);
  if (incident !== undefined) return { ...aboutIncident(incident), system: incident.systemId ?? systemId ?? null };
  return { system: systemId ?? null, subject: requestId ?? (incidentId === undefined ? (actionId ?? nothingKnown.subject) : `INC-${incidentId}`) };
}

export async function refuse(bot: Bot, place: Place, refusal: Refusal, about: About): Promise<void> {
  await recordRefusal(bot, place.userId, refusal, about);
  await whisper(bot, place, refusalMessage(refusal));
}

/** For a refusal that is told in another way than `refuse` does, in a window that is open. */
export async function recordRefusal(bot: Pick<Bot, 'db' | 'clock'>, userId: string, refusal: Refusal, { system, subject }: About): Promise<void> {
  await record(bot.db, { at: bot.clock.now(), actor: userId, kind: 'refused', subject, system, details: { ...refusal } });
}

/** Where trying again would not help. */
const nextStep: Partial<Record<ErrorCode, string>> = {
  KUBERNETES_NOT_FOUND: 'Look whether it was deleted, or whether the system’s file names it right.',
  KUBERNETES_REFUSED: 'Ask whoever looks after the bot’s rights in that cluster.',
  NOT_CONFIGURED: 'Ask whoever runs the bot.',
};

/** The one place where an error becomes words for a person. What is not in the table says nothing inner. Nobody decided it, so it is not in the record. */
export async function failed(bot: Bot, interaction: Interaction, error: unknown): Promise<void> {
  await whisper(bot, placeOf(interaction), refusalMessage(refusalOf(error)));
}

export function refusalOf(error: unknown, refused = 'What you asked for'): Refusal {
  return error instanceof StockOpsError
    ? { refused, rule: error.message.replace(/\.$/, ''), instead: `Nothing was changed. ${nextStep[error.code] ?? 'Try again in a moment.'}` }
    : { refused, rule: 'something went wrong inside the bot, and it has been logged', instead: 'It is tried again by itself; look at the thread before you press again.' };
}
