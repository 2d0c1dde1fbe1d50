import { isReadingMessages, markRead, refreshHome, refreshMessages, refreshViews, refreshWorkspace } from './loading.ts';
import { state } from './state.ts';
import type { Message, SandboxEvent } from './wire.ts';

/** Takes one event of the workspace into the state; where it does not say enough, what it is about is read again. */
export function applyEvent(event: SandboxEvent): void {
  const { type, channel, message } = event;
  if (type === 'views' || type === 'view') return refreshViews();
  if (type === 'home') return refreshHome();
  if (type === 'channel' || channel === undefined) return refreshWorkspace();

  if (isReadingMessages(channel)) refreshMessages(channel);
  else if (state.get().messages[channel] !== undefined) applyInSight(event, channel);

  if (type === 'message' && message !== undefined) noteNewest(channel, message.ts);
  markRead();
}

function applyInSight({ type, ts, message }: SandboxEvent, channel: string): void {
  if (type === 'deleted') change(channel, (messages) => countReplies(messages.filter((each) => each.ts !== ts)));
  else if (message !== undefined) upsert(channel, message);
  else refreshMessages(channel);
}

function change(channel: string, to: (messages: readonly Message[]) => readonly Message[]): void {
  state.set((current) => ({ messages: { ...current.messages, [channel]: to(current.messages[channel] ?? []) } }));
}

function upsert(channel: string, message: Message): void {
  change(channel, (messages) => {
    const index = messages.findIndex((each) => each.ts === message.ts);
    if (index !== -1) return countReplies(messages.with(index, message));
    return countReplies([...messages, message].sort((one, other) => Number(one.ts) - Number(other.ts)));
  });
}

/** What a card says about its thread, from the replies that are here; a message that need not change stays the same object. */
function countReplies(messages: readonly Message[]): readonly Message[] {
  const replies = new Map<string, { count: number; latest: string }>();
  for (const { ts, threadTs, ephemeralFor } of messages) {
    if (threadTs && threadTs !== ts && !ephemeralFor) replies.set(threadTs, { count: (replies.get(threadTs)?.count ?? 0) + 1, latest: ts });
  }
  return messages.map((message) => {
    const { count, latest } = replies.get(message.ts) ?? { count: 0, latest: null };
    return (message.replyCount ?? 0) === count ? message : { ...message, replyCount: count, latestReply: latest };
  });
}

function noteNewest(channelId: string, ts: string): void {
  const { workspace } = state.get();
  if (workspace === undefined || !workspace.channels.some((channel) => channel.id === channelId)) return refreshWorkspace();
  state.set({ workspace: { ...workspace, channels: workspace.channels.map((channel) => (channel.id === channelId ? { ...channel, lastTs: ts } : channel)) } });
}
