import type { Element } from './block-kit/block.ts';
import type { PressPayload } from './block-kit/context.ts';
import type { Values } from './block-kit/element-state.ts';
import { refreshViews, refreshWorld } from './loading.ts';
import { tell } from './notices.ts';
import { postJson } from './server.ts';
import { state } from './state.ts';

/** What a person does to the workspace and to the world. */

export async function say(channel: string, text: string, threadTs?: string): Promise<void> {
  await postJson('/sandbox/say', { as: state.get().me, channel, text, ...(threadTs === undefined ? {} : { threadTs }) });
}

export async function runCommand(channel: string, text: string): Promise<void> {
  await postJson('/sandbox/command', { as: state.get().me, channel, text });
}

export interface PressedAt {
  readonly channel?: string;
  readonly ts?: string;
  readonly viewId?: string;
}

export async function press(at: PressedAt, element: Element, blockId: string, payload: PressPayload, values: Values): Promise<void> {
  const body = { as: state.get().me, ...at, actionId: element.action_id, blockId, type: element.type, ...payload, values };
  try {
    const answer = await postJson<{ problem?: string | null } | null>('/sandbox/press', body);
    if (answer?.problem) tell(`The bot did not take it: ${answer.problem}.`);
  } catch (error) {
    tell(error);
  }
}

export async function submitView(viewId: string, values: Values): Promise<Readonly<Record<string, string>>> {
  const answer = await postJson<{ ok?: boolean; errors?: Record<string, string> }>('/sandbox/submit', { as: state.get().me, viewId, values });
  if (answer.ok !== true) return answer.errors ?? {};
  refreshViews();
  return {};
}

export async function closeView(viewId: string): Promise<void> {
  state.set(({ views }) => ({ views: views.filter((view) => view.id !== viewId) }));
  await postJson('/sandbox/close', { as: state.get().me, viewId }).catch(tell);
  refreshViews();
}

async function changeWorld(path: string, body: unknown): Promise<void> {
  try {
    await postJson(path, body);
    refreshWorld();
  } catch (error) {
    tell(error);
  }
}

export const setAlert = (to: 'fire' | 'resolve' | 'flap', system: string, alert: string): Promise<void> => changeWorld(`/world/alerts/${to}`, { system, alert });
export const advanceClock = (advanceMs: number): Promise<void> => changeWorld('/world/clock', { advanceMs });
export const setFault = (id: string, active: boolean): Promise<void> => changeWorld('/world/faults', { id, active });
