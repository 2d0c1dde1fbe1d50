/** Goal: the clusters of the sandbox are what the five systems' files say, on a good day, with a past to go back to. */
import { expect, test } from 'vitest';
import { sandboxClusters } from '../../../sandbox/kubernetes/clusters.ts';
import { fromSecret } from '../../../sandbox/helm/release.ts';
import { startKubernetesStandIn } from '../../../sandbox/kubernetes/stand-in.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { START } from './drive.ts';

test('every workload of the four Kubernetes systems runs, all pods ready, and nothing is about to change', async () => {
  await using standIn = await startKubernetesStandIn({ clock: manualClock(START), seed: sandboxClusters(START) });
  const ready = (context: string) =>
    Object.fromEntries(standIn.list({ context, kind: 'Deployment' }).map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, `${one['status'].readyReplicas}/${one['spec'].replicas} ${one['spec'].template.spec.containers[0].image}`]));
  expect(ready('prod')).toEqual({
    'mystocks/mystocks-api': '3/3 mystocks/api:v1.0.1',
    'staging/stock-service': '1/1 registry.example.com/stock-service:v2.4.1',
    'stock-analysis-system/celery-worker': '3/3 registry.example.com/stock-analysis:4.2.0',
    'stock-analysis-system/postgresql': '1/1 registry.example.com/postgres:15',
    'stock-analysis-system/stock-analysis-api': '3/3 registry.example.com/stock-analysis:4.2.0',
    'stock-analysis-system/stock-analysis-frontend': '2/2 registry.example.com/stock-analysis-frontend:4.2.0',
    'stock-api/stock-api': '2/2 registry.example.com/stock-api:v1.8.2',
    'stock-service/stock-service': '3/3 registry.example.com/stock-service:v2.4.1',
  });
  expect(Object.keys(ready('dr'))).toEqual(['stock-analysis-system-dr/celery-worker', 'stock-analysis-system-dr/postgresql', 'stock-analysis-system-dr/stock-analysis-api', 'stock-analysis-system-dr/stock-analysis-frontend', 'stock-service/stock-service']);
  expect(standIn.nextChangeAt()).toBeUndefined();
});

test('each deployment has an earlier revision with another image, but for the database', async () => {
  await using standIn = await startKubernetesStandIn({ clock: manualClock(START), seed: sandboxClusters(START) });
  const deployments = standIn.list({ kind: 'Deployment' }).filter(({ metadata }) => metadata.name !== 'postgresql');
  expect(deployments).toHaveLength(7);
  for (const one of deployments) {
    const sets = standIn.list({ kind: 'ReplicaSet', namespace: one.metadata.namespace as string }).filter((set) => set.metadata.ownerReferences?.[0]?.uid === one.metadata.uid);
    expect(new Set(sets.map((set) => set['spec'].template.spec.containers[0].image)).size, one.metadata.name).toBeGreaterThan(1);
  }
});

test('Helm knows eight revisions of the stock service, the last one deployed', async () => {
  await using standIn = await startKubernetesStandIn({ clock: manualClock(START), seed: sandboxClusters(START) });
  const releases = standIn.list({ kind: 'Secret', namespace: 'stock-service' }).map((secret) => fromSecret(secret as { data?: { release?: string } })).sort((a, b) => a.version - b.version);
  expect(releases.map((release) => release.info.status)).toEqual([...Array(7).fill('superseded'), 'deployed']);
  expect(releases.slice(-2).map((release) => release.config['image'])).toEqual([{ tag: 'v2.4.0' }, { tag: 'v2.4.1' }]);
});
