import { useState } from 'preact/hooks';
import { openPlace } from '../navigation.ts';
import { tell } from '../notices.ts';
import { become } from '../session.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Menu } from '../parts/menu.tsx';
import { home, isUnread, state } from '../state.ts';
import { chooseTheme, currentTheme, type Theme } from '../theme.ts';
import type { Channel, User } from '../wire.ts';
import { Avatar } from './avatar.tsx';

export function Sidebar() {
  const workspace = state.use((current) => current.workspace)!;
  const channels = workspace.channels.filter((channel) => !channel.isDirect);
  const direct = workspace.channels.filter((channel) => channel.isDirect);
  const bot = workspace.users.find((user) => user.kind === 'bot');
  return (
    <nav class="sidebar" aria-label="Workspace">
      <header class="sidebar-head">
        <h1>{workspace.team.name}</h1>
        <button type="button" class="icon-button" aria-label="Jump to… (Ctrl K)" title="Jump to…  Ctrl K" onClick={() => state.set({ isSwitcherOpen: true })}>
          <Icon name="search" />
        </button>
      </header>
      <ViewAs />
      <div class="sidebar-places">
        <ul>
          <PlaceRow place={home} icon="home" name={`${bot?.realName ?? 'Bot'} home`} />
        </ul>
        <h2>Channels</h2>
        <ul>{channels.map((channel) => <ChannelRow key={channel.id} channel={channel} />)}</ul>
        {direct.length > 0 && (
          <>
            <h2>Direct messages</h2>
            <ul>{direct.map((channel) => <ChannelRow key={channel.id} channel={channel} />)}</ul>
          </>
        )}
      </div>
      <footer class="sidebar-foot">
        <span>Nothing leaves this machine</span>
        <ThemeButton />
      </footer>
    </nav>
  );
}

function ChannelRow({ channel }: { channel: Channel }) {
  const lastRead = state.use((current) => current.lastRead[channel.id]);
  const name = useChannelName(channel);
  const other = usePartner(channel);
  return (
    <PlaceRow
      place={channel.id}
      name={name}
      unread={isUnread(channel.lastTs, lastRead)}
      {...(channel.isDirect ? { user: other } : { icon: channel.isPrivate ? ('lock' as const) : ('hash' as const) })}
    />
  );
}

function PlaceRow({ place, name, icon, user, unread = false }: { place: string; name: string; icon?: IconName; user?: User | undefined; unread?: boolean }) {
  const isHere = state.use((current) => current.place === place);
  const isUnreadHere = unread && !isHere;
  return (
    <li>
      <button type="button" class={isUnreadHere ? 'place is-unread' : 'place'} {...(isHere ? { 'aria-current': 'page' as const } : {})} onClick={() => openPlace(place)}>
        {icon === undefined ? <Avatar user={user} size="small" /> : <Icon name={icon} />}
        <span class="place-name">{name}</span>
        {isUnreadHere && <span class="unread-dot"><span class="hidden-text">unread</span></span>}
      </button>
    </li>
  );
}

export function usePartner(channel: Channel | undefined): User | undefined {
  return state.use(({ workspace, me }) => workspace?.users.find((user) => user.id !== me && channel?.isDirect && channel.memberIds.includes(user.id)));
}

export function useChannelName(channel: Channel): string {
  const partner = usePartner(channel);
  return channel.isDirect ? (partner?.realName ?? channel.name) : channel.name;
}

const kinds: Readonly<Record<string, string>> = { guest: 'guest', stranger: 'other workspace', deactivated: 'deactivated' };

export function describe(user: User): string {
  return [user.title, kinds[user.kind]].filter(Boolean).join(' · ');
}

function ViewAs() {
  const users = state.use((current) => current.workspace!.users);
  const me = state.use((current) => current.me);
  const myself = users.find((user) => user.id === me);
  return (
    <Menu
      label={`You are ${myself?.realName ?? 'nobody'}. Be someone else`}
      buttonClass="view-as"
      items={users
        .filter((user) => user.kind !== 'bot' && user.kind !== 'deactivated')
        .map((user) => ({
          id: user.id,
          selected: user.id === me,
          hint: describe(user),
          label: <span class="menu-person"><Avatar user={user} size="small" />{user.realName || user.name}</span>,
        }))}
      onPick={(id) => void become(id).catch(tell)}
    >
      <Avatar user={myself} />
      <span class="view-as-text">
        <strong>{myself?.realName ?? 'Nobody'}</strong>
        <span>{myself === undefined ? '' : describe(myself) || 'member'}</span>
      </span>
      <Icon name="down" size={16} />
    </Menu>
  );
}

const nextTheme = { auto: 'light', light: 'dark', dark: 'auto' } as const satisfies Record<Theme, Theme>;
const themeIcons = { auto: 'auto', light: 'sun', dark: 'moon' } as const satisfies Record<Theme, IconName>;

function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme);
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Colours: ${theme}. Change`}
      title={`Colours: ${theme}`}
      onClick={() => {
        const next = nextTheme[theme];
        chooseTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={themeIcons[theme]} size={16} />
    </button>
  );
}
