import { useMemo } from 'preact/hooks';
import { openPlace } from '../navigation.ts';
import { state } from '../state.ts';
import { useNow } from '../time.ts';
import type { RichText, TextObject } from './block.ts';
import { formatDateToken } from './date-token.ts';
import { emojiOf } from './emoji.ts';
import { parseMrkdwn, parsePlainText, type Inline, type Passage } from './mrkdwn.ts';

export function Text({ text }: { text: TextObject | string | undefined }) {
  if (text === undefined) return null;
  if (typeof text === 'string') return <Mrkdwn source={text} />;
  return text.type === 'mrkdwn' ? <Mrkdwn source={text.text} /> : <PlainText source={text.text} />;
}

export function PlainText({ source }: { source: string }) {
  const inlines = useMemo(() => parsePlainText(source), [source]);
  return (
    <span class="plain">
      <Inlines of={inlines} />
    </span>
  );
}

export function Mrkdwn({ source }: { source: string }) {
  const passages = useMemo(() => parseMrkdwn(source), [source]);
  return (
    <div class="mrkdwn">
      <Passages of={passages} />
    </div>
  );
}

function Passages({ of: passages }: { of: readonly Passage[] }) {
  return (
    <>
      {passages.map((passage, index) => {
        switch (passage.type) {
          case 'paragraph':
            return <p key={index}><Inlines of={passage.children} /></p>;
          case 'quote':
            return <blockquote key={index}><Passages of={passage.children} /></blockquote>;
          case 'fence':
            return <pre key={index} tabIndex={0}>{passage.text}</pre>;
          case 'list':
            return (
              <ul key={index} class="list">
                {passage.items.map((item, number) => (
                  <li key={number}>
                    <span class="list-marker">{item.marker}</span>
                    <span><Inlines of={item.children} /></span>
                  </li>
                ))}
              </ul>
            );
        }
      })}
    </>
  );
}

function Inlines({ of: inlines }: { of: readonly Inline[] }) {
  return <>{inlines.map((inline, index) => <OneInline key={index} inline={inline} />)}</>;
}

function OneInline({ inline }: { inline: Inline }) {
  switch (inline.type) {
    case 'text':
      return <>{inline.text}</>;
    case 'bold':
      return <strong><Inlines of={inline.children} /></strong>;
    case 'italic':
      return <em><Inlines of={inline.children} /></em>;
    case 'strike':
      return <s><Inlines of={inline.children} /></s>;
    case 'code':
      return <code>{inline.text}</code>;
    case 'link':
      return <Link url={inline.url} text={inline.text} />;
    case 'user':
      return <UserMention id={inline.id} {...(inline.label === undefined ? {} : { label: inline.label })} />;
    case 'channel':
      return <ChannelMention id={inline.id} {...(inline.label === undefined ? {} : { label: inline.label })} />;
    case 'group':
      return <GroupMention id={inline.id} {...(inline.label === undefined ? {} : { label: inline.label })} />;
    case 'broadcast':
      return <span class="mention mention-me">@{inline.range.split('|')[0]}</span>;
    case 'date':
      return <DateToken {...inline} />;
    case 'emoji':
      return <span class="emoji" role="img" aria-label={inline.name.replaceAll('_', ' ')} title={`:${inline.name}:`}>{inline.symbol}</span>;
  }
}

