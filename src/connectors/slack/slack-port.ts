import { ErrorCode, WebClient, type WebClientOptions } from '@slack/web-api';
import type { Person } from '../../approvals/person.ts';
import { failpoint } from '../../support/failpoints.ts';
import { isPersonId } from '../../support/ids.ts';
import type { SlackAnswer, SlackPort, ViewAnswer } from '../../views/slack-port.ts';

export interface SlackSettings {
  /** Read at each call, so that a token can be replaced while the bot runs (T-17). */
  readonly botToken: string;
  readonly apiUrl?: string;
}

// The library's defaults repeat a post up to ten times when its answer is lost, which makes two cards of one (P-4), never time out, and let
// one 429 hold up every other call. Pace and repetition are ours (storage/outbox.ts), and what a person waits for has a client of its own.
const clientOptions = (settings: SlackSettings, timeout: number): WebClientOptions => ({
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  timeout,
  logger: silent,
  ...(settings.apiUrl !== undefined && { slackApiUrl: settings.apiUrl }),
});

const silent = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => 'error' as never, setName() {} };

const metadataEvent = 'stockops_message';

/** A client for the token of now; the one before ends what it has in hand. */
function clientOf(settings: SlackSettings, timeout: number): () => WebClient {
  let token = settings.botToken;
  let client = new WebClient(token, clientOptions(settings, timeout));
  return () => {
    if (settings.botToken !== token) {
      token = settings.botToken;
      client = new WebClient(token, clientOptions(settings, timeout));
    }
    return client;
  };
}

