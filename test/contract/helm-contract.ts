/** What the Helm primitives promise about a release, on the stand-in and on a real control plane with a real Helm. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { ReleaseTarget } from '../../src/actions/plan.ts';
import { planned, type ClusterSuite } from './cluster-contract.ts';

const chart = join(import.meta.dirname, 'charts/stock-service');
const repository = 'registry.example.com/stock-service';
const minute = 60_000;

export function describeHelm(cluster: ClusterSuite): void {
  const soon = () => AbortSignal.timeout(30_000);

  async function helm(...argv: string[]): Promise<void> {
    const { program, kubeconfigPath } = cluster.helm;
    await execa(program, [...argv, '--kube-context=admin'], { env: { KUBECONFIG: kubeconfigPath, PATH: process.env['PATH'], HOME: process.env['HOME'] }, extendEnv: false });
  }

  /** A release that somebody installed with values of their own, rolled out. */
  async function release(chartFolder = chart): Promise<ReleaseTarget> {
    const namespace = await cluster.namespace();
    await helm('upgrade', '--install', 'stock-service', chartFolder, `--namespace=${namespace}`, '--set=cacheTtlSeconds=90');
    const target: ReleaseTarget = {
      kind: 'release', context: 'prod', namespace, release: 'stock-service', chart: chartFolder,
      workload: { kind: 'workload', context: 'prod', namespace, workload: 'Deployment', name: 'stock-service', selector: 'app.kubernetes.io/name=stock-service', container: 'stock-service' },
    };
    await expect.poll(() => cluster.driver.read('k8s.rolloutStatus', target.workload), { timeout: 30_000 }).toMatchObject({ state: 'good' });
    return target;
  }

  test('an upgrade sets one value and keeps all others and the chart (SV-60)', async () => {
    const target = await release();
    const run = await cluster.driver.run('helm.upgrade', target, { set: { replicaCount: 4 } });
    expect(run.plan.changes).toContainEqual({ what: 'replicaCount', before: "the chart's default", after: '4' });
    expect(run.plan.changes).toContainEqual({ what: 'replicas', before: '2', after: '4' });
    expect(run.plan.changes).toContainEqual({ what: 'image of stock-service', before: `${repository}:2.3.1`, after: `${repository}:2.3.1` });
    expect(run.receipt).toEqual({ status: 'accepted', answer: { revision: 2, status: 'deployed' } });
    expect(await run.settled()).toMatchObject({ status: 'succeeded', lines: ['4 of 4 pods ready', expect.anything(), `Helm's revision 2: deployed, StockOps ${run.id}`] });
    expect(await cluster.ports.helm.values(target, 2, soon())).toEqual({ cacheTtlSeconds: 90, replicaCount: 4 });
    expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
  });

  test('a value with a comma stays one value (T-12)', async () => {
    const target = await release();
    const run = await cluster.driver.run('helm.upgrade', target, { set: { 'image.tag': '2.4.0', cacheTtlSeconds: '60,image.repository=evil' } });
    await run.settled();
    expect(await cluster.ports.helm.values(target, 2, soon())).toEqual({ cacheTtlSeconds: '60,image.repository=evil', image: { tag: '2.4.0' } });
  });

  test('false stays false and does not become a text', async () => {
    const target = await release();
    await (await cluster.driver.run('helm.upgrade', target, { set: { 'autoscaling.enabled': false, replicaCount: 3 } })).settled();
    expect(await cluster.ports.helm.values(target, 2, soon())).toEqual({ autoscaling: { enabled: false }, cacheTtlSeconds: 90, replicaCount: 3 });
    expect((await cluster.ports.kubernetes.workload(target.workload, soon())).replicas).toBe(3);
  });

  test('an upgrade with a broken tag says why it hangs, and a rollback goes to the last other image', async () => {
    const target = await release();
    const run = await cluster.driver.run('helm.upgrade', target, { set: { 'image.tag': 'broken' } });
    await run.settled((progress) => progress.status === 'running' && progress.line.includes('ImagePullBackOff'));
    expect(await run.progressAfter(6 * minute)).toMatchObject({ status: 'failed', reason: 'The rollout did not finish within 5 min.' });

    const back = await cluster.driver.run('helm.rollback', target);
    expect(back.plan.summary).toBe('Roll back stock-service to revision 1');
    expect(back.plan.changes).toContainEqual({ what: 'image of stock-service', before: `${repository}:broken`, after: `${repository}:2.3.1` });
    expect(back.receipt).toEqual({ status: 'accepted', answer: { revision: 3, status: 'deployed' } });
    expect(await back.settled()).toMatchObject({ status: 'succeeded' });
    expect(await back.evidenceAfter(0)).toMatchObject({ verdict: 'happened', lines: ["Helm's revision 3: deployed, Rollback to 1"] });
  });

  test('a rollback after a rollback does not return to the bad version, and one revision can be asked for', async () => {
    const target = await release();
    await (await cluster.driver.run('helm.upgrade', target, { set: { 'image.tag': '2.4.0' } })).settled();
    await (await cluster.driver.run('helm.rollback', target, { revision: 1 })).settled();
    expect(await cluster.driver.plan('helm.rollback', target, { revision: 3 })).toMatchObject({ rule: 'Revision 3 is deployed now.' });
    expect(await cluster.driver.plan('helm.rollback', target, { revision: 9 })).toMatchObject({ rule: 'Helm has no revision 9.' });
    const plan = planned(await cluster.driver.plan('helm.rollback', target, { revision: 2 }));
    expect(plan.changes).toContainEqual({ what: 'image of stock-service', before: `${repository}:2.3.1`, after: `${repository}:2.4.0` });
  });

  test('a rollback also works after somebody has scaled by hand, and says that it overwrites that', async () => {
    const target = await release();
    await (await cluster.driver.run('helm.upgrade', target, { set: { 'image.tag': '2.4.0' } })).settled();
    await (await cluster.driver.run('k8s.scale', target.workload, { replicas: 4 })).settled();
    const run = await cluster.driver.run('helm.rollback', target);
    expect(run.plan.changes).toContainEqual({ what: 'replicas', before: '4', after: '2' });
    expect(run.plan.conditions).toEqual(['fewer_replicas']);
    expect(run.plan.warnings.join()).toContain('replicas is 4 on the cluster, changed outside Helm');
    expect(await run.settled()).toMatchObject({ status: 'succeeded' });
  });

  test('an upgrade that would silently put back what was scaled by hand is refused (SV-60)', async () => {
    const target = await release();
    await (await cluster.driver.run('k8s.scale', target.workload, { replicas: 4 })).settled();
    expect(await cluster.driver.plan('helm.upgrade', target, { set: { 'image.tag': '2.4.0' } })).toMatchObject({ rule: expect.stringContaining('replicas 4 on the cluster, 2 in the release') as string });
    const run = await cluster.driver.run('helm.upgrade', target, { set: { replicaCount: 5 } });
    expect(run.plan.warnings.join()).toContain('Helm takes this over');
    expect(await run.settled()).toMatchObject({ status: 'succeeded' });
  });

  test('a chart of another version is a deployment, and refused (SV-60)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stockops-chart-'));
    await cp(chart, folder, { recursive: true });
    const target = await release(folder);
    const before = planned(await cluster.driver.plan('helm.upgrade', target, { set: { replicaCount: 3 } }));
    await writeFile(join(folder, 'values.yaml'), `${await readFile(join(folder, 'values.yaml'), 'utf8')}\n# other bytes\n`);
    const after = planned(await cluster.driver.plan('helm.upgrade', target, { set: { replicaCount: 3 } }));
    expect(after.guard['chartDigest']).not.toBe(before.guard['chartDigest']);
    await writeFile(join(folder, 'Chart.yaml'), (await readFile(join(folder, 'Chart.yaml'), 'utf8')).replace('1.4.0', '1.5.0'));
    expect(await cluster.driver.plan('helm.upgrade', target, { set: { replicaCount: 3 } })).toMatchObject({ rule: expect.stringContaining('Deployed is stock-service 1.4.0') as string });
    await rm(folder, { recursive: true });
  });

  test('without a new revision nothing has happened, which is certain when no Helm can be at work any more (F-26)', async () => {
    const target = await release();
    const plan = planned(await cluster.driver.plan('helm.upgrade', target, { set: { replicaCount: 3 } }));
    const run = cluster.driver.follow('helm.upgrade', 'run_never_sent', target, plan, { status: 'lost', reason: '' });
    expect(await run.evidenceAfter(minute)).toMatchObject({ verdict: 'unclear' });
    expect(await run.evidenceAfter(11 * minute)).toMatchObject({ verdict: 'didNotHappen', lines: ['Helm is still at revision 1.', expect.anything()] });
  });

  test('history and values are shown as they are', async () => {
    const target = await release();
    expect(await cluster.driver.read('helm.history', target)).toMatchObject({ headline: expect.stringMatching(/^Revision 1, deployed, stock-service-1\.4\.0, \d+ s ago$/) as string, state: 'good' });
    expect(await cluster.driver.read('helm.values', target)).toMatchObject({ headline: '1 value set in revision 1', lines: ['cacheTtlSeconds = 90'] });
  });

  test('a release that is not there is said to be not there', async () => {
    const target = await release();
    await expect(cluster.driver.read('helm.history', { ...target, release: 'absent' })).rejects.toMatchObject({ code: 'HELM_FAILED', message: expect.stringContaining('release: not found') as string });
  });
}
