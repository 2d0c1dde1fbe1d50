import { messageObject } from '../api/objects.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import { stateValues } from '../entered.ts';
import type { Channel, Entered, Message, OpenView, User } from '../state.ts';
import { viewAnswer } from '../views.ts';
import type { Workspace } from '../workspace-model.ts';

/** What the app is sent when a person acts, in Slack's shapes. */

function common(workspace: Workspace, person: User): JsonObject {
  const { app, team } = workspace.state;
  return {
    user: { id: person.id, username: person.name, name: person.name, team_id: person.teamId },
    api_app_id: app.appId,
    token: 'verification-token',
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** The name that Slack gives a channel in payloads: conversations of two have none of their own. */
const shownName = (channel: Channel) => (channel.isDirect ? 'directmessage' : channel.isPrivate ? 'privategroup' : channel.name);

export interface Pressed {
  readonly action: JsonObject;
  readonly triggerId: string;
}

export function messageActionPayload(workspace: Workspace, person: User, channel: Channel, message: Message, entered: Entered, responseUrl: string, { action, triggerId }: Pressed): JsonObject {
  const isEphemeral = message.ephemeralFor !== null;
  return {
    type: 'block_actions',
    ...common(workspace, person),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
    },
    trigger_id: triggerId,
    channel: { id: channel.id, name: shownName(channel) },
    // Of a message that only one person sees, Slack sends the place and not the content.
    ...(isEphemeral ? {} : { message: messageObject(workspace, message, { withMetadata: true }) }),
    state: { values: stateValues(message.blocks ?? [], entered) },
    response_url: responseUrl,
    actions: [action],
  };
}

export function viewActionPayload(workspace: Workspace, person: User, view: OpenView, { action, triggerId }: Pressed): JsonObject {
  return {
    type: 'block_actions',
    ...common(workspace, person),
    container: { type: 'view', view_id: view.id },
    trigger_id: triggerId,
    view: viewAnswer(workspace, view),
    actions: [action],
  };
}

export function submissionPayload(workspace: Workspace, person: User, view: OpenView, triggerId: string): JsonObject {
  return { type: 'view_submission', ...common(workspace, person), trigger_id: triggerId, view: viewAnswer(workspace, view), response_urls: [] };
}

export function closedPayload(workspace: Workspace, person: User, view: OpenView, isCleared: boolean): JsonObject {
  return { type: 'view_closed', ...common(workspace, person), view: viewAnswer(workspace, view), is_cleared: isCleared };
}

export function commandPayload(workspace: Workspace, person: User, channel: Channel, command: string, text: string, responseUrl: string, triggerId: string): JsonObject {
  const { app, team } = workspace.state;
  return {
    token: 'verification-token',
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channel.id,
    channel_name: shownName(channel),
    user_id: person.id,
    user_name: person.name,
    command,
    text,
    api_app_id: app.appId,
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: triggerId,
  };
}

