import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inTheWayOf, nextStep, type RunEvent, type Standing, type Step } from '../../src/runs/transitions.ts';
import type { Run } from '../../src/runs/run.ts';
import { transactionalStore } from './transactional-store.ts';

/**
 * Goal: of two that want to decide on one run at the same moment exactly one does, the other learns why not, and what was decided happens at most once (M-15).
 * Method: the decisions of `src/runs/transitions.ts` as the database code applies them (lock, decide, write, commit), on a store in memory, in 20,000
 * interleavings per pair. A failing one prints its seed and its order.
 */
const interleavings = Number(process.env['INTERLEAVINGS'] ?? 20_000);
const start = new Date('2026-03-02T02:13:00Z');
const requester = 'U0ONCALL';
const approver = 'U0APPROVER';

interface World {
  readonly run: Standing;
  readonly isFrozen: boolean;
  readonly effects: number;
}
const runIn = (state: Standing['state']): Standing => ({ state, version: 1, requestedBy: requester, expiresAt: new Date(start.getTime() + 900_000), approvals: [], outcome: null });

type Store = ReturnType<typeof transactionalStore<World>>;

/** As `decide.ts` does it. */
const decide = (store: Store, event: RunEvent, now: () => Date): Promise<Step> =>
  store.transaction(async (tx) => {
    await tx.lock('run');
    const { run } = await tx.read();
    const step = nextStep(run, event, now());
    if (step.kind === 'moves') await tx.write({ run: { ...run, state: step.to, version: run.version + 1 } });
    return step;
  });

/** As `start.ts` does it: looked at first, then one conditional update, committed before the effect. */
async function startIt(store: Store, now: () => Date): Promise<Step | null> {
  const { run: seen } = await store.committed();
  if (seen.state !== 'approved') return null;
  await store.committed(); // the target and the people are looked at meanwhile
  const step = await store.transaction(async (tx) => {
    await tx.lock('run');
    await tx.lock('freezes');
    const { run, isFrozen } = await tx.read();
    const decided = nextStep(run, { is: 'start', seenVersion: seen.version, isHeld: isFrozen }, now());
    if (decided.kind === 'moves') await tx.write({ run: { ...run, state: decided.to, version: run.version + 1 } });
    return decided;
  });
  if (step.kind === 'moves' && step.to === 'started') await store.transaction(async (tx) => tx.lock('effect').then(async () => tx.write({ effects: (await tx.read()).effects + 1 })));
  return step;
}

const won = (step: Step | null): boolean => step?.kind === 'moves';
const wasTold = (step: Step | null): boolean => step?.kind === 'refused' && step.rule !== '' && step.instead !== '';

async function inEveryOrder(title: string, state: Standing['state'], race: (store: Store, now: { at: Date }) => Promise<() => void>): Promise<void> {
  const seed = Date.parse('2026-03-02') % 2_147_483_647;
  const orders = new Set<string>();
  const result = await fc.check(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const store = transactionalStore<World>(scheduler, { run: runIn(state), isFrozen: false, effects: 0 });
      const now = { at: start };
      const racing = race(store, now);
      await scheduler.waitFor(racing);
      (await racing)();
      expect(store.final().effects).toBeLessThanOrEqual(1);
      orders.add(scheduler.toString());
    }),
    { numRuns: interleavings, seed },
  );
  console.log(`${title}: ${result.numRuns} interleavings, ${orders.size} different, seed ${seed}`);
  if (result.failed) throw new Error(fc.defaultReportMessage(result) ?? 'failed');
  expect(orders.size).toBeGreaterThan(5);
}

test('F-22, M-15: a double click asks once', () =>
  inEveryOrder('double click', 'planned', async (store, now) => {
    const click = () => decide(store, { is: 'confirm', by: requester, needsOthers: true }, () => now.at);
    const [one, other] = await Promise.all([click(), click()]);
    return () => {
      expect([won(one), won(other)].filter(Boolean)).toHaveLength(1);
      expect([one, other].filter(({ kind }) => kind === 'nothing')).toHaveLength(1);
      expect(store.final().run).toMatchObject({ state: 'awaiting_approval', version: 2 });
    };
  }));

