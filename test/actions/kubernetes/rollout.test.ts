/** How a rollout is judged from what the cluster shows, and how a lost answer is. */
import { expect, test } from 'vitest';
import type { Context, ProgressInput } from '../../../src/actions/define-primitive.ts';
import type { Pod, Workload } from '../../../src/actions/kubernetes/cluster.ts';
import { decideEvidence } from '../../../src/actions/kubernetes/evidence.ts';
import { podsReading } from '../../../src/actions/kubernetes/pods.ts';
import { progressOfRollout, rolloutStage, templateDigest } from '../../../src/actions/kubernetes/rollout.ts';
import { restart } from '../../../src/actions/kubernetes/restart.ts';
import type { WorkloadTarget } from '../../../src/actions/plan.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { accepted, container, crashing, notReady, now, planned, pod, revision, target, templateOf, workload } from '../samples.ts';

const status = (changes: Partial<Workload['status']>) => ({ desired: 3, current: 3, updated: 3, ready: 3, available: 3, updateRevision: null, ...changes });

for (const [why, changes, stage] of [
  ['all new and available', {}, 'complete'],
  ['the controller has not looked yet', { observedGeneration: 6 }, 'unseen'],
  ['one new pod', { status: status({ updated: 1, current: 4 }) }, 'rolling'],
  ['all new, an old one still there', { status: status({ current: 4 }) }, 'rolling'],
  ['all new, one not available', { status: status({ available: 2 }) }, 'settling'],
  ['paused in the middle', { paused: true, status: status({ updated: 1 }) }, 'paused'],
  ['over its deadline', { status: status({ updated: 1 }), conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: '' }] }, 'deadlineExceeded'],
  ['a StatefulSet whose partition keeps two old', { kind: 'StatefulSet', partition: 2, status: status({ updated: 1 }) }, 'complete'],
  ['old pods that nobody deletes', { kind: 'StatefulSet', strategy: 'OnDelete', status: status({ updated: 0 }) }, 'waitsForDeletion'],
  ['scaled to zero', { replicas: 0, status: status({ desired: 0, current: 0, updated: 0, ready: 0, available: 0 }) }, 'complete'],
] as const) {
  test(`${why}: ${stage}`, () => expect(rolloutStage(workload(changes as Partial<Workload>)).stage).toBe(stage));
}

function look(seen: Workload, pods: readonly Pod[], changes: Partial<ProgressInput<WorkloadTarget>> = {}, log = 'starting\ngiving up') {
  const context = {
    clock: manualClock(now),
    signal: AbortSignal.timeout(10_000),
    ports: { kubernetes: { workload: async () => seen, pods: async () => pods, revisions: async () => [revision(4, 'r/stock:v2', { hash: 'new' })], log: async () => log } },
  } as unknown as Context;
  return progressOfRollout(context, { ...input(), ...changes });
}

function input(): ProgressInput<WorkloadTarget> {
  const plan = planned(restart.plan({ target, params: {}, observed: { workload: workload(), dryRun: accepted, at: '2026-01-05T02:20:00Z' } }));
  return { runId: 'run_1', target, plan, receipt: { generation: 8, templateDigest: templateDigest(templateOf('r/stock:v2')) }, startedAt: new Date(now.getTime() - 24_000), now };
}

const rolling = workload({ generation: 8, observedGeneration: 8, status: status({ updated: 1, current: 4, ready: 2, available: 2 }) });

test('while it runs, one line says how far it is and what is in the way', async () => {
  expect(await look(rolling, [pod('a'), crashing('b'), pod('old', { revisionHash: 'old' })])).toEqual({ status: 'running', line: '1 of 3 pods new and ready (24 s); 1 CrashLoopBackOff' });
});

