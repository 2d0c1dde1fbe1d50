/** What a person does with an incident. Each is one transaction: the state, what follows from it, and the record of who did it. */
import { sql } from 'kysely';
import type { System } from '../catalog/system.ts';
import { endEscalation } from '../escalation/store.ts';
import type { Incident } from '../incidents/incident.ts';
import { addTimelineEntry, changeIncident, insertIncident, lockIncident } from '../incidents/store.ts';
import type { Tx } from '../storage/database.ts';
import { finishWithAct, holdForAct } from '../storage/interactions.ts';
import { wantMessage } from '../storage/outbox.ts';
import { failpoint } from '../support/failpoints.ts';
import { sha256, type Json } from '../support/json.ts';
import type { MessageContent } from '../views/blocks.ts';
import { initialNotice, resolutionNotice } from '../views/templates.ts';
import { afterIncidentChange, cardKey, showIncident, showRunsThatWait } from './after-incident-change.ts';
import type { Bot } from './bot.ts';
import { systemOf } from './incident-content.ts';

export type Acted = { readonly kind: 'done'; readonly incident: Incident } | { readonly kind: 'stale'; readonly incident: Incident } | { readonly kind: 'gone' };

/** What a person did, and where: `key` names the interaction, so that it counts once; `seenVersion` is that of the card that was pressed, `null` where there was none. */
export interface Doing {
  readonly userId: string;
  readonly key: string;
  readonly seenVersion: number | null;
}

export async function acknowledge(bot: Bot, incidentId: number, doing: Doing): Promise<Acted> {
  const { userId } = doing;
  return acting(bot, incidentId, doing, async (tx, incident, now) => {
    if (incident.state !== 'triggered') return { kind: 'stale', incident };
    const after = await changeIncident(tx, incident.id, { state: 'acknowledged', acknowledged_at: now, acknowledged_by: userId });
    await addTimelineEntry(tx, incident.id, { at: now, kind: 'acknowledged', actor: userId, text: 'acknowledged' });
    await endEscalation(tx, bot.paging, after, 'acknowledged', now);
    await showIncident(tx, after, now);
    return { kind: 'done', incident: after };
  });
}

/** A person closes it, or says afterwards what it was when it had ended by itself. Either way the resolution notice goes into the thread. */
export async function resolve(bot: Bot, incidentId: number, doing: Doing, words: { readonly cause: string; readonly impact: string }): Promise<Acted> {
  const { userId } = doing;
  return acting(bot, incidentId, doing, async (tx, incident, now) => {
    const isOver = incident.state === 'resolved';
    if (isOver && incident.cause !== null) return { kind: 'stale', incident };
    const after = await changeIncident(tx, incident.id, { ...(!isOver && { state: 'resolved' as const, resolved_at: now, resolved_by: userId }), cause: words.cause, impact: words.impact });
    await addTimelineEntry(tx, incident.id, { at: now, kind: isOver ? 'cause' : 'resolved', actor: userId, text: `${isOver ? 'added' : 'resolved;'} cause: ${words.cause}; impact: ${words.impact}` });
    if (!isOver) await endEscalation(tx, bot.paging, after, 'resolved', now);
    await showIncident(tx, after, now);
    await showRunsThatWait(tx, after.id, now);
    const others = await tx.selectFrom('incidents').select((eb) => eb.fn.countAll<number>().as('count')).where('state', '<>', 'resolved').executeTakeFirstOrThrow();
    await sayInThread(tx, after, `resolution:${after.id}:${after.reopenedCount}`, resolutionNotice({
      severity: after.severity,
      title: after.title,
      lastedMs: (after.resolvedAt ?? now).getTime() - after.openedAt.getTime(),
      cause: words.cause,
      otherOpenIncidents: Number(others.count),
      postMortemWithinMs: postMortemWithin(systemOf(bot.catalog(), after), after),
    }), now);
    return { kind: 'done', incident: after };
  });
}

