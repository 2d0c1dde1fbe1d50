/** Goal: an autoscaler takes back what a person set by hand, except zero, as the real one does (SV-45). */
import { expect, test } from 'vitest';
import { conditionOf, deployment, driveCluster, MERGE, setImage, STRATEGIC } from './drive.ts';

const SCALE = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
const autoscaler = {
  apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'shop' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 3, maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
};

async function steady() {
  const cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 3 }, { requests: { cpu: '200m' } }));
  cluster.standIn.apply(autoscaler);
  cluster.standIn.setLoad({ namespace: 'shop', deployment: 'web', cpuMillis: 420 });
  await cluster.pass(600_000);
  expect(cluster.deployment().spec.replicas).toBe(3);
  return cluster;
}

test('a number of pods set by hand is put back at the next round', async () => {
  await using cluster = await steady();
  await cluster.request('PATCH', SCALE, { type: MERGE, body: { spec: { replicas: 10 } } });
  await cluster.pass(20_000);
  expect(cluster.deployment().spec.replicas).toBeLessThan(10);
  await cluster.pass(600_000);
  expect(cluster.deployment().spec.replicas).toBe(3);
  const events = cluster.standIn.list({ kind: 'Event', namespace: 'shop' }).filter((event) => event['reason'] === 'SuccessfulRescale');
  expect(events.length).toBeGreaterThan(0);
});

test('zero pods switch it off, and it stays off', async () => {
  await using cluster = await steady();
  await cluster.request('PATCH', SCALE, { type: MERGE, body: { spec: { replicas: 0 } } });
  await cluster.pass(3_600_000);
  expect(cluster.deployment().spec.replicas).toBe(0);
  const hpa = cluster.standIn.find({ kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'web' });
  expect(conditionOf(hpa, 'ScalingActive')).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });
});

test('more load brings more pods, within the bounds', async () => {
  await using cluster = await steady();
  cluster.standIn.setLoad({ namespace: 'shop', deployment: 'web', cpuMillis: 840 });
  await cluster.pass(60_000);
  expect(cluster.deployment().spec.replicas).toBe(6);
  cluster.standIn.setLoad({ namespace: 'shop', deployment: 'web', cpuMillis: 9000 });
  await cluster.pass(120_000);
  expect(cluster.deployment().spec.replicas).toBe(10);
});

test('a rollout alone scales nothing', async () => {
  await using cluster = await steady();
  await cluster.request('PATCH', SCALE.replace('/scale', ''), { type: STRATEGIC, body: setImage('registry.example.com/web:2') });
  await cluster.pass(600_000);
  expect(cluster.deployment().spec.replicas).toBe(3);
});

test('use of pods and nodes is shown as the metrics API shows it', async () => {
  await using cluster = await steady();
  const pods = await cluster.request('GET', '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb');
  expect(pods.body.items.map((item: any) => item.containers)).toEqual(Array(3).fill([{ name: 'web', usage: { cpu: '140m', memory: '32768Ki' } }]));
  const nodes = await cluster.request('GET', '/apis/metrics.k8s.io/v1beta1/nodes');
  expect(nodes.body.items.map((item: any) => item.metadata.name)).toEqual(['node-1', 'node-2', 'node-3']);
});
