/** The episodes of alerts as rows: one statement for all alerts of a notification, because a group may carry thousands. */
import { sql } from 'kysely';
import type { Alert } from '../alerts/notification.ts';
import type { Tx } from '../storage/database.ts';

export interface Episode {
  readonly id: number;
  readonly fingerprint: string;
  readonly incidentId: number;
  readonly status: 'firing' | 'resolved';
  readonly startsAt: Date;
  readonly latestStartsAt: Date;
  readonly endsAt: Date | null;
}

/** The latest episode of each fingerprint. */
export async function latestEpisodes(tx: Tx, source: string, fingerprints: readonly string[]): Promise<Map<string, Episode>> {
  if (fingerprints.length === 0) return new Map();
  const { rows } = await sql<Episode>`
    select distinct on (fingerprint) id, fingerprint, incident_id as "incidentId", status, starts_at as "startsAt", latest_starts_at as "latestStartsAt", ends_at as "endsAt" from alerts
    where source = ${source} and fingerprint = any (${[...fingerprints]}) order by fingerprint, id desc`.execute(tx);
  return new Map(rows.map((row) => [row.fingerprint, row]));
}

/** Begins episodes. A fingerprint that fires already violates `alerts_one_firing`: the transaction fails and is tried again on what is known then. */
export async function beginEpisodes(tx: Tx, source: string, begun: readonly { readonly alert: Alert; readonly incidentId: number }[], now: Date): Promise<void> {
  if (begun.length === 0) return;
  const rows = begun.map(({ alert, incidentId }) => ({
    fingerprint: alert.fingerprint,
    incident_id: incidentId,
    labels: alert.labels,
    annotations: alert.annotations,
    starts_at: alert.startsAt,
    generator_url: alert.generatorURL,
  }));
  await sql`
    insert into alerts (source, fingerprint, incident_id, status, labels, annotations, starts_at, latest_starts_at, generator_url, notified_at)
    select ${source}, fingerprint, incident_id, 'firing', labels, annotations, starts_at, starts_at, generator_url, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (fingerprint text, incident_id bigint, labels jsonb, annotations jsonb, starts_at timestamptz, generator_url text)`.execute(tx);
}

/** Keeps episodes going, or lets them go on after all. Returns the incidents for which that is news: not those of a mere repetition. */
export async function continueEpisodes(
  tx: Tx,
  continued: readonly { readonly episode: Episode; readonly alert: Alert; readonly startsAt: Date; readonly latestStartsAt: Date; readonly incidentId: number }[],
  now: Date,
): Promise<ReadonlySet<number>> {
  if (continued.length === 0) return new Set();
  const rows = continued.map(({ episode, alert, startsAt, latestStartsAt, incidentId }) => ({
    id: episode.id,
    incident_id: incidentId,
    annotations: alert.annotations,
    starts_at: startsAt,
    latest_starts_at: latestStartsAt,
    generator_url: alert.generatorURL,
  }));
  const { rows: news } = await sql<{ incidentId: number }>`
    with told as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id bigint, incident_id bigint, annotations jsonb, starts_at timestamptz, latest_starts_at timestamptz, generator_url text)
    ), before as (
      select alerts.id, alerts.status, alerts.starts_at, alerts.annotations, alerts.incident_id from alerts join told on told.id = alerts.id
    ), changed as (
      update alerts set status = 'firing', ends_at = null, starts_at = told.starts_at, latest_starts_at = told.latest_starts_at, annotations = told.annotations,
        generator_url = told.generator_url, incident_id = told.incident_id, notified_at = ${now}
      from told where told.id = alerts.id
    )
    select distinct told.incident_id as "incidentId" from told join before on before.id = told.id
    where before.status <> 'firing' or before.starts_at <> told.starts_at or before.annotations <> told.annotations or before.incident_id <> told.incident_id`.execute(tx);
  return new Set(news.map((row) => row.incidentId));
}

export async function endEpisodes(tx: Tx, ended: readonly { readonly episode: Episode; readonly endsAt: Date }[], now: Date): Promise<void> {
  if (ended.length === 0) return;
  await sql`
    update alerts set status = 'resolved', ends_at = row.ends_at, notified_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(ended.map(({ episode, endsAt }) => ({ id: episode.id, ends_at: endsAt })))}::jsonb) as row (id bigint, ends_at timestamptz)
    where row.id = alerts.id`.execute(tx);
}

/** What an incident's alerts come to. */
export async function countEpisodes(tx: Tx, incidentId: number): Promise<{ readonly firing: number; readonly firingSince: Date | null; readonly endedAt: Date | null }> {
  return tx
    .selectFrom('alerts')
    .select([
      sql<number>`(count(*) filter (where status = 'firing'))::int`.as('firing'),
      sql<Date | null>`min(starts_at) filter (where status = 'firing')`.as('firingSince'),
      sql<Date | null>`max(ends_at)`.as('endedAt'),
    ])
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
}
