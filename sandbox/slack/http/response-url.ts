import type { JsonObject } from '../block-kit/schema.ts';
import { Refusal } from '../api/method.ts';
import type { AppEvents } from '../app-events.ts';
import { edit, post, readContent, remove } from '../posting.ts';
import type { Message, ResponseUrl } from '../state.ts';
import type { Workspace } from '../workspace-model.ts';

const uses = 5;
const lifetimeSeconds = 30 * 60;

/** Grants an app the right to answer an interaction five times within half an hour, without a token. */
export function grantResponseUrl(workspace: Workspace, wanted: Pick<ResponseUrl, 'userId' | 'channelId' | 'ts' | 'isEphemeral' | 'threadTs'>): ResponseUrl {
  const granted: ResponseUrl = { ...wanted, token: workspace.random.bytes(18).toString('base64url'), usesLeft: uses, expiresAt: workspace.nowSeconds() + lifetimeSeconds };
  workspace.state.responseUrls = workspace.state.responseUrls.filter((other) => other.expiresAt > workspace.nowSeconds());
  workspace.state.responseUrls.push(granted);
  return granted;
}

export function answerResponseUrl(workspace: Workspace, events: AppEvents, token: string, body: unknown): { status: number; text: string } {
  const granted = workspace.state.responseUrls.find((candidate) => candidate.token === token);
  if (!granted) return { status: 404, text: 'no_such_url' };
  if (granted.usesLeft === 0) return { status: 404, text: 'used_url' };
  if (granted.expiresAt <= workspace.nowSeconds()) return { status: 404, text: 'expired_url' };
  if (typeof body !== 'object' || body === null) return { status: 400, text: 'invalid_payload' };
  try {
    respond(workspace, events, granted, body as JsonObject);
  } catch (error) {
    if (error instanceof Refusal) return { status: 400, text: error.error };
    throw error;
  }
  granted.usesLeft -= 1;
  return { status: 200, text: 'ok' };
}

/** What comes through a response_url, or with the acknowledgement of a command. */
export function respond(workspace: Workspace, events: AppEvents, granted: ResponseUrl, body: JsonObject): void {
  const original = originalOf(workspace, granted);
  if (body['delete_original'] === true) {
    if (!original) throw new Refusal('message_not_found');
    return remove(workspace, events, original);
  }
  const content = readContent(workspace, {
    text: typeof body['text'] === 'string' ? body['text'] : undefined,
    blocks: body['blocks'] ?? undefined,
    attachments: body['attachments'] ?? undefined,
  });
  if (body['replace_original'] === true) {
    if (!original) throw new Refusal('message_not_found');
    return edit(workspace, events, original, workspace.state.app.botUserId, { text: content.text, blocks: content.blocks, attachments: content.attachments });
  }
  const channel = workspace.channel(granted.channelId);
  if (!channel) throw new Refusal('channel_not_found');
  if (channel.isArchived) throw new Refusal('is_archived');
  post(workspace, events, {
    channel,
    userId: workspace.state.app.botUserId,
    botId: workspace.state.app.botId,
    content,
    threadTs: typeof body['thread_ts'] === 'string' ? body['thread_ts'] : granted.threadTs,
    ephemeralFor: body['response_type'] === 'in_channel' ? null : granted.userId,
  });
}

function originalOf(workspace: Workspace, granted: ResponseUrl): Message | undefined {
  if (granted.ts === null) return undefined;
  return granted.isEphemeral ? workspace.ephemeral(granted.channelId, granted.ts, granted.userId) : workspace.message(granted.channelId, granted.ts);
}
