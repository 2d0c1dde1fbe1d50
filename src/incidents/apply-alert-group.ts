import { sql } from 'kysely';
import { decideAlert, type AlertDecision } from '../alerts/decide-alert.ts';
import { decideEvent } from '../alerts/decide-event.ts';
import type { Alert, AlertGroup } from '../alerts/notification.ts';
import { isStandingAlert } from '../alerts/standing-alerts.ts';
import type { AlertRule, System } from '../catalog/system.ts';
import type { Tx } from '../storage/database.ts';
import { sha256 } from '../support/json.ts';
import { decideAfterAlerts, reopens } from './decide-incident.ts';
import { beginEpisodes, continueEpisodes, countEpisodes, endEpisodes, latestEpisodes, type Episode } from './episodes.ts';
import type { Incident } from './incident.ts';
import { addTimelineEntry, changeIncident, insertIncident, lockIncidents, noteNotification } from './store.ts';
import { titleOf } from './title.ts';

/** Whose alert it is, and what is known about its rule. `system` is `null` where nobody claims it (AP-31). */
export interface Attribution {
  readonly system: System | null;
  readonly environment: string | null;
  readonly component: string | null;
  readonly rule: AlertRule | null;
  readonly severity: string;
  readonly rank: 1 | 2 | 3 | 4;
  /** Why it is nobody's although it names a system: its source has no say there (T-07). */
  readonly outOfReach?: string;
}
export type Attribute = (labels: Readonly<Record<string, string>>) => Attribution;

