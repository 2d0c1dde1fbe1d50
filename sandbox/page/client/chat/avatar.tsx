import type { User } from '../wire.ts';

/** The bot has its mark, people their initials on their colour. */
export function Avatar({ user, size = 'normal' }: { user: User | undefined; size?: 'normal' | 'small' }) {
  if (user === undefined || user.kind === 'bot') {
    return (
      <span class={`avatar avatar-bot avatar-${size}`} aria-hidden="true">
        <svg viewBox="0 0 32 32"><path d="M5 17h6l3-8 5 14 3-6h5" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" /></svg>
      </span>
    );
  }
  const words = (user.realName || user.name).split(/\s+/);
  const initials = ((words[0]?.[0] ?? '?') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
  const color = /^#?[0-9a-f]{6}$/i.test(user.color) ? `#${user.color.replace('#', '')}` : '#5b6b7b';
  return <span class={`avatar avatar-${size}`} style={{ '--person': color }} aria-hidden="true">{initials}</span>;
}
