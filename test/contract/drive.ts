/** Takes a primitive through the steps that the runner takes, without the runner. */
import type { Context, Params, Progress, ReadPrimitive, Reading, WritePrimitive, Evidence } from '../../src/actions/define-primitive.ts';
import type { PlanDraft, Refusal, Target } from '../../src/actions/plan.ts';
import type { Ports, Receipt } from '../../src/actions/ports.ts';
import { primitives } from '../../src/actions/registry.ts';
import { systemClock } from '../../src/support/clock.ts';
import { newId, systemRandom } from '../../src/support/ids.ts';

export interface Run {
  readonly id: string;
  readonly plan: PlanDraft;
  readonly receipt: Receipt;
  /** Polls until it is over, or until `until` likes what is running. */
  settled(until?: (progress: Progress) => boolean): Promise<Progress>;
  /** One look, as it would be this much later. */
  progressAfter(ms: number): Promise<Progress>;
  evidenceAfter(ms: number): Promise<Evidence>;
}

export interface Driver {
  read(id: string, target: Target, params?: Params): Promise<Reading>;
  plan(id: string, target: Target, params?: Params): Promise<PlanDraft | Refusal>;
  /** Plans and sends. Throws where the plan is refused. */
  run(id: string, target: Target, params?: Params): Promise<Run>;
  send(plan: PlanDraft): Promise<{ readonly id: string; readonly receipt: Receipt }>;
  follow(id: string, runId: string, target: Target, plan: PlanDraft, receipt: Receipt): Run;
}

const pollMs = 150;

export function driver(ports: Ports): Driver {
  const context = (): Context => ({ ports, clock: systemClock, signal: AbortSignal.timeout(60_000) });

  async function plan(id: string, target: Target, params: Params = {}): Promise<PlanDraft | Refusal> {
    const primitive = find(id, 'write');
    const parsed = primitive.params.parse(params);
    const observed = await primitive.observe(context(), target, parsed);
    const first = primitive.plan({ target, params: parsed, observed });
    // The same input must give the same plan, or an approval would mean nothing.
    if (JSON.stringify(first) !== JSON.stringify(primitive.plan({ target, params: parsed, observed }))) throw new Error(`${id}: the plan is not pure`);
    return first;
  }

  async function send(draft: PlanDraft) {
    const id = newId(systemRandom, 'run');
    // As stored: through the database it becomes JSON.
    const request = JSON.parse(JSON.stringify(draft.request)) as PlanDraft['request'];
    const signal = AbortSignal.timeout(60_000);
    const receipt =
      request.via === 'kubernetes' ? await ports.kubernetes.send(request, id, signal)
      : request.via === 'helm' ? await ports.helm.run(request, id, signal)
      : await ports.compose.run(request, id, signal);
    return { id, receipt };
  }

  function follow(id: string, runId: string, target: Target, draft: PlanDraft, receipt: Receipt): Run {
    const primitive = find(id, 'write');
    const startedAt = systemClock.now();
    const look = (afterMs: number) => ({
      runId, target, plan: JSON.parse(JSON.stringify(draft)) as PlanDraft, receipt: receipt.status === 'accepted' ? receipt.answer : null, startedAt,
      now: new Date(systemClock.now().getTime() + afterMs),
    });
    return {
      id: runId,
      plan: draft,
      receipt,
      settled: async (until = () => false) => {
        for (;;) {
          const progress = await primitive.progress(context(), look(0));
          if (progress.status !== 'running' || until(progress)) return progress;
          await systemClock.sleep(pollMs);
        }
      },
      progressAfter: (ms) => primitive.progress(context(), look(ms)),
      evidenceAfter: (ms) => primitive.evidence(context(), look(ms)),
    };
  }

  return {
    read: async (id, target, params = {}) => {
      const primitive = find(id, 'read');
      return primitive.read(context(), target, primitive.params.parse(params));
    },
    plan,
    send,
    follow,
    run: async (id, target, params = {}) => {
      const draft = await plan(id, target, params);
      if ('refused' in draft) throw new Error(`${id} was refused: ${draft.refused} ${draft.rule}`);
      const { id: runId, receipt } = await send(draft);
      return follow(id, runId, target, draft, receipt);
    },
  };
}

function find(id: string, effect: 'read'): ReadPrimitive;
function find(id: string, effect: 'write'): WritePrimitive;
function find(id: string, effect: 'read' | 'write') {
  const primitive = primitives.get(id);
  if (primitive?.effect !== effect) throw new Error(`there is no ${effect} primitive ${id}`);
  return primitive;
}
