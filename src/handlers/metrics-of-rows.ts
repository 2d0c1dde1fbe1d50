/** What the rows say at the moment of asking: what was set aside, how long what is due has been waiting, and how the runs stand. The same from every replica. */
import { sql } from 'kysely';
import { Gauge } from 'prom-client';
import type { Db } from '../storage/database.ts';
import type { Clock } from '../support/clock.ts';
import { messageOf, type Log } from '../support/log.ts';
import type { Metrics } from './metrics.ts';

/** Set aside: given up, kept, and for a person to look at (G-11). */
const setAsideRows = sql<{ readonly what: string; readonly count: number }>`
  select 'message' as what, count(*)::int as count from messages where state = 'undeliverable'
  union all select 'notification', count(*)::int from notifications where state in ('quarantined', 'unreadable')
  union all select 'page', count(*)::int from pages where state = 'refused'
  union all select 'duty', count(*)::int from duties where state = 'quarantined'
  union all select 'interaction', count(*)::int from interactions where state = 'failed'`;

/** The oldest of what waits although its time has come, by the time at which it first was due (I14). */
const overdueRows = sql<{ readonly what: string; readonly since: Date | null }>`
  select 'message' as what, min(due_at) as since from messages where state = 'open' and wanted_version > sent_version
  union all select 'notification', min(received_at) from notifications where state = 'stored'
  union all select 'page', min(due_at) from pages where state = 'waiting'
  union all select 'duty', min(due_at) from duties where state = 'waiting'
  union all select 'interaction', min(received_at) from interactions where state = 'stored'`;

export function addMetricsOfRows({ registry }: Metrics, db: Db, clock: Clock, log: Log): void {
  gauge('stockops_set_aside', 'Rows that were given up and wait for a person to look at them', ['what'], async (set) => {
    for (const { what, count } of (await setAsideRows.execute(db)).rows) set({ what }, count);
  });
  gauge('stockops_overdue_seconds', 'For how long the oldest of what is due has been waiting', ['what'], async (set) => {
    for (const { what, since } of (await overdueRows.execute(db)).rows) set({ what }, since === null ? 0 : Math.max(0, clock.now().getTime() - since.getTime()) / 1_000);
  });
  gauge('stockops_runs', 'Runs on record, by the state that they are in', ['primitive', 'state'], async (set) => {
    for (const { primitive, state, count } of await db
      .selectFrom('runs')
      .select(['primitive', 'state', sql<number>`count(*)::int`.as('count')])
      .groupBy(['primitive', 'state'])
      .execute())
      set({ primitive, state }, count);
  });

  function gauge<L extends string>(name: string, help: string, labelNames: readonly L[], read: (set: (labels: Record<L, string>, value: number) => void) => Promise<void>): void {
    new Gauge<L>({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        // Without the database the rest can still be asked for; a gauge without values says that it is not known.
        await read((labels, value) => this.set(labels, value)).catch((error: unknown) => log.warn('A metric could not be read from the database', { metric: name, error: messageOf(error) }));
      },
    });
  }
}
