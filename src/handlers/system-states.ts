import type { System } from '../catalog/system.ts';
import { openIncidents } from '../incidents/store.ts';
import type { SystemState } from '../views/system-state.ts';
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
        .map((incident) => ({
          id: incident.id,
          severity: incident.severity,
          rank: incident.rank,
          title: incident.title,
          state: incident.state === 'acknowledged' ? ('acknowledged' as const) : ('triggered' as const),
          since: incident.openedAt,
        })),
      blindSince: null,
      hold: holds.bySystem.get(system.id) ?? null,
    })),
  );
}
