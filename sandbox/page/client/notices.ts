import { state } from './state.ts';

let lastNotice = 0;

/** Shows a sentence for a while. */
export function tell(reason: unknown): void {
  const text = reason instanceof Error ? reason.message : String(reason);
  const id = (lastNotice += 1);
  state.set(({ notices }) => ({ notices: [...notices.filter((notice) => notice.text !== text), { id, text }].slice(-3) }));
  setTimeout(() => dismissNotice(id), 8_000);
}

export function dismissNotice(id: number): void {
  state.set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}
