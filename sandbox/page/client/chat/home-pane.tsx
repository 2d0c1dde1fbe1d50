import { state } from '../state.ts';
import { Avatar } from './avatar.tsx';
import { LiveBlocks } from './live-blocks.tsx';
import { PaneHead } from './pane-head.tsx';

export function HomePane() {
  const view = state.use((current) => current.homeView);
  const bot = state.use((current) => current.workspace!.users.find((user) => user.kind === 'bot'));
  return (
    <main class="pane">
      <PaneHead>
        <h2 class="pane-title"><Avatar user={bot} size="small" />{bot?.realName ?? 'Bot'}</h2>
        <p class="pane-topic">Home: what needs you, and how things stand</p>
      </PaneHead>
      <div class="home scroll">
        {view === null ? <p class="empty">The bot has not drawn a home for you yet.</p> : <LiveBlocks key={view.id} at={{ viewId: view.id }} blocks={view.blocks} />}
      </div>
    </main>
  );
}
