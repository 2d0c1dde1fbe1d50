import { endEscalation, raiseEscalation, startEscalation, type Paging } from '../escalation/store.ts';
import { reopenGraceMs } from '../escalation/plan-steps.ts';
import type { AlertEvent, IncidentChange } from '../incidents/apply-alert-group.ts';
import type { Incident } from '../incidents/incident.ts';
import { noteOpened } from '../incidents/storm.ts';
import { runsOfIncident } from '../runs/store.ts';
import type { Tx } from '../storage/database.ts';
import { addDuty } from '../storage/duties.ts';
import { refreshMessages, wantMessage } from '../storage/outbox.ts';
import { showInPastStorm } from './check-storm.ts';
import { eventLine } from './event-line.ts';

export const cardKey = (incidentId: number): string => `card:${incidentId}`;
export const diagnosticsKey = (incidentId: number): string => `diagnostics:${incidentId}`;

/** In the channel's queue: the worse the incident, the sooner its card. */
const cardPriority = (incident: Incident): number => 10 + incident.rank;

/**
 * Everything that follows from a change of an incident, in the transaction of the change: its card, its pages, its diagnostics. So a crash leaves either
 * all of it or nothing.
 */
export async function afterIncidentChange(tx: Tx, { incident, kind, system }: IncidentChange, paging: Paging, now: Date): Promise<void> {
  await showIncident(tx, incident, now);
  switch (kind) {
    case 'opened':
      await noteOpened(tx, incident, now);
      if (system !== null) await startEscalation(tx, paging, system, incident, now);
      return wantDiagnostics(tx, incident, now);
    case 'reopened':
      await showRunsThatWait(tx, incident.id, now);
      if (system !== null) await startEscalation(tx, paging, system, incident, now);
      // What flaps is looked at once it stays, like its page.
      return wantDiagnostics(tx, incident, new Date(now.getTime() + reopenGraceMs));
    case 'worsened':
      if (system !== null) await raiseEscalation(tx, paging, system, incident, now);
      return wantDiagnostics(tx, incident, now);
    case 'resolvedByItself':
      await showRunsThatWait(tx, incident.id, now);
      return endEscalation(tx, paging, incident, 'resolved', now);
    case 'alertsEnded':
    case 'refired':
      return showRunsThatWait(tx, incident.id, now);
    case 'refreshed':
      return;
  }
}

async function wantDiagnostics(tx: Tx, incident: Incident, dueAt: Date): Promise<void> {
  if (incident.rank > 2 || incident.systemId === null) return;
  await addDuty(tx, { kind: 'incident.diagnose', key: String(incident.id), payload: { incidentId: incident.id }, dueAt });
}

/** The card shows the state of now. */
export async function showIncident(tx: Tx, incident: Incident, now: Date): Promise<void> {
  await wantMessage(tx, { key: cardKey(incident.id), channel: incident.channelId, kind: 'card', subject: String(incident.id), priority: cardPriority(incident) }, now);
  await showInPastStorm(tx, incident.id, now);
}

/** Whoever is about to decide should know that the trouble may be over, or back. */
export async function showRunsThatWait(tx: Tx, incidentId: number, now: Date): Promise<void> {
  for (const run of await runsOfIncident(tx, incidentId)) {
    if (['planned', 'awaiting_approval', 'approved', 'started', 'unknown'].includes(run.state)) for (const kind of ['run', 'approval', 'reminder']) await refreshMessages(tx, kind, run.id, now);
  }
}

/** News that is no trouble: one line in the channel, once (SV-29). */
export async function announceEvent(tx: Tx, event: AlertEvent, now: Date): Promise<void> {
  await wantMessage(tx, { key: event.key, channel: event.system.channels.alerts, kind: 'said', subject: event.key, content: eventLine(event) as never, priority: 20 }, now);
}
