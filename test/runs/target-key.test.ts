import { expect, test } from 'vitest';
import type { ComposeTarget, QueryTarget, ReleaseTarget, UrlTarget, WorkloadTarget } from '../../src/actions/plan.ts';
import { targetKeyOf } from '../../src/runs/target-key.ts';

/** Goal: two changes of one thing wait for each other, and two of different things do not. Method: targets that differ in one field each. */
const workload: WorkloadTarget = { kind: 'workload', context: 'prod', namespace: 'shop', workload: 'Deployment', name: 'web', selector: 'app=web', container: 'web' };
const release: ReleaseTarget = { kind: 'release', context: 'prod', namespace: 'shop', release: 'shop', chart: './shop', workload };
const compose: ComposeTarget = { kind: 'compose', host: 'local', file: 'a.yaml', project: 'crypto', service: 'api', containerName: 'crypto-api' };
const url: UrlTarget = { kind: 'url', url: 'https://shop.example.com/health', method: 'GET', okStatuses: [200] };
const query: QueryTarget = { kind: 'query', prometheusUrl: 'http://prometheus:9090', expression: 'up', name: 'errors', unit: '', thresholds: {} };

for (const [why, one, other] of [
  ['a release and the workload that it rolls out', release, workload],
  ['two releases of one workload', release, { ...release, release: 'other', chart: './other' }],
  ['a workload, whatever selects its pods', workload, { ...workload, selector: 'app=other', container: 'other' }],
  ['a service, whatever its container is called', compose, { ...compose, file: 'b.yaml', containerName: 'other' }],
  ['an address, however it is asked', url, { ...url, method: 'HEAD', okStatuses: [204] }],
  ['a metric, whatever is asked for', query, { ...query, expression: 'down', unit: 'percent' }],
] as const)
  test(`${why}: one thing`, () => expect(targetKeyOf(one)).toBe(targetKeyOf(other)));

for (const [why, one, other] of [
  ['two clusters', workload, { ...workload, context: 'dr' }],
  ['two namespaces', workload, { ...workload, namespace: 'bank' }],
  ['a Deployment and a StatefulSet of one name', workload, { ...workload, workload: 'StatefulSet' }],
  ['two workloads', workload, { ...workload, name: 'worker' }],
  ['a release of another workload', release, { ...workload, name: 'worker' }],
  ['two hosts', compose, { ...compose, host: 'ssh://crypto' }],
  ['two projects', compose, { ...compose, project: 'other' }],
  ['two services', compose, { ...compose, service: 'worker' }],
  ['two addresses', url, { ...url, url: 'https://shop.example.com/ready' }],
  ['two metrics', query, { ...query, name: 'latency' }],
  ['two Prometheus servers', query, { ...query, prometheusUrl: 'http://other:9090' }],
] as const)
  test(`${why}: two things`, () => expect(targetKeyOf(one)).not.toBe(targetKeyOf(other)));

test('a key says what it is of, for whoever reads the database', () => {
  expect([workload, release, compose, url, query].map(targetKeyOf)).toEqual([
    'kubernetes prod shop Deployment web',
    'kubernetes prod shop Deployment web',
    'compose local crypto api',
    'url https://shop.example.com/health',
    'query http://prometheus:9090 errors',
  ]);
});
