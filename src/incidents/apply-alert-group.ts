import { sql } from 'kysely';
import { decideAlert } from '../alerts/decide-alert.ts';
import type { Alert, AlertGroup } from '../alerts/notification.ts';
import { isStandingAlert } from '../alerts/standing-alerts.ts';
import type { AlertRule, System } from '../catalog/system.ts';
import type { Tx } from '../storage/database.ts';
import { sha256 } from '../support/json.ts';
import { decideAfterAlerts, reopens } from './decide-incident.ts';
import type { Incident } from './incident.ts';
import { addTimelineEntry, changeIncident, insertIncident, lockIncident } from './store.ts';
import { titleOf } from './title.ts';

/** Whose alert it is, and what is known about its rule. `system` is `null` where nobody claims it (AP-31). */
export interface Attribution {
  readonly system: System | null;
  readonly environment: string | null;
  readonly component: string | null;
  readonly rule: AlertRule | null;
  readonly severity: string;
  readonly rank: 1 | 2 | 3 | 4;
}
export type Attribute = (labels: Readonly<Record<string, string>>) => Attribution;

/** What happened to an incident, for those who act on it: the card, the pages, the diagnostics. */
export interface IncidentChange {
  readonly kind: 'opened' | 'reopened' | 'resolvedByItself' | 'alertsEnded' | 'refired' | 'refreshed';
  readonly incident: Incident;
  readonly system: System | null;
  readonly rule: AlertRule | null;
}
/** An alert that is news rather than trouble (SV-29): one line, once. */
export interface AlertEvent {
  readonly key: string;
  readonly system: System | null;
  readonly alert: Alert;
  readonly rule: AlertRule;
}

export interface GroupToApply {
  readonly source: string;
  readonly group: Omit<AlertGroup, 'alerts'>;
  readonly alerts: readonly Alert[];
}

/** Where the cards of alerts go that no system claims. */
export const triageChannel = '#alerts';

/**
 * Merges one notification into what is known: opens, joins, reopens and resolves incidents. Applying the same notification twice changes
 * nothing the second time (F-02, F-07). Runs in the caller's transaction.
 */
export async function applyAlertGroup(
  tx: Tx,
  { source, group, alerts }: GroupToApply,
  attribute: Attribute,
  now: Date,
): Promise<{ changes: IncidentChange[]; events: AlertEvent[] }> {
  const groupKeyHash = sha256(group.groupKey);
  // Two notifications of one group, from two Alertmanagers at the same moment, are applied one after the other.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${source} ${groupKeyHash}`}, 0))`.execute(tx);

  const events: AlertEvent[] = [];
  const trouble: { alert: Alert; attribution: Attribution }[] = [];
  for (const alert of latestPerFingerprint(alerts)) {
    if (isStandingAlert(alert.labels)) continue;
    const attribution = attribute(alert.labels);
    if (attribution.rule?.mode === 'event') {
      if (alert.status === 'firing')
        events.push({ key: `event:${source}:${alert.fingerprint}:${alert.startsAt.toISOString()}`, system: attribution.system, alert, rule: attribution.rule });
    } else trouble.push({ alert, attribution });
  }

  const known = await latestEpisodes(
    tx,
    source,
    trouble.map(({ alert }) => alert.fingerprint),
  );
  const touched = new Map<number, { before: Incident; kind?: 'opened' | 'reopened'; attribution: Attribution; alert: Alert }>();
  for (const { alert, attribution } of trouble) {
    const episode = known.get(alert.fingerprint);
    const decision = decideAlert(episode && { status: episode.status, startsAt: episode.starts_at, endsAt: episode.ends_at }, alert);
    if (decision.kind === 'ignore') {
      if (episode !== undefined && !touched.has(episode.incident_id)) await touch(episode.incident_id);
      continue;
    }
    if (decision.kind === 'open') {
      const joined = await joinIncident(tx, source, groupKeyHash, group, alert, attribution, now, false);
      if (!touched.has(joined.incident.id)) touched.set(joined.incident.id, { before: joined.incident, ...(joined.kind && { kind: joined.kind }), attribution, alert });
      await insertEpisode(tx, source, joined.incident.id, alert, now);
      continue;
    }
    if (episode === undefined) continue;
    if (decision.kind === 'reopen') {
      const incident = await reviveIncident(tx, episode.incident_id, source, groupKeyHash, group, alert, attribution, now);
      if (!touched.has(incident.incident.id)) touched.set(incident.incident.id, { before: incident.incident, ...(incident.kind && { kind: incident.kind }), attribution, alert });
      await tx
        .updateTable('alerts')
        .set({ status: 'firing', ends_at: null, notified_at: now, incident_id: incident.incident.id })
        .where('id', '=', episode.id)
        .execute();
      continue;
    }
    if (decision.kind === 'refresh') {
      // A person resolved it while it was still firing, and here it is again: never hide a firing alert.
      const revived = await reviveIncident(tx, episode.incident_id, source, groupKeyHash, group, alert, attribution, now);
      if (!touched.has(revived.incident.id)) touched.set(revived.incident.id, { before: revived.incident, ...(revived.kind && { kind: revived.kind }), attribution, alert });
      await tx
        .updateTable('alerts')
        .set({
          starts_at: decision.startsAt,
          annotations: JSON.stringify(alert.annotations),
          generator_url: alert.generatorURL,
          notified_at: now,
          incident_id: revived.incident.id,
        })
        .where('id', '=', episode.id)
        .execute();
      continue;
    }
    await touch(episode.incident_id);
    await tx.updateTable('alerts').set({ status: 'resolved', ends_at: decision.endsAt, notified_at: now }).where('id', '=', episode.id).execute();

    async function touch(incidentId: number): Promise<void> {
      const incident = await lockIncident(tx, incidentId);
      if (incident !== undefined && !touched.has(incidentId)) touched.set(incidentId, { before: incident, attribution, alert });
    }
  }

  const changes: IncidentChange[] = [];
  for (const [id, entry] of touched) changes.push(await settle(tx, id, entry, group, now));
  return { changes, events };
}

