/**
 * Goal: a story in the sandbox behaves as a bad night does: what is wrong shows everywhere, the right button helps visibly, and the alert
 * ends by itself. Method: the real catalog and the real stand-ins, with time in the test's hands.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { startAlertmanager } from '../../../sandbox/alertmanager/alertmanager.ts';
import { shiftableClock } from '../../../sandbox/clock.ts';
import { plainSeed, startKubernetesStandIn } from '../../../sandbox/kubernetes/stand-in.ts';
import { startPagerDutyStandIn } from '../../../sandbox/pagerduty/pagerduty.ts';
import { startPrometheusStandIn } from '../../../sandbox/prometheus/prometheus.ts';
import { toSecret } from '../../../sandbox/helm/release.ts';
import { startServices } from '../../../sandbox/services/services.ts';
import type { ContainerView } from '../../../sandbox/world/parts.ts';
import { worldRoutes } from '../../../sandbox/world/routes.ts';
import { worldState } from '../../../sandbox/world/world-state.ts';
import { sandboxAddresses, withVendorsInside } from '../../../sandbox/world/addresses.ts';
import { createWorld } from '../../../sandbox/world/world.ts';
import { primitives } from '../../../src/actions/registry.ts';
import { loadCatalog } from '../../../src/catalog/load.ts';
import { manualClock } from '../../../src/support/clock.ts';

const start = new Date('2026-11-22T02:13:00Z');

/** A bot that takes every call of Slack's: the panel shows them. */
const slackRequests: { method: string; at: Date; status: number | null; answer: { ok: boolean } | null; fault: string | null; args: object; token: 'bot' }[] = [];

const twoClusters = {
  ...plainSeed,
  clusters: { ...plainSeed.clusters, 'dr-cluster': { chapters: [] } },
  contexts: { ...plainSeed.contexts, dr: { cluster: 'dr-cluster', user: 'stockops', namespace: 'stock-service' } },
};

function deployment(namespace: string, name: string) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name, image: `registry.example.com/${name}:v2.4.1` }] } } },
  };
}

async function catalogOf(overrides: Record<string, { baseUrl: string; prometheusUrl: string }>) {
  const loaded = await loadCatalog('systems', primitives, { overrides });
  if (!loaded.ok) throw new Error(`the catalog has ${loaded.problems.length} problems`);
  return loaded.catalog;
}

const written = catalogOf({});

