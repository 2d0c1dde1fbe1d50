import type { Channel, User, UserGroup, UserKind, WorkspaceState } from './state.ts';

/**
 * The company of the sandbox. Its people are roles, not persons: nobody who reads a card in a test or a demonstration should
 * wonder whether they know the name on it.
 */
export interface WorkspaceSeed {
  readonly team: { readonly id: string; readonly name: string; readonly domain: string };
  readonly app: { readonly appId: string; readonly botId: string; readonly botUserId: string; readonly name: string };
  readonly users: readonly SeedUser[];
  readonly channels: readonly SeedChannel[];
  readonly userGroups: readonly { readonly handle: string; readonly name: string; readonly members: readonly string[] }[];
}

export interface SeedUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly title: string;
  readonly kind?: UserKind;
  readonly teamId?: string;
}

export interface SeedChannel {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly isPrivate?: boolean;
  readonly isExternal?: boolean;
  /** User ids. Left out: every member of the team, and the bot. */
  readonly members?: readonly string[];
  readonly isWithoutBot?: boolean;
}

const engineers = ['U0ONCALL', 'U0APPROVER', 'U0SRELEAD', 'U0PLATFORM', 'U0DEVOPS', 'U0DEVOPSLEAD', 'U0DATABASE', 'U0SECURITY', 'U0MLENGINEER', 'U0SCIENTIST', 'U0MANAGER'];

export const harborTrading: WorkspaceSeed = {
  team: { id: 'T0HARBOR', name: 'Harbor Trading', domain: 'harbor-trading' },
  app: { appId: 'A0STOCKOPS', botId: 'B0STOCKOPS', botUserId: 'U0STOCKOPS', name: 'stockops' },
  users: [
    { id: 'U0ONCALL', name: 'oncall', realName: 'On-call engineer', title: 'Has the pager this week' },
    { id: 'U0APPROVER', name: 'approver', realName: 'SRE approver', title: 'Site reliability, approves changes' },
    { id: 'U0SRELEAD', name: 'sre.lead', realName: 'SRE lead', title: 'Leads site reliability' },
    { id: 'U0PLATFORM', name: 'platform', realName: 'Platform engineer', title: 'Platform team' },
    { id: 'U0DEVOPS', name: 'devops', realName: 'DevOps specialist', title: 'DevOps team' },
    { id: 'U0DEVOPSLEAD', name: 'devops.lead', realName: 'DevOps lead', title: 'Leads the DevOps team' },
    { id: 'U0DATABASE', name: 'database', realName: 'Database admin', title: 'Databases' },
    { id: 'U0SECURITY', name: 'security', realName: 'Security lead', title: 'Security team' },
    { id: 'U0MLENGINEER', name: 'ml.engineer', realName: 'ML engineer', title: 'Prediction models' },
    { id: 'U0SCIENTIST', name: 'data.scientist', realName: 'Investment data scientist', title: 'Investment models' },
    { id: 'U0MANAGER', name: 'manager', realName: 'Engineering manager', title: 'Runs engineering' },
    { id: 'U0VP', name: 'vp', realName: 'VP engineering', title: 'Told of what is serious' },
    { id: 'U0CTO', name: 'cto', realName: 'CTO', title: 'Chief technology officer' },
    { id: 'U0SUPPORT', name: 'support', realName: 'Support agent', title: 'Talks to customers, not an engineer' },
    { id: 'U0GUEST', name: 'guest', realName: 'Guest', title: 'Contractor, sees a few channels', kind: 'guest' },
    { id: 'U0PARTNER', name: 'partner', realName: 'Partner engineer', title: 'From another company', kind: 'stranger', teamId: 'T0PARTNER' },
    { id: 'U0FORMER', name: 'former', realName: 'Former engineer', title: 'Has left', kind: 'deactivated' },
  ],
  channels: [
    { id: 'C0ALERTS', name: 'alerts', topic: 'Cards of every alert. Answer in the thread.' },
    { id: 'C0INCIDENTS', name: 'incidents', topic: 'One line per incident, from start to end' },
    { id: 'C0STAKEHOLD', name: 'stakeholders', topic: 'What customers and managers should know' },
    { id: 'C0STOCKSVC', name: 'stock-service', topic: 'Stock Service' },
    { id: 'C0STOCKAPI', name: 'stock-api', topic: 'Stock API' },
    { id: 'C0MYSTOCKS', name: 'mystocks', topic: 'MyStocks' },
    { id: 'C0CRYPTO', name: 'crypto', topic: 'Crypto Volatility' },
    { id: 'C0ANALYSIS', name: 'stock-analysis', topic: 'Stock Analysis' },
    { id: 'C0SECURITY', name: 'security', topic: 'Security incidents' },
    { id: 'C0GENERAL', name: 'general', topic: 'Everyone' },
    { id: 'C0PARTNERS', name: 'partners', topic: 'With a company we work with', isExternal: true, members: ['U0ONCALL', 'U0MANAGER', 'U0PARTNER', 'U0STOCKOPS'] },
    { id: 'C0POSTMORT', name: 'postmortem-private', topic: 'The bot is not here', isPrivate: true, isWithoutBot: true, members: ['U0MANAGER', 'U0CTO'] },
  ],
  // The handles that systems/roles.yaml names.
  userGroups: [
    { handle: 'engineering', name: 'Engineering', members: engineers },
    { handle: 'oncall', name: 'On call', members: ['U0ONCALL'] },
    { handle: 'sre-oncall', name: 'SRE', members: ['U0ONCALL', 'U0APPROVER', 'U0SRELEAD'] },
    { handle: 'sre-leads', name: 'SRE leads', members: ['U0SRELEAD'] },
    { handle: 'platform', name: 'Platform team', members: ['U0PLATFORM', 'U0APPROVER'] },
    { handle: 'devops', name: 'DevOps', members: ['U0ONCALL', 'U0APPROVER', 'U0DEVOPS', 'U0DEVOPSLEAD'] },
    { handle: 'devops-leads', name: 'DevOps leads', members: ['U0DEVOPSLEAD', 'U0APPROVER'] },
    { handle: 'engineering-managers', name: 'Engineering managers', members: ['U0MANAGER'] },
    { handle: 'database-admins', name: 'Database admins', members: ['U0DATABASE'] },
    { handle: 'security-leads', name: 'Security leads', members: ['U0SECURITY'] },
    { handle: 'ml-engineers', name: 'ML engineers', members: ['U0MLENGINEER'] },
    { handle: 'data-scientists', name: 'Investment data scientists', members: ['U0SCIENTIST'] },
    { handle: 'vp-engineering', name: 'VP engineering', members: ['U0VP'] },
    { handle: 'cto', name: 'CTO', members: ['U0CTO'] },
  ],
};

