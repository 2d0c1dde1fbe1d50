import { durationMs, withCondition, type Condition, type Container, type ContainerState, type ContainerStatus, type Pod } from './objects.ts';
import { PODS } from './resources.ts';
import { now, recordEvent, update, type World } from './world.ts';

/**
 * What the node does with a pod, one step at a time:
 *
 *   Pending ─start→ Running ─ready→ ready            image-pull, config-error: stays Pending, waiting
 *   ready ─unready→ running, not ready               never-ready
 *   running ─crash→ CrashLoopBackOff ─restart→ running …   crash-loop, oom
 *   asked to stop ─stop→ gone                        stuck-terminating: only by force
 *
 * The annotation `stockops.test/fault` chooses, also on a live pod, and taking it away heals. An image with the tag `broken`
 * cannot be pulled.
 */
export type Fault = 'image-pull' | 'config-error' | 'never-ready' | 'crash-loop' | 'oom' | 'stuck-terminating';

export const FAULT = 'stockops.test/fault';

interface Step {
  readonly name: string;
  readonly afterMs: number;
  run(world: World, pod: Pod): void;
}

export function faultOf(pod: Pod): Fault | undefined {
  const asked = pod.metadata.annotations?.[FAULT] as Fault | undefined;
  return asked ?? (pod.spec.containers.some((container) => container.image.endsWith(':broken')) ? 'image-pull' : undefined);
}

/** What this pod does next by itself; `undefined` when it rests. */
export function nextStep(world: World, pod: Pod): Step | undefined {
  const { timing } = world;
  const fault = faultOf(pod);
  const annotations = pod.metadata.annotations ?? {};
  if (pod.metadata.deletionTimestamp) return fault === 'stuck-terminating' ? undefined : { name: 'stop', afterMs: timing.stopMs, run: stop };
  const state = pod.status.containerStatuses?.[0]?.state;
  const waiting = state?.waiting?.reason;
  const running = state?.running !== undefined;
  const ready = pod.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;

  if (pod.status.phase === 'Pending') {
    if (fault === 'image-pull') {
      if (waiting === 'ImagePullBackOff') return undefined;
      return waiting === 'ErrImagePull' ? { name: 'back-off-pulling', afterMs: 500, run: backOffPulling } : { name: 'fail-to-pull', afterMs: timing.startMs, run: failToPull };
    }
    if (fault === 'config-error') return waiting === 'CreateContainerConfigError' ? undefined : { name: 'config-error', afterMs: timing.startMs, run: failToConfigure };
    return { name: 'start', afterMs: timing.startMs, run: start };
  }
  if (pod.status.phase !== 'Running') return undefined;
  if (fault === 'crash-loop' || fault === 'oom') {
    return running
      ? { name: 'crash', afterMs: timing.crashMs, run: crash }
      : { name: 'restart', afterMs: durationMs(annotations['stockops.test/back-off']) ?? timing.backOffMs, run: restart };
  }
  if (!running) return { name: 'restart', afterMs: durationMs(annotations['stockops.test/back-off']) ?? timing.backOffMs, run: restart };
  if (fault === 'never-ready') return ready ? { name: 'unready', afterMs: 0, run: failProbe } : { name: 'still-unready', afterMs: 10_000, run: failProbe };
  return ready ? undefined : { name: 'ready', afterMs: durationMs(annotations['stockops.test/ready-after']) ?? timing.readyMs, run: becomeReady };
}

function start(world: World, pod: Pod): void {
  for (const container of pod.spec.containers) {
    recordEvent(world, pod, 'Normal', 'Pulled', `Container image "${container.image}" already present on machine`);
    recordEvent(world, pod, 'Normal', 'Created', `Created container: ${container.name}`);
    recordEvent(world, pod, 'Normal', 'Started', `Started container ${container.name}`);
  }
  setState(world, pod, { ready: false, phase: 'Running', state: () => ({ running: { startedAt: now(world) } }) });
}

function becomeReady(world: World, pod: Pod): void {
  world.readySinceMs.set(pod.metadata.uid, world.nowMs);
  setState(world, pod, { ready: true, state: (status) => status.state });
}

