import { useEffect } from 'preact/hooks';
import { closeThread, stepPlace, toggleWorld } from './navigation.ts';
import { dismissNotice } from './notices.ts';
import { Centre } from './chat/centre.tsx';
import { Sidebar } from './chat/sidebar.tsx';
import { Switcher } from './chat/switcher.tsx';
import { Thread } from './chat/thread.tsx';
import { ViewModal } from './chat/view-modal.tsx';
import { Icon } from './parts/icon.tsx';
import { isUnread, state } from './state.ts';
import { Drawer } from './world/drawer.tsx';

export function App() {
  const isReady = state.use((current) => current.workspace !== undefined);
  const hasThread = state.use((current) => current.thread !== undefined);
  const isWorldOpen = state.use((current) => current.isWorldOpen);
  const isListOpen = state.use((current) => current.isListOpen);
  const isSwitcherOpen = state.use((current) => current.isSwitcherOpen);
  const topView = state.use((current) => current.views.at(-1));
  useKeyboard();
  useTitle();

  if (!isReady) return <><p class="starting">Opening the workspace…</p><Notices /></>;
  const classes = ['app', hasThread && 'has-thread', isWorldOpen && 'has-world', isListOpen && 'has-list'].filter(Boolean).join(' ');
  return (
    <div class={classes}>
      <Sidebar />
      <Centre />
      {hasThread && <Thread />}
      {isWorldOpen && <Drawer />}
      {topView !== undefined && <ViewModal key={topView.id} view={topView} />}
      {isSwitcherOpen && <Switcher />}
      <ConnectionLost />
      <Notices />
    </div>
  );
}

function useTitle(): void {
  const channel = state.use((current) => current.workspace?.channels.find((each) => each.id === current.place));
  const hasUnread = state.use(({ workspace, lastRead, place }) => workspace?.channels.some((each) => each.id !== place && isUnread(each.lastTs, lastRead[each.id])) ?? false);
  const name = channel === undefined || channel.isDirect ? '' : `#${channel.name} · `;
  useEffect(() => {
    document.title = `${hasUnread ? '• ' : ''}${name}StockOps sandbox`;
  }, [name, hasUnread]);
}

function useKeyboard(): void {
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        state.set(({ isSwitcherOpen }) => ({ isSwitcherOpen: !isSwitcherOpen }));
      } else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
        event.preventDefault();
        stepPlace(event.key === 'ArrowUp' ? -1 : 1);
      } else if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open], [popover]:popover-open') === null) {
        if (state.get().thread !== undefined) closeThread();
        else if (state.get().isWorldOpen && !matchMedia('(min-width: 1101px)').matches) toggleWorld(false);
      }
    }
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function ConnectionLost() {
  const isLost = state.use((current) => current.connection === 'lost');
  return <div class="connection" role="status">{isLost && <p>The connection to the sandbox is broken. Trying again…</p>}</div>;
}

function Notices() {
  const notices = state.use((current) => current.notices);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <p key={notice.id} class="notice">
          <span>{notice.text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismissNotice(notice.id)}><Icon name="close" size={16} /></button>
        </p>
      ))}
    </div>
  );
}
