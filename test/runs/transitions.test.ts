import { expect, test } from 'vitest';
import type { Receipt } from '../../src/actions/ports.ts';
import type { Outcome } from '../../src/runs/outcome.ts';
import { finalStates, type Approval, type Run } from '../../src/runs/run.ts';
import { howToCancel, inTheWayOf, isSameWish, mayMove, nextStep, type RunEvent, type Standing, type Step } from '../../src/runs/transitions.ts';
import type { RunState } from '../../src/storage/tables.ts';

/** Goal: whatever anybody does, a run goes only where the table lets it, and what is over stays over (G-5). Method: every event × every state, in words. */
const states = ['planned', 'awaiting_approval', 'approved', 'started', 'unknown', 'succeeded', 'failed', 'denied', 'expired', 'withdrawn', 'voided'] as const satisfies readonly RunState[];
const expiresAt = new Date('2026-03-02T02:28:00Z');
const inTime = new Date(expiresAt.getTime() - 1);
const tooLate = expiresAt;
const standing = (state: RunState, change: Partial<Standing> = {}): Standing => ({ state, version: 1, requestedBy: 'U1', expiresAt, approvals: [], outcome: null, ...change });
const by = (userId: string, decision: Approval['decision']): Approval => ({ userId, decision, reason: null, at: inTime });

function inWords(step: Step): string {
  switch (step.kind) {
    case 'moves':
      return `→ ${step.to}`;
    case 'counts':
      return 'counts';
    case 'nothing':
      return 'nothing changes';
    case 'refused':
      return `no: ${step.rule}. ${step.instead}`;
  }
}

/** What is said of a state to whoever comes too late or too early. */
const asItStands = {
  planned: 'no: it has not been asked for yet.',
  awaiting_approval: 'no: it waits for approval.',
  approved: 'no: it is approved and about to start.',
  started: 'no: it is already running.',
  unknown: 'no: nobody knows whether it happened.',
  succeeded: 'no: it has already been carried out.',
  failed: 'no: it is over already, and failed.',
  denied: 'no: it was denied.',
  expired: 'no: it has run out.',
  withdrawn: 'no: it was withdrawn.',
  voided: 'no: it is no longer what was agreed to.',
} as const satisfies Record<RunState, string>;

