import { z } from 'zod';
import { sha256 } from '../../support/json.ts';
import type { Command, HomeOpened, Press, Submission } from '../../views/slack-port.ts';

// What Slack sends, as far as we read it. Anything of another shape is refused here, before it is stored.
const Id = z.string().regex(/^[A-Z0-9]{2,24}$/);
const Ts = z.string().regex(/^\d{1,12}\.\d{1,8}$/);
const User = z.object({ id: Id, team_id: Id.optional() });

const PressBody = z.object({
  type: z.literal('block_actions'),
  team: z.object({ id: Id }).nullish(),
  user: User,
  trigger_id: z.string().max(200),
  channel: z.object({ id: Id }).nullish(),
  message: z.object({ ts: Ts, thread_ts: Ts.optional() }).nullish(),
  view: z.object({ id: Id, type: z.string() }).nullish(),
  container: z.object({ type: z.string(), message_ts: Ts.optional(), thread_ts: Ts.optional(), channel_id: Id.optional(), view_id: Id.optional() }),
  actions: z
    .array(
      z.object({
        action_id: z.string().max(255),
        action_ts: z.string().max(40).optional(),
        value: z.string().max(2_000).optional(),
        selected_option: z.object({ value: z.string().max(2_000) }).nullish(),
      }),
    )
    .min(1),
});

const CommandBody = z.object({
  command: z.string().max(40),
  text: z.string().max(4_000).default(''),
  team_id: Id,
  channel_id: Id,
  channel_name: z.string().max(120).default(''),
  user_id: Id,
  trigger_id: z.string().max(200),
});

const Value = z.object({
  value: z.string().max(3_000).nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_user: z.string().nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
});
const SubmissionBody = z.object({
  type: z.literal('view_submission'),
  team: z.object({ id: Id }).nullish(),
  user: User,
  view: z.object({
    id: Id,
    hash: z.string().max(200).default(''),
    callback_id: z.string().max(255),
    private_metadata: z.string().max(3_000).default(''),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), Value)) }),
  }),
});

const HomeEvent = z.object({ team_id: Id, event_id: z.string().max(80), event: z.object({ user: Id }) });

export function parsePress(body: unknown): Press | null {
  const parsed = PressBody.safeParse(body);
  if (!parsed.success) return null;
  const { data } = parsed;
  const action = data.actions[0];
  if (action === undefined) return null;
  const teamId = data.user.team_id ?? data.team?.id ?? '';
  const channelId = data.channel?.id ?? data.container.channel_id ?? null;
  const messageTs = data.message?.ts ?? data.container.message_ts ?? null;
  return {
    kind: 'press',
    key: keyOf('press', teamId, channelId, messageTs, data.container.view_id, action.action_ts, data.user.id, action.action_id, data.trigger_id),
    userId: data.user.id,
    teamId,
    actionId: action.action_id,
    value: action.selected_option?.value ?? action.value ?? '',
    channelId,
    messageTs,
    threadTs: data.message?.thread_ts ?? data.container.thread_ts ?? null,
    viewId: data.view?.type === 'modal' ? data.view.id : null,
    triggerId: data.trigger_id,
  };
}

export function parseCommand(body: unknown): Command | null {
  const parsed = CommandBody.safeParse(body);
  if (!parsed.success) return null;
  const { data } = parsed;
  return {
    kind: 'command',
    key: keyOf('command', data.team_id, data.channel_id, data.user_id, data.trigger_id),
    userId: data.user_id,
    teamId: data.team_id,
    text: data.text,
    channelId: data.channel_id,
    channelName: data.channel_name,
    triggerId: data.trigger_id,
  };
}

export function parseSubmission(body: unknown): Submission | null {
  const parsed = SubmissionBody.safeParse(body);
  if (!parsed.success) return null;
  const { data } = parsed;
  const values: Record<string, string> = Object.create(null);
  for (const [block, elements] of Object.entries(data.view.state.values))
    for (const element of Object.values(elements)) {
      const value = element.selected_option?.value ?? element.selected_user ?? element.value ?? element.selected_options?.map((option) => option.value).join(',');
      if (value != null) values[block] = value;
    }
  return {
    kind: 'submit',
    key: keyOf('submit', data.user.team_id ?? data.team?.id, data.user.id, data.view.id, data.view.hash),
    userId: data.user.id,
    teamId: data.user.team_id ?? data.team?.id ?? '',
    viewName: data.view.callback_id,
    viewId: data.view.id,
    context: data.view.private_metadata,
    values,
  };
}

export function parseHomeOpened(body: unknown): HomeOpened | null {
  const parsed = HomeEvent.safeParse(body);
  if (!parsed.success) return null;
  return { kind: 'home', key: keyOf('home', parsed.data.event_id), userId: parsed.data.event.user, teamId: parsed.data.team_id };
}

function keyOf(...parts: readonly (string | null | undefined)[]): string {
  return sha256(JSON.stringify(parts));
}
