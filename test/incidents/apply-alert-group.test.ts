import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/storage/database.ts';
import { withOwnDatabase } from '../harness/own-database.ts';
import { alertWorld, type Said } from './alert-world.ts';

let db: Db;
withOwnDatabase((opened) => (db = opened));
let sources = 0;
const world = () => alertWorld(db, `source ${(sources += 1)}`);

describe('G-2: one episode, one incident', () => {
  test('the same body twice changes nothing the second time', async () => {
    const it = world();
    expect(await it.tell(0, [{ name: 'A', from: 0 }])).toEqual(['opened']);
    const before = await it.incidents();
    expect(await it.tell(1, [{ name: 'A', from: 0 }])).toEqual([]);
    expect(await it.incidents()).toEqual(before);
    expect(await it.tell(5, [{ name: 'A', from: 0, to: 5 }])).toEqual(['resolvedByItself']);
    expect(await it.tell(6, [{ name: 'A', from: 0, to: 5 }])).toEqual([]);
  });

  test('F-07: two Alertmanagers make one incident and both their links are kept', async () => {
    const it = world();
    expect(await it.tell(0, [{ name: 'A', from: 0 }, { name: 'B', from: 0 }])).toEqual(['opened']);
    expect(await it.tell(0, [{ name: 'B', from: 0.5 }, { name: 'A', from: -0.5 }], { externalURL: 'http://am-b.example.com' })).toEqual(['refreshed']);
    const [incident, ...others] = await it.incidents();
    expect(others).toEqual([]);
    expect(incident?.alertmanager_urls).toEqual(['http://am-a.example.com', 'http://am-b.example.com']);
    expect(await it.alerts()).toHaveLength(2);
  });

  test('F-07: two bodies of one group at the same moment make one incident', async () => {
    const it = world();
    const said: Said[] = [{ name: 'A', from: 0 }];
    await Promise.all([it.tell(0, said), it.tell(0, said, { externalURL: 'http://am-b.example.com' }), it.tell(0, said)]);
    expect(await it.incidents()).toHaveLength(1);
    expect(await it.alerts()).toHaveLength(1);
  });

  test('an alert that comes in two groups belongs to one incident', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }], { group: 'one' });
    await it.tell(0, [{ name: 'A', from: 0 }], { group: 'two' });
    expect(await it.incidents()).toHaveLength(1);
    expect(await it.tell(9, [{ name: 'A', from: 0, to: 9 }], { group: 'two' })).toEqual(['resolvedByItself']);
    expect(await it.tell(9, [{ name: 'A', from: 0, to: 9 }], { group: 'one' })).toEqual([]);
  });

  test('two systems with an alert of one name have an incident each, also in one group', async () => {
    const it = world();
    expect(await it.tell(0, [{ name: 'HighErrorRate', from: 0, system: 'shop' }, { name: 'HighErrorRate', from: 0, system: 'bank' }])).toEqual(['opened', 'opened']);
    expect((await it.incidents()).map((incident) => [incident.system_id, incident.channel_id])).toEqual([['shop', '#shop'], ['bank', '#bank']]);
  });

  test('one fault that fires the rules of two systems is one incident of the system it is in', async () => {
    const it = world();
    expect(await it.tell(0, [{ name: 'HighErrorRate', from: 0, severity: 'critical' }, { name: 'HighErrorRate', from: 0, severity: 'warning' }])).toEqual(['opened']);
    expect(await it.incidents()).toMatchObject([{ severity: 'critical', rank: 1 }]);
  });

  test('AP-31: what nobody claims is an incident in the channel for whatever has no other place', async () => {
    const it = world();
    expect(await it.tell(0, [{ name: 'NeverHeardOf', from: 0, system: '' }])).toEqual(['opened']);
    expect(await it.incidents()).toMatchObject([{ system_id: null, channel_id: '#alerts' }]);
  });

  test('Watchdog makes none', async () => {
    expect(await world().tell(0, [{ name: 'Watchdog', from: 0 }])).toEqual([]);
  });
});

describe('SV-29: news is told once', () => {
  test('it opens nothing, is told when it begins and not again while it lasts', async () => {
    const it = world();
    const first = await it.apply(0, it.body([{ name: 'Deployed', from: 0 }]));
    expect(first).toMatchObject({ changes: [], events: [{ rule: { name: 'Deployed' } }] });
    // The exporter restarts: another severity stands for another fingerprint here.
    const again = await it.apply(240, it.body([{ name: 'Deployed', from: 230, severity: 'info' }, { name: 'Deployed', from: 0, to: 231 }]));
    expect(again).toEqual({ changes: [], events: [] });
    expect((await it.apply(250, it.body([{ name: 'Deployed', from: 250, system: '' }]))).events).toEqual([]);
    expect(await it.incidents()).toEqual([]);
  });
});