/** The real Slack. `onMeasured` is told of every call, for the metrics. */
export function createSlackPort(settings: SlackSettings, onMeasured: (method: string, outcome: string) => void = () => {}): SlackPort {
  const paced = clientOf(settings, 10_000);
  const prompt = clientOf(settings, 2_500);
  const channels = new Map<string, string>();
  let teamId: string | undefined;

  async function channelId(nameOrId: string): Promise<string | null> {
    if (isPersonId(nameOrId)) return directChannelOf(nameOrId);
    if (!nameOrId.startsWith('#')) return nameOrId;
    const name = nameOrId.slice(1);
    const known = channels.get(name);
    if (known !== undefined) return known;
    let cursor: string | undefined;
    do {
      const page = await paced().conversations.list({ limit: 200, exclude_archived: true, types: 'public_channel,private_channel', ...(cursor && { cursor }) });
      for (const channel of page.channels ?? []) if (channel.id !== undefined && channel.name !== undefined) channels.set(channel.name, channel.id);
      cursor = page.response_metadata?.next_cursor || undefined;
    } while (cursor !== undefined);
    return channels.get(name) ?? null;
  }

  async function directChannelOf(userId: string): Promise<string | null> {
    const known = channels.get(userId);
    if (known !== undefined) return known;
    const { channel } = await paced().conversations.open({ users: userId });
    if (channel?.id !== undefined) channels.set(userId, channel.id);
    return channel?.id ?? null;
  }

  /** Calls with a channel's id; an unknown name is a refusal, not an error. */
  async function toChannel(channel: string, method: string, call: (id: string) => Promise<{ ts?: string | undefined }>): Promise<SlackAnswer> {
    return answerOf(method, async () => {
      const id = await channelId(channel);
      if (id === null) return 'channel_not_found';
      return call(id);
    });
  }

  async function answerOf(method: string, call: () => Promise<{ ts?: string | undefined } | 'channel_not_found'>): Promise<SlackAnswer> {
    let answer: SlackAnswer;
    try {
      const result = await call();
      answer = result === 'channel_not_found' ? { status: 'refused', error: 'channel_not_found', permanent: true } : { status: 'done', ts: result.ts ?? '' };
    } catch (error) {
      answer = answerOfError(error);
    }
    onMeasured(method, answer.status);
    return answer;
  }

  async function viewAnswerOf(method: string, call: () => Promise<{ view?: { id?: string; hash?: string } | undefined }>): Promise<ViewAnswer> {
    try {
      failpoint('view.before-open');
      const { view } = await call();
      failpoint('view.after-open');
      onMeasured(method, 'done');
      return { status: 'done', viewId: view?.id ?? '', hash: view?.hash ?? '' };
    } catch (error) {
      const answer = answerOfError(error);
      onMeasured(method, answer.status);
      return { status: 'failed', error: answer.status === 'refused' ? answer.error : answer.status };
    }
  }

  const ourTeam = async (): Promise<string> => {
    teamId ??= (await prompt().auth.test()).team_id;
    if (teamId === undefined) throw new Error('Slack did not say which workspace this is.');
    return teamId;
  };

  return {
    channelId,
    post: ({ channel, threadTs, content, key }) =>
      toChannel(channel, 'chat.postMessage', async (id) => {
        const posted = await paced().chat.postMessage({
          channel: id,
          text: content.text,
          blocks: content.blocks as never,
          ...(threadTs !== null && { thread_ts: threadTs }),
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: metadataEvent, event_payload: { key } },
        });
        failpoint('card.after-post');
        return posted;
      }),
    update: ({ channel, ts, content, key }) =>
      toChannel(channel, 'chat.update', async (id) => {
        const edited = await paced().chat.update({
          channel: id,
          ts,
          text: content.text,
          blocks: content.blocks as never,
          metadata: { event_type: metadataEvent, event_payload: { key } },
        });
        failpoint('card.after-update');
        return edited;
      }),
    find: async ({ channel, threadTs, key, since, except }) => {
      try {
        const id = await channelId(channel);
        if (id === null) return null;
        const oldest = String(since.getTime() / 1_000 - 60);
        let cursor: string | undefined;
        do {
          const page =
            threadTs === null
              ? await paced().conversations.history({ channel: id, oldest, include_all_metadata: true, limit: 200, ...(cursor && { cursor }) })
              : await paced().conversations.replies({ channel: id, ts: threadTs, oldest, include_all_metadata: true, limit: 200, ...(cursor && { cursor }) });
          for (const message of page.messages ?? []) {
            const metadata = message.metadata as { event_type?: string; event_payload?: { key?: string } } | undefined;
            if (metadata?.event_type === metadataEvent && metadata.event_payload?.key === key && message.ts !== undefined && message.ts !== except) return message.ts;
          }
          cursor = page.response_metadata?.next_cursor || undefined;
        } while (cursor !== undefined);
        return null;
      } catch {
        return undefined;
      }
    },
    pin: async (channel, ts, pinned) => {
      const answer = await toChannel(channel, pinned ? 'pins.add' : 'pins.remove', async (id) => {
        await (pinned ? paced().pins.add({ channel: id, timestamp: ts }) : paced().pins.remove({ channel: id, timestamp: ts }));
        return { ts };
      });
      const already = answer.status === 'refused' && (answer.error === 'already_pinned' || answer.error === 'no_pin');
      return already ? { status: 'done', ts } : answer;
    },
    upload: ({ channel, threadTs, name, title, body }) =>
      toChannel(channel, 'files.completeUploadExternal', async (id) => {
        await uploadFile(paced(), { channelId: id, threadTs, name, title, body });
        return { ts: '' };
      }),
    openView: (triggerId, view) => viewAnswerOf('views.open', () => prompt().views.open({ trigger_id: triggerId, view: view as never })),
    pushView: (triggerId, view) => viewAnswerOf('views.push', () => prompt().views.push({ trigger_id: triggerId, view: view as never })),
    updateView: (viewId, view, ifStill) => viewAnswerOf('views.update', () => prompt().views.update({ view_id: viewId, view: view as never, ...(ifStill !== undefined && { hash: ifStill }) })),
    publishHome: (userId, view) => viewAnswerOf('views.publish', () => prompt().views.publish({ user_id: userId, view: view as never })),
    whisper: ({ channel, userId, threadTs, content }) =>
      toChannel(channel, 'chat.postEphemeral', (id) =>
        prompt().chat
          .postEphemeral({ channel: id, user: userId, text: content.text, blocks: content.blocks as never, ...(threadTs !== null && { thread_ts: threadTs }) })
          .then((result) => ({ ts: result.message_ts })),
      ),
    tell: (userId, content) =>
      answerOf('chat.postMessage', async () => {
        const channel = await directChannelOf(userId);
        if (channel === null) return 'channel_not_found';
        return prompt().chat.postMessage({ channel, text: content.text, blocks: content.blocks as never, unfurl_links: false, unfurl_media: false });
      }),
    person: async (userId) => {
      try {
        const [{ user }, team] = await Promise.all([prompt().users.info({ user: userId }), ourTeam()]);
        return user === undefined ? null : toPerson(user, team);
      } catch {
        return null;
      }
    },
    groups: async () => {
      try {
        const { usergroups } = await prompt().usergroups.list({ include_users: true });
        return new Map((usergroups ?? []).map((group) => [group.handle ?? '', group.users ?? []]));
      } catch {
        return null;
      }
    },
    userIdOf: async (email) => {
      try {
        return (await prompt().users.lookupByEmail({ email })).user?.id ?? null;
      } catch {
        return null;
      }
    },
    channelName: async (id) => {
      try {
        const { channel } = await prompt().conversations.info({ channel: id });
        return channel?.name ?? null;
      } catch {
        return null;
      }
    },
    channelStanding: async (nameOrId) => {
      try {
        const id = await channelId(nameOrId);
        if (id === null) return notThere;
        const { channel } = await prompt().conversations.info({ channel: id });
        if (channel === undefined) return null;
        return { isShared: channel.is_ext_shared === true || channel.is_pending_ext_shared === true, isMember: channel.is_member === true || channel.is_im === true };
      } catch (error) {
        const answer = answerOfError(error);
        return answer.status === 'refused' && answer.error === 'channel_not_found' ? notThere : null;
      }
    },
    permalink: async (channel, ts) => {
      try {
        const id = await channelId(channel);
        return id === null ? null : ((await prompt().chat.getPermalink({ channel: id, message_ts: ts })).permalink ?? null);
      } catch {
        return null;
      }
    },
  };
}