const colors = ['9f69e7', '4bbe2e', 'e7392d', '3c989f', '674b1b', 'e96699', 'e0a729', '684b6c', '5b89d5', '2b6836', '99a949', 'df3dc0', '4cc091', '9b3b45', 'd55aef'];

/** The workspace as it is on its first day. */
export function foundWorkspace(seed: WorkspaceSeed, foundedAt: Date): WorkspaceState {
  const users: User[] = seed.users.map((person, index) => ({
    id: person.id,
    teamId: person.teamId ?? seed.team.id,
    name: person.name,
    realName: person.realName,
    title: person.title,
    email: person.kind === 'stranger' ? null : `${person.name}@${seed.team.domain}.example`,
    kind: person.kind ?? 'member',
    color: colors[index % colors.length] as string,
  }));
  users.push({ id: seed.app.botUserId, teamId: seed.team.id, name: seed.app.name, realName: 'StockOps', title: 'On-call bot', email: null, kind: 'bot', color: '1f6feb' });
  const everybody = users.filter((user) => user.kind === 'member' || user.kind === 'bot').map((user) => user.id);
  const createdAt = Math.floor(foundedAt.getTime() / 1000);
  const channels: Channel[] = seed.channels.map((channel) => ({
    id: channel.id,
    name: channel.name,
    topic: channel.topic,
    purpose: '',
    isPrivate: channel.isPrivate ?? false,
    isDirect: false,
    isExternal: channel.isExternal ?? false,
    isArchived: false,
    createdAt,
    creatorId: seed.users[0]?.id ?? seed.app.botUserId,
    memberIds: [...(channel.members ?? [...everybody, ...guestsOf(seed, channel)])].filter((id) => !(channel.isWithoutBot && id === seed.app.botUserId)),
    pins: [],
    bookmarks: [],
  }));
  const userGroups: UserGroup[] = seed.userGroups.map((group) => ({
    id: `S0${group.handle.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`,
    handle: group.handle,
    name: group.name,
    description: '',
    userIds: [...group.members],
  }));
  return {
    version: 1,
    team: seed.team,
    app: seed.app,
    users,
    channels,
    userGroups,
    messages: [],
    modals: {},
    homes: {},
    files: [],
    responseUrls: [],
    lastTimestampMicros: 0,
  };
}

/** A guest is let into single channels only: the one where alerts are, and the one for everybody. */
const guestsOf = (seed: WorkspaceSeed, channel: SeedChannel) =>
  channel.name === 'alerts' || channel.name === 'general' ? seed.users.filter((user) => user.kind === 'guest').map((user) => user.id) : [];