async function startWorld(options: { stateFile?: string; offsetMs?: number } = {}) {
  const base = manualClock(start);
  const clock = shiftableClock(base, options.offsetMs);
  const kubernetes = await startKubernetesStandIn({ clock, seed: twoClusters });
  kubernetes.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stock-service' } });
  kubernetes.apply(deployment('stock-service', 'stock-service'));
  const stack = new AsyncDisposableStack();
  stack.use(kubernetes);
  const pagerduty = stack.use(await startPagerDutyStandIn({ clock }));
  const prometheus = stack.use(await startPrometheusStandIn({ clock }));
  const services = stack.use(await startServices());
  const alertmanager = stack.use(await startAlertmanager({ clock }));
  // As the sandbox starts: read once for the names of the environments, and again with the addresses of the stand-ins.
  const catalog = withVendorsInside(await catalogOf(sandboxAddresses(await written, services, prometheus)), services);
  const broken = new Set<string>();
  let containers: readonly ContainerView[] = ['volatility-api', 'kafka'].map((name) => ({ name, state: 'running', health: 'healthy', startedAt: '1' }));
  const docker = {
    list: () => containers.map((container) => (broken.has(container.name) ? { ...container, health: 'unhealthy' } : container)),
    break: (name: string) => void broken.add(name),
    restart: (name: string) => {
      broken.delete(name);
      containers = containers.map((container) => (container.name === name ? { ...container, startedAt: `${container.startedAt}1` } : container));
    },
  };
  const slackFaults: { method?: string; stopped: boolean }[] = [];
  const slack = {
    requests: slackRequests as never,
    fail: (fault: { method?: string }) => {
      const armed = { ...fault, stopped: false };
      slackFaults.push(armed);
      return { hits: 0, stop: () => void (armed.stopped = true) };
    },
  };
  const world = createWorld({ clock, catalog, systemsDirectory: 'systems', slack, kubernetes, docker, pagerduty, prometheus, services, alertmanager, ...(options.stateFile !== undefined && { stateFile: options.stateFile }) });
  stack.use(world);
  /** Lets time pass a second at a time, looking each time, as the world does. */
  const passes = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000);
      await kubernetes.settle();
      world.look();
    }
  };
  const valueOf = async (query: string) => {
    const response = await fetch(`${prometheus.urlOf('stock-service/production')}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const body = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(body.data.result[0]?.value[1]);
  };
  const errorRatio = catalog.systems.find(({ id }) => id === 'stock-service')?.metrics.get('error-ratio')?.expression.replaceAll('{namespace}', 'stock-service') ?? '';
  const podStates = () => worldState(world).cluster.find(({ namespace }) => namespace === 'stock-service')?.deployments[0]?.pods.map(({ state }) => state).sort();
  await passes(5);
  return { world, clock, kubernetes, alertmanager, prometheus, services, docker, slackFaults, passes, errorRatio: () => valueOf(errorRatio), podStates, catalog, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('ServiceDown breaks 2 of 3 pods, and shows in the numbers, at the health address and in the alert', async () => {
  await using night = await startWorld();
  expect(night.podStates()).toEqual(['ready', 'ready', 'ready']);
  night.world.fire('stock-service', 'ServiceDown');
  await night.passes(4);
  expect(night.podStates()).toEqual(['failing', 'failing', 'ready']);
  expect(await night.errorRatio()).toBeGreaterThan(0.1);
  const statuses = await Promise.all([1, 2, 3].map(async () => (await fetch(`${night.services.urlOf('stock-service', 'production')}/health`)).status));
  expect(statuses.sort()).toEqual([200, 503, 503]);
  expect(night.alertmanager.standing().map(({ labels, annotations }) => [labels['alertname'], labels['system'], labels['severity'], annotations['value']])).toEqual([
    ['ServiceDown', 'stock-service', 'critical', '2 of 3'],
  ]);
});

for (const [button, press] of [
  ['a restart', { spec: { template: { metadata: { labels: { app: 'stock-service' }, annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-22T02:15:00Z' } }, spec: deployment('', 'stock-service').spec.template.spec } } }],
  ['scaling up', { spec: { replicas: 5 } }],
] as const) {
  test(`${button} helps: pods become ready, the numbers go back, the alert ends by itself`, async () => {
    await using night = await startWorld();
    night.world.fire('stock-service', 'ServiceDown');
    await night.passes(10);
    const { spec } = deployment('stock-service', 'stock-service');
    night.kubernetes.apply({ ...deployment('stock-service', 'stock-service'), spec: { ...spec, ...press.spec } });
    await night.passes(90);
    expect(new Set(night.podStates())).toEqual(new Set(['ready']));
    expect(await night.errorRatio()).toBeLessThan(0.01);
    expect(night.alertmanager.standing()).toEqual([]);
    expect(night.world.stories()).toEqual([]);
  });
}

test('left alone it stays broken, also in the seconds in which all pods are up between two crashes', async () => {
  await using night = await startWorld();
  night.world.fire('stock-service', 'ServiceDown');
  await night.passes(180);
  expect(night.world.stories()).toMatchObject([{ phase: 'broken' }]);
  expect(await night.errorRatio()).toBeGreaterThan(0.1);
});

test('more pods from the autoscaler are no help: nobody has acted yet', async () => {
  await using night = await startWorld();
  night.world.fire('stock-service', 'ServiceDown');
  await night.passes(5);
  const { spec } = deployment('stock-service', 'stock-service');
  night.kubernetes.apply({ ...deployment('stock-service', 'stock-service'), spec: { ...spec, replicas: 5 } }, { manager: 'kube-controller-manager' });
  await night.passes(60);
  expect(night.podStates()).toEqual(expect.arrayContaining(['failing', 'ready']));
  expect(night.world.stories()).toMatchObject([{ phase: 'broken' }]);
});

test('ending an alert by hand mends what was behind it', async () => {
  await using night = await startWorld();
  night.world.fire('stock-service', 'ServiceDown');
  await night.passes(5);
  night.world.resolve('stock-service', 'ServiceDown');
  await night.passes(40);
  expect(night.podStates()).toEqual(['ready', 'ready', 'ready']);
  expect(night.alertmanager.standing()).toEqual([]);
});

test('an open circuit breaker has its reason: the vendor that the system asks does not answer, until somebody changes something', async () => {
  await using night = await startWorld();
  const system = night.catalog.systems.find(({ id }) => id === 'stock-service');
  const vendor = [...(system?.actions.values() ?? [])].map(({ probe }) => probe?.url ?? '').find((url) => url.includes('/outside/')) ?? '';
  const statusOfVendor = async () => (await fetch(vendor, { method: 'HEAD' })).status;
  expect(await statusOfVendor()).toBe(200);
  night.world.fire('stock-service', 'CircuitBreakerOpen');
  expect(await statusOfVendor()).toBe(503);
  await night.passes(60);
  expect(await statusOfVendor()).toBe(503);
  const { spec } = deployment('stock-service', 'stock-service');
  night.kubernetes.apply({ ...deployment('stock-service', 'stock-service'), spec: { ...spec, replicas: 4 } });
  await night.passes(60);
  expect(await statusOfVendor()).toBe(200);
  expect(night.world.stories()).toEqual([]);
});

test('nothing that the catalog asks is outside of this machine', async () => {
  await using night = await startWorld();
  const asked = night.catalog.systems.flatMap((system) => [
    ...[...system.environments.values()].flatMap(({ baseUrl, prometheusUrl }) => [baseUrl, prometheusUrl]),
    ...[...system.actions.values()].map(({ probe }) => probe?.url ?? null),
  ]);
  expect(asked.filter((url) => url !== null).length).toBeGreaterThan(10);
  const outside = asked.filter((url) => url !== null && !url.startsWith('{baseUrl}') && new URL(url).hostname !== '127.0.0.1');
  expect(outside).toEqual([]);
});

test('shows the revisions of a Helm release, newest first', async () => {
  await using night = await startWorld();
  for (const version of [1, 2]) {
    const release = {
      name: 'stock-service', namespace: 'stock-service', version, config: {}, manifest: '', apply_method: 'ssa' as const,
      info: { first_deployed: start.toISOString(), last_deployed: start.toISOString(), description: 'Upgrade complete', status: version === 2 ? ('deployed' as const) : ('superseded' as const) },
      chart: { metadata: { name: 'stock-service', version: '0.1.0', appVersion: `2.4.${version}` }, lock: null, templates: [], values: {}, schema: null, files: null },
    };
    night.kubernetes.apply(toSecret(release, start) as never);
  }
  expect(worldState(night.world).releases).toMatchObject([
    { name: 'stock-service', namespace: 'stock-service', revisions: [{ revision: 2, status: 'deployed', chart: 'stock-service-0.1.0', appVersion: '2.4.2' }, { revision: 1, status: 'superseded' }] },
  ]);
});

test('a system of containers recovers when what broke is started again', async () => {
  await using night = await startWorld();
  const health = async () => (await fetch(`${night.services.urlOf('crypto-volatility', 'production')}/health`)).json() as Promise<unknown>;
  expect(await health()).toMatchObject({ status: 'healthy', kafka_connected: true });
  night.world.fire('crypto-volatility', 'KafkaDisconnected');
  await night.passes(2);
  expect(await health()).toMatchObject({ status: 'unhealthy', model_loaded: true, kafka_connected: false });
  night.docker.restart('kafka');
  await night.passes(40);
  expect(await health()).toMatchObject({ status: 'healthy' });
  expect(night.world.stories()).toEqual([]);
});

test('every alert rule of every system can be fired, says a value where its sentence wants one, and is attributed to its system', async () => {
  await using night = await startWorld();
  for (const system of night.catalog.systems) {
    for (const rule of system.alerts.rules) {
      night.world.fire(system.id, rule.name);
      const standing = night.alertmanager.standing().filter(({ labels }) => labels['alertname'] === rule.name && system.alerts.attribution.some(({ label, equals }) => labels[label] === equals));
      expect(standing.length, `${system.id} ${rule.name}`).toBeGreaterThan(0);
      if (rule.sentence?.includes('{value}')) expect(standing[0]?.annotations['value'], `${system.id} ${rule.name}`).toMatch(/^[^{}]*\d[^{}]*$/);
      expect(JSON.stringify(standing[0]?.annotations), `${system.id} ${rule.name}`).not.toContain('{{');
      night.world.resolve(system.id, rule.name);
    }
  }
  expect(night.alertmanager.standing()).toEqual([]);
});

test('flapping fires and ends in turn and stops when the alert is ended by hand', async () => {
  await using night = await startWorld();
  night.world.flap('stock-service', 'HighLatency');
  expect(worldState(night.world).systems.find(({ id }) => id === 'stock-service')?.alerts.find(({ name }) => name === 'HighLatency')).toMatchObject({ flapping: true });
  const seen: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    seen.push(night.alertmanager.standing().length);
    await night.passes(20);
  }
  expect(seen).toEqual([1, 0, 1, 0]);
  night.world.resolve('stock-service', 'HighLatency');
  await night.passes(1);
  expect(night.alertmanager.standing()).toEqual([]);
});

test('the first story fires once, and not where something fires already', async () => {
  await using night = await startWorld();
  night.world.firstStory();
  night.world.firstStory();
  expect(night.world.stories().map(({ system, alert }) => `${system} ${alert}`)).toEqual(['stock-service ServiceDown']);
});

test('faults break their stand-in and mend it again', async () => {
  await using night = await startWorld();
  for (const fault of night.world.faults) night.world.setFault(fault.id, true);
  expect(worldState(night.world).faults.every(({ active }) => active)).toBe(true);
  await night.passes(3);
  expect(night.podStates()).toEqual(['failing', 'failing', 'failing']);
  expect(night.slackFaults.map(({ method, stopped }) => [method, stopped])).toEqual([['chat.postMessage', false], ['chat.update', false]]);
  expect((await fetch(`${night.prometheus.url}/-/ready`)).status).toBe(503);
  for (const fault of night.world.faults) night.world.setFault(fault.id, false);
  await night.passes(20);
  expect(night.podStates()).toEqual(['ready', 'ready', 'ready']);
  expect(night.slackFaults.every(({ stopped }) => stopped)).toBe(true);
  expect((await fetch(`${night.prometheus.url}/-/ready`)).status).toBe(200);
});

test('a restart finds the same alerts firing since the same time, and the clock where it was', async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'world-')), 'state.json');
  let before: unknown;
  {
    await using night = await startWorld({ stateFile });
    night.world.fire('stock-service', 'HighLatency');
    night.world.advance(3_600_000);
    before = night.alertmanager.standing();
    expect(before).toMatchObject([{ labels: { alertname: 'HighLatency' } }]);
  }
  await using night = await startWorld({ stateFile });
  expect(night.alertmanager.standing()).toEqual(before);
  expect(night.clock.now().getTime()).toBeGreaterThanOrEqual(start.getTime() + 3_600_000);
});

test('the panel: state in its shape, buttons, refusals, and word of every change', async () => {
  await using night = await startWorld();
  const server = fastify();
  await server.register(worldRoutes(night.world));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as { ok?: boolean; error?: string } };
  };
  const events = (await fetch(`${url}/world/events`)).body?.getReader();
  const nextEvent = async () => new TextDecoder().decode((await events?.read())?.value);
  expect(await nextEvent()).toContain('retry');

  expect(await post('/world/alerts/fire', { system: 'stock-service', alert: 'ServiceDown' })).toEqual({ status: 200, body: { ok: true } });
  expect(await nextEvent()).toContain('data: {"type":"changed"}\n\n');
  expect((await post('/world/alerts/fire', { system: 'stock-service', alert: 'NoSuchAlert' })).status).toBe(404);
  expect((await post('/world/clock', { advanceMs: -1 })).status).toBe(400);
  expect((await post('/world/faults', { id: 'earthquake', active: true })).status).toBe(404);
  const before = night.clock.offsetMs();
  expect((await post('/world/clock', { advanceMs: 900_000 })).status).toBe(200);
  expect(night.clock.offsetMs()).toBe(before + 900_000);

  const state = (await (await fetch(`${url}/world/state`)).json()) as ReturnType<typeof worldState>;
  expect(Object.keys(state)).toEqual(['now', 'offsetMs', 'systems', 'cluster', 'releases', 'compose', 'pagerduty', 'faults', 'slackCalls']);
  expect(state.systems).toHaveLength(night.catalog.systems.length);
  expect(state.systems.find(({ id }) => id === 'stock-service')?.alerts.find(({ name }) => name === 'ServiceDown')).toMatchObject({ severity: 'P1', firing: true, flapping: false });
  expect(state.cluster.find(({ context, namespace }) => context === 'prod' && namespace === 'stock-service')?.deployments[0]).toMatchObject({ name: 'stock-service', desired: 3, image: 'registry.example.com/stock-service:v2.4.1' });
  expect(state.compose).toContainEqual({ name: 'kafka', state: 'running', health: 'healthy' });
  await events?.cancel();
  await server.close();
});

