import { expect, test } from 'vitest';
import type { Receipt } from '../../src/actions/ports.ts';
import { finalStates, type Run } from '../../src/runs/run.ts';
import { howToCancel, mayMove, nextStep, type RunEvent, type Standing } from '../../src/runs/transitions.ts';
import type { RunState } from '../../src/storage/tables.ts';

/** Goal: whatever anybody does, a run goes only where the table lets it, and what is over stays over (G-5). Method: every state × every event. */
const states = ['planned', 'awaiting_approval', 'approved', 'started', 'succeeded', 'failed', 'unknown', 'denied', 'expired', 'withdrawn', 'voided'] as const satisfies readonly RunState[];
const events: readonly RunEvent[] = [
  { is: 'confirm', by: 'U1', needsOthers: true },
  { is: 'confirm', by: 'U1', needsOthers: false },
  { is: 'approve', by: 'U2', isEnough: true },
  { is: 'approve', by: 'U2', isEnough: false },
  { is: 'deny', by: 'U2' },
  { is: 'withdraw', by: 'U1' },
  { is: 'expire' },
  { is: 'start', seenVersion: 1, isHeld: false },
  { is: 'start', seenVersion: 1, isHeld: true },
  { is: 'start', seenVersion: 2, isHeld: false },
  { is: 'lose' },
  { is: 'settle', by: 'U2', happened: true },
  { is: 'settle', by: 'U2', happened: false },
  { is: 'override' },
];
const expiresAt = new Date('2026-03-02T02:28:00Z');
const standing = (state: RunState): Standing => ({ state, version: 1, requestedBy: 'U1', expiresAt, approvals: [], outcome: null });
const inTime = new Date(expiresAt.getTime() - 1);

for (const state of states) {
  test(`${state}: every event leads along the table, or says why not`, () => {
    for (const event of events) {
      for (const now of [inTime, expiresAt]) {
        const step = nextStep(standing(state), event, now);
        if (step.kind === 'moves') expect(mayMove(state, step.to), `${state} ${event.is} → ${step.to}`).toBe(true);
        if (step.kind === 'refused') expect([step.rule, step.instead]).not.toContain('');
        if (finalStates.has(state)) expect(step.kind, `${state} ${event.is}`).not.toBe('moves');
      }
    }
  });
}

test('G-5: only an approved run starts, only as it was seen, in time, and while nothing holds it', () => {
  const starts = (state: RunState, seenVersion: number, isHeld: boolean, now: Date) => {
    const step = nextStep(standing(state), { is: 'start', seenVersion, isHeld }, now);
    return step.kind === 'moves' && step.to === 'started';
  };
  expect(starts('approved', 1, false, inTime)).toBe(true);
  expect(starts('approved', 2, false, inTime)).toBe(false);
  expect(starts('approved', 1, true, inTime)).toBe(false);
  expect(starts('approved', 1, false, expiresAt)).toBe(false);
  expect(states.filter((state) => starts(state, 1, false, inTime))).toEqual(['approved']);
});

const under = (state: RunState, receipt: Receipt | null, via: 'helm' | 'compose' | 'kubernetes') => howToCancel({ state, receipt, plan: { draft: { request: { via } } } } as unknown as Run);
for (const [why, state, receipt, via, expected] of [
  ['what nobody has approved', 'awaiting_approval', null, 'helm', { kind: 'withdraw' }],
  ['what has not started', 'approved', null, 'helm', { kind: 'withdraw' }],
  ['what is only watched', 'started', { status: 'accepted', answer: null }, 'helm', { kind: 'stopWatching' }],
  ['Helm at work', 'started', null, 'helm', { kind: 'refused', rule: expect.stringContaining('Helm is at work') }],
  ['Docker Compose at work', 'started', null, 'compose', { kind: 'refused', rule: expect.stringContaining('Docker Compose is at work') }],
  ['a request on its way', 'started', null, 'kubernetes', { kind: 'refused', rule: expect.stringContaining('cannot be called back') }],
  ['what nobody knows', 'unknown', null, 'helm', { kind: 'refused', rule: 'nobody knows whether it happened' }],
  ['what is over', 'succeeded', null, 'helm', { kind: 'refused', rule: 'it has already been carried out' }],
] as const)
  test(`to cancel ${why}: ${expected.kind}`, () => {
    expect(under(state, receipt, via)).toMatchObject(expected);
  });
