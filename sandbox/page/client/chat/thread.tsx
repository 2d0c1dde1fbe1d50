import { useEffect, useMemo } from 'preact/hooks';
import { closeThread } from '../navigation.ts';
import { Icon } from '../parts/icon.tsx';
import { state } from '../state.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { useChannelName } from './sidebar.tsx';

export function Thread() {
  const ts = state.use((current) => current.thread)!;
  const channel = state.use((current) => current.workspace!.channels.find((each) => each.id === current.place));
  const all = state.use((current) => current.messages[current.place ?? '']);
  const messages = useMemo(() => all?.filter((message) => message.ts === ts || message.threadTs === ts), [all, ts]);

  const isGone = messages !== undefined && messages.length === 0;
  useEffect(() => {
    if (isGone) closeThread();
  }, [isGone]);

  // Whoever wrote here goes on writing in the channel.
  useEffect(() => () => {
    if (matchMedia('(hover: hover)').matches) document.querySelector<HTMLElement>('main .composer-input')?.focus();
  }, []);

  if (channel === undefined) return null;
  return (
    <aside class="pane thread" aria-label="Thread" key={ts}>
      <header class="pane-head">
        <div class="pane-head-text">
          <h2 class="pane-title">Thread</h2>
          <ThreadPlace />
        </div>
        <button type="button" class="icon-button" aria-label="Close thread" title="Close  Esc" onClick={closeThread}><Icon name="close" /></button>
      </header>
      <MessageList channel={channel.id} messages={messages} label="Messages in the thread" empty={null} />
      <Composer channel={channel.id} threadTs={ts} placeholder="Reply…" />
    </aside>
  );
}

function ThreadPlace() {
  const channel = state.use((current) => current.workspace!.channels.find((each) => each.id === current.place))!;
  const name = useChannelName(channel);
  return <p class="pane-topic">{channel.isDirect ? name : `#${name}`}</p>;
}
