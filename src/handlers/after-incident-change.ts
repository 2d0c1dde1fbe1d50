import type { System } from '../catalog/system.ts';
import { endEscalation, startEscalation } from '../escalation/store.ts';
import type { AlertEvent, IncidentChange } from '../incidents/apply-alert-group.ts';
import type { Incident } from '../incidents/incident.ts';
import { triageChannel } from '../incidents/apply-alert-group.ts';
import { noteOpened, showStorm } from '../incidents/storm.ts';
import type { Tx } from '../storage/database.ts';
import { addDuty } from '../storage/duties.ts';
import { wantMessage } from '../storage/outbox.ts';
import { eventLine } from './event-line.ts';

export const cardKey = (incidentId: number): string => `card:${incidentId}`;
export const diagnosticsKey = (incidentId: number): string => `diagnostics:${incidentId}`;

/** In the channel's queue: the worse the incident, the sooner its card. */
const cardPriority = (incident: Incident): number => 10 + incident.rank;

/**
 * Everything that follows from a change of an incident, in the transaction of the change: its card, its pages, its diagnostics. So a crash leaves either
 * all of it or nothing.
 */
export async function afterIncidentChange(tx: Tx, change: Pick<IncidentChange, 'kind' | 'incident' | 'system'>, installation: string, now: Date): Promise<void> {
  const { incident, kind, system } = change;
  await showIncident(tx, incident, now);
  switch (kind) {
    case 'opened':
    case 'reopened':
      if (system !== null) await startEscalation(tx, installation, system, incident, now);
      if (incident.rank <= 2 && system !== null) await addDuty(tx, { kind: 'incident.diagnose', key: `${incident.id}:${incident.reopenedCount}`, payload: { incidentId: incident.id }, dueAt: now });
      if (kind === 'opened') await noteOpened(tx, incident.channelId, now);
      return;
    case 'resolvedByItself':
      return endEscalation(tx, incident, 'resolved', now);
    case 'alertsEnded':
    case 'refired':
    case 'refreshed':
      return;
  }
}

/** The card, and the storm that it may be part of, show the state of now. */
export async function showIncident(tx: Tx, incident: Incident, now: Date): Promise<void> {
  await wantMessage(tx, { key: cardKey(incident.id), channel: incident.channelId, kind: 'card', subject: String(incident.id), priority: cardPriority(incident) }, now);
  const storm = await tx.selectFrom('incidents').select('storm_id').where('id', '=', incident.id).executeTakeFirst();
  if (storm?.storm_id != null) await showStorm(tx, storm.storm_id, now);
}

/** News that is no trouble: one line in the channel, once (SV-29). */
export async function announceEvent(tx: Tx, event: AlertEvent, now: Date): Promise<void> {
  const known = await tx.selectFrom('messages').select('id').where('key', '=', event.key).executeTakeFirst();
  if (known !== undefined) return;
  await wantMessage(
    tx,
    { key: event.key, channel: event.system?.channels.alerts ?? triageChannel, kind: 'said', subject: event.key, content: eventLine(event) as never, priority: 20 },
    now,
  );
}

export type { System };
