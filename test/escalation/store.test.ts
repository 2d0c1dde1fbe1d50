import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { System } from '../../src/catalog/system.ts';
import { cancelPage, claimPage, endEscalation, keepSpacing, markAccepted, markFailed, markRefused, nextPageAt, raiseEscalation, startEscalation, type Page, type Paging } from '../../src/escalation/store.ts';
import { whyNotWanted } from '../../src/escalation/why-not-wanted.ts';
import { changeIncident, findIncident, insertIncident } from '../../src/incidents/store.ts';
import type { Incident } from '../../src/incidents/incident.ts';
import type { Db, Tx } from '../../src/storage/database.ts';
import { withOwnDatabase } from '../harness/own-database.ts';

let db: Db;
withOwnDatabase((opened) => (db = opened));

const start = Date.UTC(2026, 2, 2, 2, 0);
const step = (minutes: number, role: string, until: 'acknowledged' | 'resolved') => ({ afterMs: minutes * 60_000, role, via: 'pagerduty', until, onlySeverities: [] });
const system = {
  severities: [{ label: 'P1', page: 'immediate' }],
  escalation: { driver: 'bot', clock: 'opened', appliesTo: ['P1'], routingKeySetting: 'KEY', steps: [step(0, 'first', 'acknowledged'), step(5, 'second', 'acknowledged'), step(15, 'boss', 'resolved')] },
} as unknown as System;

// The boss has a PagerDuty service of their own.
const paging: Paging = { installation: 'test', routingKeySettingOf: ({ escalation }, role) => (role === 'boss' ? 'BOSS' : escalation.routingKeySetting) };

let incidents = 0;
async function newIncident(now: Date) {
  return insertIncident(db as never, {
    source: 'test', origin: 'person', group_key_hash: `escalation ${(incidents += 1)}`, system_id: 's', environment: 'e', component: null, alert_name: '', title: '', severity: 'P1', rank: 1,
    state: 'triggered', version: 1, channel_id: '#alerts', opened_at: now, alerts_since: now, reopened_count: 0, truncated_alerts: 0, alertmanager_urls: '[]',
  });
}

test('F-32: while a trigger is on its way, the resolve waits for its answer; what still waits is taken back', async () => {
  await db.deleteFrom('pages').execute();
  const now = new Date(start);
  const incident = await newIncident(now);
  await db.transaction().execute((tx) => startEscalation(tx, paging, system, incident, now));
  const onItsWay = (await claimPage(db, 'one', now))!;
  await db.transaction().execute(async (tx) => endEscalation(tx, paging, await changeIncident(tx, incident.id, { state: 'resolved' }), 'resolved', now));
  expect(await claimPage(db, 'two', now)).toBeUndefined();
  await markAccepted(db, onItsWay, now);
  expect(await claimPage(db, 'two', now)).toMatchObject({ action: 'resolve', dedup_key: onItsWay.dedup_key });
  expect(await claimPage(db, 'one', new Date(start + 20 * 60_000))).toMatchObject({ action: 'resolve' });
  expect((await db.selectFrom('pages').select('state').where('action', '=', 'trigger').orderBy('id').execute()).map((page) => page.state)).toEqual(['accepted', 'cancelled', 'cancelled']);
});

type Answer = 'deliver' | 'refuse' | 'lose' | 'reject' | 'die';
/** `newest`: the answer to what was claimed last comes first. */
type Step =
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: Answer; readonly newest: boolean }
  | { readonly kind: 'claim' | 'acknowledge' | 'resolve' | 'reopen' | 'worsen' };
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 20, 40, 130, 400) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('claim' as const) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom<Answer>('deliver', 'deliver', 'refuse', 'lose', 'reject', 'die'), newest: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('acknowledge' as const, 'resolve' as const, 'reopen' as const, 'worsen' as const) }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 6, maxLength: 40 },
);

/**
 * Goal: whatever order claims, answers, crashes and people's acts come in, PagerDuty hears nothing before its time, nothing of a trigger after the resolve,
 * and in the end it knows how the incident ended.
 * Method: random interleavings of two senders and a person, over the real rows; PagerDuty is a list.
 */