/** What comes of an event: in the states that are named, and in every other. `…` is what is said of the state. */
type Row = { readonly event: RunEvent; readonly now: Date; readonly run?: Partial<Standing>; readonly comes: Partial<Record<RunState, string>>; readonly otherwise: string };
const confirmed = { awaiting_approval: 'nothing changes', approved: 'nothing changes', started: 'nothing changes', unknown: 'nothing changes', succeeded: 'nothing changes', failed: 'nothing changes', denied: 'nothing changes', voided: 'nothing changes' } as const;
const table: Readonly<Record<string, Row>> = {
  'the requester confirms, and others must approve': { event: { is: 'confirm', by: 'U1', needsOthers: true }, now: inTime, comes: { planned: '→ awaiting_approval', ...confirmed }, otherwise: '… Ask again for a fresh plan.' },
  'the requester confirms, and that is enough': { event: { is: 'confirm', by: 'U1', needsOthers: false }, now: inTime, comes: { planned: '→ approved', ...confirmed }, otherwise: '… Ask again for a fresh plan.' },
  'the requester confirms too late': { event: { is: 'confirm', by: 'U1', needsOthers: false }, now: tooLate, comes: { planned: 'no: the plan has expired. Ask again for a fresh one.', ...confirmed }, otherwise: '… Ask again for a fresh plan.' },
  'somebody else confirms': { event: { is: 'confirm', by: 'U2', needsOthers: false }, now: inTime, comes: {}, otherwise: 'no: it is the plan of somebody else. Ask for one of your own.' },

  'the last who must, approves': { event: { is: 'approve', by: 'U2', isEnough: true }, now: inTime, comes: { awaiting_approval: '→ approved' }, otherwise: '… Nothing more is needed of you.' },
  'one of several approves': { event: { is: 'approve', by: 'U2', isEnough: false }, now: inTime, comes: { awaiting_approval: 'counts' }, otherwise: '… Nothing more is needed of you.' },
  'somebody approves too late': { event: { is: 'approve', by: 'U2', isEnough: true }, now: tooLate, comes: { awaiting_approval: 'no: the request has expired. Ask for a fresh one.' }, otherwise: '… Nothing more is needed of you.' },
  'somebody who approved, approves again': { event: { is: 'approve', by: 'U2', isEnough: false }, now: inTime, run: { approvals: [by('U2', 'approved')] }, comes: {}, otherwise: 'nothing changes' },
  'somebody approves after another': { event: { is: 'approve', by: 'U2', isEnough: true }, now: inTime, run: { approvals: [by('U3', 'approved')] }, comes: { awaiting_approval: '→ approved' }, otherwise: '… Nothing more is needed of you.' },
  'somebody who denied, approves': { event: { is: 'approve', by: 'U2', isEnough: true }, now: inTime, run: { approvals: [by('U2', 'denied')] }, comes: { awaiting_approval: '→ approved' }, otherwise: '… Nothing more is needed of you.' },

  'somebody denies': { event: { is: 'deny', by: 'U2' }, now: inTime, comes: { awaiting_approval: '→ denied' }, otherwise: '… Nothing more is needed of you.' },
  'somebody denies too late': { event: { is: 'deny', by: 'U2' }, now: tooLate, comes: { awaiting_approval: '→ denied' }, otherwise: '… Nothing more is needed of you.' },
  'somebody who denied, denies again': { event: { is: 'deny', by: 'U2' }, now: inTime, run: { approvals: [by('U2', 'denied')] }, comes: { awaiting_approval: '→ denied', denied: 'nothing changes' }, otherwise: '… Nothing more is needed of you.' },
  'somebody denies after another': { event: { is: 'deny', by: 'U2' }, now: inTime, run: { approvals: [by('U3', 'denied')] }, comes: { awaiting_approval: '→ denied' }, otherwise: '… Nothing more is needed of you.' },
  'somebody who approved, denies': { event: { is: 'deny', by: 'U2' }, now: inTime, run: { approvals: [by('U2', 'approved')] }, comes: { awaiting_approval: '→ denied' }, otherwise: '… Nothing more is needed of you.' },

  'somebody breaks the glass': { event: { is: 'breakGlass' }, now: inTime, comes: { awaiting_approval: '→ approved' }, otherwise: 'no: it does not wait for approval. Nothing more is needed of you.' },
  'somebody breaks the glass too late': { event: { is: 'breakGlass' }, now: tooLate, comes: { awaiting_approval: 'no: the request has expired. Ask for a fresh one.' }, otherwise: 'no: it does not wait for approval. Nothing more is needed of you.' },

  'the requester withdraws': { event: { is: 'withdraw', by: 'U1' }, now: inTime, comes: { planned: '→ withdrawn', awaiting_approval: '→ withdrawn', approved: '→ withdrawn', withdrawn: 'nothing changes' }, otherwise: '… See how it stands in the thread.' },
  'somebody else withdraws': { event: { is: 'withdraw', by: 'U2' }, now: inTime, comes: {}, otherwise: 'no: only the person who asked may withdraw it. Deny it instead, if you may decide.' },

  'the time to decide is not over yet': { event: { is: 'expire' }, now: inTime, comes: {}, otherwise: 'nothing changes' },
  'the time to decide is over': { event: { is: 'expire' }, now: tooLate, comes: { planned: '→ expired', awaiting_approval: '→ expired', approved: '→ voided' }, otherwise: 'nothing changes' },

  'it is its turn': { event: { is: 'start', seenVersion: 1, isHeld: false }, now: inTime, comes: { approved: '→ started' }, otherwise: '… Look at it again.' },
  'it is its turn, too late': { event: { is: 'start', seenVersion: 1, isHeld: false }, now: tooLate, comes: { approved: '→ voided' }, otherwise: '… Look at it again.' },
  'it is its turn during a freeze': { event: { is: 'start', seenVersion: 1, isHeld: true }, now: inTime, comes: { approved: '→ voided' }, otherwise: '… Look at it again.' },
  'it is its turn, and it is no longer as it was looked at': { event: { is: 'start', seenVersion: 2, isHeld: false }, now: inTime, comes: {}, otherwise: '… Look at it again.' },

  'whoever started it is gone': { event: { is: 'lose' }, now: inTime, comes: { started: '→ unknown' }, otherwise: 'nothing changes' },

  'a person says that it happened': { event: { is: 'settle', by: 'U2', happened: true }, now: inTime, comes: { unknown: '→ succeeded' }, otherwise: 'no: it is settled already. Look at its message.' },
  'a person says that it did not happen': { event: { is: 'settle', by: 'U2', happened: false }, now: inTime, comes: { unknown: '→ failed' }, otherwise: 'no: it is settled already. Look at its message.' },
  'somebody who said that it happened, says so again': { event: { is: 'settle', by: 'U2', happened: true }, now: inTime, run: { outcome: settled('U2', true) }, comes: {}, otherwise: 'nothing changes' },
  'somebody says what another has said': { event: { is: 'settle', by: 'U2', happened: true }, now: inTime, run: { outcome: settled('U3', true) }, comes: { unknown: '→ succeeded' }, otherwise: 'no: it is settled already. Look at its message.' },
  'somebody says the opposite of what they said': { event: { is: 'settle', by: 'U2', happened: true }, now: inTime, run: { outcome: settled('U2', false) }, comes: { unknown: '→ succeeded' }, otherwise: 'no: it is settled already. Look at its message.' },
  'a person says that it happened, after what was watched': { event: { is: 'settle', by: 'U2', happened: true }, now: inTime, run: { outcome: { status: 'notWatched', by: 'U2', lines: [] } }, comes: { unknown: '→ succeeded' }, otherwise: 'no: it is settled already. Look at its message.' },

  'somebody lets others go past it': { event: { is: 'override' }, now: inTime, comes: { unknown: 'counts', started: 'no: it is running, and whoever runs it is alive. Wait until it ends, or look whether it can be cancelled.' }, otherwise: 'no: it is settled already. Ask for your change again.' },
};

