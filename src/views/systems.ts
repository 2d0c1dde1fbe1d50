import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { count } from './durations.ts';
import { code, escape, join, mrkdwn, truncate } from './mrkdwn.ts';

/** `/stock systems`: what there is and what to call it. */
export interface SystemsList {
  readonly systems: readonly {
    readonly id: string;
    readonly name: string;
    readonly aliases: readonly string[];
    readonly description: string;
    readonly environments: readonly string[];
    readonly actions: number;
    readonly channel: string;
  }[];
}

const most = 20;

export function systemsMessage({ systems }: SystemsList): MessageContent {
  const lines = systems.slice(0, most).map((system) =>
    join(
      [
        mrkdwn`*${truncate(system.name, 60)}* ${code([system.id, ...system.aliases].slice(0, 4).join(', '))}`,
        mrkdwn`${truncate(system.description, 160)}`,
        escape(`${truncate(system.environments.join(', '), 120)} · ${count(system.actions, 'action')} · ${truncate(system.channel, 80)}`),
      ],
      '\n',
    ),
  );
  const left = systems.length - most;
  return message(mrkdwn`*${count(systems.length, 'system')}*`, sectionsOf([...lines, ...(left > 0 ? [mrkdwn`${left} more`] : [])], '\n\n'));
}
