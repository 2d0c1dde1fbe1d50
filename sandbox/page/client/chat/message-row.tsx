import { useState } from 'preact/hooks';
import { emojiOf } from '../block-kit/emoji.ts';
import { Mrkdwn, Text } from '../block-kit/text.tsx';
import { recall, remember } from '../memory.ts';
import { Icon } from '../parts/icon.tsx';
import { memo } from '../parts/memo.ts';
import { state } from '../state.ts';
import { agoOf, dateOfTs, timeOf, useNow } from '../time.ts';
import type { Attachment, Message, User } from '../wire.ts';
import { Avatar } from './avatar.tsx';
import { FileCard } from './file-card.tsx';
import { LiveBlocks } from './live-blocks.tsx';

export interface MessageRowProps {
  readonly channel: string;
  readonly message: Message;
  readonly isContinued: boolean;
  readonly onOpenThread?: (ts: string) => void;
}

export const MessageRow = memo(function MessageRow({ channel, message, isContinued, onOpenThread }: MessageRowProps) {
  const author = useAuthor(message);
  const { ts } = message;
  const date = dateOfTs(ts);
  const isOnlyForMe = Boolean(message.ephemeralFor);
  const [isDismissed, setDismissed] = useState(() => isOnlyForMe && recall<string[]>('dismissed', []).includes(ts));
  const hasReplies = (message.replyCount ?? 0) > 0;
  if (isDismissed) return null;

  function dismiss(): void {
    remember('dismissed', [...recall<string[]>('dismissed', []), ts].slice(-200));
    setDismissed(true);
  }

  const time = <time class="message-time" dateTime={date.toISOString()} title={date.toISOString()}>{timeOf(date)}</time>;
  const classes = ['message', isContinued && 'is-continued', isOnlyForMe && 'is-only-for-me', message.pinned && 'is-pinned'].filter(Boolean).join(' ');
  return (
    <article class={classes} id={`message-${ts}`} aria-label={`${author?.realName ?? 'Someone'}, ${timeOf(date)}`}>
      {message.pinned && <p class="message-mark"><Icon name="pin" size={13} /> Pinned</p>}
      {isOnlyForMe && <p class="message-mark"><Icon name="eye" size={13} /> Only visible to you</p>}
      <div class="message-side">{isContinued ? time : <Avatar user={author} />}</div>
      <div class="message-main">
        {!isContinued && (
          <p class="message-by">
            <strong>{author?.realName ?? author?.name ?? 'Someone'}</strong>
            {author?.kind === 'bot' && <span class="tag">App</span>}
            {author?.kind === 'guest' && <span class="tag">Guest</span>}
            {time}
          </p>
        )}
        <Content channel={channel} message={message} />
        {message.files?.map((file) => <FileCard key={file.id} file={file} />)}
        <Reactions message={message} />
        {isOnlyForMe && <button type="button" class="link-button" onClick={dismiss}>Dismiss</button>}
        {onOpenThread !== undefined && hasReplies && <Replies message={message} onOpen={() => onOpenThread(ts)} />}
      </div>
      {onOpenThread !== undefined && !isOnlyForMe && (
        <div class="message-tools">
          <button type="button" class="icon-button" aria-label="Reply in thread" title="Reply in thread" onClick={() => onOpenThread(ts)}><Icon name="thread" /></button>
        </div>
      )}
    </article>
  );
});

/** Slack's own voice, which is in no list of users. */
const slackbot: User = { id: 'USLACKBOT', name: 'slackbot', realName: 'Slackbot', title: '', kind: 'member', color: '6b6f76' };

function useAuthor(message: Message): User | undefined {
  return state.use(
    ({ workspace }) =>
      workspace?.users.find((user) => user.id === message.userId) ?? (message.botId ? workspace?.users.find((user) => user.kind === 'bot') : message.userId === slackbot.id ? slackbot : undefined),
  );
}

function Content({ channel, message }: { channel: string; message: Message }) {
  const hasBlocks = message.blocks !== undefined && message.blocks !== null && message.blocks.length > 0;
  const edited = message.edited ? <span class="edited"> (edited)</span> : null;
  return (
    <div class="message-content">
      {hasBlocks ? <LiveBlocks at={{ channel, ts: message.ts }} blocks={message.blocks!} /> : message.text !== '' && <Mrkdwn source={message.text} />}
      {edited}
      {message.attachments?.map((attachment, index) => <AttachmentBar key={index} attachment={attachment} channel={channel} ts={message.ts} />)}
    </div>
  );
}

function AttachmentBar({ attachment, channel, ts }: { attachment: Attachment; channel: string; ts: string }) {
  const color = /^#?[0-9a-f]{6}$/i.test(attachment.color ?? '') ? `#${attachment.color!.replace('#', '')}` : 'var(--line-strong)';
  return (
    <div class="attachment" style={{ '--bar': color }}>
      {attachment.blocks ? <LiveBlocks at={{ channel, ts }} blocks={attachment.blocks} /> : <Text text={{ type: 'mrkdwn', text: attachment.text ?? attachment.fallback ?? '' }} />}
    </div>
  );
}

function Reactions({ message }: { message: Message }) {
  if (!message.reactions?.length) return null;
  return (
    <ul class="reactions" aria-label="Reactions">
      {message.reactions.map((reaction) => (
        <li key={reaction.name} title={`:${reaction.name}:`}>
          {emojiOf(reaction.name) ?? `:${reaction.name}:`} <span>{reaction.count}</span>
        </li>
      ))}
    </ul>
  );
}

function Replies({ message, onOpen }: { message: Message; onOpen(): void }) {
  const now = useNow(30_000);
  const count = message.replyCount ?? 0;
  return (
    <button type="button" class="replies" onClick={onOpen}>
      <Icon name="thread" size={15} />
      <strong>{count} {count === 1 ? 'reply' : 'replies'}</strong>
      {message.latestReply && <span>last reply {agoOf(dateOfTs(message.latestReply), now)}</span>}
    </button>
  );
}
