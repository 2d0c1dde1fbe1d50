import { rolesFor } from '../approvals/policy.ts';
import type { Run } from '../runs/run.ts';
import { wantMessage } from '../storage/outbox.ts';
import type { Bot } from './bot.ts';

/** So many are asked in person; the request is in the thread for everybody. */
const mostAsked = 10;

/** A mention in a thread is easily missed, so those who may decide are asked in person, too. Edited along with the message in the thread. */
export async function askApprovers(bot: Bot, run: Run): Promise<void> {
  const catalog = bot.catalog();
  const system = catalog.systems.find((candidate) => candidate.id === run.plan.systemId);
  const rule = catalog.policies.find((candidate) => candidate.id === run.plan.policyId);
  if (system === undefined || rule === undefined) return;
  const members = await Promise.all(rolesFor(rule.mayApprove, system).map((role) => bot.people.membersOf(role)));
  const asked = [...new Set(members.flatMap((ids) => ids ?? []))].filter((id) => id !== run.requestedBy).slice(0, mostAsked);
  const now = bot.clock.now();
  for (const userId of asked) await wantMessage(bot.db, { key: `approval:${run.id}:${userId}`, channel: userId, kind: 'approval', subject: run.id, priority: 5 }, now);
}
