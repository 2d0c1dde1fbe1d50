import type { Channel, Message } from '../state.ts';
import type { Desk } from './method.ts';
import { Refusal } from './method.ts';

/** The channels that a bot may see and speak in, with the refusals of those that it may not. */

export function visibleChannel(desk: Desk, id: string): Channel {
  const channel = desk.workspace.state.channels.find((candidate) => candidate.id === id);
  if (!channel || (channel.isPrivate && !isMember(desk, channel))) throw new Refusal('channel_not_found');
  return channel;
}

/** A private channel that the bot is not in does not exist for it; a public one it can see, but not act in. */
export function joinedChannel(desk: Desk, id: string): Channel {
  const channel = visibleChannel(desk, id);
  if (!isMember(desk, channel)) throw new Refusal('not_in_channel');
  return channel;
}

/** Where a message can be posted: an id, a name, or a person, which means the conversation with them. */
export function postableChannel(desk: Desk, address: string): Channel {
  const person = desk.workspace.user(address);
  if (person) {
    if (person.kind === 'deactivated' || person.kind === 'bot') throw new Refusal('channel_not_found');
    return desk.workspace.directMessageWith(person.id);
  }
  const channel = desk.workspace.channel(address);
  if (!channel || (channel.isPrivate && !isMember(desk, channel))) throw new Refusal('channel_not_found');
  if (channel.isArchived) throw new Refusal('is_archived');
  if (!isMember(desk, channel) && !desk.scopes.has('chat:write.public')) throw new Refusal('not_in_channel');
  return channel;
}

export function existingMessage(desk: Desk, channel: Channel, ts: string): Message {
  const message = desk.workspace.message(channel.id, ts);
  if (!message) throw new Refusal('message_not_found');
  return message;
}

export const isMember = (desk: Desk, channel: Channel): boolean => channel.memberIds.includes(desk.workspace.state.app.botUserId);
