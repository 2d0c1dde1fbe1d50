/**
 * Goal: every fault that the tests of the bot need is there, looks as on a real node, and heals.
 * Method: faults by annotation and by the stand-in's own functions, on a clock in the test's hands.
 */
import { expect, test } from 'vitest';
import { deployment, driveCluster, MERGE } from './drive.ts';

const PODS = '/api/v1/namespaces/shop/pods';
const stateOf = (pod: any) => pod.status.containerStatuses[0];

test('a crash loop counts its restarts, tells why, and ends when the fault is taken away', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 2 }));
  await cluster.pass(2000);
  const [name] = cluster.standIn.breakPods({ namespace: 'shop', deployment: 'web', fault: 'oom', count: 1 });

  await cluster.pass(1000 + 6000 * 3);
  const broken = () => cluster.pods().find((pod) => pod.metadata.name === name);
  expect(stateOf(broken())).toMatchObject({ restartCount: 4, ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });
  expect(cluster.deployment().status).toMatchObject({ readyReplicas: 1, unavailableReplicas: 1 });
  const previous = await cluster.request('GET', `${PODS}/${name}/log?previous=true&tailLines=1`);
  expect(previous.body).toMatch(/heap is almost full/);

  cluster.standIn.heal({ namespace: 'shop', deployment: 'web' });
  await cluster.pass(6000);
  expect(stateOf(broken())).toMatchObject({ restartCount: 4, ready: true, state: { running: {} } });
  expect(cluster.deployment().status.readyReplicas).toBe(2);
});

test.each([
  ['image-pull', 'ImagePullBackOff'],
  ['config-error', 'CreateContainerConfigError'],
] as const)('a pod with %s waits with %s and starts when it is healed', async (fault, reason) => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 1 }, { annotations: { 'stockops.test/fault': fault } }));
  await cluster.pass(2000);
  const [pod] = cluster.pods();
  expect(pod.status.phase).toBe('Pending');
  expect(stateOf(pod).state.waiting.reason).toBe(reason);
  const log = await cluster.request('GET', `${PODS}/${pod.metadata.name}/log`);
  expect([log.status, log.body.message]).toEqual([400, expect.stringMatching(/is waiting to start/)]);

  await cluster.request('PATCH', `${PODS}/${pod.metadata.name}`, { type: MERGE, body: { metadata: { annotations: { 'stockops.test/fault': null } } } });
  await cluster.pass(2000);
  expect(stateOf(cluster.pods()[0]).ready).toBe(true);
});

test('a pod whose probe fails runs on without being ready, and its endpoint says so', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  cluster.standIn.apply(deployment({ replicas: 2 }));
  await cluster.pass(2000);
  cluster.standIn.breakPods({ namespace: 'shop', deployment: 'web', fault: 'never-ready', count: 1 });
  await cluster.pass(21_000);

  const slices = await cluster.request('GET', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb');
  expect(slices.body.items[0].endpoints.map((one: any) => one.conditions.ready).sort()).toEqual([false, true]);
  const events = await cluster.request('GET', '/api/v1/namespaces/shop/events?fieldSelector=type%3DWarning');
  expect(events.body.items).toMatchObject([{ reason: 'Unhealthy', count: 3, involvedObject: { kind: 'Pod' } }]);
  const newer = await cluster.request('GET', '/apis/events.k8s.io/v1/namespaces/shop/events?fieldSelector=type%3DWarning');
  expect(newer.body.items).toMatchObject([{ reason: 'Unhealthy', note: expect.stringMatching(/Readiness probe failed/), regarding: { kind: 'Pod' } }]);
});

test('a pod that is stuck goes only by force', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 1 }, { annotations: { 'stockops.test/fault': 'stuck-terminating' } }));
  await cluster.pass(2000);
  const [{ metadata }] = cluster.pods();
  await cluster.request('DELETE', `${PODS}/${metadata.name}`);
  await cluster.pass(120_000);
  expect(cluster.pods().find((pod) => pod.metadata.uid === metadata.uid).metadata.deletionTimestamp).toBeDefined();
  await cluster.request('DELETE', `${PODS}/${metadata.name}?gracePeriodSeconds=0`);
  expect(cluster.pods().map((pod) => pod.metadata.uid)).not.toContain(metadata.uid);
});

test('a log grows with time, and is cut by lines, bytes and age', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 1 }));
  await cluster.pass(2000);
  const path = `${PODS}/${cluster.pods()[0].metadata.name}/log`;
  const lines = async (query = '') => (await cluster.request('GET', `${path}${query}`)).body.trimEnd().split('\n');
  const before = (await lines()).length;
  await cluster.pass(20_000);
  expect((await lines()).length).toBe(before + 10);
  expect(await lines('?tailLines=2')).toHaveLength(2);
  expect(await lines('?sinceSeconds=5')).toHaveLength(3);
  expect((await cluster.request('GET', `${path}?limitBytes=5`)).body).toHaveLength(5);
  expect((await lines('?tailLines=1&timestamps=true'))[0]).toMatch(/^2026-03-02T10:00:2\d\.\d{9}Z \{/);
  expect((await cluster.request('GET', `${path}?tailLines=-1`)).status).toBe(422);

  cluster.standIn.setLogs({ namespace: 'shop', deployment: 'web', lines: ['only this'] });
  expect(await lines()).toEqual(['only this']);
});

test('a disruption budget refuses an eviction, and without it the pod goes', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 2 }));
  cluster.standIn.apply({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web', namespace: 'shop' }, spec: { minAvailable: '100%', selector: { matchLabels: { app: 'web' } } } });
  await cluster.pass(2000);
  const { name } = cluster.pods()[0].metadata;
  const evict = () => cluster.request('POST', `${PODS}/${name}/eviction`, { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'shop' } } });
  const refused = await evict();
  expect([refused.status, refused.body.details.causes[0].message]).toEqual([429, 'The disruption budget web needs 2 healthy pods and has 2 currently']);
  await cluster.request('DELETE', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web');
  expect((await evict()).status).toBe(201);
});
