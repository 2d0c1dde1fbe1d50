import { isOfferedIn } from '../catalog/resolve.ts';
import { findIncident } from '../incidents/store.ts';
import { read } from '../runs/read.ts';
import { wantMessage } from '../storage/outbox.ts';
import type { Json } from '../support/json.ts';
import { diagnosticFiles, type DiagnosticAnswer, type Diagnostics } from '../views/diagnostics.ts';
import { cardKey, diagnosticsKey } from './after-incident-change.ts';
import type { Bot } from './bot.ts';
import { ruleOf, systemOf } from './incident-content.ts';

/** Behind the cards of its channel, before what can wait. */
const diagnosticsPriority = 15;

/** What an incident's diagnostics message holds until it is rendered. */
interface Stored {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly answers: readonly DiagnosticAnswer[];
}

/**
 * Runs the read actions that the rule names, all at once, and shows each answer as it comes, in one message of the incident's thread (SV-18, SV-33).
 * Safe to run again after a crash: it reads.
 */
export async function diagnose(bot: Bot, incidentId: number): Promise<void> {
  const incident = await findIncident(bot.db, incidentId);
  const system = incident && systemOf(bot.catalog(), incident);
  if (incident === undefined || system == null || incident.environment === null || incident.state === 'resolved') return;
  const environment = incident.environment;
  const ids = ruleOf(system, incident)?.diagnostics ?? [];
  const actions = ids.flatMap((id) => {
    const action = system.actions.get(id);
    return action === undefined || action.effect !== 'read' || !isOfferedIn(action, environment) ? [] : [action];
  });
  if (actions.length === 0) return;

  const startedAt = bot.clock.now();
  const answers: DiagnosticAnswer[] = actions.map((action) => ({ title: action.title, status: 'pending' }));
  const show = async (endedAt: Date | null) => {
    const content: Stored = { startedAt: startedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null, answers };
    await wantMessage(
      bot.db,
      { key: diagnosticsKey(incidentId), channel: incident.channelId, threadKey: cardKey(incidentId), kind: 'diagnostics', subject: String(incidentId), content: content as unknown as Json, priority: diagnosticsPriority + incident.rank },
      bot.clock.now(),
    );
    bot.wake();
  };
  await show(null);
  await Promise.all(
    actions.map(async (action, index) => {
      const component = action.component === null && incident.component !== null && action.components.includes(incident.component) ? incident.component : null;
      const answer = await read(bot, { system, action, environment, component, given: {} });
      answers[index] =
        answer.kind === 'read'
          ? { title: action.title, status: 'read', reading: answer.reading }
          : { title: action.title, status: 'failed', reason: answer.kind === 'trouble' ? answer.reason : answer.refusal.rule };
      await show(null);
    }),
  );
  const endedAt = bot.clock.now();
  await show(endedAt);
  for (const [index, file] of diagnosticFiles({ startedAt, endedAt, answers, now: endedAt }).entries())
    await wantMessage(
      bot.db,
      { key: `${diagnosticsKey(incidentId)}:${incident.reopenedCount}:file:${index}`, channel: incident.channelId, threadKey: cardKey(incidentId), kind: 'file', subject: String(incidentId), content: { ...file }, priority: diagnosticsPriority + 5 },
      endedAt,
    );
}

export function readDiagnostics(content: Json | null, now: Date): Diagnostics | null {
  const stored = content as unknown as Stored | null;
  return stored && { startedAt: new Date(stored.startedAt), endedAt: stored.endedAt === null ? null : new Date(stored.endedAt), answers: stored.answers, now };
}