function settled(by: string, happened: boolean): Outcome {
  return { status: 'settled', happened, by, note: 'looked at the cluster' };
}

for (const [what, { event, now, run, comes, otherwise }] of Object.entries(table)) {
  test(`G-5: ${what}`, () => {
    expect(states.map((state) => `${state}: ${inWords(nextStep(standing(state, run), event, now))}`)).toEqual(states.map((state) => `${state}: ${comes[state] ?? otherwise.replace('…', asItStands[state])}`));
  });
}

test('no event leads where a run may not go, nor out of a state that is final', () => {
  for (const { event, now, run } of Object.values(table)) {
    for (const state of states) {
      const step = nextStep(standing(state, run), event, now);
      if (step.kind !== 'moves') continue;
      expect(mayMove(state, step.to), `${state} ${event.is} → ${step.to}`).toBe(true);
      expect(finalStates.has(state), `${state} ${event.is}`).toBe(false);
    }
  }
});

const ways = [
  ['planned', 'awaiting_approval', 'others must approve'],
  ['planned', 'approved', 'the confirmation is enough'],
  ['planned', 'expired', 'nobody confirmed in time'],
  ['planned', 'withdrawn', 'the requester does not want it'],
  ['planned', 'voided', 'the database is no longer the one it was planned in'],
  ['awaiting_approval', 'approved', 'enough have approved'],
  ['awaiting_approval', 'denied', 'somebody denied'],
  ['awaiting_approval', 'expired', 'nobody decided in time'],
  ['awaiting_approval', 'withdrawn', 'the requester does not want it any more'],
  ['awaiting_approval', 'voided', 'the database is no longer the one it was asked in'],
  ['approved', 'started', 'it is its turn'],
  ['approved', 'withdrawn', 'the requester does not want it any more'],
  ['approved', 'voided', 'it is no longer what was agreed to'],
  ['started', 'started', 'the outside has answered, and it is watched'],
  ['started', 'succeeded', 'it was seen to end well'],
  ['started', 'failed', 'it was seen to end badly'],
  ['started', 'unknown', 'nobody knows how it ended'],
  ['unknown', 'started', 'it is known to have happened, and is watched'],
  ['unknown', 'succeeded', 'it is known to have happened'],
  ['unknown', 'failed', 'it is known not to have happened'],
  ['failed', 'succeeded', 'looked at again, it has finished after all'],
] as const;
for (const [from, to, why] of ways) test(`G-5: a run goes from ${from} to ${to}: ${why}`, () => expect(mayMove(from, to)).toBe(true));

