import type { Refusal } from '../actions/plan.ts';
import type { Bot } from './bot.ts';

export interface Standing {
  /** People of another organisation are there, and `policies.yaml` does not allow changes there (T-05). */
  readonly isShared: boolean;
  readonly isMember: boolean;
}

/** How a channel stands. Where Slack does not say, the bot is taken not to be in it. */
export async function standingOf(bot: Bot, channelId: string): Promise<Standing> {
  const standing = await bot.slack.channelStanding(channelId);
  if (standing === null) return { isShared: false, isMember: false };
  if (!standing.isShared) return standing;
  const { sharedChannels } = bot.catalog();
  const isAllowed = sharedChannels.includes(channelId) || (sharedChannels.length > 0 && sharedChannels.includes(`#${(await bot.slack.channelName(channelId)) ?? ''}`));
  return { ...standing, isShared: !isAllowed };
}

export function sharedChannelRefusal(what: string, instead: string): Refusal {
  return { refused: what, rule: 'people of another organisation are in this channel', instead };
}
