import { home, state } from '../state.ts';
import { ChannelPane } from './channel-pane.tsx';
import { HomePane } from './home-pane.tsx';

/** What stands in the middle: a channel, or the bot's home. */
export function Centre() {
  const place = state.use((current) => current.place);
  const channel = state.use((current) => current.workspace!.channels.find((each) => each.id === current.place));
  if (place === home) return <HomePane />;
  if (channel === undefined) return <main class="pane"><p class="empty">Choose a channel on the left.</p></main>;
  return <ChannelPane key={channel.id} channel={channel} />;
}
