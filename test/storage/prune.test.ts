/**
 * Goal: what is over and old goes, and nothing else ever (F-50).
 * Method: any mixture of rows, old and young, over and open, that point to each other or do not; what may stay and what must go is said here once more, in words
 * of its own, and compared.
 */
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { record } from '../../src/audit/record.ts';
import { readEntries, readHead } from '../../src/audit/store.ts';
import { verifyChain } from '../../src/audit/verify.ts';
import type { Db } from '../../src/storage/database.ts';
import { prune } from '../../src/storage/prune.ts';
import { withOwnDatabase } from '../harness/own-database.ts';

let db: Db;
withOwnDatabase((opened) => (db = opened));

const before = new Date('2025-12-02T02:00:00Z');
const [old, young] = [new Date('2025-11-01T00:00:00Z'), new Date('2026-03-01T00:00:00Z')];
const when = fc.constantFrom(old, young);

const world = fc.record({
  incidents: fc.array(fc.record({ state: fc.constantFrom('triggered' as const, 'acknowledged' as const, 'resolved' as const), at: when, origin: fc.constantFrom('alertmanager' as const, 'intake' as const) }), { minLength: 2, maxLength: 4 }),
  runs: fc.array(fc.record({ state: fc.constantFrom('planned' as const, 'awaiting_approval' as const, 'approved' as const, 'started' as const, 'unknown' as const, 'succeeded' as const, 'denied' as const) }), { minLength: 1, maxLength: 3 }),
  notifications: fc.array(fc.record({ state: fc.constantFrom('stored' as const, 'applied' as const, 'unreadable' as const, 'quarantined' as const), at: when }), { maxLength: 6 }),
  interactions: fc.array(fc.record({ state: fc.constantFrom('stored' as const, 'handled' as const, 'failed' as const), at: when }), { maxLength: 6 }),
  duties: fc.array(fc.record({ state: fc.constantFrom('waiting' as const, 'done' as const, 'cancelled' as const, 'quarantined' as const), at: when }), { maxLength: 6 }),
  pages: fc.array(fc.record({ incident: fc.nat(3), state: fc.constantFrom('waiting' as const, 'accepted' as const, 'cancelled' as const, 'refused' as const), at: when, isAudited: fc.boolean() }), { maxLength: 6 }),
  messages: fc.array(
    fc.record({ kind: fc.constantFrom('card', 'run', 'said', 'file', 'approval', 'diagnostics'), at: when, isSent: fc.boolean(), incident: fc.option(fc.nat(3)), run: fc.nat(2), hasReply: fc.boolean(), state: fc.constantFrom('open' as const, 'undeliverable' as const) }),
    { maxLength: 6 },
  ),
});

// Rare among the mixtures, and wanted in each run.
const pagesOfAnIncidentThatEndedLately: typeof world extends fc.Arbitrary<infer World> ? World : never = {
  incidents: [{ state: 'resolved', at: young, origin: 'alertmanager' }, { state: 'acknowledged', at: old, origin: 'alertmanager' }],
  runs: [{ state: 'unknown' }],
  notifications: [],
  interactions: [],
  duties: [],
  pages: [{ incident: 0, state: 'accepted', at: old, isAudited: true }, { incident: 1, state: 'cancelled', at: old, isAudited: true }],
  messages: [{ kind: 'approval', at: old, isSent: true, incident: null, run: 0, hasReply: false, state: 'open' }],
};

