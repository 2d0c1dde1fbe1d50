import { Fragment, type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { dateOfTs, dayTitleOf, isSameDay, useNow } from '../time.ts';
import type { Message } from '../wire.ts';
import { MessageRow } from './message-row.tsx';

export interface MessageListProps {
  readonly channel: string;
  readonly messages: readonly Message[] | undefined;
  readonly newAfter?: string | undefined;
  readonly label: string;
  readonly empty: ComponentChildren;
  /** Absent inside a thread. */
  readonly onOpenThread?: (ts: string) => void;
}

/** A storm leaves hundreds of cards; so many are drawn at first, and more on demand. */
const drawnAtOnce = 60;

/** Keeps to the newest message while the reader is there, and leaves the reader alone when not. */
export function MessageList({ channel, messages, newAfter, label, empty, onOpenThread }: MessageListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const last = useRef({ scrollTop: 0, scrollHeight: 0, clientHeight: 0 });
  const [isAway, setAway] = useState(false);
  const [drawn, setDrawn] = useState(drawnAtOnce);
  const now = useNow(60_000);

  const shown = messages?.slice(-drawn);
  const earlier = (messages?.length ?? 0) - (shown?.length ?? 0);

  function toNewest(): void {
    const element = scroller.current!;
    follows.current = true;
    element.scrollTop = element.scrollHeight;
  }

  useLayoutEffect(() => {
    // Cards grow when they are edited or when a picture has come; the observer sees all of it.
    const observer = new ResizeObserver(() => follows.current && toNewest());
    observer.observe(content.current!);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);

  function watch(): void {
    // A last scroll event may come when the list has been left.
    if (scroller.current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    const distance = scrollHeight - scrollTop - clientHeight;
    // The browser scrolls too, when a card has grown or the composer has shrunk. Upwards with nothing changed: that is the reader.
    const isUnchanged = scrollHeight === last.current.scrollHeight && clientHeight === last.current.clientHeight;
    if (distance < 40) follows.current = true;
    else if (isUnchanged && scrollTop < last.current.scrollTop) follows.current = false;
    last.current = { scrollTop, scrollHeight, clientHeight };
    setAway(distance > 400);
  }

  return (
    <div class="list-frame">
      <div ref={scroller} class="messages scroll" role="log" aria-label={label} tabIndex={0} onScroll={watch}>
        <div ref={content} class="messages-content">
          {messages === undefined ? <Loading /> : messages.length === 0 ? empty : null}
          {earlier > 0 && (
            <button type="button" class="earlier" onClick={() => setDrawn(drawn + 2 * drawnAtOnce)}>{earlier} earlier messages</button>
          )}
          {shown?.map((message, index) => {
            const before = shown[index - 1];
            const date = dateOfTs(message.ts);
            const startsDay = before === undefined || !isSameDay(dateOfTs(before.ts), date);
            const isNew = newAfter !== undefined && Number(message.ts) > Number(newAfter) && (before === undefined || Number(before.ts) <= Number(newAfter));
            return (
              <Fragment key={message.ts}>
                {startsDay && <p class="day"><span>{dayTitleOf(date, now)}</span></p>}
                {isNew && <p class="new-line"><span>New</span></p>}
                <MessageRow
                  channel={channel}
                  message={message}
                  isContinued={!startsDay && !isNew && continues(before, message)}
                  {...(onOpenThread === undefined ? {} : { onOpenThread })}
                />
              </Fragment>
            );
          })}
        </div>
      </div>
      {isAway && (
        <button type="button" class="to-newest" onClick={toNewest}><Icon name="down" size={16} /> Newest</button>
      )}
    </div>
  );
}

/** The same person within five minutes speaks on under one name. Cards always stand for themselves. */
function continues(before: Message, message: Message): boolean {
  return (
    before.userId === message.userId &&
    before.botId === message.botId &&
    !before.ephemeralFor === !message.ephemeralFor &&
    !message.blocks?.length &&
    !before.replyCount &&
    !message.pinned &&
    Number(message.ts) - Number(before.ts) < 300
  );
}

function Loading() {
  return (
    <div class="loading" aria-label="Loading messages">
      {[0, 1, 2].map((row) => <div key={row} class="loading-row" />)}
    </div>
  );
}
