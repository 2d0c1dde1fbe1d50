import { applyEvent } from './events.ts';
import { loadWorkspace, markRead, refreshHome, refreshMessages, refreshViews, refreshWorkspace, refreshWorld } from './loading.ts';
import { recall, remember } from './memory.ts';
import { openPlace } from './navigation.ts';
import { tell } from './notices.ts';
import { readRoute } from './route.ts';
import { listen, settingOf } from './server.ts';
import { home, state, type Place } from './state.ts';
import type { SandboxEvent, Workspace } from './wire.ts';

let stopListening: (() => void) | undefined;

/** Opens the page: at the address, as who the address or the browser remembers. */
export async function start(): Promise<void> {
  const route = readRoute(location.hash);
  const isWide = matchMedia('(min-width: 1101px)').matches;
  state.set({ isWorldOpen: isWide && recall('isWorldOpen', true) });

  listen<{ type: string }>('/world/events', { open: refreshWorld, lost: () => {}, event: refreshWorld });
  addEventListener('popstate', followRoute);
  addEventListener('focus', markRead);
  await untilAnswered(() => become(route.me ?? recall('me', settingOf('first-person')), route.place, route.thread));
}

/** The page may be open before the sandbox is up. */
async function untilAnswered(attempt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      tell(error);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

let wishes = 0;

/** Looks at the workspace as someone else. Of several wishes at once the last one counts. */
export async function become(wanted: string, place?: Place, thread?: string): Promise<void> {
  const wish = (wishes += 1);
  // Whom the browser remembers may be gone from the workspace.
  const workspace = await loadWorkspace(wanted).catch(() => loadWorkspace(settingOf('first-person')));
  if (wish !== wishes) return;

  stopListening?.();
  const { me } = workspace;
  remember('me', me);
  const stay = place ?? state.get().place;
  const canStay = stay === home || workspace.channels.some((channel) => channel.id === stay);
  state.set({
    me,
    workspace,
    messages: {},
    lastRead: recall(`lastRead.${me}`, {}),
    homeView: null,
    views: [],
    thread: canStay ? (thread ?? (place === undefined ? state.get().thread : undefined)) : undefined,
  });
  openPlace(canStay && stay !== undefined ? stay : firstPlace(workspace), state.get().thread);

  stopListening = listen<SandboxEvent>(`/sandbox/events?as=${encodeURIComponent(me)}`, {
    open: () => {
      state.set({ connection: 'open' });
      readAgain();
    },
    lost: () => state.set({ connection: 'lost' }),
    event: applyEvent,
  });
}

function firstPlace(workspace: Workspace): Place {
  const alerts = workspace.channels.find((channel) => channel.name.includes('alert'));
  return (alerts ?? workspace.channels.find((channel) => !channel.isDirect))?.id ?? home;
}

/** After a break in the connection: everything in sight, from the start. */
function readAgain(): void {
  refreshWorkspace();
  refreshViews();
  refreshHome();
  for (const channel of Object.keys(state.get().messages)) refreshMessages(channel);
}

function followRoute(): void {
  const route = readRoute(location.hash);
  if (route.me !== undefined && route.me !== state.get().me) void become(route.me, route.place, route.thread).catch(tell);
  else if (route.place !== undefined) openPlace(route.place, route.thread);
}