/** What happened to an incident, for those who act on it: the card, the pages, the diagnostics. A repetition that says nothing new is no change. */
export interface IncidentChange {
  readonly kind: 'opened' | 'reopened' | 'worsened' | 'resolvedByItself' | 'alertsEnded' | 'refired' | 'refreshed';
  readonly incident: Incident;
  readonly system: System | null;
}
/** An alert that is news rather than trouble (SV-29): one line, once. */
export interface AlertEvent {
  readonly key: string;
  readonly system: System;
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

/** One alert of the notification, whose it is, what is on record of it, and what it says beyond that. */
interface DecidedAlert {
  readonly alert: Alert;
  readonly attribution: Attribution;
  readonly episode: Episode | undefined;
  readonly decision: AlertDecision;
}

/** An incident and those alerts of the notification that concern it. */
interface Touched {
  readonly incident: Incident;
  /** Already done to it for their sake. */
  readonly became?: 'opened' | 'reopened';
  readonly decided: readonly DecidedAlert[];
}

/**
 * Merges one notification into what is known: opens, joins, reopens and resolves incidents. Applying the same notification twice changes
 * nothing the second time (F-02, F-07). Runs in the caller's transaction.
 */
export async function applyAlertGroup(
  tx: Tx,
  { source, group, alerts }: GroupToApply,
  attribute: Attribute,
  now: Date,
): Promise<{ readonly changes: IncidentChange[]; readonly events: AlertEvent[] }> {
  const place: GroupPlace = { source, groupKeyHash: sha256(group.groupKey), group };
  // Two notifications of one group, from two Alertmanagers at the same moment, are applied one after the other.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${source} ${place.groupKeyHash}`}, 0))`.execute(tx);

  const attributed = latestPerFingerprint(alerts)
    .filter((alert) => !isStandingAlert(alert.labels))
    .map((alert) => ({ alert, attribution: attribute(alert.labels) }));
  const events: AlertEvent[] = [];
  for (const entry of attributed) {
    const event = eventOf(source, entry);
    if (event !== null && (await isNews(tx, event, now))) events.push({ ...event, key: `${event.key}:${now.toISOString()}` });
  }
  const troubles = attributed.filter(({ attribution }) => attribution.rule?.mode !== 'event');

  const known = await latestEpisodes(
    tx,
    source,
    troubles.map(({ alert }) => alert.fingerprint),
  );
  const decided = troubles.map((trouble): DecidedAlert => {
    const episode = known.get(trouble.alert.fingerprint);
    return { ...trouble, episode, decision: decideAlert(episode, trouble.alert) };
  });

  const touched = await findIncidents(tx, place, decided, now);
  const news = await writeEpisodes(tx, source, touched, now);
  const changes: IncidentChange[] = [];
  for (const each of touched) {
    const change = await settle(tx, each, group, news.has(each.incident.id), now);
    if (change !== null) changes.push(change);
  }
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

/**
 * News is told once per value of the label that the rule names (SV-29). Its other labels tell what it is about, without those that only say which exporter
 * saw it: they change with every restart of the exporter. News about what nobody claims is told to nobody.
 */
function eventOf(source: string, { alert, attribution: { rule, system } }: { readonly alert: Alert; readonly attribution: Attribution }): AlertEvent | null {
  if (rule?.mode !== 'event' || system === null) return null;
  const named = rule.dedupe === null ? undefined : alert.labels[rule.dedupe];
  const seenBy = new Set(['instance', 'pod', 'endpoint', 'service', 'job', 'container', 'prometheus', 'variant', 'severity']);
  const about = Object.entries(alert.labels)
    .filter(([name]) => !seenBy.has(name) && name !== rule.dedupe)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { key: `event:${sha256(JSON.stringify([source, about, named ?? null]))}`, system, alert, rule };
}

async function isNews(tx: Tx, { key, alert }: AlertEvent, now: Date): Promise<boolean> {
  const row = await tx.selectFrom('announced_events').selectAll().where('key', '=', key).forUpdate().executeTakeFirst();
  const { isNews: news, after } = decideEvent(row && { firing: row.firing, endedAt: row.ended_at }, alert, now);
  const values = { firing: JSON.stringify(after.firing), ended_at: after.endedAt };
  await tx.insertInto('announced_events').values({ key, ...values }).onConflict((conflict) => conflict.column('key').doUpdateSet(values)).execute();
  return news;
}

// ── Which incident ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface GroupPlace {
  readonly source: string;
  readonly groupKeyHash: string;
  readonly group: Omit<AlertGroup, 'alerts'>;
}

/**
 * An alert stays with the incident of its episode while that is open, also when it comes in another group (it may be routed twice). Alerts
 * without an open incident go to the one of their group, system and environment: the open one, else the one that ended a moment ago, else a new one.
 */
async function findIncidents(tx: Tx, place: GroupPlace, decided: readonly DecidedAlert[], now: Date): Promise<Touched[]> {
  const telling = decided.filter(({ decision }) => decision.kind !== 'ignore');
  const ofEpisodes = await lockIncidents(tx, telling.flatMap(({ episode }) => episode?.incidentId ?? []));
  const touched = new Map<number, Touched>();
  const add = (incident: Incident, own: readonly DecidedAlert[], became?: Touched['became']): void => {
    const sofar = touched.get(incident.id);
    const kind = became ?? sofar?.became;
    touched.set(incident.id, { incident: sofar?.incident ?? incident, ...(kind !== undefined && { became: kind }), decided: [...(sofar?.decided ?? []), ...own] });
  };

  const homeless: DecidedAlert[] = [];
  const atHome = new Map<number, DecidedAlert[]>();
  for (const each of telling) {
    const own = each.decision.kind === 'open' || each.episode === undefined ? undefined : ofEpisodes.get(each.episode.incidentId);
    if (own === undefined || (own.state === 'resolved' && each.decision.kind !== 'end')) homeless.push(each);
    else atHome.set(own.id, [...(atHome.get(own.id) ?? []), each]);
  }
  for (const own of Map.groupBy(homeless, ({ attribution }) => `${attribution.system?.id ?? ''} ${attribution.environment ?? ''}`).values()) {
    const { incident, became } = await takeIn(tx, place, own, now);
    add(incident, own, became);
  }
  for (const [id, own] of atHome) add(ofEpisodes.get(id)!, own);
  return [...touched.values()];
}

async function takeIn(tx: Tx, { source, groupKeyHash, group }: GroupPlace, own: readonly DecidedAlert[], now: Date): Promise<{ readonly incident: Incident; readonly became?: 'opened' | 'reopened' }> {
  const lead = worstOf(own)!;
  const { system, environment } = lead.attribution;
  const row = await tx
    .selectFrom('incidents')
    .select('id')
    .where('source', '=', source)
    .where('group_key_hash', '=', groupKeyHash)
    .where(sql<boolean>`coalesce(system_id, '') = ${system?.id ?? ''} and coalesce(environment, '') = ${environment ?? ''}`)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const latest = row && (await lockIncidents(tx, [row.id])).get(row.id);
  if (latest !== undefined && latest.state !== 'resolved') return { incident: latest };
  const stillFiring = own.some(({ decision }) => decision.kind === 'refresh' || decision.kind === 'reopen');
  if (latest !== undefined && reopens(latest, now, stillFiring)) return { incident: await reopen(tx, latest, lead, now), became: 'reopened' };
  const incident = await insertIncident(tx, {
    source,
    origin: 'alertmanager',
    group_key_hash: groupKeyHash,
    system_id: system?.id ?? null,
    environment,
    ...headlineOf(lead),
    state: 'triggered',
    version: 1,
    channel_id: system?.channels.alerts ?? triageChannel,
    opened_at: now,
    alerts_since: earliestStart(own, now),
    reopened_count: 0,
    truncated_alerts: group.truncatedAlerts,
    alertmanager_urls: JSON.stringify(group.externalURL === '' ? [] : [group.externalURL]),
  });
  await addTimelineEntry(tx, incident.id, { at: now, kind: 'opened', actor: 'alertmanager', text: `${incident.alertName || 'An alert'} fires` });
  const { outOfReach } = lead.attribution;
  if (outOfReach !== undefined) await addTimelineEntry(tx, incident.id, { at: now, kind: 'outOfReach', actor: source, text: outOfReach });
  return { incident, became: 'opened' };
}

function earliestStart(decided: readonly DecidedAlert[], now: Date): Date {
  return new Date(Math.min(now.getTime(), ...decided.filter(({ alert }) => alert.status === 'firing').map(({ alert }) => alert.startsAt.getTime())));
}

/** Nobody has it any more: what a person said about how it ended was not the end. */
async function reopen(tx: Tx, incident: Incident, lead: DecidedAlert, now: Date): Promise<Incident> {
  await addTimelineEntry(tx, incident.id, { at: now, kind: 'reopened', actor: 'alertmanager', text: `${lead.alert.labels['alertname'] || 'The alert'} fires again` });
  return changeIncident(tx, incident.id, {
    ...headlineOf(lead),
    state: 'triggered',
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    alerts_ended_at: null,
    cause: null,
    reopened_count: incident.reopenedCount + 1,
  });
}

/** The worst of the alerts that fire speaks for the incident; of equals the one that began first, then the lower fingerprint, whatever order they came in. */
function worstOf(decided: readonly DecidedAlert[]): DecidedAlert | undefined {
  return decided
    .filter(({ alert }) => alert.status === 'firing')
    .toSorted((a, b) => a.attribution.rank - b.attribution.rank || a.alert.startsAt.getTime() - b.alert.startsAt.getTime() || (a.alert.fingerprint < b.alert.fingerprint ? -1 : 1))[0];
}

function headlineOf({ alert, attribution }: DecidedAlert) {
  return {
    component: attribution.component,
    alert_name: alert.labels['alertname'] ?? '',
    title: titleOf(attribution.rule, alert.labels, alert.annotations),
    severity: attribution.severity,
    rank: attribution.rank,
  };
}

// ── What becomes of it ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Returns the incidents whose alerts are not as they were. */
async function writeEpisodes(tx: Tx, source: string, touched: readonly Touched[], now: Date): Promise<ReadonlySet<number>> {
  const begun: Parameters<typeof beginEpisodes>[2][number][] = [];
  const continued: Parameters<typeof continueEpisodes>[1][number][] = [];
  const ended: Parameters<typeof endEpisodes>[1][number][] = [];
  const news = new Set<number>();
  for (const { incident, decided } of touched)
    for (const { alert, episode, decision } of decided) {
      if (decision.kind === 'open') begun.push({ alert, incidentId: incident.id });
      if (decision.kind === 'end') ended.push({ episode: episode!, endsAt: decision.endsAt });
      if (decision.kind === 'refresh' || decision.kind === 'reopen') continued.push({ ...decision, episode: episode!, alert, incidentId: incident.id });
      if (decision.kind === 'open' || decision.kind === 'end') news.add(incident.id);
    }
  await endEpisodes(tx, ended, now);
  await beginEpisodes(tx, source, begun, now);
  for (const id of await continueEpisodes(tx, continued, now)) news.add(id);
  return news;
}

/** Draws the consequence of what fires now. `null`: nothing is different. */
async function settle(tx: Tx, { incident: before, became, decided }: Touched, group: Omit<AlertGroup, 'alerts'>, hasNews: boolean, now: Date): Promise<IncidentChange | null> {
  const { firing, firingSince, endedAt } = await countEpisodes(tx, before.id);
  const isNoted = became !== 'opened' && (await noteNotification(tx, before.id, group.truncatedAlerts, group.externalURL));
  const { system } = decided[0]!.attribution;
  // Told so again after it was resolved: the end of an alert that a person had closed before it ended.
  if (before.state === 'resolved') return hasNews ? { kind: 'refreshed', incident: await changeIncident(tx, before.id, {}), system } : null;

  // What Alertmanager left out (max_alerts) may still fire, unless it says that nothing does.
  const unseen = group.truncatedAlerts > 0 && group.notification_reason !== 'all alerts resolved' ? 1 : 0;
  const lead = worstOf(decided);
  const isWorse = lead !== undefined && lead.attribution.rank < before.rank;
  const since = firingSince !== null && firingSince < before.alertsSince ? { alerts_since: firingSince } : {};
  const lastEnd = endedAt === null || endedAt > now ? now : endedAt;
  const note = (kind: string, text: string) => addTimelineEntry(tx, before.id, { at: now, kind, actor: 'alertmanager', text });

  const outcome = decideAfterAlerts(before, firing + unseen, now);
  if (outcome === 'reopen' && lead !== undefined) return { kind: 'reopened', system, incident: await reopen(tx, before, lead, now) };
  switch (outcome) {
    case 'resolve':
      await note('resolved', 'All alerts ended');
      return { kind: 'resolvedByItself', system, incident: await changeIncident(tx, before.id, { ...since, state: 'resolved', resolved_at: now, resolved_by: 'alertmanager', alerts_ended_at: lastEnd }) };
    case 'offerResolve':
      await note('alertsEnded', 'All alerts ended');
      return { kind: 'alertsEnded', system, incident: await changeIncident(tx, before.id, { ...since, alerts_ended_at: lastEnd }) };
    case 'reopen':
    case 'refire':
      await note('refired', 'Alerts fire again');
      return { kind: 'refired', system, incident: await changeIncident(tx, before.id, { ...since, alerts_ended_at: null }) };
    case 'stay':
      if (isWorse) {
        await note('worsened', `${lead.attribution.severity} instead of ${before.severity}`);
        return { kind: became ?? 'worsened', system, incident: await changeIncident(tx, before.id, { ...since, ...headlineOf(lead) }, true) };
      }
      if (became === 'opened' && firingSince !== null && firingSince >= before.alertsSince) return { kind: became, system, incident: before };
      if (became === undefined && !hasNews && !isNoted) return null;
      return { kind: became ?? 'refreshed', system, incident: await changeIncident(tx, before.id, since) };
  }
}