function crash(world: World, pod: Pod): void {
  const out = faultOf(pod) === 'oom';
  for (const container of pod.spec.containers) {
    recordEvent(world, pod, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`);
  }
  setState(world, pod, {
    ready: false,
    restarts: 1,
    state: (_status, container) => ({ waiting: { reason: 'CrashLoopBackOff', message: `back-off ${Math.round((durationMs(pod.metadata.annotations?.['stockops.test/back-off']) ?? world.timing.backOffMs) / 1000)}s restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})` } }),
    lastState: (status) => ({ terminated: { exitCode: out ? 137 : 1, reason: out ? 'OOMKilled' : 'Error', startedAt: status.state.running?.startedAt ?? now(world), finishedAt: now(world) } }),
  });
}

function restart(world: World, pod: Pod): void {
  for (const container of pod.spec.containers) recordEvent(world, pod, 'Normal', 'Started', `Started container ${container.name}`);
  setState(world, pod, { ready: false, state: () => ({ running: { startedAt: now(world) } }) });
}

function failToPull(world: World, pod: Pod): void {
  for (const { image } of pod.spec.containers) {
    recordEvent(world, pod, 'Normal', 'Pulling', `Pulling image "${image}"`);
    recordEvent(world, pod, 'Warning', 'Failed', `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`);
    recordEvent(world, pod, 'Warning', 'Failed', 'Error: ErrImagePull');
  }
  setState(world, pod, { ready: false, state: (_status, { image }) => ({ waiting: { reason: 'ErrImagePull', message: `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found` } }) });
}

function backOffPulling(world: World, pod: Pod): void {
  for (const { image } of pod.spec.containers) {
    recordEvent(world, pod, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
    recordEvent(world, pod, 'Warning', 'Failed', 'Error: ImagePullBackOff');
  }
  setState(world, pod, { ready: false, state: (_status, { image }) => ({ waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } }) });
}

function failToConfigure(world: World, pod: Pod): void {
  recordEvent(world, pod, 'Warning', 'Failed', `Error: secret "${pod.metadata.labels?.app ?? 'settings'}" not found`);
  setState(world, pod, { ready: false, state: () => ({ waiting: { reason: 'CreateContainerConfigError', message: `secret "${pod.metadata.labels?.app ?? 'settings'}" not found` } }) });
}

function failProbe(world: World, pod: Pod): void {
  recordEvent(world, pod, 'Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503');
  setState(world, pod, { ready: false, state: (status) => status.state });
  // The step repeats itself: forget that it was on the agenda.
  world.agendas.delete(pod.metadata.uid);
}

function stop(world: World, pod: Pod): void {
  for (const container of pod.spec.containers) recordEvent(world, pod, 'Normal', 'Killing', `Stopping container ${container.name}`);
  world.store.remove(PODS, pod);
}

interface Transition {
  readonly ready: boolean;
  readonly phase?: Pod['status']['phase'];
  readonly restarts?: number;
  readonly state: (status: ContainerStatus, container: Container) => ContainerState;
  readonly lastState?: (status: ContainerStatus) => ContainerState;
}

function setState(world: World, pod: Pod, transition: Transition): void {
  if (!transition.ready) world.readySinceMs.delete(pod.metadata.uid);
  update(world, PODS, pod, (draft) => {
    const statuses = draft.spec.containers.map((container, index): ContainerStatus => {
      const before: ContainerStatus = draft.status.containerStatuses?.[index] ?? {
        name: container.name, image: container.image, imageID: '', ready: false, started: false, restartCount: 0, state: {}, lastState: {},
      };
      const state = transition.state(before, container);
      const restartCount = before.restartCount + (transition.restarts ?? 0);
      return {
        ...before, name: container.name, image: container.image, ready: transition.ready, started: state.running !== undefined, restartCount, state,
        ...(state.running && { imageID: `simulated://${container.image}`, containerID: `simulated://${container.name}-${restartCount}` }),
        lastState: transition.lastState?.(before) ?? before.lastState,
      };
    });
    const status = transition.ready ? 'True' as const : 'False' as const;
    const names = draft.spec.containers.map((container) => container.name).join(' ');
    const because = transition.ready ? {} : { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
    const lastTransitionTime = now(world);
    let conditions: Condition[] = draft.status.conditions ?? [{ type: 'PodScheduled', status: 'True', lastTransitionTime }, { type: 'Initialized', status: 'True', lastTransitionTime }];
    conditions = withCondition(conditions, { type: 'ContainersReady', status, ...because, lastTransitionTime });
    conditions = withCondition(conditions, { type: 'Ready', status, ...because, lastTransitionTime });
    draft.status = { ...draft.status, phase: transition.phase ?? draft.status.phase, conditions, containerStatuses: statuses, startTime: draft.status.startTime ?? now(world) };
    if (draft.status.podIP === undefined) {
      const index = world.nextPodAddress++;
      const podIP = `10.64.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
      draft.status = { ...draft.status, hostIP: '10.0.0.1', podIP, podIPs: [{ ip: podIP }] };
    }
  });
}