test('G-5: a run goes no other way', () => {
  const all = states.flatMap((from) => states.filter((to) => mayMove(from, to)).map((to) => `${from} → ${to}`));
  expect(all.toSorted()).toEqual(ways.map(([from, to]) => `${from} → ${to}`).toSorted());
});

const under = (state: RunState, receipt: Receipt | null, via: 'helm' | 'compose' | 'kubernetes') => howToCancel({ state, receipt, plan: { draft: { request: { via } } } } as unknown as Run);
const refused = (rule: string, instead: string) => ({ kind: 'refused', rule, instead });
for (const [why, state, receipt, via, expected] of [
  ['what nobody has asked for', 'planned', null, 'helm', { kind: 'withdraw' }],
  ['what nobody has approved', 'awaiting_approval', null, 'helm', { kind: 'withdraw' }],
  ['what has not started', 'approved', null, 'helm', { kind: 'withdraw' }],
  ['what is only watched', 'started', { status: 'accepted', answer: null }, 'helm', { kind: 'stopWatching' }],
  ['Helm at work', 'started', null, 'helm', refused('Helm is at work, and stopping it in the middle would leave the release half changed', 'Wait until it ends; then it can be undone.')],
  ['Docker Compose at work', 'started', null, 'compose', refused('Docker Compose is at work, and stopping it in the middle would leave the container half changed', 'Wait until it ends; then it can be undone.')],
  ['a request on its way', 'started', null, 'kubernetes', refused('the request is on its way, and cannot be called back', 'Wait for its answer, a matter of seconds; then it can be undone.')],
  ['what nobody knows', 'unknown', null, 'helm', refused('nobody knows whether it happened', 'Look again, or settle it on its message.')],
  ['what is over', 'succeeded', null, 'helm', refused('it has already been carried out', 'Look at its message in the thread.')],
  ['what was denied', 'denied', null, 'kubernetes', refused('it was denied', 'Look at its message in the thread.')],
] as const)
  test(`to cancel ${why}: ${'rule' in expected ? expected.rule : expected.kind}`, () => {
    expect(under(state, receipt, via)).toEqual(expected);
  });

const wish = (state: RunState, primitive: string, params: Run['plan']['params']) => ({ state, plan: { primitive, params } }) as unknown as Run;
const toFive = wish('planned', 'k8s.scale', { replicas: 5, note: null });
for (const [why, other, expected] of [
  ['the same primitive with the same parameters, in whatever order', wish('planned', 'k8s.scale', { note: null, replicas: 5 }), true],
  ['other parameters', wish('planned', 'k8s.scale', { replicas: 6, note: null }), false],
  ['another primitive', wish('planned', 'k8s.restart', { replicas: 5, note: null }), false],
] as const)
  test(`${why}: ${expected ? 'the same wish' : 'another wish'}`, () => expect(isSameWish(toFive, other)).toBe(expected));

const waiting = wish('awaiting_approval', 'k8s.scale', { replicas: 9 });
const sameWaiting = wish('awaiting_approval', 'k8s.scale', { replicas: 5, note: null });
const running = wish('started', 'k8s.restart', {});
for (const [why, underWay, expected] of [
  ['nothing is under way', [], undefined],
  ['another wish that waits for approval changes nothing yet', [waiting], undefined],
  ['the same wish that waits for approval', [waiting, sameWaiting], sameWaiting],
  ['whatever is about to start', [waiting, wish('approved', 'k8s.restart', {})], { state: 'approved' }],
  ['whatever runs', [waiting, running, sameWaiting], running],
  ['what nobody knows', [wish('unknown', 'k8s.restart', {})], { state: 'unknown' }],
] as const)
  test(`in the way of a wish: ${why}`, () => {
    const found = inTheWayOf(toFive, underWay);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });
