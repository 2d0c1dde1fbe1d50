import type { Random } from '../../src/support/ids.ts';
import { autoscalerDueAt, reconcileAutoscaler } from './controllers/autoscaler.ts';
import { progressDeadlineAt, reconcileDeployment } from './controllers/deployment.ts';
import { availableAt, isReady } from './controllers/pods-of.ts';
import { reconcileDisruptionBudget, reconcileService } from './controllers/reachability.ts';
import { reconcileReplicaSet } from './controllers/replica-set.ts';
import { reconcileStatefulSet } from './controllers/stateful-set.ts';
import type { Deployment, Pod, ReplicaSet, StatefulSet } from './objects.ts';
import { nextStep } from './pod-life.ts';
import { AUTOSCALERS, DEPLOYMENTS, DISRUPTION_BUDGETS, NAMESPACES, PODS, REPLICA_SETS, SERVICES, STATEFUL_SETS } from './resources.ts';
import { ObjectStore, type StoreSnapshot } from './store.ts';
import { forgetOldEvents, recordEvent, type Agenda, type AutoscalerMemory, type Timing, type World } from './world.ts';

export interface ClusterSnapshot {
  readonly nowMs: number;
  readonly store: StoreSnapshot;
  readonly agendas: readonly (readonly [string, Agenda])[];
  readonly readySinceMs: readonly (readonly [string, number])[];
  readonly autoscalers: readonly (readonly [string, AutoscalerMemory])[];
  readonly loads: readonly (readonly [string, number])[];
  readonly progressedMs: readonly (readonly [string, number])[];
  readonly nextPodAddress: number;
}

/** Controllers that never agree would turn for ever; a real cluster would too, but a test should say so. */
const MOST_ROUNDS = 10_000;

/**
 * One cluster on simulated time: what happens between two moments is worked out when somebody looks, in the order in which it
 * would have happened, and each thing with its own time.
 */
export class Cluster implements World {
  readonly store = new ObjectStore();
  readonly timing: Timing;
  readonly random: Random;
  nowMs: number;
  agendas = new Map<string, Agenda>();
  readySinceMs = new Map<string, number>();
  autoscalers = new Map<string, AutoscalerMemory>();
  loads = new Map<string, number>();
  progressedMs = new Map<string, number>();
  nextPodAddress = 0;
  /** Namespaces in which something has changed since the controllers last agreed. */
  readonly #unsettled = new Set<string>();

  constructor(options: { timing: Timing; random: Random; nowMs: number }) {
    this.timing = options.timing;
    this.random = options.random;
    this.nowMs = options.nowMs;
    this.store.onChange(({ object }) => {
      // Events are told, not acted upon.
      if (object.kind !== 'Event' && object.metadata.namespace !== undefined) this.#unsettled.add(object.metadata.namespace);
    });
  }

  /** Lets everything happen that is due up to `toMs`. Time never goes back. */
  advance(toMs: number): void {
    this.#settle();
    for (let next = this.nextChangeAt(); next !== undefined && next <= toMs; next = this.nextChangeAt()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.#runDue();
      this.#settle();
    }
    if (toMs > this.nowMs) {
      this.nowMs = toMs;
      forgetOldEvents(this);
    }
  }

  /** When something happens by itself next. */
  nextChangeAt(): number | undefined {
    const times: number[] = [...this.agendas.values()].map((agenda) => agenda.dueMs);
    for (const deployment of this.store.list<Deployment>(DEPLOYMENTS)) {
      const deadline = progressDeadlineAt(this, deployment);
      if (deadline !== undefined) times.push(deadline);
    }
    for (const set of this.store.list<ReplicaSet>(REPLICA_SETS)) {
      if (!set.spec.minReadySeconds) continue;
      for (const pod of this.store.list<Pod>(PODS, set.metadata.namespace)) {
        const at = availableAt(this, pod, set.spec.minReadySeconds);
        if (isReady(pod) && at > this.nowMs) times.push(at);
      }
    }
    for (const autoscaler of this.store.list(AUTOSCALERS)) {
      const due = autoscalerDueAt(this, autoscaler);
      if (due !== undefined) times.push(due);
    }
    return times.length === 0 ? undefined : Math.min(...times);
  }

  snapshot(): ClusterSnapshot {
    return {
      nowMs: this.nowMs, store: this.store.snapshot(), agendas: [...this.agendas], readySinceMs: [...this.readySinceMs], autoscalers: [...this.autoscalers],
      loads: [...this.loads], progressedMs: [...this.progressedMs], nextPodAddress: this.nextPodAddress,
    };
  }

  restore(snapshot: ClusterSnapshot): void {
    this.store.restore(snapshot.store);
    this.nowMs = snapshot.nowMs;
    this.agendas = new Map(snapshot.agendas);
    this.readySinceMs = new Map(snapshot.readySinceMs);
    this.autoscalers = new Map(snapshot.autoscalers);
    this.loads = new Map(snapshot.loads);
    this.progressedMs = new Map(snapshot.progressedMs);
    this.nextPodAddress = snapshot.nextPodAddress;
    this.#everythingIsUnsettled();
  }

  #runDue(): void {
    for (const pod of this.store.list<Pod>(PODS)) {
      const agenda = this.agendas.get(pod.metadata.uid);
      if (!agenda || agenda.dueMs > this.nowMs) continue;
      this.agendas.delete(pod.metadata.uid);
      this.#unsettled.add(pod.metadata.namespace as string);
      nextStep(this, pod)?.run(this, pod);
    }
    // What else can be due (a deadline, an autoscaler's round) is rare, and its controllers know by themselves.
    if (this.#unsettled.size === 0) this.#everythingIsUnsettled();
  }

  #everythingIsUnsettled(): void {
    for (const namespace of this.store.list(NAMESPACES)) this.#unsettled.add(namespace.metadata.name);
  }

  /** All controllers, again and again, until nobody changes anything any more; only where something has changed. */
  #settle(): void {
    for (let round = 0; this.#unsettled.size > 0; round++) {
      if (round > MOST_ROUNDS) throw new Error('the controllers of the simulated cluster do not agree');
      const namespaces = [...this.#unsettled];
      this.#unsettled.clear();
      for (const namespace of namespaces) this.#reconcile(namespace);
      if (this.#unsettled.size > 0) continue;
      const alive = new Set(this.store.list(PODS).map((pod) => pod.metadata.uid));
      for (const uid of this.agendas.keys()) if (!alive.has(uid)) this.agendas.delete(uid);
      for (const uid of this.readySinceMs.keys()) if (!alive.has(uid)) this.readySinceMs.delete(uid);
    }
  }

  #reconcile(namespace: string): void {
    for (const { metadata } of this.store.list<Deployment>(DEPLOYMENTS, namespace)) reconcileDeployment(this, { namespace, name: metadata.name });
    for (const set of this.store.list<ReplicaSet>(REPLICA_SETS, namespace)) reconcileReplicaSet(this, set);
    for (const set of this.store.list<StatefulSet>(STATEFUL_SETS, namespace)) reconcileStatefulSet(this, set);
    for (const pod of this.store.list<Pod>(PODS, namespace)) this.#plan(pod);
    for (const service of this.store.list(SERVICES, namespace)) reconcileService(this, service);
    for (const budget of this.store.list(DISRUPTION_BUDGETS, namespace)) reconcileDisruptionBudget(this, budget);
    for (const autoscaler of this.store.list(AUTOSCALERS, namespace)) reconcileAutoscaler(this, autoscaler);
  }

  #plan(pod: Pod): void {
    const { uid } = pod.metadata;
    const step = nextStep(this, pod);
    if (!step) return void this.agendas.delete(uid);
    if (this.agendas.get(uid)?.step === step.name) return;
    if (step.name === 'start' && !this.agendas.has(uid) && pod.spec.nodeName) {
      recordEvent(this, pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${pod.spec.nodeName}`, 'default-scheduler');
    }
    this.agendas.set(uid, { step: step.name, dueMs: this.nowMs + step.afterMs });
  }
}