export async function reopen(bot: Bot, incidentId: number, doing: Doing): Promise<Acted> {
  const { userId } = doing;
  return acting(bot, incidentId, doing, async (tx, incident, now) => {
    if (incident.state !== 'resolved') return { kind: 'stale', incident };
    // Whoever reopens it has it: nobody is woken for what a person is looking at.
    const after = await changeIncident(tx, incident.id, {
      state: 'acknowledged',
      acknowledged_at: now,
      acknowledged_by: userId,
      resolved_at: null,
      resolved_by: null,
      reopened_count: incident.reopenedCount + 1,
    });
    await addTimelineEntry(tx, incident.id, { at: now, kind: 'reopened', actor: userId, text: 'reopened' });
    await showIncident(tx, after, now);
    return { kind: 'done', incident: after };
  });
}

export interface Declaration {
  readonly environment: string;
  readonly severity: string;
  readonly title: string;
  readonly impact: string;
  readonly description: string;
}

/**
 * `/stock incident`: what a person sees that no alert has said. Pages as its severity says, and posts the initial notice.
 * @param key names the modal that was sent: after a crash it is carried out once more, and is still one incident
 */
export async function declare(bot: Bot, system: System, userId: string, key: string, declaration: Declaration): Promise<void> {
  const now = bot.clock.now();
  const severity = system.severities.find((candidate) => candidate.label === declaration.severity) ?? system.severities[0];
  if (severity === undefined) throw new Error('a system without severities passed the loader');
  const groupKeyHash = sha256(`declared ${key}`);
  await bot.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${groupKeyHash}, 0))`.execute(tx);
    const declared = await tx.selectFrom('incidents').select('id').where('source', '=', 'person').where('group_key_hash', '=', groupKeyHash).executeTakeFirst();
    if (declared !== undefined) return;
    const incident = await insertIncident(tx, {
      source: 'person',
      origin: 'person',
      group_key_hash: groupKeyHash,
      system_id: system.id,
      environment: declaration.environment,
      component: null,
      alert_name: '',
      title: declaration.title,
      severity: severity.label,
      rank: severity.rank,
      state: 'triggered',
      version: 1,
      channel_id: system.channels.alerts,
      opened_at: now,
      alerts_since: now,
      impact: declaration.impact,
      reopened_count: 0,
      truncated_alerts: 0,
      alertmanager_urls: '[]',
    });
    await addTimelineEntry(tx, incident.id, { at: now, kind: 'opened', actor: userId, text: `declared: ${declaration.title}` });
    await afterIncidentChange(tx, { kind: 'opened', incident, system }, bot.paging, now);
    await sayInThread(tx, incident, `initial:${incident.id}`, initialNotice({
      severity: severity.label,
      title: declaration.title,
      impact: declaration.impact,
      startedAt: now,
      description: declaration.description,
      updateEveryMs: null,
      commander: userId,
    }), now);
  });
}

/** A message of its own in the incident's thread, said once. */
export async function sayInThread(tx: Tx | Bot['db'], incident: Pick<Incident, 'id' | 'channelId'>, key: string, content: MessageContent, now: Date): Promise<void> {
  await wantMessage(tx, { key, channel: incident.channelId, threadKey: cardKey(incident.id), kind: 'said', subject: key, content: content as unknown as Json, priority: 18 }, now);
}

async function acting(bot: Bot, incidentId: number, { key, seenVersion }: Doing, act: (tx: Tx, incident: Incident, now: Date) => Promise<Acted>): Promise<Acted> {
  const result = await bot.db.transaction().execute(async (tx): Promise<Acted> => {
    const incident = await lockIncident(tx, incidentId);
    if (incident === undefined) return { kind: 'gone' };
    const now = bot.clock.now();
    if ((await holdForAct(tx, key)) === null) return { kind: 'done', incident };
    if (seenVersion !== null && seenVersion < incident.stateVersion) {
      await showIncident(tx, incident, now);
      return { kind: 'stale', incident };
    }
    const acted = await act(tx, incident, now);
    if (acted.kind === 'stale') await showIncident(tx, incident, now);
    if (acted.kind === 'done') await finishWithAct(tx, key);
    failpoint('incident.before-commit');
    return acted;
  });
  failpoint('incident.after-commit');
  return result;
}

function postMortemWithin(system: System | null, incident: Incident): number | null {
  const deadline = system?.declared.comms?.deadlines?.find((candidate) => candidate.id === 'postmortem' && candidate.severities.includes(incident.severity));
  return deadline?.after ?? null;
}