/** A body may name one alert twice; what is firing wins, then what came last. */
function latestPerFingerprint(alerts: readonly Alert[]): Alert[] {
  const byFingerprint = new Map<string, Alert>();
  for (const alert of alerts) {
    const seen = byFingerprint.get(alert.fingerprint);
    if (seen === undefined || seen.status === 'resolved' || alert.status === 'firing') byFingerprint.set(alert.fingerprint, alert);
  }
  return [...byFingerprint.values()];
}

interface Episode {
  readonly id: number;
  readonly fingerprint: string;
  readonly incident_id: number;
  readonly status: 'firing' | 'resolved';
  readonly starts_at: Date;
  readonly ends_at: Date | null;
}

async function latestEpisodes(tx: Tx, source: string, fingerprints: readonly string[]): Promise<Map<string, Episode>> {
  if (fingerprints.length === 0) return new Map();
  const { rows } = await sql<Episode>`
    select distinct on (fingerprint) id, fingerprint, incident_id, status, starts_at, ends_at from alerts
    where source = ${source} and fingerprint = any (${[...fingerprints]}) order by fingerprint, id desc`.execute(tx);
  return new Map(rows.map((row) => [row.fingerprint, row]));
}

async function insertEpisode(tx: Tx, source: string, incidentId: number, alert: Alert, now: Date): Promise<void> {
  await tx
    .insertInto('alerts')
    .values({
      source,
      fingerprint: alert.fingerprint,
      incident_id: incidentId,
      status: 'firing',
      labels: JSON.stringify(alert.labels),
      annotations: JSON.stringify(alert.annotations),
      starts_at: alert.startsAt,
      ends_at: null,
      generator_url: alert.generatorURL,
      notified_at: now,
    })
    .execute();
}

/** The open incident of this group and system, else the one that ended a moment ago, else a new one. */
async function joinIncident(
  tx: Tx,
  source: string,
  groupKeyHash: string,
  group: Omit<AlertGroup, 'alerts'>,
  alert: Alert,
  attribution: Attribution,
  now: Date,
  stillFiring: boolean,
): Promise<{ incident: Incident; kind?: 'opened' | 'reopened' }> {
  const latest = await tx
    .selectFrom('incidents')
    .select('id')
    .where('source', '=', source)
    .where('group_key_hash', '=', groupKeyHash)
    .where(sql<boolean>`coalesce(system_id, '') = ${attribution.system?.id ?? ''} and coalesce(environment, '') = ${attribution.environment ?? ''}`)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const incident = latest && (await lockIncident(tx, latest.id));
  if (incident !== undefined && incident.state !== 'resolved') return { incident };
  if (incident !== undefined && reopens(incident, now, stillFiring)) return { incident: await reopenIncident(tx, incident, now), kind: 'reopened' };
  const opened = await insertIncident(tx, {
    source,
    origin: 'alertmanager',
    group_key_hash: groupKeyHash,
    system_id: attribution.system?.id ?? null,
    environment: attribution.environment,
    component: attribution.component,
    alert_name: alert.labels['alertname'] ?? '',
    title: titleOf(attribution.rule, alert.labels, alert.annotations),
    severity: attribution.severity,
    rank: attribution.rank,
    state: 'triggered',
    version: 1,
    channel_id: attribution.system?.channels.alerts ?? triageChannel,
    opened_at: now,
    alerts_since: alert.startsAt,
    reopened_count: 0,
    truncated_alerts: group.truncatedAlerts,
    alertmanager_urls: JSON.stringify(group.externalURL === '' ? [] : [group.externalURL]),
  });
  await addTimelineEntry(tx, opened.id, { at: now, kind: 'opened', actor: 'alertmanager', text: `${opened.alertName || 'An alert'} fires` });
  return { incident: opened, kind: 'opened' };
}

