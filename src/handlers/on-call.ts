import type { System } from '../catalog/system.ts';
import type { OnCallRole } from '../views/oncall.ts';
import type { Bot } from './bot.ts';

/** The roles of the escalation, in order, with who holds them now. */
export async function onCallRoles(bot: Bot, only: System | null): Promise<OnCallRole[]> {
  const systems = only === null ? bot.catalog().systems : [only];
  const roleIds = [...new Set(systems.flatMap((system) => system.escalation.steps.map((step) => step.role)))];
  return Promise.all(
    roleIds.map(async (roleId) => ({
      role: bot.catalog().roles.get(roleId)?.name ?? roleId,
      people: await bot.people.membersOf(roleId),
    })),
  );
}
