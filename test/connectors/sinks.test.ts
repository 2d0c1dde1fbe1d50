/** The traps P-1 to P-3 by name, at the last place before the outside: what a label could say, and that nothing is sent or started for it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startKubernetesStandIn, type KubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import type { EffectRequest, WorkloadTarget } from '../../src/actions/plan.ts';
import { createComposePort } from '../../src/connectors/compose/compose.ts';
import { createHelmPort } from '../../src/connectors/helm/helm.ts';
import { createKubernetesPort, type OpenKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { systemClock } from '../../src/support/clock.ts';

let folder: string;
let cluster: KubernetesStandIn;
let kubernetes: OpenKubernetesPort;
/** A program that writes down its arguments and its environment. */
let recorder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stockops-sinks-'));
  cluster = await startKubernetesStandIn({ clock: systemClock });
  cluster.writeKubeconfig(join(folder, 'kubeconfig'));
  kubernetes = createKubernetesPort({ kubeconfigPath: join(folder, 'kubeconfig') });
  recorder = join(folder, 'recorder');
  await writeFile(recorder, `#!${process.execPath}\nrequire('node:fs').appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify({ argv: process.argv.slice(2), environment: process.env }) + '\\n');\nconsole.log('[]');\n`, { mode: 0o755 });
});
afterAll(async () => {
  await kubernetes.close();
  await cluster.close();
  await rm(folder, { recursive: true });
});

const soon = () => AbortSignal.timeout(20_000);
const target: WorkloadTarget = { kind: 'workload', context: 'admin', namespace: 'shop', workload: 'Deployment', name: 'shop', selector: 'app=shop', container: 'api' };
const calls = async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map((line) => JSON.parse(line) as { argv: string[]; environment: Record<string, string> });

describe('P-1: a name that climbs reaches no other path', () => {
  for (const name of ['../../kube-system/pods/etcd-0', '../secrets/db?x=', 'etcd-0/../..', '..', '.', '%2e%2e%2fsecrets', 'a?b', 'a#b', 'a\u0000', 'a\n', 'A', 'а', '-a', 'a-', 'a..b', ' a'])
    test(`${JSON.stringify(name)} as a pod, a workload and a namespace`, async () => {
      const before = cluster.requests.length;
      const log = { context: 'admin', namespace: 'shop', pod: name, container: 'api', tailLines: 10, previous: false };
      await expect(kubernetes.log(log, soon())).rejects.toThrow('is no name of a Kubernetes object');
      await expect(kubernetes.log({ ...log, pod: 'web', namespace: name }, soon())).rejects.toThrow('is no name of a Kubernetes object');
      await expect(kubernetes.workload({ ...target, name }, soon())).rejects.toThrow('is no name of a Kubernetes object');
      await expect(kubernetes.pods({ ...target, namespace: name }, soon())).rejects.toThrow('is no name of a Kubernetes object');
      expect(cluster.requests.length).toBe(before);
    });
});