describe('what a group says decides how bad it is', () => {
  test('the worst alert speaks for the incident, wherever it stands in the group', async () => {
    const it = world();
    await it.tell(0, [{ name: 'Slow', from: 0, annotations: { summary: 'slow' } }, { name: 'Down', severity: 'critical', from: 1, annotations: { summary: 'down' } }]);
    expect(await it.incidents()).toMatchObject([{ alert_name: 'Down', title: 'down', severity: 'critical', rank: 1, alerts_since: expect.any(Date) }]);
  });

  test('a worse alert that joins makes the incident worse, a milder one changes nothing of that', async () => {
    const it = world();
    await it.tell(0, [{ name: 'Slow', from: 0 }]);
    expect(await it.tell(2, [{ name: 'Slow', from: 0 }, { name: 'Down', severity: 'critical', from: 2 }])).toEqual(['worsened']);
    expect(await it.incidents()).toMatchObject([{ alert_name: 'Down', rank: 1 }]);
    expect(await it.tell(3, [{ name: 'Slow', from: 0 }, { name: 'Down', severity: 'critical', from: 2, to: 3 }])).toEqual(['refreshed']);
    expect(await it.incidents()).toMatchObject([{ rank: 1, state: 'triggered' }]);
  });

  test('F-06: while Alertmanager leaves alerts out, an incident does not end by itself', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }, { name: 'B', from: 0 }], { truncated: 1 });
    expect(await it.tell(5, [{ name: 'A', from: 0, to: 5 }, { name: 'B', from: 0, to: 5 }], { truncated: 1 })).toEqual(['refreshed']);
    expect(await it.incidents()).toMatchObject([{ state: 'triggered', truncated_alerts: 1 }]);
    expect(await it.tell(9, [{ name: 'A', from: 0, to: 5 }], { truncated: 2, reason: 'all alerts resolved' })).toEqual([]);
    expect(await it.tell(10, [{ name: 'C', from: 9, to: 10 }, { name: 'A', from: 10 }], { truncated: 0 })).toEqual(['refreshed']);
    expect(await it.tell(12, [{ name: 'A', from: 10, to: 12 }], { truncated: 2, reason: 'all alerts resolved' })).toEqual(['resolvedByItself']);
  });

  test('a start in the future is not believed', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 9_000 }]);
    expect((await it.incidents())[0]!.alerts_since.getTime()).toBeLessThanOrEqual(Date.UTC(2026, 2, 2, 2, 0));
  });
});

describe('coming back', () => {
  test('G-2: soon after its end the same incident is reopened, later it is a new one', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }]);
    await it.tell(5, [{ name: 'A', from: 0, to: 5 }]);
    expect(await it.tell(10, [{ name: 'A', from: 10, annotations: { summary: 'worse words' } }])).toEqual(['reopened']);
    expect(await it.incidents()).toMatchObject([{ state: 'triggered', reopened_count: 1, title: 'worse words' }]);
    await it.tell(12, [{ name: 'A', from: 10, to: 12 }]);
    expect(await it.tell(60, [{ name: 'A', from: 60 }])).toEqual(['opened']);
    expect(await it.incidents()).toHaveLength(2);
  });

  test('what flaps is one incident', async () => {
    const it = world();
    for (let at = 0; at < 60; at += 4) {
      await it.tell(at, [{ name: 'A', from: at }]);
      await it.tell(at + 2, [{ name: 'A', from: at, to: at + 2 }]);
    }
    expect(await it.incidents()).toMatchObject([{ state: 'resolved', reopened_count: 14 }]);
  });

  test('a person’s incident is never closed behind their back', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }]);
    await it.person('acknowledged', (await it.incidents())[0]!.id, 1);
    expect(await it.tell(5, [{ name: 'A', from: 0, to: 5 }])).toEqual(['alertsEnded']);
    expect(await it.incidents()).toMatchObject([{ state: 'acknowledged', alerts_ended_at: expect.any(Date) }]);
    expect(await it.tell(8, [{ name: 'A', from: 8 }])).toEqual(['refired']);
    expect(await it.incidents()).toMatchObject([{ state: 'acknowledged', alerts_ended_at: null }]);
  });

  test('what somebody had yesterday is nobody’s when it fires again', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }]);
    await it.person('acknowledged', (await it.incidents())[0]!.id, 1);
    await it.tell(5, [{ name: 'A', from: 0, to: 5 }]);
    expect(await it.tell(600, [{ name: 'A', from: 600 }])).toEqual(['reopened']);
    expect(await it.incidents()).toMatchObject([{ state: 'triggered', acknowledged_by: null, reopened_count: 1 }]);
  });

  test('what a person resolved while it fires is back with the next notification, and what was said of its end is not the end', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }]);
    await it.person('resolved', (await it.incidents())[0]!.id, 1);
    expect(await it.tell(240, [{ name: 'A', from: 0 }])).toEqual(['reopened']);
    expect(await it.incidents()).toMatchObject([{ state: 'triggered', cause: null, resolved_by: null }]);
  });

  test('the end of an alert that a person had closed before leaves the incident closed', async () => {
    const it = world();
    await it.tell(0, [{ name: 'A', from: 0 }]);
    await it.person('resolved', (await it.incidents())[0]!.id, 1);
    expect(await it.tell(5, [{ name: 'A', from: 0, to: 5 }])).toEqual(['refreshed']);
    expect(await it.incidents()).toMatchObject([{ state: 'resolved', resolved_by: 'U1' }]);
  });
});

