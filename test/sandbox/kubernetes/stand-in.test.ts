/** Goal: what the stand-in gives to tests and to the sandbox: rights, watches, faults, records, a state that survives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { plainSeed } from '../../../sandbox/kubernetes/stand-in.ts';
import { conditionOf, deployment, driveCluster, MERGE } from './drive.ts';

const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';

test('the official client reads, scales and watches', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const config = new KubeConfig();
  config.loadFromString(cluster.standIn.kubeconfig());
  config.setCurrentContext('prod');

  const seen: string[] = [];
  const names = new Set<string>();
  const watch = await new Watch(config).watch('/api/v1/namespaces/shop/pods', {}, (type, pod: any) => {
    seen.push(`${type} ${conditionOf({ status: { conditions: pod.status.conditions ?? [] } }, 'Ready')?.status ?? 'new'}`);
    names.add(pod.metadata.name);
  }, () => undefined);
  await expect.poll(() => seen).toEqual(Array(3).fill('ADDED True'));

  const apps = config.makeApiClient(AppsV1Api);
  await apps.patchNamespacedDeploymentScale({ name: 'web', namespace: 'shop', body: { spec: { replicas: 4 } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  await cluster.pass(2000);
  expect((await apps.readNamespacedDeployment({ name: 'web', namespace: 'shop' })).status?.readyReplicas).toBe(4);
  expect((await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' })).items).toHaveLength(4);
  await expect.poll(() => seen.at(-1)).toBe('MODIFIED True');
  expect(names.size).toBe(4);
  watch.abort();
});

test('a watch goes on from where a list ended, and misses nothing', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 1 }));
  await cluster.pass(2000);
  const { resourceVersion } = (await cluster.request('GET', '/apis/apps/v1/namespaces/shop/deployments')).body.metadata;
  const watch = async (timeoutSeconds: number) => {
    const response = await fetch(`${cluster.standIn.server}/apis/apps/v1/namespaces/shop/deployments?watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=${timeoutSeconds}`, { headers: { authorization: `Bearer ${cluster.token('stockops')}` } });
    return async () => (await response.text()).trimEnd().split('\n').map((line) => JSON.parse(line));
  };
  const meanwhile = await watch(7);
  await cluster.request('PATCH', `${WEB}/scale`, { type: MERGE, body: { spec: { replicas: 2 } } });
  await cluster.pass(2000);

  const afterwards = await watch(5);
  await cluster.pass(5000);
  const lines = await afterwards();
  const versions = lines.map((line) => Number(line.object.metadata.resourceVersion));
  expect(versions.length).toBeGreaterThan(1);
  expect(versions[0]).toBeGreaterThan(Number(resourceVersion));
  expect(versions.at(-1)).toBe(Number(cluster.deployment().metadata.resourceVersion));
  // Whoever watched all the time was told each change as it was made.
  expect(lines).toEqual(await meanwhile());
  expect(lines.map((line) => line.type)).toEqual(lines.map(() => 'MODIFIED'));
  expect(lines.at(-1).object.status.readyReplicas).toBe(2);
});

test('a watch from a version that is forgotten is told to begin again', async () => {
  await using first = await driveCluster();
  for (let count = 0; count < 5100; count++) first.standIn.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'busy', namespace: 'shop' }, data: { count: String(count) } });
  const answer = await first.request('GET', '/api/v1/namespaces/shop/configmaps?watch=true&resourceVersion=5');
  expect(JSON.parse(answer.body)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
});

test('rights that a role gives count from the moment it is bound', async () => {
  await using cluster = await driveCluster({ seed: { ...plainSeed, grants: { admin: plainSeed.grants['admin'] ?? [] } } });
  cluster.standIn.apply(deployment());
  const scale = () => cluster.request('PATCH', `${WEB}/scale`, { type: MERGE, body: { spec: { replicas: 1 } } });
  const mayScale = async () =>
    (await cluster.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: { spec: { resourceAttributes: { namespace: 'shop', verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' } } } })).body.status.allowed;
  expect([(await scale()).status, await mayScale()]).toEqual([403, false]);

  const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  await cluster.request('POST', `${role}/roles`, { user: 'admin', body: { metadata: { name: 'r' }, rules: [{ apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] }] } });
  await cluster.request('POST', `${role}/rolebindings`, { user: 'admin', body: { metadata: { name: 'r' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'stockops' }] } });
  expect([(await scale()).status, await mayScale()]).toEqual([200, true]);
  expect((await cluster.request('GET', WEB)).status).toBe(403);
  expect((await cluster.request('GET', '/api/v1/namespaces/shop/secrets')).body.message).toBe('secrets is forbidden: User "stockops" cannot list resource "secrets" in API group "" in the namespace "shop"');
});

test.each([
  ['reset-before', 3],
  ['reset-after', 5],
] as const)('with the fault %s the answer is lost and the deployment has %i pods', async (mode, replicas) => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  cluster.standIn.fail({ match: (request) => request.subresource === 'scale', mode, times: 1 });
  const scale = () => cluster.request('PATCH', `${WEB}/scale`, { type: MERGE, body: { spec: { replicas: 5 } } });
  await expect(scale()).rejects.toThrow();
  expect(cluster.deployment().spec.replicas).toBe(replicas);
  expect(cluster.standIn.writes).toMatchObject([{ verb: 'patch', resource: 'deployments', subresource: 'scale', name: 'web', user: 'stockops', body: { spec: { replicas: 5 } }, status: undefined, processed: mode === 'reset-after' }]);
  expect((await scale()).status).toBe(200);
});

test('a request that times out is never answered, and an answer that is asked for is given instead', async () => {
  await using cluster = await driveCluster();
  const silent = cluster.standIn.fail({ mode: 'timeout' });
  const path = `${cluster.standIn.server}/version`;
  const aborted = new AbortController();
  const pending = fetch(path, { signal: aborted.signal });
  await expect.poll(() => cluster.standIn.requests.length).toBe(1);
  aborted.abort();
  await expect(pending).rejects.toThrow();
  silent.stop();
  cluster.standIn.fail({ mode: 'answer', status: 429, message: 'too many requests', times: 1 });
  expect(await cluster.request('GET', '/version')).toMatchObject({ status: 429, body: { reason: 'TooManyRequests', message: 'too many requests' } });
  expect((await cluster.request('GET', '/version')).status).toBe(200);
});

test('a cluster goes on where it was when it is started again, and what was due meanwhile has happened', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  using _cleanup = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  const stateFile = join(directory, 'state.json');
  const first = await driveCluster({ stateFile });
  first.standIn.apply(deployment());
  const kubeconfig = first.standIn.kubeconfig().replaceAll(/http:\S+/g, '');
  const uid = first.deployment().metadata.uid;
  await first.standIn.close();

  await using second = await driveCluster({ stateFile });
  expect(second.deployment().metadata.uid).toBe(uid);
  expect(second.deployment().status.readyReplicas).toBeUndefined();
  await second.pass(2000);
  expect(second.deployment().status.readyReplicas).toBe(3);
  expect(second.standIn.kubeconfig().replaceAll(/http:\S+/g, '')).toBe(kubeconfig);
});
