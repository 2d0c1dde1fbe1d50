/** What the Helm connector makes of an end that is not a good one, on the stand-ins of Helm and of Kubernetes. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { helmCalls, setHelmFault } from '../../sandbox/helm/faults.ts';
import { startKubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import type { ReleaseTarget } from '../../src/actions/plan.ts';
import type { Ports } from '../../src/actions/ports.ts';
import { chartDigest } from '../../src/connectors/helm/chart-digest.ts';
import { createHelmPort } from '../../src/connectors/helm/helm.ts';
import { readKubeconfig } from '../../src/connectors/kubernetes/kubeconfig.ts';
import { createKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { systemClock } from '../../src/support/clock.ts';
import { planned } from '../actions/samples.ts';
import { arrangeWith } from '../contract/arrange.ts';
import { driver } from '../contract/drive.ts';

const program = join(import.meta.dirname, '../../sandbox/bin/helm');
const chart = join(import.meta.dirname, '../contract/charts/stock-service');
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function release() {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-helm-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const standIn = await startKubernetesStandIn({ clock: systemClock });
  cleanups.push(() => standIn.close());
  const kubeconfigPath = join(folder, 'kubeconfig');
  standIn.writeKubeconfig(kubeconfigPath);
  await arrangeWith(kubeconfigPath).createNamespace('shop');
  const helm = createHelmPort({ program, kubeconfigPath, cacheFolder: folder });
  const kubernetes = createKubernetesPort({ kubeconfigPath });
  cleanups.push(() => kubernetes.close());
  await execa(program, ['upgrade', '--install', 'stock-service', chart, '--namespace=shop', '--kube-context=admin'], { env: { KUBECONFIG: kubeconfigPath, PATH: process.env['PATH'] }, extendEnv: false });
  const target: ReleaseTarget = {
    kind: 'release', context: 'admin', namespace: 'shop', release: 'stock-service', chart,
    workload: { kind: 'workload', context: 'admin', namespace: 'shop', workload: 'Deployment', name: 'stock-service', selector: 'app.kubernetes.io/name=stock-service', container: 'stock-service' },
  };
  return { helm, kubeconfigPath, target, driver: driver({ helm, kubernetes } as unknown as Ports) };
}

test('a Helm that is killed in the middle is lost, blocks the next upgrade, and a rollback is offered (F-30)', async () => {
  const { driver, kubeconfigPath, target } = await release();
  const plan = planned(await driver.plan('helm.upgrade', target, { set: { replicaCount: 4 } }));
  setHelmFault(kubeconfigPath, { mode: 'die-after' });
  const { id, receipt } = await driver.send(plan);
  expect(receipt).toMatchObject({ status: 'lost' });
  const evidence = await driver.follow('helm.upgrade', id, target, plan, receipt).evidenceAfter(0);
  expect(evidence).toMatchObject({ verdict: 'unclear', lines: expect.arrayContaining([expect.stringContaining('pending-upgrade'), expect.stringContaining('roll back')]) as unknown });
  expect(await driver.plan('helm.upgrade', target, { set: { replicaCount: 4 } })).toMatchObject({ rule: expect.stringContaining('pending-upgrade') as string });
  expect(planned(await driver.plan('helm.rollback', target, { revision: 1 })).warnings.join()).toContain('pending-upgrade');
});

test('a Helm that refuses before it changes anything is rejected with its words', async () => {
  const { driver, kubeconfigPath, target } = await release();
  const plan = planned(await driver.plan('helm.upgrade', target, { set: { replicaCount: 4 } }));
  setHelmFault(kubeconfigPath, { mode: 'fail', message: 'UPGRADE FAILED: the chart says no' });
  expect((await driver.send(plan)).receipt).toEqual({ status: 'rejected', reason: 'UPGRADE FAILED: the chart says no' });
});

test('a Helm that is not there was never started', async () => {
  const { target, driver } = await release();
  const plan = planned(await driver.plan('helm.upgrade', target, { set: { replicaCount: 4 } }));
  const absent = createHelmPort({ program: '/nonexistent/helm' });
  if (plan.request.via !== 'helm') throw new Error('not a request to Helm');
  expect(await absent.run(plan.request, 'run_1', AbortSignal.timeout(10_000))).toMatchObject({ status: 'rejected' });
});

for (const [why, argv] of [
  ['uninstall', ['uninstall', '--namespace=shop', '--', 'stock-service', 'x']],
  ['a post-renderer', ['upgrade', '--namespace=shop', '--post-renderer=/bin/sh', '--', 'stock-service', 'chart']],
  ['--set, whose commas begin new values', ['upgrade', '--namespace=shop', '--set=a=b', '--', 'stock-service', 'chart']],
  ['a values file', ['upgrade', '--namespace=shop', '--values=/etc/passwd', '--', 'stock-service', 'chart']],
  ['another kubeconfig', ['upgrade', '--namespace=shop', '--kubeconfig=/tmp/x', '--', 'stock-service', 'chart']],
  ['no end of flags', ['upgrade', '--namespace=shop', 'stock-service', 'chart']],
  ['a release that is a flag', ['upgrade', '--namespace=shop', '--', '--all', 'chart']],
  ['a third name', ['rollback', '--namespace=shop', '--', 'stock-service', '1', 'x']],
] as const) {
  test(`a stored plan with ${why} starts nothing (T-12, P-3)`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stockops-helm-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const kubeconfigPath = join(folder, 'kubeconfig');
    const helm = createHelmPort({ program, kubeconfigPath });
    expect(await helm.run({ via: 'helm', context: 'admin', arguments: argv }, 'run_1', AbortSignal.timeout(10_000))).toMatchObject({ status: 'rejected' });
    expect(helmCalls(kubeconfigPath)).toEqual([]);
  });
}

test('a kubeconfig that was exchanged for one that runs a program is not given to Helm (T-28)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-helm-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const kubeconfigPath = join(folder, 'kubeconfig');
  const helm = createHelmPort({ program, kubeconfigPath, checkKubeconfig: (path) => void readKubeconfig(path, false) });
  await writeFile(kubeconfigPath, JSON.stringify({ users: [{ name: 'u', user: { exec: { command: 'touch', args: [join(folder, 'canary')] } } }] }));
  const target = { context: 'prod', namespace: 'shop', release: 'stock-service' } as ReleaseTarget;
  await expect(helm.history(target, AbortSignal.timeout(10_000))).rejects.toThrow(/runs a program to log in/);
  expect(await helm.run({ via: 'helm', context: 'prod', arguments: ['rollback', '--namespace=shop', '--', 'stock-service', '1'] }, 'run_1', AbortSignal.timeout(10_000))).toMatchObject({ status: 'rejected' });
  expect(helmCalls(kubeconfigPath)).toEqual([]);
});

test('Helm’s environment holds nothing of ours (T-06)', async () => {
  process.env['SLACK_BOT_TOKEN_CANARY'] = 'canary';
  process.env['HELM_DRIVER'] = 'sql';
  const { helm, kubeconfigPath, target } = await release();
  await helm.history(target, AbortSignal.timeout(10_000));
  delete process.env['SLACK_BOT_TOKEN_CANARY'];
  delete process.env['HELM_DRIVER'];
  const names = helmCalls(kubeconfigPath).flatMap((call) => call.environment);
  expect(names).toContain('KUBECONFIG');
  expect(names).not.toContain('SLACK_BOT_TOKEN_CANARY');
  expect(names).not.toContain('HELM_DRIVER');
});

test('the digest of a chart from a registry is what Helm says it has pulled, and of anything that is no folder and has none it is not known (T-12)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-helm-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const digest = `sha256:${'a'.repeat(64)}`;
  const pretended = join(folder, 'helm');
  await writeFile(pretended, `#!/bin/sh\ncase "$*" in *oci://*) echo "Pulled: registry/shop:1.0.0" >&2; echo "Digest: ${digest}" >&2;; esac\nprintf 'name: shop\\nversion: 1.0.0\\n'\n`, { mode: 0o755 });
  const helm = createHelmPort({ program: pretended });
  const target = { context: '', namespace: 'shop', release: 'shop' } as ReleaseTarget;
  expect(await helm.chart({ ...target, chart: 'oci://registry/shop' }, '1.0.0', AbortSignal.timeout(10_000))).toEqual({ name: 'shop', version: '1.0.0', digest });
  expect(await helm.chart({ ...target, chart: 'charts/shop' }, '1.0.0', AbortSignal.timeout(10_000))).toMatchObject({ digest: null });
});

test('a chart with a link is refused, because a link may lead anywhere (T-12)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-chart-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  await symlink('/etc/passwd', join(folder, 'Chart.lock'));
  await expect(chartDigest(folder)).rejects.toThrow('contains a link (Chart.lock)');
});
