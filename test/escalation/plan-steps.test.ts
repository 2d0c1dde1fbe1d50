import { describe, expect, test } from 'vitest';
import type { System } from '../../src/catalog/system.ts';
import { planSteps, reopenGraceMs } from '../../src/escalation/plan-steps.ts';

/**
 * Goal: who is paged, and when, follows from the system's file and from nothing else.
 * Method: one small system with a severity of each kind, an incident opened on a Monday at two in the night, and a table of what differs.
 */
const minutes = (count: number) => count * 60_000;
const step = (afterMinutes: number, role: string, more: object = {}) => ({ afterMs: minutes(afterMinutes), role, via: 'pagerduty', until: 'acknowledged', onlySeverities: [], ...more });
const now = new Date('2026-03-02T02:00:00Z');

const system = (escalation: object = {}) =>
  ({
    timezone: 'UTC',
    businessHours: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' },
    severities: [
      { label: 'P1', page: 'immediate' },
      { label: 'P2', page: 'business_hours' },
      { label: 'P3', page: 'next_business_day' },
      { label: 'P4', page: 'never' },
      { label: 'P9', page: 'immediate' },
    ],
    escalation: { driver: 'bot', clock: 'opened', appliesTo: ['P1'], steps: [step(0, 'first'), step(5, 'second'), step(15, 'boss', { until: 'resolved' })], ...escalation },
  }) as unknown as System;
const plan = (severity: string, { of = system(), reopenedCount = 0, alertsSince = now }: { of?: System; reopenedCount?: number; alertsSince?: Date } = {}) =>
  planSteps(of, { severity, reopenedCount, openedAt: now, alertsSince } as never, now).map(({ role, dueAt }) => [role, (dueAt.getTime() - now.getTime()) / 60_000]);

describe('who is paged when', () => {
  for (const [why, actual, expected] of [
    ['an escalating severity follows the steps', () => plan('P1'), [['first', 0], ['second', 5], ['boss', 15]]],
    ['what came back waits for the grace', () => plan('P1', { reopenedCount: 1 }), [['first', 2], ['second', 7], ['boss', 17]]],
    ['an immediate one without escalation pages once', () => plan('P9'), [['first', 0]]],
    ['which waits for the grace too', () => plan('P9', { reopenedCount: 1 }), [['first', 2]]],
    ['business hours wait for the opening', () => plan('P2'), [['first', 7 * 60]]],
    ['the next business day is tomorrow', () => plan('P3'), [['first', 31 * 60]]],
    ['never is never', () => plan('P4'), []],
    ['an unknown severity pages nobody', () => plan('P0'), []],
    ['PagerDuty’s own policy is told once', () => plan('P1', { of: system({ driver: 'pagerduty' }) }), [['first', 0]]],
    ['a step that is not PagerDuty’s is not sent there', () => plan('P1', { of: system({ steps: [step(0, 'first'), step(5, 'channel', { via: 'slack' })] }) }), [['first', 0]]],
    ['a step of another severity is left out', () => plan('P1', { of: system({ steps: [step(0, 'first'), step(5, 'cto', { onlySeverities: ['P0'] })] }) }), [['first', 0]]],
    ['counted from the alert’s start, what is past is due now', () => plan('P1', { of: system({ clock: 'alert_start' }), alertsSince: new Date(now.getTime() - minutes(7)) }), [['first', 0], ['second', 0], ['boss', 8]]],
  ] as const)
    test(why, () => expect(actual()).toEqual(expected));
  test('the grace is two minutes (G-2)', () => expect(reopenGraceMs).toBe(minutes(2)));
});
