import type { System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';
import { openIncidents } from '../incidents/store.ts';
import type { OpenIncident, SystemState } from '../views/system-state.ts';
import type { Bot } from './bot.ts';
import { holdsNow } from './hold-content.ts';

/** How each environment stands, by its open incidents. `only`: of one system. */
export async function systemStates(bot: Bot, only: System | null): Promise<SystemState[]> {
  const open = await openIncidents(bot.db);
  const holds = await holdsNow(bot);
  const systems = only === null ? bot.catalog().systems : [only];
  return systems.flatMap((system) =>
    [...system.environments.keys()].map((environment) => ({
      systemId: system.id,
      systemName: system.name,
      environment,
      incidents: open
        .filter((incident) => incident.systemId === system.id && incident.environment === environment)
        .map(toOpenIncident),
      hold: holds.bySystem.get(system.id) ?? null,
    })),
  );
}

/** What a list says of an open incident. */
export function toOpenIncident({ id, severity, rank, title, state, openedAt }: Incident): OpenIncident {
  return { id, severity, rank, title, state: state === 'acknowledged' ? 'acknowledged' : 'triggered', since: openedAt };
}
