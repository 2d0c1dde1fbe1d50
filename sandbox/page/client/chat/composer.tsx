import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { runCommand, say } from '../actions.ts';
import { tell } from '../notices.ts';
import { Icon } from '../parts/icon.tsx';
import { state } from '../state.ts';
import { suggest } from './completion.ts';

/** What was begun and not sent, and what was sent last, by channel and thread. */
const drafts = new Map<string, string>();
const sent = new Map<string, string>();

export function Composer({ channel, threadTs, placeholder }: { channel: string; threadTs?: string; placeholder: string }) {
  const key = `${channel} ${threadTs ?? ''}`;
  const [text, setText] = useState(() => drafts.get(key) ?? '');
  const [at, setAt] = useState(0);
  const [isClosed, setClosed] = useState(false);
  const commands = state.use((current) => current.workspace!.commands);
  const systems = state.use((current) => current.world?.systems);
  const input = useRef<HTMLTextAreaElement>(null);
  const listId = useId();

  const suggestions = isClosed || threadTs !== undefined ? [] : suggest(text, commands, systems ?? []);
  const chosen = suggestions[Math.min(at, suggestions.length - 1)];

  function write(next: string): void {
    setText(next);
    setAt(0);
    setClosed(false);
    drafts.set(key, next);
  }

  useLayoutEffect(() => {
    const element = input.current!;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  }, [text]);

  // On a phone the keyboard would cover what one came to read.
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) input.current!.focus({ preventScroll: true });
  }, []);

  async function send(): Promise<void> {
    const message = text.trim();
    if (message === '') return;
    const isCommand = /^\/[a-z]/i.test(message);
    if (isCommand && threadTs !== undefined) return tell('Slack runs no commands in threads. Send it in the channel.');
    if (isCommand && !commands.some(({ command }) => command === message.split(/\s/)[0])) return tell(`Nobody here knows ${message.split(/\s/)[0]}.`);
    sent.set(key, message);
    write('');
    try {
      await (isCommand ? runCommand(channel, message) : say(channel, message, threadTs));
    } catch (error) {
      write(message);
      tell(error);
    }
  }

  function press(event: KeyboardEvent): void {
    if (event.isComposing || event.altKey) return;
    if (chosen !== undefined && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + suggestions.length) % suggestions.length);
    } else if (chosen !== undefined && (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey && isUnfinished(text)))) {
      event.preventDefault();
      write(chosen.text);
    } else if (event.key === 'Escape' && chosen !== undefined) {
      event.preventDefault();
      setClosed(true);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    } else if (event.key === 'ArrowUp' && text === '' && sent.has(key)) {
      event.preventDefault();
      write(sent.get(key)!);
    }
  }

  return (
    <div class="composer-frame">
      {chosen !== undefined && (
        <ul class="suggestions" id={listId} role="listbox" aria-label="Commands">
          {suggestions.map((suggestion, index) => (
            <li
              key={suggestion.label}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={suggestion === chosen}
              class="suggestion"
              onMouseDown={(event) => {
                event.preventDefault();
                write(suggestion.text);
              }}
            >
              <span class="suggestion-label">{suggestion.label}</span>
              <span class="suggestion-hint">{suggestion.hint}</span>
            </li>
          ))}
        </ul>
      )}
      <div class="composer">
        <textarea
          ref={input}
          rows={1}
          class="composer-input"
          placeholder={placeholder}
          aria-label={placeholder}
          aria-autocomplete="list"
          aria-controls={listId}
          {...(chosen === undefined ? {} : { 'aria-activedescendant': `${listId}-${suggestions.indexOf(chosen)}` })}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={press}
          onBlur={() => setClosed(true)}
          onFocus={() => setClosed(false)}
        />
        <button type="button" class="send" aria-label="Send" disabled={text.trim() === ''} onClick={() => void send()}><Icon name="send" /></button>
      </div>
    </div>
  );
}

/** While the command's own name is not complete, Enter completes; afterwards it sends what stands there. */
function isUnfinished(text: string): boolean {
  return !text.includes(' ');
}
