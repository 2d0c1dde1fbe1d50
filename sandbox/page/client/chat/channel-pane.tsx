import { useMemo } from 'preact/hooks';
import { openThread } from '../navigation.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu } from '../parts/menu.tsx';
import { state } from '../state.ts';
import type { Channel, Message } from '../wire.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { PaneHead } from './pane-head.tsx';
import { useChannelName, usePartner } from './sidebar.tsx';
import { Avatar } from './avatar.tsx';
import { Welcome } from './welcome.tsx';

export function ChannelPane({ channel }: { channel: Channel }) {
  const all = state.use((current) => current.messages[channel.id]);
  const newAfter = state.use((current) => current.newAfter);
  const messages = useMemo(() => all?.filter(isInChannel), [all]);
  const name = useChannelName(channel);
  const partner = usePartner(channel);
  return (
    <main class="pane" aria-label={name}>
      <PaneHead>
        <h2 class="pane-title">
          {channel.isDirect ? <Avatar user={partner} size="small" /> : <Icon name={channel.isPrivate ? 'lock' : 'hash'} size={20} />}
          {name}
        </h2>
        <p class="pane-topic">{channel.isDirect ? (partner?.title ?? '') : channel.topic || `${channel.memberIds.length} members`}</p>
      </PaneHead>
      <Welcome />
      <Pinned messages={messages ?? []} />
      <MessageList
        channel={channel.id}
        messages={messages}
        newAfter={newAfter}
        onOpenThread={openThread}
        label={`Messages in ${name}`}
        empty={<p class="empty">Nothing here yet. Fire an alert from the outside world, or type <code>/stock</code> below.</p>}
      />
      <Composer channel={channel.id} placeholder={`Message ${channel.isDirect ? name : `#${name}`}`} />
    </main>
  );
}

/** A reply is in its thread; the channel shows what began there, and what only this person sees. */
function isInChannel(message: Message): boolean {
  return !message.threadTs || message.threadTs === message.ts || message.isBroadcast === true;
}

/** Where it stands, or, when that is too far up to be drawn, in its thread. */
function showMessage(ts: string): void {
  const drawn = document.getElementById(`message-${ts}`);
  if (drawn === null) openThread(ts);
  else drawn.scrollIntoView({ block: 'center' });
}

function Pinned({ messages }: { messages: readonly Message[] }) {
  const pinned = messages.filter((message) => message.pinned);
  if (pinned.length === 0) return null;
  return (
    <div class="pinned-bar">
      <Menu
        label={`${pinned.length} pinned`}
        buttonClass="pinned-button"
        items={pinned.map((message) => ({ id: message.ts, label: message.text.split('\n')[0]!.slice(0, 90) || 'Message' }))}
        onPick={showMessage}
      >
        <Icon name="pin" size={14} /> {pinned.length} pinned
      </Menu>
    </div>
  );
}
