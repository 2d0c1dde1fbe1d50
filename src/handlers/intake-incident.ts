import { sql } from 'kysely';
import { triageChannel } from '../incidents/apply-alert-group.ts';
import type { Incident } from '../incidents/incident.ts';
import { addTimelineEntry, changeIncident, insertIncident } from '../incidents/store.ts';
import type { Tx } from '../storage/database.ts';
import { sha256 } from '../support/json.ts';
import { afterIncidentChange, showIncident } from './after-incident-change.ts';
import type { Bot } from './bot.ts';

/** `sizeBytes` is `null` where the sender did not say. */
export type NotificationSize = { readonly sizeBytes: number | null; readonly limitBytes: number };

export interface ProblemOfIntake {
  readonly source: string;
  readonly kind: 'unreadable' | 'tooLarge';
  readonly title: string;
  readonly detail: string;
  readonly size?: NotificationSize;
}

/**
 * What cannot be taken in is an incident of its own (G-1): alerts may be hidden in it. Whatever else of its kind the same source sends joins it while it is open.
 */
export async function openIntakeIncident(tx: Tx, bot: Pick<Bot, 'paging'>, problem: ProblemOfIntake, now: Date): Promise<void> {
  const groupKeyHash = sha256(`intake ${problem.kind} ${problem.source}`);
  await sql`select pg_advisory_xact_lock(hashtextextended(${groupKeyHash}, 0))`.execute(tx);
  const open = await tx.selectFrom('incidents').select('id').where('source', '=', problem.source).where('group_key_hash', '=', groupKeyHash).where('state', '<>', 'resolved').executeTakeFirst();
  const incident: Incident =
    open === undefined
      ? await insertIncident(tx, {
          source: problem.source,
          origin: 'intake',
          group_key_hash: groupKeyHash,
          system_id: null,
          environment: null,
          component: null,
          alert_name: '',
          title: problem.title,
          severity: 'Unreadable',
          rank: 2,
          state: 'triggered',
          version: 1,
          channel_id: triageChannel,
          opened_at: now,
          alerts_since: now,
          reopened_count: 0,
          truncated_alerts: 0,
          alertmanager_urls: '[]',
        })
      : await changeIncident(tx, open.id, {});
  await addTimelineEntry(tx, incident.id, { at: now, kind: problem.kind, actor: problem.source, text: problem.detail }, problem.size ?? null);
  if (open === undefined) await afterIncidentChange(tx, { kind: 'opened', incident, system: null }, bot.paging, now);
  else await showIncident(tx, incident, now);
}
