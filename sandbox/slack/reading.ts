import { textsOf } from './block-kit/walk.ts';
import type { Message } from './state.ts';
import type { Workspace } from './workspace-model.ts';

/** All words of a message that a person can read, line by line: the blocks where there are any, else the text. */
export function readableText(message: Message): string {
  return message.blocks === null ? message.text : [...textsOf(message.blocks)].join('\n');
}

/** The workspace in a screenful, for the message of a wait that was in vain. */
export function describeWorkspace(workspace: Workspace): string {
  const lines: string[] = [];
  for (const channel of workspace.state.channels) {
    const messages = workspace.state.messages.filter((message) => message.channelId === channel.id);
    if (messages.length === 0) continue;
    lines.push(`${channel.isDirect ? `direct messages ${channel.id}` : `#${channel.name}`} (${messages.length}):`);
    for (const message of messages.slice(-8)) {
      const indent = message.threadTs === null ? '  ' : '    ↳ ';
      const text = readableText(message).replaceAll('\n', ' | ');
      lines.push(`${indent}${message.ts} ${message.userId}${message.ephemeralFor === null ? '' : ` (only ${message.ephemeralFor})`}: ${[...text].slice(0, 160).join('')}`);
    }
  }
  for (const [userId, stack] of Object.entries(workspace.state.modals)) lines.push(`modals of ${userId}: ${stack.map((view) => String(view.content['callback_id'] ?? view.id)).join(' > ')}`);
  return lines.length === 0 ? 'nothing at all' : lines.join('\n');
}
