import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AlertRule, System } from '../../src/catalog/system.ts';
import { sha256 } from '../../src/support/json.ts';
import { readRules, ruleNamed, type Rule } from '../alertmanager/rules.ts';
import { alertFor } from './alert-labels.ts';
import { workloadOf, workloadView, type WorkloadAddress } from './cluster-view.ts';
import { worldFaults, type WorldFault } from './faults.ts';
import type { Parts } from './parts.ts';
import { showServices } from './show-services.ts';
import { registerMetrics, targetsOf } from './metrics.ts';
import { nextOf, type Story } from './story.ts';
import { badValueOf, levelOf, troubleOf, type BadValue, type Trouble } from './trouble.ts';

export interface World extends AsyncDisposable {
  readonly parts: Parts;
  readonly faults: readonly WorldFault[];
  stories(): readonly Story[];
  isFlapping(system: string, alert: string): boolean;
  isActive(fault: string): boolean;
  /** Throws `UnknownInWorld` where there is no such system or alert. */
  fire(system: string, alert: string): void;
  resolve(system: string, alert: string): void;
  flap(system: string, alert: string): void;
  setFault(id: string, active: boolean): void;
  advance(ms: number): void;
  /** The alert that a first visitor finds: two of three pods of Stock Service crash. Nothing, where anything fires already. */
  firstStory(): void;
  /** Looks once at what the stories are waiting for. The world does so by itself every second. */
  look(): void;
  stop(): Promise<void>;
}

export class UnknownInWorld extends Error {}

const lookEveryMs = 1_000;
const recoverOverMs = 20_000;
const flapEveryMs = 20_000;

