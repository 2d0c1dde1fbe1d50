import type { Refusal } from '../actions/plan.ts';
import type { Bot } from './bot.ts';

export interface ChannelStanding {
  /** People of another organisation are there, and `policies.yaml` does not allow changes there (T-05). */
  readonly isShared: boolean;
  readonly isMember: boolean;
}

/** How a channel stands, by its id or `#name`. `null`: Slack did not say, which is a no. */
export async function standingOf(bot: Bot, channel: string): Promise<ChannelStanding | null> {
  const standing = await bot.slack.channelStanding(channel);
  if (standing === null || !standing.isShared) return standing;
  const { sharedChannels } = bot.catalog();
  const isAllowed = sharedChannels.includes(channel) || (sharedChannels.length > 0 && sharedChannels.includes(`#${(await bot.slack.channelName(channel)) ?? ''}`));
  return { ...standing, isShared: !isAllowed };
}

/** Why no change is asked for, agreed to or let go in this channel; `null`: it may be, or nobody else is there. */
export async function whyNotIn(bot: Bot, channel: string | null, what: string, instead: string): Promise<Refusal | null> {
  if (channel === null) return null;
  const standing = await standingOf(bot, channel);
  if (standing === null) return notSaidRefusal(what);
  return standing.isShared ? sharedChannelRefusal(what, instead) : null;
}

export function sharedChannelRefusal(what: string, instead: string): Refusal {
  return { refused: what, rule: 'people of another organisation are in this channel', instead };
}

export function notSaidRefusal(what: string): Refusal {
  return { refused: what, rule: 'Slack did not say who is in this channel', instead: 'Try again in a moment, or in a direct message.' };
}