test('out of time it has failed, and says why, what still serves, and the last words of what crashed', async () => {
  const progress = await look(rolling, [pod('a'), crashing('b'), pod('old', { revisionHash: 'old' })], { now: new Date(now.getTime() + 6 * 60_000) });
  expect(progress).toEqual({
    status: 'failed',
    reason: 'The rollout did not finish within 5 min.',
    lines: ['1 of 3 pods new and ready', 'b: CrashLoopBackOff, 7 restarts, last exit 137 OOMKilled 7 min ago', '1 old pod still serves'],
    log: 'starting\ngiving up',
  });
});

const standsStill = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'ReplicaSet "x" has timed out progressing.' };
for (const [why, seen, because, reason] of [
  ['another template since', { ...rolling, generation: 9, observedGeneration: 9, template: templateOf('r/stock:v9') }, 'superseded', 'Superseded by another change, which was not made from here.'],
  ['another of our runs since', { ...rolling, generation: 9, observedGeneration: 9, template: templateOf('r/stock:v9'), annotations: { 'stockops.dev/run': 'run_2' } }, 'superseded', 'Superseded by another change that was made from here.'],
  ['an object made anew', { ...rolling, uid: 'uid-2' }, 'superseded', 'stock-service was deleted and created again by someone else.'],
  ['a pause', { ...rolling, paused: true }, 'paused', 'The rollout is paused: it goes on when someone resumes it.'],
  ["the cluster's own deadline", { ...rolling, conditions: [standsStill] }, 'noProgress', 'The rollout made no progress within its own deadline: ReplicaSet "x" has timed out progressing.'],
] as const) {
  test(`${why} ends the run with that reason (F-29)`, async () => expect(await look(seen, [pod('a')])).toMatchObject({ status: 'failed', because, reason }));
}

test('F-29: a change that the cluster has not seen yet is waited for, by any process, from the generation alone', async () => {
  expect(await look({ ...rolling, observedGeneration: 7, status: status({ updated: 3, current: 3, ready: 3, available: 3 }) }, [pod('a')])).toMatchObject({ status: 'running' });
});

test('an autoscaler that changes only the number of pods does not supersede a rollout', async () => {
  expect(await look({ ...rolling, generation: 9, observedGeneration: 9 }, [pod('a')])).toMatchObject({ status: 'running' });
});

const managed = { manager: 'stockops-run_1', operation: 'Update', subresource: 'scale', at: '2026-01-05T02:19:40Z', fields: {} };
for (const [why, seen, minutes, verdict] of [
  ['the annotation of the run', workload({ generation: 8, annotations: { 'stockops.dev/run': 'run_1' } }), 0, 'happened'],
  ['the field manager of the run', workload({ generation: 8, managers: [managed] }), 0, 'happened'],
  ['the mark of another run only', workload({ generation: 8, annotations: { 'stockops.dev/run': 'run_2' } }), 10, 'unclear'],
  ['nothing changed, a request may be on its way', workload(), 0, 'unclear'],
  ['nothing changed for long enough', workload(), 10, 'didNotHappen'],
  ['something changed without a mark', workload({ generation: 8 }), 10, 'unclear'],
  ['another object of that name', workload({ uid: 'uid-2' }), 10, 'unclear'],
] as const) {
  test(`after a lost answer, ${why}: ${verdict} (F-26, F-27)`, () => {
    expect(decideEvidence({ ...input(), now: new Date(now.getTime() + minutes * 60_000) }, seen).verdict).toBe(verdict);
  });
}

test('the pods reading leads with what is wrong, as one would say it', () => {
  const reading = podsReading([pod('a'), crashing('b'), pod('c', { ...notReady, containers: [container({ ready: false, state: { is: 'waiting', reason: 'ImagePullBackOff', message: 'Back-off pulling\nimage "x"' } })] }), pod('d', { isBeingDeleted: true })], now);
  expect(reading).toMatchObject({
    headline: '1 of 3 pods ready; 1 CrashLoopBackOff, 1 ImagePullBackOff',
    state: 'bad',
    lines: ['b: CrashLoopBackOff, 7 restarts, last exit 137 OOMKilled 40 s ago', 'c: ImagePullBackOff: Back-off pulling image "x"', '1 pod stopping'],
  });
});
