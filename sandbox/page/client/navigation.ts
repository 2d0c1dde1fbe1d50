import { markRead, refreshHome, refreshMessages } from './loading.ts';
import { remember } from './memory.ts';
import { tell } from './notices.ts';
import { writeRoute } from './route.ts';
import { postJson } from './server.ts';
import { home, state, type Place } from './state.ts';

export function openPlace(place: Place, thread?: string): void {
  const { lastRead, workspace, place: before, newAfter } = state.get();
  const read = lastRead[place];
  const newest = workspace?.channels.find((channel) => channel.id === place)?.lastTs;
  const isSame = before === place;
  state.set({
    place,
    thread,
    isListOpen: false,
    newAfter: isSame ? newAfter : read !== undefined && newest && Number(newest) > Number(read) ? read : undefined,
  });
  writeAddress();
  if (place === home) void postJson('/sandbox/open-home', { as: state.get().me }).then(refreshHome).catch(tell);
  else if (!isSame || state.get().messages[place] === undefined) refreshMessages(place);
  markRead();
}

export function openThread(ts: string): void {
  state.set({ thread: ts });
  writeAddress();
}

export function closeThread(): void {
  state.set({ thread: undefined });
  writeAddress();
}

function writeAddress(): void {
  const { me, place, thread } = state.get();
  const address = writeRoute({ me, ...(place === undefined ? {} : { place }), ...(thread === undefined ? {} : { thread }) });
  if (address !== location.hash) history.pushState(null, '', address);
}

/** Of the places in the list, the one above or below. */
export function stepPlace(by: 1 | -1): void {
  const { place } = state.get();
  const places = placesInOrder();
  const index = places.indexOf(place ?? home);
  openPlace(places.at((index + by + places.length) % places.length) ?? home);
}

export function placesInOrder(): readonly Place[] {
  const channels = state.get().workspace?.channels ?? [];
  return [home, ...channels.filter((channel) => !channel.isDirect).map((channel) => channel.id), ...channels.filter((channel) => channel.isDirect).map((channel) => channel.id)];
}

export function toggleWorld(open = !state.get().isWorldOpen): void {
  remember('isWorldOpen', open);
  state.set({ isWorldOpen: open });
}