test('G-7, F-32, I8, I9: never early, never a trigger after its resolve, and the end is told', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await db.deleteFrom('pages').execute();
      let nowMs = start;
      const now = () => new Date(nowMs);
      const opened = await newIncident(now());
      const { id } = opened;
      const incident = async () => (await findIncident(db, id))!;
      await db.transaction().execute((tx) => startEscalation(tx, paging, system, opened, now()));
      const heard = new Map<string, string[]>();
      const inFlight: Page[] = [];
      // PagerDuty folds by service and key: each service has an alert of its own.
      const alertOf = (page: Page): string => `${page.routing_key_setting} ${page.dedup_key}`;

      const hear = (page: Page): void => {
        const sofar = heard.get(alertOf(page)) ?? [];
        expect(page.due_at.getTime()).toBeLessThanOrEqual(nowMs);
        // A resolve whose answer was lost is told again; anything else after it would open a new alert.
        if (page.action !== 'resolve') expect(sofar, `${page.action} after ${sofar.join(', ')}`).not.toContain('resolve');
        heard.set(alertOf(page), [...sofar, page.action]);
      };
      const claim = async (): Promise<void> => {
        const page = await claimPage(db, `owner ${inFlight.length}`, now());
        if (page === undefined) return;
        if (whyNotWanted(page, await incident()) === null) inFlight.push(page);
        else await cancelPage(db, page);
      };
      const act = async (state: 'acknowledged' | 'resolved' | 'triggered', then: (tx: Tx, after: Incident) => Promise<void>, more: object = {}): Promise<void> => {
        await db.transaction().execute(async (tx) => then(tx, await changeIncident(tx, id, { state, ...more })));
      };
      const end = (reason: 'acknowledged' | 'resolved') => act(reason, (tx, after) => endEscalation(tx, paging, after, reason, now()));
      for (const each of history) {
        const before = await incident();
        // Sending has a deadline far below the lease: an answer never comes when the page is somebody else's.
        const late = inFlight.filter((page) => page.lease_until !== null && page.lease_until.getTime() <= nowMs + 10_000);
        for (const page of late) inFlight.splice(inFlight.indexOf(page), 1);
        switch (each.kind) {
          case 'wait':
            nowMs += each.seconds * 1_000;
            break;
          case 'claim':
            await claim();
            break;
          case 'acknowledge':
            if (before.state === 'triggered') await end('acknowledged');
            break;
          case 'resolve':
            if (before.state !== 'resolved') await end('resolved');
            break;
          case 'reopen':
            if (before.state === 'resolved')
              await act('triggered', (tx, after) => startEscalation(tx, paging, system, after, now()), { reopened_count: before.reopenedCount + 1 });
            break;
          case 'worsen':
            if (before.state !== 'resolved') await db.transaction().execute((tx) => raiseEscalation(tx, paging, system, before, now()));
            break;
          default: {
            const page = each.newest ? inFlight.pop() : inFlight.shift();
            if (page === undefined) break;
            if (each.kind === 'deliver' || each.kind === 'lose') hear(page);
            if (each.kind === 'deliver')
              await db.transaction().execute(async (tx) => {
                await markAccepted(tx, page, now());
                await keepSpacing(tx, page, now());
              });
            if (each.kind === 'refuse' || each.kind === 'lose') await markFailed(db, page, each.kind, new Date(nowMs + 5_000));
            if (each.kind === 'reject' && page.action === 'trigger') await markRefused(db, page, 'invalid');
          }
        }
      }

      // It ends, PagerDuty takes everything, and an hour passes.
      if ((await incident()).state !== 'resolved') await end('resolved');
      nowMs += 3_600_000;
      inFlight.length = 0;
      for (let page = await claimPage(db, 'last', now()); page !== undefined; page = await claimPage(db, 'last', now())) {
        if (whyNotWanted(page, await incident()) !== null) {
          await cancelPage(db, page);
          continue;
        }
        hear(page);
        await markAccepted(db, page, now());
      }
      // An end of which PagerDuty never heard the beginning says nothing to it: the try that may have reached it did not.
      for (const events of [...heard.values()].filter((sofar) => sofar.includes('trigger'))) {
        expect(events[0]).toBe('trigger');
        expect(events.at(-1)).toBe('resolve');
      }
      expect(await nextPageAt(db, now())).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});
