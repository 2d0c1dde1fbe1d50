import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { isObject } from './block-kit/schema.ts';

export interface SlashCommand {
  readonly command: string;
  readonly usageHint: string;
  readonly description: string;
}

/** What the app asked for when it was installed. */
export interface Installation {
  readonly commands: readonly SlashCommand[];
  readonly botEvents: readonly string[];
  readonly botScopes: readonly string[];
  readonly isAppHomeEnabled: boolean;
}

/** For a workspace that is given no manifest: everything that the bot's features need. */
export const fullInstallation: Installation = {
  commands: [{ command: '/stock', usageHint: '[system] [action] …', description: 'Systems, incidents and actions' }],
  botEvents: ['app_home_opened', 'app_mention', 'channel_archive', 'group_archive', 'member_joined_channel', 'message.channels', 'message.groups', 'message.im', 'subteam_members_changed'],
  botScopes: [
    'chat:write', 'chat:write.public', 'commands', 'app_mentions:read', 'channels:read', 'channels:history', 'groups:read', 'groups:history', 'channels:manage', 'channels:join', 'groups:write',
    'channels:write.invites', 'channels:write.topic', 'users:read', 'users:read.email', 'usergroups:read', 'bookmarks:write', 'pins:write', 'pins:read', 'files:write', 'reactions:write', 'im:write', 'im:read', 'im:history',
  ],
  isAppHomeEnabled: true,
};

const record = (value: unknown) => (isObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Reads the app's manifest, so that the bot may do here exactly what its manifest would let it do at Slack. */
export async function readManifest(path: string): Promise<Installation> {
  const manifest = record(parse(await readFile(path, 'utf8')));
  const features = record(manifest['features']);
  return {
    commands: list(features['slash_commands']).filter(isObject).map((entry) => ({
      command: String(entry['command']),
      usageHint: String(entry['usage_hint'] ?? ''),
      description: String(entry['description'] ?? ''),
    })),
    botEvents: list(record(record(manifest['settings'])['event_subscriptions'])['bot_events']).map(String),
    botScopes: list(record(record(manifest['oauth_config'])['scopes'])['bot']).map(String),
    isAppHomeEnabled: record(features['app_home'])['home_tab_enabled'] === true,
  };
}