describe('P-2: an empty name means nothing, and never everything', () => {
  test('of a pod, a workload, a namespace and a selector', async () => {
    const before = cluster.requests.length;
    await expect(kubernetes.log({ context: 'admin', namespace: 'shop', pod: '', container: 'api', tailLines: 1, previous: false }, soon())).rejects.toThrow('is no name');
    await expect(kubernetes.workload({ ...target, name: '' }, soon())).rejects.toThrow('is no name');
    await expect(kubernetes.pods({ ...target, namespace: '' }, soon())).rejects.toThrow('is no name');
    await expect(kubernetes.pods({ ...target, selector: '' }, soon())).rejects.toThrow('is no selector');
    expect(cluster.requests.length).toBe(before);
  });

  const write: Extract<EffectRequest, { via: 'kubernetes' }> = { via: 'kubernetes', context: 'admin', method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/shop', contentType: 'application/json-patch+json', body: [] };
  for (const [why, change] of [
    ['a path without a name', { path: '/apis/apps/v1/namespaces/shop/deployments/' }],
    ['a path of all of a kind', { path: '/apis/apps/v1/namespaces/shop/deployments' }],
    ['a path without a namespace', { path: '/apis/apps/v1/namespaces//deployments/shop' }],
    ['a namespace that is a flag', { path: '/apis/apps/v1/namespaces/--all/deployments/shop' }],
    ['a secret', { path: '/api/v1/namespaces/shop/secrets/db' }],
    ['a path with a question', { path: '/apis/apps/v1/namespaces/shop/deployments/shop?force=true' }],
    ['the kind of patch that the client takes by default', { contentType: 'application/strategic-merge-patch+json' }],
    ['a patch that tests nothing', { contentType: 'application/merge-patch+json' }],
    ['no kind of patch', { contentType: '' }],
    ['a replacement of the whole object', { method: 'PUT' as const }],
  ] as const)
    test(`a stored plan with ${why} is not sent`, async () => {
      const before = cluster.requests.length;
      expect(await kubernetes.send({ ...write, ...change }, 'run_1', soon())).toMatchObject({ status: 'rejected' });
      expect(cluster.requests.length).toBe(before);
    });
});

describe('P-3: no value becomes a flag', () => {
  test('Helm and Docker are not started for a name that is a flag', async () => {
    const helm = createHelmPort({ program: recorder, kubeconfigPath: join(folder, 'kubeconfig'), cacheFolder: folder });
    const projects = ['a.yaml', 'a.yaml\n--x'].map((file) => ({ host: 'local', file, project: 'a' }));
    const compose = createComposePort({ program: recorder, projects: () => projects });
    const release = { kind: 'release', context: 'admin', namespace: 'shop', release: '--all', chart: './shop', workload: target } as const;
    await expect(helm.history(release, soon())).rejects.toThrow('Nothing was started');
    await expect(helm.chart({ ...release, chart: '--post-renderer=/bin/sh' }, '1', soon())).rejects.toThrow('Nothing was started');
    await expect(compose.log({ kind: 'compose', host: 'local', file: 'a.yaml', project: 'a', service: '--all', containerName: 'a' }, 1, soon())).rejects.toThrow('is no name');
    await expect(compose.containers({ kind: 'compose', host: 'local', file: 'a.yaml\n--x', project: 'a', service: 'a', containerName: 'a' }, soon())).rejects.toThrow('Nothing was started');
    expect(await calls()).toEqual([]);
  });
});

test('T-06: Helm and Docker inherit nothing that could steer them', async () => {
  const steering = { KUBECONFIG: '/evil', HELM_PLUGINS: '/evil', HELM_NAMESPACE: 'kube-system', HELM_KUBETOKEN: 'x', HELM_DRIVER: 'sql', DOCKER_HOST: 'tcp://evil', DOCKER_CONTEXT: 'evil', COMPOSE_FILE: '/evil', GIT_SSH_COMMAND: 'evil', NODE_OPTIONS: '--require=/evil', LD_PRELOAD: '/evil', SLACK_BOT_TOKEN: 'xoxb-secret', ALERTMANAGER_TOKEN: 'secret', DATABASE_URL: 'postgres://u:secret@db/x' };
  const before = { ...process.env };
  Object.assign(process.env, steering);
  delete process.env['NODE_OPTIONS'];
  try {
    await createHelmPort({ program: recorder, kubeconfigPath: join(folder, 'kubeconfig'), cacheFolder: folder }).history({ kind: 'release', context: 'admin', namespace: 'shop', release: 'shop', chart: './shop', workload: target }, soon());
    await createComposePort({ program: recorder, projects: () => [{ host: 'local', file: 'a.yaml', project: 'a' }] }).containers({ kind: 'compose', host: 'local', file: 'a.yaml', project: 'a', service: 'a', containerName: 'a' }, soon());
  } finally {
    for (const name of Object.keys(steering)) delete process.env[name];
    Object.assign(process.env, before);
  }
  const started = await calls();
  expect(started).toHaveLength(2);
  for (const { environment } of started) for (const [name, value] of Object.entries(steering)) expect(environment[name], name).not.toBe(value);
  expect(started.map(({ argv }) => argv.slice(0, 3))).toEqual([['--kube-context=admin', 'history', '--namespace=shop'], ['compose', '--project-name=a', '--file=a.yaml']]);
});
