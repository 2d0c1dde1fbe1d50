import { sql } from 'kysely';
import { record } from '../audit/record.ts';
import type { DbOrTx, Tx } from '../storage/database.ts';
import type { NewRow, Row } from '../storage/tables.ts';
import { isPersonId } from '../support/ids.ts';
import type { Json } from '../support/json.ts';
import type { AlertSummary, Incident, TimelineEntry } from './incident.ts';

export async function findIncident(db: DbOrTx, id: number): Promise<Incident | undefined> {
  const row = await db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toIncident(row);
}

/** Reads an incident and holds its row, so that of two people who press at once the second sees what the first did. */
export async function lockIncident(tx: Tx, id: number): Promise<Incident | undefined> {
  const row = await tx.selectFrom('incidents').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toIncident(row);
}

/** Holds the rows of several, always in the same order, so that two who need the same ones wait for each other instead of for ever. */
export async function lockIncidents(tx: Tx, ids: readonly number[]): Promise<Map<number, Incident>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.selectFrom('incidents').selectAll().where('id', 'in', [...new Set(ids)]).orderBy('id').forUpdate().execute();
  return new Map(rows.map((row) => [row.id, toIncident(row)]));
}

/** Open incidents, worst first, then oldest. */
export async function openIncidents(db: DbOrTx): Promise<Incident[]> {
  const rows = await db.selectFrom('incidents').selectAll().where('state', '<>', 'resolved').orderBy('rank').orderBy('opened_at').execute();
  return rows.map(toIncident);
}

export async function incidentsOfStorm(db: DbOrTx, stormId: number): Promise<Incident[]> {
  const rows = await db.selectFrom('incidents').selectAll().where('storm_id', '=', stormId).orderBy('id').execute();
  return rows.map(toIncident);
}

export async function insertIncident(tx: Tx, values: NewRow<'incidents'>): Promise<Incident> {
  return toIncident(await tx.insertInto('incidents').values(values).returningAll().executeTakeFirstOrThrow());
}

/** Writes the changed columns and raises the version; a change of state makes older cards stale. */
export async function changeIncident(tx: DbOrTx, id: number, change: Partial<Omit<Row<'incidents'>, 'id' | 'version' | 'state_version' | 'alertmanager_urls'>>, isNewState = change.state !== undefined): Promise<Incident> {
  const row = await tx
    .updateTable('incidents')
    .set({ ...change, version: sql`version + 1`, ...(isNewState && { state_version: sql<number>`version + 1` }) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toIncident(row);
}

const linksKept = 4;

/** Keeps what a notification says about itself: how many alerts it left out, and where its Alertmanager is. Returns whether that is new. */
export async function noteNotification(tx: Tx, id: number, truncated: number, externalUrl: string): Promise<boolean> {
  const isNewLink = sql<boolean>`(${externalUrl} <> '' and not alertmanager_urls ? ${externalUrl} and jsonb_array_length(alertmanager_urls) < ${linksKept})`;
  const { numAffectedRows } = await sql`
    update incidents set truncated_alerts = ${truncated},
      alertmanager_urls = case when ${isNewLink} then alertmanager_urls || ${JSON.stringify([externalUrl])}::jsonb else alertmanager_urls end
    where id = ${id} and (truncated_alerts <> ${truncated} or ${isNewLink})`.execute(tx);
  return numAffectedRows === 1n;
}

/** What a person did to an incident is part of the record, too; what alerts did to it is not, and a run has entries of its own there. */
/** `details`: what the text says, as data, for who makes something else of it. */
export async function addTimelineEntry(tx: DbOrTx, incidentId: number, entry: TimelineEntry, details: Json = null): Promise<void> {
  await tx.insertInto('timeline_entries').values({ incident_id: incidentId, ...entry, details: details === null ? null : JSON.stringify(details) }).execute();
  if (entry.kind === 'run' || !isPersonId(entry.actor)) return;
  const { system_id: system } = await tx.selectFrom('incidents').select('system_id').where('id', '=', incidentId).executeTakeFirstOrThrow();
  await record(tx, { at: entry.at, actor: entry.actor, kind: `incident.${entry.kind}`, subject: `INC-${incidentId}`, system, details: { text: entry.text } });
}

export async function timelineOf(db: DbOrTx, incidentId: number): Promise<TimelineEntry[]> {
  return db.selectFrom('timeline_entries').select(['at', 'kind', 'actor', 'text']).where('incident_id', '=', incidentId).orderBy('id').execute();
}

const examplesOnCard = 5;

/** What the card says of an incident's alerts. Episodes that ended before the incident was reopened count as resolved. */
export async function summarizeAlerts(db: DbOrTx, incidentId: number): Promise<AlertSummary> {
  const reading = db
    .selectFrom('incidents')
    .select(({ selectFrom }) => [
      'truncated_alerts',
      'alertmanager_urls',
      ...(['firing', 'resolved'] as const).map((status) =>
        selectFrom('alerts')
          .select(sql<number>`count(*)::int`.as('count'))
          .where('incident_id', '=', incidentId)
          .where('status', '=', status)
          .as(status),
      ),
    ])
    .where('id', '=', incidentId)
    .executeTakeFirst();
  const readingExamples = db
    .selectFrom('alerts')
    .select(['labels', 'annotations', 'starts_at', 'status', 'generator_url'])
    .where('incident_id', '=', incidentId)
    .orderBy('status')
    .orderBy('id', 'desc')
    .limit(examplesOnCard)
    .execute();
  const [incident, examples] = await Promise.all([reading, readingExamples]);
  return {
    firing: incident?.firing ?? 0,
    resolved: incident?.resolved ?? 0,
    truncated: incident?.truncated_alerts ?? 0,
    examples: examples.map((row) => ({ labels: row.labels, annotations: row.annotations, startsAt: row.starts_at, status: row.status })),
    links: { graph: webLink(examples[0]?.generator_url ?? ''), alertmanager: (incident?.alertmanager_urls ?? []).flatMap((url) => webLink(url) ?? []) },
  };
}

/** A link that may be shown: http or https, and short enough for Slack. Anything else is dropped, never repaired. */
function webLink(text: string): string | null {
  if (text.length > 2_900 || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

function toIncident(row: Row<'incidents'>): Incident {
  return {
    id: row.id,
    state: row.state,
    version: row.version,
    stateVersion: row.state_version,
    source: row.source,
    origin: row.origin,
    systemId: row.system_id,
    environment: row.environment,
    component: row.component,
    title: row.title,
    alertName: row.alert_name,
    severity: row.severity,
    rank: row.rank,
    openedAt: row.opened_at,
    alertsSince: row.alerts_since,
    alertsEndedAt: row.alerts_ended_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    resolvedAt: row.resolved_at,
    resolvedBy: row.resolved_by,
    cause: row.cause,
    impact: row.impact,
    reopenedCount: row.reopened_count,
    channelId: row.channel_id,
  };
}
