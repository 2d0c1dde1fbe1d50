import { button, buttons, message, section, type MessageContent } from './blocks.ts';
import type { Control } from './controls.ts';
import { truncate } from './mrkdwn.ts';
import { systemLine, type SystemState } from './system-state.ts';

/** `/stock` alone: how this channel's system stands, the three usual actions, and the way to the others. */
export interface Menu {
  readonly states: readonly [SystemState, ...SystemState[]];
  readonly actions: readonly { readonly id: string; readonly title: string; readonly effect: 'read' | 'write' }[];
  readonly now: Date;
}

export function menuMessage({ states, actions, now }: Menu): MessageContent {
  const [first, ...others] = states;
  const about = { systemId: first.systemId, environment: first.environment } satisfies Partial<Control>;
  return message(systemLine(first, now), [
    ...others.slice(0, 5).map((state) => section(systemLine(state, now))),
    buttons(
      ...actions.slice(0, 3).map(({ id, title, effect }) => button(effect === 'write' ? `${truncate(title, 28)}…` : truncate(title, 29), { verb: 'action.propose', ...about, actionId: id })),
      button('Other system', { verb: 'system.pick' }),
    ),
  ]);
}