export function createWorld(parts: Parts): World {
  const { clock, catalog, kubernetes, alertmanager, prometheus } = parts;
  const faults = worldFaults(parts);
  const writtenRules = new Map<string, readonly Rule[]>(catalog.systems.map((system) => [system.id, readRules(parts.systemsDirectory, system.id)]));
  const metricSeries = registerMetrics(parts);
  const flapping = new Map<string, () => void>();
  const active = new Map<string, () => void>();
  const ending = new AbortController();
  let stories: readonly Story[] = [];

  showServices(parts, (systemId, environment, metric) => metricSeries.get(`${systemId}/${environment}/${metric}`)?.valueAt(clock.now().getTime()));
  prometheus.showRules(() =>
    catalog.systems.flatMap((system) =>
      (writtenRules.get(system.id) ?? []).map((rule) => {
        const story = stories.find((one) => one.system === system.id && one.alert === rule.alert);
        return { group: rule.group, name: rule.alert, query: rule.expr, durationMs: 0, labels: rule.labels, annotations: rule.annotations, state: story ? ('firing' as const) : ('inactive' as const), activeAt: story ? new Date(story.startedAt) : null };
      }),
    ),
  );
  prometheus.showTargets(() => targetsOf(parts));

  restore();
  const looking = (async () => {
    while (!ending.signal.aborted) {
      look();
      await clock.sleep(lookEveryMs, ending.signal);
    }
  })();

  function fire(systemId: string, alertName: string): void {
    const { system, rule } = find(systemId, alertName);
    stopFlapping(systemId, alertName);
    if (stories.some((story) => isOf(story, systemId, alertName))) return;
    const environment = [...system.environments.keys()][0] ?? '';
    const trouble = troubleOf(system, rule);
    const workload = workloadOf(system, environment, rule.component);
    const changeMark = markOf(system, workload);
    const value = breakThings(system, rule, environment, trouble, workload);
    const firing = alertFor(system, rule, writtenRule(systemId, alertName), environment, value, podOf(workload));
    alertmanager.fire(firing);
    keep([...stories, { system: systemId, alert: alertName, environment, startedAt: clock.now().toISOString(), phase: 'broken', changeMark, goodSince: null, firing }]);
  }

  /** Breaks what the trouble says, and tells what the rule then finds. */
  function breakThings(system: System, rule: AlertRule, environment: string, trouble: Trouble, workload: WorkloadAddress | undefined): BadValue {
    const shown = bendMetrics(system, environment, trouble.metrics, 'bad');
    if (trouble.vendorsFail) vendorsOf(system).forEach((host) => parts.services.outside(host, 503));
    const view = workload && workloadView(kubernetes, workload);
    const twoOfThree = Math.max(1, Math.floor(((view?.pods.length ?? 0) * 2) / 3));
    if (trouble.podsCrash && workload && view) kubernetes.breakPods({ ...workload, fault: 'oom', count: twoOfThree });
    if (trouble.podsCrash && !workload) containersOf(system, rule.component).forEach((name) => parts.docker?.break(name));
    return badValueOf(rule, { shown, brokenPods: twoOfThree, desiredPods: view?.desired ?? 1 });
  }

  function bendMetrics(system: System, environment: string, names: readonly string[], to: 'good' | 'bad'): { readonly number: number; readonly unit: string } | undefined {
    let shown: { readonly number: number; readonly unit: string } | undefined;
    for (const name of names) {
      const metric = system.metrics.get(name);
      const series = metricSeries.get(`${system.id}/${environment}/${name}`);
      if (!metric || !series) continue;
      const level = levelOf(metric);
      series.bend(level[to], clock.now().getTime(), to === 'good' ? recoverOverMs : 0);
      shown ??= { number: level[to], unit: metric.unit };
    }
    return shown;
  }

  function look(): void {
    for (const story of stories) {
      const { system, rule } = find(story.system, story.alert);
      const workload = workloadOf(system, story.environment, rule.component);
      const trouble = troubleOf(system, rule);
      const isChanged = markOf(system, workload) !== story.changeMark;
      // More pods share the load, and pods of another revision have what they need: whatever was changed, the old ones recover too.
      if (isChanged && story.phase === 'broken' && trouble.podsCrash && workload && workloadView(kubernetes, workload)) kubernetes.heal(workload);
      const next = nextOf(story, { isChanged, isWell: isAllWell(system, workload), breaksPods: trouble.podsCrash, now: clock.now() });
      if (next === 'ended') end(story);
      else if (next !== story) {
        if (next.phase !== story.phase) mend(system, story.environment, trouble);
        keep(stories.map((one) => (one === story ? next : one)));
      }
    }
  }

  function mend(system: System, environment: string, trouble: Trouble): void {
    bendMetrics(system, environment, trouble.metrics, 'good');
    if (trouble.vendorsFail) vendorsOf(system).forEach((host) => parts.services.outside(host, 200));
  }

  function isAllWell(system: System, workload: WorkloadAddress | undefined): boolean {
    const view = workload && workloadView(kubernetes, workload);
    if (view) return view.pods.filter(({ state }) => state !== 'ending').length >= view.desired && view.pods.every(({ state }) => state === 'ready' || state === 'ending');
    const containers = containersOf(system, null);
    return (parts.docker?.list() ?? []).filter(({ name }) => containers.includes(name)).every(({ state, health }) => state === 'running' && health !== 'unhealthy');
  }

  /** Something that changes when a person changes the workload, and only then. */
  function markOf(system: System, workload: WorkloadAddress | undefined): string {
    const view = workload && workloadView(kubernetes, workload);
    if (view) return sha256(view.changeMark);
    const containers = containersOf(system, null);
    return (parts.docker?.list() ?? []).filter(({ name }) => containers.includes(name)).map(({ name, startedAt }) => `${name} ${startedAt}`).join();
  }

  function end(story: Story): void {
    alertmanager.resolve(story.firing.labels);
    keep(stories.filter((one) => one !== story));
  }

  function resolve(systemId: string, alertName: string): void {
    const { system, rule } = find(systemId, alertName);
    stopFlapping(systemId, alertName);
    const story = stories.find((one) => isOf(one, systemId, alertName));
    if (!story) return;
    const workload = workloadOf(system, story.environment, rule.component);
    const trouble = troubleOf(system, rule);
    if (trouble.podsCrash && workload && workloadView(kubernetes, workload)) kubernetes.heal(workload);
    mend(system, story.environment, trouble);
    end(story);
  }

  function flap(systemId: string, alertName: string): void {
    const { system, rule } = find(systemId, alertName);
    resolve(systemId, alertName);
    const environment = [...system.environments.keys()][0] ?? '';
    const workload = workloadOf(system, environment, rule.component);
    const value = badValueOf(rule, { shown: undefined, brokenPods: 1, desiredPods: (workload && workloadView(kubernetes, workload)?.desired) ?? 1 });
    const firing = alertFor(system, rule, writtenRule(systemId, alertName), environment, value, podOf(workload));
    flapping.set(`${systemId}/${alertName}`, alertmanager.flap(firing, flapEveryMs));
  }

  function stopFlapping(systemId: string, alertName: string): void {
    flapping.get(`${systemId}/${alertName}`)?.();
    flapping.delete(`${systemId}/${alertName}`);
  }

  function setFault(id: string, isOn: boolean): void {
    const fault = faults.find((one) => one.id === id);
    if (!fault) throw new UnknownInWorld(`There is no fault ${id}.`);
    if (isOn && !active.has(id)) active.set(id, fault.begin());
    if (!isOn) {
      active.get(id)?.();
      active.delete(id);
    }
  }

  function find(systemId: string, alertName: string): { readonly system: System; readonly rule: AlertRule } {
    const system = catalog.systems.find(({ id }) => id === systemId);
    const rule = system?.alerts.rules.find(({ name }) => name === alertName);
    if (!system || !rule) throw new UnknownInWorld(`There is no alert ${alertName} in ${systemId}.`);
    return { system, rule };
  }

  function writtenRule(systemId: string, alertName: string): Rule | undefined {
    return ruleNamed(writtenRules.get(systemId) ?? [], alertName);
  }

  function podOf(workload: WorkloadAddress | undefined): string {
    return (workload && workloadView(kubernetes, workload)?.pods[0]?.name) ?? 'none';
  }

  function keep(next: readonly Story[]): void {
    stories = next;
    save();
  }

  function save(): void {
    if (parts.stateFile === undefined) return;
    writeFileSync(`${parts.stateFile}.new`, JSON.stringify({ offsetMs: clock.offsetMs(), stories }));
    renameSync(`${parts.stateFile}.new`, parts.stateFile);
  }

  /** After a restart the same alerts fire on, since when they did, and the numbers are as bad as they were. */
  function restore(): void {
    if (parts.stateFile === undefined || !existsSync(parts.stateFile)) return;
    const kept = JSON.parse(readFileSync(parts.stateFile, 'utf8')) as { offsetMs: number; stories: readonly Story[] };
    clock.advance(Math.max(0, kept.offsetMs - clock.offsetMs()));
    stories = kept.stories.filter((story) => catalog.systems.some(({ id, alerts }) => id === story.system && alerts.rules.some(({ name }) => name === story.alert)));
    for (const story of stories) {
      alertmanager.fire({ ...story.firing, startsAt: new Date(story.startedAt) });
      const { system, rule } = find(story.system, story.alert);
      if (story.phase === 'broken') bendMetrics(system, story.environment, troubleOf(system, rule).metrics, 'bad');
    }
  }

  const stop = async () => {
    ending.abort();
    for (const id of active.keys()) setFault(id, false);
    for (const stopFlap of flapping.values()) stopFlap();
    await looking;
  };
  return {
    parts,
    faults,
    stories: () => stories,
    isFlapping: (system, alert) => flapping.has(`${system}/${alert}`),
    isActive: (id) => active.has(id),
    fire,
    resolve,
    flap,
    setFault,
    advance: (ms) => {
      clock.advance(ms);
      save();
    },
    firstStory: () => {
      if (stories.length > 0) return;
      const candidates = catalog.systems.flatMap((system) => system.alerts.rules.map((rule) => ({ system: system.id, alert: rule.name })));
      const first = candidates.find(({ system, alert }) => system === 'stock-service' && alert === 'ServiceDown') ?? candidates[0];
      if (first) fire(first.system, first.alert);
    },
    look,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function isOf(story: Story, system: string, alert: string): boolean {
  return story.system === system && story.alert === alert;
}

function vendorsOf(system: System): readonly string[] {
  const probes = [...system.actions.values()].flatMap((action) => (action.probe ? [action.probe.url] : []));
  const own = [...system.environments.values()].flatMap(({ baseUrl }) => (baseUrl !== null && URL.canParse(baseUrl) ? [new URL(baseUrl).host] : []));
  return [...new Set(probes.filter((url) => URL.canParse(url)).map((url) => outsideHost(new URL(url))))].filter((host) => !own.includes(host));
}

/** The sandbox asks vendors under its own address, with their host in the path. */
function outsideHost(url: URL): string {
  return url.pathname.startsWith('/outside/') ? (url.pathname.split('/')[2] ?? url.host) : url.host;
}

/** Names of the containers of one component, or of all. */
function containersOf(system: System, component: string | null): readonly string[] {
  return [...system.components.values()].flatMap(({ name, containerName }) => (containerName === undefined || (component !== null && name !== component) ? [] : [containerName]));
}