test('F-50: any mixture of rows is pruned of exactly what is over, old, unneeded and on record; the record stays whole', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (rows) => {
      await sql`truncate notifications, interactions, duties, pages, messages, approvals, broken_glass, runs, timeline_entries, alerts, incidents restart identity`.execute(db);
      const stays: string[] = [];
      const goes: string[] = [];
      let hash = 0;
      const expectOf = (table: string, id: number, isGone: boolean) => (isGone ? goes : stays).push(`${table} ${id}`);

      for (const { state, at, origin } of rows.incidents)
        await db
          .insertInto('incidents')
          .values({ source: 'a source', origin, group_key_hash: String((hash += 1)), system_id: null, environment: null, component: null, alert_name: '', title: '', severity: 'P1', rank: 1, state, version: 1, channel_id: 'C', opened_at: old, alerts_since: old, resolved_at: state === 'resolved' ? at : null, reopened_count: 0, truncated_alerts: 0, alertmanager_urls: '[]' })
          .execute();
      const incidentOf = (index: number) => ({ id: (index % rows.incidents.length) + 1, ...rows.incidents[index % rows.incidents.length]! });
      for (const [index, { state }] of rows.runs.entries())
        await db
          .insertInto('runs')
          .values({ id: `run_${index}`, incident_id: null, system_id: 's', environment: 'e', action_id: 'a', primitive: 'p', component: null, risk: 'low', target: '{}', target_key: String(index), params: '{}', plan: '{}', plan_hash: '', catalog_version: '', epoch: 1, requested_by: 'U1', requested_at: old, approvals_needed: 1, policy_id: '', expires_at: old, state, channel_id: 'C', thread_key: null, undo_of: null, finished_at: ['succeeded', 'denied'].includes(state) ? old : null })
          .execute();
      const runOf = (index: number) => ({ id: `run_${index % rows.runs.length}`, ...rows.runs[index % rows.runs.length]! });

      const isIntakeOpen = rows.incidents.some(({ origin, state }) => origin === 'intake' && state !== 'resolved');
      for (const [index, { state, at }] of rows.notifications.entries()) {
        await db.insertInto('notifications').values({ source: 'a source', body: '', body_sha256: '', order_key: '', received_at: at, state, due_at: at, lease_owner: null, last_error: null }).execute();
        expectOf('notifications', index + 1, at === old && (state === 'applied' || (state === 'unreadable' && !isIntakeOpen)));
      }
      for (const [index, { state, at }] of rows.interactions.entries()) {
        await db.insertInto('interactions').values({ key: String(index), kind: 'press', user_id: 'U1', payload: '{}', received_at: at, state, due_at: at, lease_owner: null, last_error: null }).execute();
        expectOf('interactions', index + 1, at === old && state === 'handled');
      }
      for (const [index, { state, at }] of rows.duties.entries()) {
        await db.insertInto('duties').values({ kind: 'run.watch', key: String(index), payload: '{}', due_at: at, state, lease_owner: null, last_error: null }).execute();
        expectOf('duties', index + 1, at === old && (state === 'done' || state === 'cancelled'));
      }
      // A page's entry is known by its incident and what became of it.
      const audited = new Set(rows.pages.filter(({ isAudited }) => isAudited).map(({ incident, state }) => `${incidentOf(incident).id} ${state}`));
      await sql`alter table audit_entries disable trigger user`.execute(db);
      await sql`truncate audit_entries`.execute(db);
      await sql`update audit_head set sequence = 0, hash = repeat('0', 64)`.execute(db);
      await sql`alter table audit_entries enable trigger user`.execute(db);
      for (const [index, { incident, state, at }] of rows.pages.entries()) {
        const { id, state: incidentState, at: resolvedAt } = incidentOf(incident);
        await db.insertInto('pages').values({ incident_id: id, action: 'trigger', dedup_key: String(id), routing_key_setting: 'K', step: 0, role: 'r', until: 'acknowledged', due_at: at, state, lease_owner: null, last_error: null }).execute();
        const ofIncident = rows.pages.filter((page) => incidentOf(page.incident).id === id);
        const isOver = incidentState === 'resolved' && resolvedAt === old && ofIncident.every((page) => page.state !== 'waiting' && page.at === old);
        expectOf('pages', index + 1, isOver && (state === 'cancelled' || audited.has(`${id} ${state}`)));
      }
      for (const key of audited) {
        const [id = '', state = ''] = key.split(' ');
        if (state === 'accepted' || state === 'refused') await record(db, { at: old, actor: 'stockops', kind: `page.${state}`, subject: `INC-${id}`, system: null, details: {} });
      }
      for (const [index, { kind, at, isSent, incident, run, hasReply, state }] of rows.messages.entries()) {
        const thread = incident === null ? null : incidentOf(incident);
        const of = runOf(run);
        const values = { channel_id: 'C', content: '{}', priority: 1, wanted_version: 1, due_at: at, lease_owner: null, last_error: null, posted_ts: null, posted_channel: null, sent_sha256: null, pinned: false, pin_wanted: false, sent_version: isSent ? 1 : 0, state };
        const { id } = await db
          .insertInto('messages')
          .values({ ...values, key: `message:${index}`, thread_key: thread === null ? null : `card:${thread.id}`, kind, subject: kind === 'approval' ? of.id : 'x', created_at: at })
          .returning('id')
          .executeTakeFirstOrThrow();
        if (hasReply) await db.insertInto('messages').values({ ...values, key: `reply:${index}`, thread_key: `message:${index}`, kind: 'card', subject: 'x', created_at: young }).execute();
        const isNeeded = (thread !== null && thread.state !== 'resolved') || (kind === 'approval' && !['succeeded', 'denied'].includes(of.state)) || hasReply;
        expectOf('messages', id, at === old && isSent && state === 'open' && kind !== 'card' && kind !== 'run' && !isNeeded);
      }

      const untouched = async () => (await sql<{ rows: string }>`select (select count(*) from incidents) || ' ' || (select count(*) from runs) || ' ' || (select hash from audit_head) as rows`.execute(db)).rows[0]?.rows;
      const standing = await untouched();
      await db.transaction().execute((tx) => prune(tx, before));
      const left = (await Promise.all((['notifications', 'interactions', 'duties', 'pages', 'messages'] as const).map(async (table) => (await db.selectFrom(table).select('id').execute()).map(({ id }) => `${table} ${id}`)))).flat();
      expect(left.filter((row) => goes.includes(row)), 'should have gone').toEqual([]);
      expect(stays.filter((row) => !left.includes(row)), 'should have stayed').toEqual([]);
      expect(await untouched()).toBe(standing);
      expect(await verifyChain(readEntries(db), { head: await readHead(db) })).toMatchObject({ kind: 'whole' });
      const again = await db.transaction().execute((tx) => prune(tx, before));
      expect(again).toEqual({ notifications: 0, interactions: 0, duties: 0, pages: 0, messages: 0 });
    }),
    { numRuns: 40, examples: [[pagesOfAnIncidentThatEndedLately]] },
  );
});

test('a table is pruned by so many rows at a time, the oldest first, until none is left', async () => {
  await db.deleteFrom('duties').execute();
  for (let index = 0; index < 25; index += 1) await db.insertInto('duties').values({ kind: 'run.watch', key: String(index), payload: '{}', due_at: old, state: 'done', lease_owner: null, last_error: null }).execute();
  const counts: number[] = [];
  for (let left = 25; left > 0; left -= counts.at(-1)!) counts.push((await db.transaction().execute((tx) => prune(tx, before, 10))).duties);
  expect(counts).toEqual([10, 10, 5]);
});