/** A private channel that the bot is not in does not exist for it: what it does is seen nowhere there. */
const notThere = { isShared: false, isMember: false };

/** Three steps, as Slack's files API wants them; the library's own helper has no deadline over all of them. */
async function uploadFile(client: WebClient, file: { channelId: string; threadTs: string | null; name: string; title: string; body: string }): Promise<void> {
  const bytes = Buffer.from(file.body === '' ? ' ' : file.body, 'utf8');
  const { upload_url: uploadUrl, file_id: fileId } = await client.files.getUploadURLExternal({ filename: file.name, length: bytes.length });
  if (uploadUrl === undefined || fileId === undefined) throw new Error('Slack gave no address to upload to.');
  const response = await fetch(uploadUrl, { method: 'POST', body: bytes, redirect: 'error', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`Slack's upload address answered ${response.status}.`);
  const upload = { files: [{ id: fileId, title: file.title }] as [{ id: string; title: string }], channel_id: file.channelId };
  await client.files.completeUploadExternal(file.threadTs === null ? upload : { ...upload, thread_ts: file.threadTs });
}

// Refusals that may pass by themselves. With any other, the request itself is wrong, or somebody must change something in Slack first.
const passing = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org', 'ratelimited', 'rate_limited']);

function answerOfError(error: unknown): SlackAnswer {
  const { code, retryAfter, data, statusCode, message } = error as { code?: string; retryAfter?: number; data?: { error?: string }; statusCode?: number; message?: string };
  if (code === ErrorCode.RateLimitedError) return { status: 'limited', retryAfterMs: Math.max(1, retryAfter ?? 1) * 1_000 };
  if (code === ErrorCode.PlatformError) {
    const name = data?.error ?? 'unknown_error';
    if (name === 'ratelimited' || name === 'rate_limited') return { status: 'limited', retryAfterMs: 30_000 };
    // A 200 with a page of HTML in it is a proxy's answer, not Slack's.
    if (!/^[a-z0-9_]{1,80}$/.test(name)) return { status: 'lost', reason: 'Slack answered something that is not JSON' };
    return { status: 'refused', error: name, permanent: !passing.has(name) };
  }
  if (code === ErrorCode.HTTPError && statusCode === 429) return { status: 'limited', retryAfterMs: 30_000 };
  if (code === ErrorCode.HTTPError && statusCode !== undefined && statusCode < 500) return { status: 'refused', error: `http_${statusCode}`, permanent: false };
  if (typeof message === 'string' && message.includes('A rate limit was exceeded')) return { status: 'limited', retryAfterMs: 30_000 };
  return { status: 'lost', reason: 'Slack did not answer' };
}

// `is_app_user` is left aside: it says that somebody has authorised this app, which people do.
function toPerson(
  user: {
    id?: string;
    name?: string;
    real_name?: string;
    team_id?: string;
    deleted?: boolean;
    is_bot?: boolean;
    is_workflow_bot?: boolean;
    is_connector_bot?: boolean;
    is_restricted?: boolean;
    is_ultra_restricted?: boolean;
    is_stranger?: boolean;
    tz?: string;
    profile?: { email?: string; display_name?: string };
  },
  ourTeamId: string,
): Person {
  const kind =
    user.deleted === true
      ? 'deactivated'
      : user.is_bot === true || user.is_workflow_bot === true || user.is_connector_bot === true
        ? 'bot'
        : user.is_stranger === true || user.team_id !== ourTeamId
          ? 'stranger'
          : user.is_restricted === true || user.is_ultra_restricted === true
            ? 'guest'
            : 'member';
  return {
    id: user.id ?? '',
    name: user.profile?.display_name || user.real_name || user.name || user.id || '',
    email: user.profile?.email ?? null,
    timezone: user.tz ?? null,
    isFullMember: kind === 'member',
    kind,
  };
}