/** The incident that an alert belongs to, open again if it was resolved while the alert still fires. */
async function reviveIncident(
  tx: Tx,
  incidentId: number,
  source: string,
  groupKeyHash: string,
  group: Omit<AlertGroup, 'alerts'>,
  alert: Alert,
  attribution: Attribution,
  now: Date,
): Promise<{ incident: Incident; kind?: 'opened' | 'reopened' }> {
  const incident = await lockIncident(tx, incidentId);
  if (incident !== undefined && incident.state !== 'resolved') return { incident };
  return joinIncident(tx, source, groupKeyHash, group, alert, attribution, now, true);
}

async function reopenIncident(tx: Tx, incident: Incident, now: Date): Promise<Incident> {
  await addTimelineEntry(tx, incident.id, { at: now, kind: 'reopened', actor: 'alertmanager', text: `${incident.alertName || 'The alert'} fires again` });
  return changeIncident(tx, incident.id, {
    state: 'triggered',
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    alerts_ended_at: null,
    reopened_count: incident.reopenedCount + 1,
  });
}

/** Counts what fires now and draws the consequence for the incident. */
async function settle(
  tx: Tx,
  id: number,
  { before, kind, attribution, alert }: { before: Incident; kind?: 'opened' | 'reopened'; attribution: Attribution; alert: Alert },
  group: Omit<AlertGroup, 'alerts'>,
  now: Date,
): Promise<IncidentChange> {
  const { firing, since } = await tx
    .selectFrom('alerts')
    .select([sql<number>`count(*) filter (where status = 'firing')::int`.as('firing'), sql<Date | null>`min(starts_at) filter (where status = 'firing')`.as('since')])
    .where('incident_id', '=', id)
    .executeTakeFirstOrThrow();
  const seen = {
    truncated_alerts: group.truncatedAlerts,
    ...(since !== null && since < before.alertsSince && { alerts_since: since }),
    ...(attribution.rank < before.rank && alert.status === 'firing' && { rank: attribution.rank, severity: attribution.severity }),
  };
  if (group.externalURL !== '')
    await sql`update incidents set alertmanager_urls = alertmanager_urls || ${JSON.stringify([group.externalURL])}::jsonb
      where id = ${id} and not alertmanager_urls ? ${group.externalURL} and jsonb_array_length(alertmanager_urls) < 4`.execute(tx);

  const system = attribution.system;
  const rule = attribution.rule;
  const result = (changeKind: IncidentChange['kind'], incident: Incident): IncidentChange => ({ kind: changeKind, incident, system, rule });

  // Already resolved, and told so again: nothing changes.
  if (before.state === 'resolved' && kind === undefined) return result('refreshed', before);
  switch (decideAfterAlerts(before, firing)) {
    case 'resolve': {
      await addTimelineEntry(tx, id, { at: now, kind: 'resolved', actor: 'alertmanager', text: 'All alerts ended' });
      const incident = await changeIncident(tx, id, { ...seen, state: 'resolved', resolved_at: now, resolved_by: 'alertmanager', alerts_ended_at: now });
      return result('resolvedByItself', incident);
    }
    case 'offerResolve': {
      await addTimelineEntry(tx, id, { at: now, kind: 'alertsEnded', actor: 'alertmanager', text: 'All alerts ended' });
      return result('alertsEnded', await changeIncident(tx, id, { ...seen, alerts_ended_at: now }));
    }
    case 'refire': {
      await addTimelineEntry(tx, id, { at: now, kind: 'refired', actor: 'alertmanager', text: 'Alerts fire again' });
      return result('refired', await changeIncident(tx, id, { ...seen, alerts_ended_at: null }));
    }
    case 'refresh':
      return result(kind ?? 'refreshed', await changeIncident(tx, id, seen));
  }
}