test('F-23, M-15: an approval that meets the end of its time either counts or is told that it is late', () =>
  inEveryOrder('approve and expire', 'awaiting_approval', async (store, now) => {
    const timePasses = store.committed().then(() => void (now.at = new Date(start.getTime() + 900_000)));
    let decidedAt = start;
    const [approved, expired] = await Promise.all([decide(store, { is: 'approve', by: approver, isEnough: true }, () => (decidedAt = now.at)), timePasses.then(() => decide(store, { is: 'expire' }, () => now.at))]);
    return () => {
      if (won(approved)) expect([store.final().run.state, decidedAt]).toEqual(['voided', start]);
      else expect([wasTold(approved), expired, store.final().run.state]).toEqual([true, { kind: 'moves', to: 'expired' }, 'expired']);
    };
  }));

test('F-23, M-15: an approval that meets a withdrawal never starts what was withdrawn', () =>
  inEveryOrder('approve and withdraw', 'awaiting_approval', async (store, now) => {
    const approving = decide(store, { is: 'approve', by: approver, isEnough: true }, () => now.at).then(async (step) => ({ step, started: await startIt(store, () => now.at) }));
    const [{ step: approved, started }, withdrawn] = await Promise.all([approving, decide(store, { is: 'withdraw', by: requester }, () => now.at)]);
    return () => {
      const { run, effects } = store.final();
      expect([run.state, effects]).toEqual(won(withdrawn) ? ['withdrawn', 0] : ['started', 1]);
      if (won(withdrawn)) expect(won(approved) || wasTold(approved)).toBe(true);
      else expect([wasTold(withdrawn), won(started)]).toEqual([true, true]);
    };
  }));

test('G-5, M-15: two processes with the same approved run start it once', () =>
  inEveryOrder('start and start', 'approved', async (store, now) => {
    const [one, other] = await Promise.all([startIt(store, () => now.at), startIt(store, () => now.at)]);
    return () => {
      expect([won(one), won(other)].filter(Boolean)).toHaveLength(1);
      expect(store.final()).toMatchObject({ effects: 1, run: { state: 'started', version: 2 } });
    };
  }));

test('G-5, M-15: nothing starts after a freeze was answered', () =>
  inEveryOrder('freeze and start', 'approved', async (store, now) => {
    const freezing = store.transaction(async (tx) => {
      await tx.lock('freezes');
      await tx.write({ isFrozen: true });
      // What the freeze says is running: under its lock nothing else can begin.
      return (await tx.read()).run.state;
    });
    const [step, stateWhenFrozen] = await Promise.all([startIt(store, () => now.at), freezing]);
    return () => {
      const { run, effects } = store.final();
      expect(won(step)).toBe(true);
      expect([run.state, effects]).toEqual(stateWhenFrozen === 'started' ? ['started', 1] : ['voided', 0]);
    };
  }));

test('F-22, M-15: of two people with the same wish for one target one is first, and the other is told who', async () => {
  interface Wish { readonly id: string; readonly state: 'planned' | 'awaiting_approval' }
  const plan = { primitive: 'k8s.scale', params: { replicas: 2 } } as unknown as Run['plan'];
  const asRun = (wish: Wish) => ({ ...runIn(wish.state), id: wish.id, requestedBy: wish.id, plan }) as unknown as Run;
  const seed = 20_260_302;
  const result = await fc.check(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const store = transactionalStore<{ one: Wish; other: Wish }>(scheduler, { one: { id: 'one', state: 'planned' }, other: { id: 'other', state: 'planned' } });
      const confirm = (mine: 'one' | 'other') =>
        store.transaction(async (tx) => {
          await tx.lock(mine);
          const run = asRun((await tx.read())[mine]);
          const step = nextStep(run, { is: 'confirm', by: mine, needsOthers: true }, start);
          await tx.lock('target');
          const all = await tx.read();
          const first = inTheWayOf(run, [all.one, all.other].filter(({ state }) => state !== 'planned').map(asRun));
          if (first !== undefined) return first.requestedBy;
          if (step.kind === 'moves') await tx.write({ [mine]: { id: mine, state: 'awaiting_approval' } });
          return null;
        });
      const racing = Promise.all([confirm('one'), confirm('other')]);
      await scheduler.waitFor(racing);
      const [one, other] = await racing;
      expect([[null, 'one'], ['other', null]]).toContainEqual([one, other]);
    }),
    { numRuns: interleavings, seed },
  );
  console.log(`confirm and confirm: ${result.numRuns} interleavings, seed ${seed}`);
  if (result.failed) throw new Error(fc.defaultReportMessage(result) ?? 'failed');
});
