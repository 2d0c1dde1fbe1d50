/**
 * Goal: deployments roll, hang, recover and remember their revisions as the real controller makes them.
 * Method: a clock in the test's hands; the numbers of every moment follow from the written rules of rolling updates.
 */
import { expect, test } from 'vitest';
import { conditionOf, deployment, driveCluster, JSON_PATCH, MERGE, setImage, STRATEGIC } from './drive.ts';

const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';

test('a rollout never has more pods than the surge allows nor fewer than must be available', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }));
  await cluster.pass(2000);

  await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage('registry.example.com/web:2') });

  const images = new Set<string>();
  for (let moments = 0; moments < 40; moments++) {
    const alive = cluster.pods().filter((pod) => !pod.metadata.deletionTimestamp);
    const ready = alive.filter((pod) => conditionOf({ status: { conditions: pod.status.conditions ?? [] } }, 'Ready')?.status === 'True');
    expect(alive.length).toBeLessThanOrEqual(5);
    expect(ready.length).toBeGreaterThanOrEqual(3);
    for (const pod of alive) images.add(pod.spec.containers[0].image);
    await cluster.pass(50);
  }
  expect(images.size).toBe(2);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(4).fill('registry.example.com/web:2'));
  expect(conditionOf(cluster.deployment(), 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  expect(cluster.deployment().status).toMatchObject({ replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4, observedGeneration: 2 });
});

test('a tag that cannot be pulled hangs the rollout, keeps the old pods and runs into its deadline', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({ progressDeadlineSeconds: 60 }));
  await cluster.pass(2000);
  await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage('registry.example.com/web:broken') });

  await cluster.pass(5000);
  const waiting = cluster.pods().map((pod) => pod.status.containerStatuses?.[0].state.waiting?.reason).filter((reason) => reason !== undefined);
  expect(waiting).toEqual(['ImagePullBackOff']);
  expect(cluster.deployment().status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, unavailableReplicas: 1 });
  expect(conditionOf(cluster.deployment(), 'Progressing').reason).not.toBe('ProgressDeadlineExceeded');

  await cluster.pass(60_000);
  expect(conditionOf(cluster.deployment(), 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded', message: expect.stringMatching(/has timed out progressing/) });

  await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage('registry.example.com/web:1') });
  await cluster.pass(5000);
  expect(cluster.deployment().status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
  expect(conditionOf(cluster.deployment(), 'Progressing').reason).toBe('NewReplicaSetAvailable');
});

test('a template that comes back is the newest revision again, under a new number', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const [first] = cluster.standIn.list({ kind: 'ReplicaSet', namespace: 'shop' });
  for (const tag of ['2', '1']) {
    await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage(`registry.example.com/web:${tag}`) });
    await cluster.pass(5000);
  }
  const sets = cluster.standIn.list({ kind: 'ReplicaSet', namespace: 'shop' });
  const revisions = Object.fromEntries(sets.map((set) => [set['spec'].template.spec.containers[0].image.split(':')[1], set.metadata.annotations?.['deployment.kubernetes.io/revision']]));
  expect(revisions).toEqual({ 1: '3', 2: '2' });
  expect(cluster.deployment().metadata.annotations['deployment.kubernetes.io/revision']).toBe('3');
  expect(sets.find((set) => set.metadata.uid === first?.metadata.uid)?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
});

test('an undo by JSON patch, as kubectl sends it, rolls back to the template of the revision before', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const template = cluster.deployment().spec.template;
  await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage('registry.example.com/web:2') });
  await cluster.pass(5000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(3).fill('registry.example.com/web:2'));

  const answer = await cluster.request('PATCH', WEB, { type: JSON_PATCH, body: [{ op: 'replace', path: '/spec/template', value: template }] });

  expect(answer.status).toBe(200);
  await cluster.pass(5000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(3).fill('registry.example.com/web:1'));
});

test('scaling starts and stops pods without a new revision', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  for (const replicas of [5, 1, 0]) {
    await cluster.request('PATCH', `${WEB}/scale`, { type: MERGE, body: { spec: { replicas } } });
    await cluster.pass(5000);
    expect(cluster.pods()).toHaveLength(replicas);
    expect((await cluster.request('GET', `${WEB}/scale`)).body).toMatchObject({ kind: 'Scale', spec: { replicas }, status: { replicas, selector: 'app=web' } });
  }
  expect(cluster.standIn.list({ kind: 'ReplicaSet', namespace: 'shop' })).toHaveLength(1);
});

test('a paused deployment scales but does not roll, and rolls when it goes on', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  await cluster.request('PATCH', WEB, { type: MERGE, body: { spec: { paused: true } } });
  await cluster.request('PATCH', WEB, { type: STRATEGIC, body: setImage('registry.example.com/web:2') });
  await cluster.request('PATCH', `${WEB}/scale`, { type: MERGE, body: { spec: { replicas: 4 } } });
  await cluster.pass(5000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(4).fill('registry.example.com/web:1'));
  expect(conditionOf(cluster.deployment(), 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });

  await cluster.request('PATCH', WEB, { type: MERGE, body: { spec: { paused: false } } });
  await cluster.pass(5000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(4).fill('registry.example.com/web:2'));
});

test('nothing happens before its time, and a long wait at once is as good as many short ones', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment({}, { annotations: { 'stockops.test/ready-after': '20s' } }));
  await cluster.pass(20_000);
  expect(cluster.deployment().status.readyReplicas).toBeUndefined();
  expect(cluster.standIn.nextChangeAt()?.toISOString()).toBe('2026-03-02T10:00:20.100Z');
  await cluster.pass(3_600_000);
  expect(cluster.deployment().status.readyReplicas).toBe(3);
  expect(conditionOf(cluster.deployment(), 'Available').lastTransitionTime).toBe('2026-03-02T10:00:20Z');
  expect(cluster.standIn.nextChangeAt()).toBeUndefined();
});

test('a StatefulSet starts its pods one after the other and replaces them from the last one down', async () => {
  await using cluster = await driveCluster();
  const { spec, ...rest } = deployment({ replicas: 2, serviceName: 'web' });
  cluster.standIn.apply({ ...rest, kind: 'StatefulSet', spec });
  await cluster.pass(200);
  expect(cluster.pods().map((pod) => pod.metadata.name)).toEqual(['web-0']);
  await cluster.pass(2000);
  expect(cluster.pods().map((pod) => pod.metadata.name)).toEqual(['web-0', 'web-1']);

  await cluster.request('PATCH', '/apis/apps/v1/namespaces/shop/statefulsets/web', { type: STRATEGIC, body: setImage('registry.example.com/web:2') });
  await cluster.pass(300);
  expect(cluster.pods().find((pod) => pod.metadata.name === 'web-0').spec.containers[0].image).toBe('registry.example.com/web:1');
  await cluster.pass(3000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0].image)).toEqual(Array(2).fill('registry.example.com/web:2'));
  expect(cluster.standIn.list({ kind: 'ControllerRevision', namespace: 'shop' }).map((one) => one['revision']).sort()).toEqual([1, 2]);
});