/** A link leaves the page only by http or https; anything else is shown as what it is, text. */
export function Link({ url, text }: { url: string; text: string }) {
  if (!isWebUrl(url)) return <>{text === url ? text : `${text} (${url})`}</>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

export function isWebUrl(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

function UserMention({ id, label }: { id: string; label?: string }) {
  const user = state.use((current) => current.workspace?.users.find((each) => each.id === id));
  const isMe = state.use((current) => current.me === id);
  return <span class={isMe ? 'mention mention-me' : 'mention'} title={user?.realName ?? id}>@{user?.name ?? label ?? id}</span>;
}

function GroupMention({ id, label }: { id: string; label?: string }) {
  const handle = state.use((current) => current.workspace?.userGroups?.find((group) => group.id === id)?.handle);
  return <span class="mention">@{(handle ?? label ?? id).replace(/^@/, '')}</span>;
}

function ChannelMention({ id, label }: { id: string; label?: string }) {
  const channel = state.use((current) => current.workspace?.channels.find((each) => each.id === id));
  if (channel === undefined) return <span class="mention">#{label ?? 'a channel you are not in'}</span>;
  return (
    <button type="button" class="mention mention-channel" onClick={() => openPlace(id)}>
      #{channel.name}
    </button>
  );
}

function DateToken({ timestamp, format, url, fallback }: { timestamp: number; format: string; url?: string; fallback: string }) {
  const now = useNow(format.includes('{ago}') ? 10_000 : 60_000);
  const text = formatDateToken(timestamp, format, now);
  if (text === undefined) return <>{fallback}</>;
  const at = new Date(timestamp * 1000);
  if (url !== undefined) return <Link url={url} text={text} />;
  return <time dateTime={at.toISOString()} title={at.toISOString()}>{text}</time>;
}

/** A `rich_text` block: the same inlines, already taken apart by whoever sent it. */
export function RichTextBlock({ elements }: { elements: readonly RichText[] }) {
  return (
    <div class="mrkdwn">
      {elements.map((element, index) => {
        switch (element.type) {
          case 'rich_text_preformatted':
            return <pre key={index} tabIndex={0}>{(element.elements ?? []).map((part) => part.text ?? part.url ?? '').join('')}</pre>;
          case 'rich_text_quote':
            return <blockquote key={index}><p><Inlines of={inlinesOf(element.elements)} /></p></blockquote>;
          case 'rich_text_list':
            return (
              <ul key={index} class={`list list-indent-${Math.min(element.indent ?? 0, 4)}`}>
                {(element.elements ?? []).map((item, number) => (
                  <li key={number}>
                    <span class="list-marker">{element.style === 'ordered' ? `${number + 1}.` : '•'}</span>
                    <span><Inlines of={inlinesOf(item.elements)} /></span>
                  </li>
                ))}
              </ul>
            );
          default:
            return <p key={index}><Inlines of={inlinesOf(element.elements)} /></p>;
        }
      })}
    </div>
  );
}

function inlinesOf(elements: readonly RichText[] | undefined): readonly Inline[] {
  return (elements ?? []).map((element) => styled(inlineOf(element), element.style));
}

function inlineOf(element: RichText): Inline {
  switch (element.type) {
    case 'link':
      return { type: 'link', url: element.url ?? '', text: element.text ?? element.url ?? '' };
    case 'user':
      return { type: 'user', id: element.user_id ?? '' };
    case 'usergroup':
      return { type: 'group', id: element.usergroup_id ?? '' };
    case 'channel':
      return { type: 'channel', id: element.channel_id ?? '' };
    case 'broadcast':
      return { type: 'broadcast', range: element.range ?? '' };
    case 'date':
      return { type: 'date', timestamp: element.timestamp ?? Number.NaN, format: element.format ?? '{date}', fallback: element.fallback ?? '' };
    case 'emoji': {
      const symbol = emojiOf(element.name ?? '');
      return symbol === undefined ? { type: 'text', text: `:${element.name}:` } : { type: 'emoji', name: element.name ?? '', symbol };
    }
    default:
      return { type: 'text', text: element.text ?? '' };
  }
}

function styled(inline: Inline, style: RichText['style']): Inline {
  if (typeof style !== 'object') return inline;
  let result: Inline = style.code && inline.type === 'text' ? { type: 'code', text: inline.text } : inline;
  if (style.strike) result = { type: 'strike', children: [result] };
  if (style.italic) result = { type: 'italic', children: [result] };
  if (style.bold) result = { type: 'bold', children: [result] };
  return result;
}
