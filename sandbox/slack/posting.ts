import { validateMessageBlocks } from './block-kit/validate.ts';
import { completeBlocks } from './block-kit/complete.ts';
import { countCharacters, isObject } from './block-kit/schema.ts';
import type { JsonObject } from './block-kit/schema.ts';
import { Refusal } from './api/method.ts';
import { messageObject } from './api/objects.ts';
import type { AppEvents } from './app-events.ts';
import type { Channel, Message } from './state.ts';
import type { Workspace } from './workspace-model.ts';

export interface Content {
  readonly text: string;
  readonly blocks: JsonObject[] | null;
  readonly attachments: JsonObject[] | null;
  /** What Slack would warn about while it accepts the message. */
  readonly warnings: readonly string[];
}

export interface ContentArguments {
  readonly text?: string | undefined;
  readonly blocks?: unknown;
  readonly attachments?: unknown;
  readonly markdown_text?: string | undefined;
}

const maximumText = 40_000;
const maximumMarkdown = 12_000;

/** Reads what a message shall say, or refuses as Slack does. */
export function readContent(workspace: Workspace, args: ContentArguments): Content {
  const warnings: string[] = [];
  if (args.markdown_text !== undefined) {
    if (args.text !== undefined || args.blocks !== undefined) throw new Refusal('markdown_text_conflict');
    if (countCharacters(args.markdown_text) > maximumMarkdown) throw new Refusal('msg_too_long');
  }
  const blocks = args.blocks === undefined ? null : readBlocks(workspace, args.blocks);
  const attachments = args.attachments === undefined ? null : readAttachments(workspace, args.attachments);
  let text = args.markdown_text ?? args.text ?? '';
  if (text.trim() === '' && !blocks?.length && !attachments?.length) throw new Refusal('no_text');
  if (text.trim() === '') warnings.push('missing_text_in_message');
  if (countCharacters(text) > maximumText) {
    text = [...text].slice(0, maximumText).join('');
    warnings.push('message_truncated');
  }
  return { text, blocks, attachments, warnings };
}

export function readBlocks(workspace: Workspace, blocks: unknown): JsonObject[] {
  const verdict = validateMessageBlocks(blocks);
  if (!verdict.ok) throw new Refusal(verdict.error, { errors: verdict.messages.map((message) => message.replace(/^\[ERROR\] /, '')), response_metadata: { messages: verdict.messages } });
  for (const block of blocks as JsonObject[]) {
    const file = isObject(block['slack_file']) ? block['slack_file'] : undefined;
    if (file && !workspace.state.files.some((stored) => stored.id === file['id'] && stored.isComplete)) {
      throw new Refusal('invalid_blocks', { response_metadata: { messages: ['[ERROR] invalid slack file [json-pointer:/blocks]'] } });
    }
  }
  return completeBlocks(blocks as JsonObject[], workspace.random);
}

function readAttachments(workspace: Workspace, attachments: unknown): JsonObject[] {
  if (!Array.isArray(attachments) || !attachments.every(isObject)) throw new Refusal('invalid_attachments');
  if (attachments.length > 100) throw new Refusal('too_many_attachments');
  return attachments.map((attachment, index) => ({
    id: index + 1,
    fallback: '[no preview available]',
    ...attachment,
    ...(attachment['blocks'] === undefined ? {} : { blocks: readBlocks(workspace, attachment['blocks']) }),
  }));
}

const maximumMetadataBytes = 16_384;

export function readMetadata(metadata: unknown): JsonObject | null {
  if (metadata === undefined) return null;
  if (!isObject(metadata)) throw new Refusal('invalid_metadata_format');
  if (Object.keys(metadata).length === 0) return null;
  const payload = metadata['event_payload'];
  if (typeof metadata['event_type'] !== 'string' || metadata['event_type'] === '' || !isObject(payload)) throw new Refusal('invalid_metadata_format');
  // Values may be one level deep: a payload is an index to look a message up by, not a document.
  const isFlat = (value: unknown): boolean => !isObject(value) && !Array.isArray(value);
  const isShallow = Object.values(payload).every((value) => isFlat(value) || Object.values(value as object).every(isFlat));
  if (!isShallow) throw new Refusal('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(metadata)) > maximumMetadataBytes) throw new Refusal('metadata_too_large');
  return metadata;
}

export interface NewMessage {
  readonly channel: Channel;
  readonly userId: string;
  readonly botId: string | null;
  readonly content: Pick<Content, 'text' | 'blocks' | 'attachments'>;
  readonly threadTs?: string | null;
  readonly isBroadcast?: boolean;
  readonly metadata?: JsonObject | null;
  readonly fileIds?: readonly string[];
  readonly ephemeralFor?: string | null;
  readonly subtype?: string | null;
}

/** Puts a message into the channel, and tells the app where it has subscribed to that. */
export function post(workspace: Workspace, events: AppEvents, wanted: NewMessage): Message {
  const message: Message = {
    channelId: wanted.channel.id,
    ts: workspace.nextTs(),
    userId: wanted.userId,
    botId: wanted.botId,
    text: wanted.content.text,
    blocks: wanted.content.blocks,
    attachments: wanted.content.attachments,
    threadTs: wanted.threadTs ?? null,
    isBroadcast: wanted.isBroadcast ?? false,
    edited: null,
    metadata: wanted.metadata ?? null,
    fileIds: [...(wanted.fileIds ?? [])],
    reactions: [],
    ephemeralFor: wanted.ephemeralFor ?? null,
    subtype: wanted.subtype ?? null,
  };
  workspace.add(message);
  if (message.ephemeralFor === null) events.messagePosted(message);
  return message;
}

/** Replaces what a message says; what is `undefined` stays. */
export function edit(workspace: Workspace, events: AppEvents, message: Message, userId: string, change: { text?: string; blocks?: JsonObject[] | null; attachments?: JsonObject[] | null; metadata?: JsonObject | null }): void {
  const before = messageObject(workspace, message);
  if (change.text !== undefined) message.text = change.text;
  if (change.blocks !== undefined) message.blocks = change.blocks;
  if (change.attachments !== undefined) message.attachments = change.attachments;
  if (change.metadata !== undefined) message.metadata = change.metadata;
  // Slack marks a message as edited when its text was, and not when it is made of blocks.
  if (message.blocks === null) message.edited = { userId, ts: workspace.nextTs() };
  workspace.changed({ type: 'changed', channel: message.channelId, ts: message.ts, message });
  if (message.ephemeralFor === null) events.messageChanged(message, before);
}

export function remove(workspace: Workspace, events: AppEvents, message: Message): void {
  const before = messageObject(workspace, message);
  workspace.remove(message);
  if (message.ephemeralFor === null) events.messageDeleted(message, before);
}
