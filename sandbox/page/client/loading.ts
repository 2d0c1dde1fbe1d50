import { remember } from './memory.ts';
import { tell } from './notices.ts';
import { getJson } from './server.ts';
import { home, state } from './state.ts';
import { setClockOffset } from './time.ts';
import type { Message, View, Workspace, World } from './wire.ts';

/** Reading from the servers into the state. Whatever is read again is asked for once, however many events say so. */

export async function loadWorkspace(me: string): Promise<Workspace> {
  return getJson<Workspace>(`/sandbox/workspace?as=${encodeURIComponent(me)}`);
}

export function refreshWorkspace(): void {
  soon('workspace', async () => {
    const { me } = state.get();
    const workspace = await loadWorkspace(me);
    if (state.get().me === me) state.set({ workspace });
  });
}

export function refreshMessages(channel: string): void {
  soon(keyOf(channel), () =>
    readAsMe<{ messages: Message[] }>(`/sandbox/messages?channel=${encodeURIComponent(channel)}&`, ({ messages }) => {
      const sorted = [...messages].sort((one, other) => Number(one.ts) - Number(other.ts));
      state.set((current) => ({ messages: { ...current.messages, [channel]: sorted } }));
      markRead();
    }),
  );
}

/** An answer under way may be older than an event that has just come. */
export function isReadingMessages(channel: string): boolean {
  return asking.has(keyOf(channel));
}

export function refreshViews(): void {
  soon('views', () => readAsMe<{ stack: View[] }>('/sandbox/views?', ({ stack }) => state.set({ views: stack })));
}

export function refreshHome(): void {
  soon('home', () => readAsMe<View | null>('/sandbox/home?', (homeView) => state.set({ homeView })));
}

export function refreshWorld(): void {
  soon('world', async () => {
    const world = await getJson<World>('/world/state');
    setClockOffset(world.offsetMs);
    state.set({ world });
  });
}

/** What comes for someone who one no longer is, is dropped. */
async function readAsMe<T>(path: string, take: (answer: T) => void): Promise<void> {
  const { me } = state.get();
  const answer = await getJson<T>(`${path}as=${encodeURIComponent(me)}`);
  if (state.get().me === me) take(answer);
}

/** What is in sight is read, as long as the person looks at this window. */
export function markRead(): void {
  const { place, workspace, lastRead, me } = state.get();
  if (place === undefined || place === home || !document.hasFocus()) return;
  const newest = workspace?.channels.find((channel) => channel.id === place)?.lastTs;
  if (!newest || lastRead[place] === newest) return;
  const next = { ...lastRead, [place]: newest };
  remember(`lastRead.${me}`, next);
  state.set({ lastRead: next });
}

const asking = new Map<string, 'running' | 'again'>();

function keyOf(channel: string): string {
  return `messages ${channel}`;
}

/** Asks at once; what is wanted while the answer is under way asks once more after it. */
function soon(key: string, ask: () => Promise<void>): void {
  if (asking.has(key)) return void asking.set(key, 'again');
  asking.set(key, 'running');
  void ask()
    .catch(tell)
    .finally(() => {
      const again = asking.get(key) === 'again';
      asking.delete(key);
      if (again) setTimeout(() => soon(key, ask), 100);
    });
}
