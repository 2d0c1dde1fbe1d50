import { useMemo, useState } from 'preact/hooks';
import { openPlace } from '../navigation.ts';
import { tell } from '../notices.ts';
import { become } from '../session.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { home, isUnread, state } from '../state.ts';
import { Avatar } from './avatar.tsx';
import { describe } from './sidebar.tsx';

/** Ctrl K: type a few letters, be there. */
export function Switcher() {
  const workspace = state.use((current) => current.workspace)!;
  const me = state.use((current) => current.me);
  const lastRead = state.use((current) => current.lastRead);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);

  const entries = useMemo(() => {
    const nameOf = (memberIds: readonly string[]): string => workspace.users.find((user) => user.id !== me && memberIds.includes(user.id))?.realName ?? '';
    const places = workspace.channels.map((channel) => ({
      id: channel.id,
      name: channel.isDirect ? nameOf(channel.memberIds) : channel.name,
      hint: isUnread(channel.lastTs, lastRead[channel.id]) ? 'unread' : channel.topic,
      icon: channel.isDirect ? <Icon name="thread" /> : <Icon name={channel.isPrivate ? 'lock' : 'hash'} />,
      go: () => openPlace(channel.id),
    }));
    const people = workspace.users
      .filter((user) => user.id !== me && user.kind !== 'bot' && user.kind !== 'deactivated')
      .map((user) => ({ id: user.id, name: `Be ${user.realName}`, hint: describe(user), icon: <Avatar user={user} size="small" />, go: () => void become(user.id).catch(tell) }));
    return [...places, { id: home, name: 'Home', hint: 'the bot’s home', icon: <Icon name="home" />, go: () => openPlace(home) }, ...people];
  }, [workspace, me, lastRead]);

  const wanted = text.trim().toLowerCase().replace(/^#/, '');
  const found = entries.filter((entry) => entry.name.toLowerCase().includes(wanted)).slice(0, 9);
  const close = (): void => state.set({ isSwitcherOpen: false });
  const choose = (index: number): void => {
    const entry = found[index];
    if (entry === undefined) return;
    close();
    entry.go();
  };

  return (
    <Dialog kind="switcher" label="Jump to" light onClose={close}>
      <input
        class="switcher-input"
        autoFocus
        placeholder="Jump to a channel, or be someone else"
        role="combobox"
        aria-label="Jump to"
        aria-expanded="true"
        aria-controls="switcher-list"
        aria-autocomplete="list"
        {...(found[at] ? { 'aria-activedescendant': `switch-${found[at].id}` } : {})}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % Math.max(1, found.length));
          } else if (event.key === 'Enter') {
            event.preventDefault();
            choose(at);
          }
        }}
      />
      <ul class="switcher-list" id="switcher-list" role="listbox" aria-label="Places and people">
        {found.map((entry, index) => (
          <li key={entry.id} id={`switch-${entry.id}`} role="option" aria-selected={index === at} class="switcher-entry" onMouseMove={() => setAt(index)} onClick={() => choose(index)}>
            {entry.icon}
            <span class="switcher-name">{entry.name}</span>
            <span class="switcher-hint">{entry.hint}</span>
          </li>
        ))}
        {found.length === 0 && <li class="empty">Nothing is called that.</li>}
      </ul>
    </Dialog>
  );
}