test('F-08: in whatever order a history of six comes, one incident tells what is true', async () => {
  const at = (from: number, to?: number): Said[] => [{ name: 'A', from, ...(to !== undefined && { to }) }];
  const history = [at(0), at(0.5), at(0), at(0, 10), at(0.5, 10.2), at(20)];
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(history, { minLength: 6 }), async (order) => {
      const it = world();
      for (const [index, said] of order.entries()) await it.tell(21 + index / 10, said);
      expect((await it.alerts()).filter((alert) => alert.status === 'firing')).toHaveLength(1);
      expect((await it.incidents()).filter((incident) => incident.state !== 'resolved')).toHaveLength(1);
      expect(await it.incidents()).toHaveLength(1);
    }),
    { numRuns: 25 },
  );
});

/**
 * Goal: whatever two Alertmanagers and people do, one identity has one open episode, and what was last said to fire is on an open incident.
 * Method: random histories over three alerts in two groups, against what was last said.
 */
test('I2, G-2: random histories never hide a firing alert', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('fire' as const), names: fc.subarray(['A', 'B', 'C'], { minLength: 1 }), group: fc.constantFrom('one', 'two'), skew: fc.constantFrom(-0.5, 0, 0.5) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), names: fc.subarray(['A', 'B', 'C'], { minLength: 1 }), group: fc.constantFrom('one', 'two'), skew: fc.constantFrom(0, 0.2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('acknowledged' as const, 'resolved' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 90 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
      const it = world();
      const since = new Map<string, number>();
      let at = 0;
      for (const each of steps) {
        at += each.kind === 'wait' ? each.minutes : 1;
        if (each.kind === 'wait') continue;
        if (!('names' in each)) {
          for (const incident of await it.incidents()) await it.person(each.kind, incident.id, at);
          continue;
        }
        for (const name of each.names) if (each.kind === 'fire' && !since.has(name)) since.set(name, at);
        await it.tell(at, each.names.map((name) => ({ name, from: (since.get(name) ?? at) + each.skew, ...(each.kind === 'end' && { to: at }) })), { group: each.group });
        if (each.kind === 'end') for (const name of each.names) since.delete(name);

        const alerts = await it.alerts();
        const incidents = new Map((await it.incidents()).map((incident) => [incident.id, incident]));
        for (const name of each.names) {
          const own = alerts.filter((alert) => alert.fingerprint.startsWith(name) && alert.status === 'firing');
          expect(own.length).toBe(each.kind === 'fire' ? 1 : 0);
          for (const alert of own) expect(incidents.get(alert.incident_id)?.state).not.toBe('resolved');
        }
        for (const incident of incidents.values())
          if (incident.state === 'triggered') expect(alerts.some((alert) => alert.incident_id === incident.id && alert.status === 'firing')).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('P-8: a group of 5,000 alerts is applied with a few statements', async () => {
  const it = world();
  const many = (to?: number): Said[] => Array.from({ length: 5_000 }, (_, index) => ({ name: `A${index}`, from: 0, ...(to !== undefined && { to }) }));
  expect(await it.tell(0, many())).toEqual(['opened']);
  expect(await it.alerts()).toHaveLength(5_000);
  expect(await it.tell(1, many())).toEqual([]);
  expect(await it.tell(2, many(2))).toEqual(['resolvedByItself']);
});
