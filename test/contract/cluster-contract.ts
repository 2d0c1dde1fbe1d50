/**
 * What the Kubernetes primitives promise about a cluster. The same tests run against the stand-in and against a real control
 * plane: where the two differ, the stand-in is wrong.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { PlanDraft, Refusal, WorkloadTarget } from '../../src/actions/plan.ts';
import type { Ports } from '../../src/actions/ports.ts';
import { primitives } from '../../src/actions/registry.ts';
import { rolesFor } from '../../src/actions/roles.ts';
import { roleFiles } from '../../src/commands/rbac.ts';
import { createComposePort } from '../../src/connectors/compose/compose.ts';
import { createHelmPort } from '../../src/connectors/helm/helm.ts';
import { createHttpPort } from '../../src/connectors/http/http.ts';
import { createKubernetesPort, type OpenKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { createPrometheusPort } from '../../src/connectors/prometheus/prometheus.ts';
import { newId, systemRandom } from '../../src/support/ids.ts';
import { arrangeWith, repository, type Arrange, type DeploymentOptions } from './arrange.ts';
import { asBotsIdentities } from '../harness/identities.ts';
import { driver, type Driver } from './drive.ts';

export interface ClusterUnderTest {
  /** With the contexts `admin` (may do all), `prod` and `outsider` (may do nothing). */
  readonly kubeconfigPath: string;
  readonly helmProgram: string;
  readonly stop: () => Promise<void>;
}

export interface ClusterSuite {
  readonly arrange: Arrange;
  readonly driver: Driver;
  readonly ports: Ports;
  readonly helm: { readonly program: string; readonly kubeconfigPath: string };
  /** A namespace of the test's own, deleted at the end. */
  namespace(): Promise<string>;
}

/** Starts the cluster once for the file. The functions are usable inside tests only. */
export function useCluster(start: () => Promise<ClusterUnderTest>): ClusterSuite {
  let cluster: ClusterUnderTest;
  let kubernetes: OpenKubernetesPort;
  let folder: string;
  let suite: Omit<ClusterSuite, 'namespace'>;
  const namespaces: string[] = [];

  beforeAll(async () => {
    cluster = await start();
    folder = await mkdtemp(join(tmpdir(), 'stockops-identities-'));
    // The bot is its two service accounts here, with just the rights that its primitives declare.
    const identities = await asBotsIdentities(cluster.kubeconfigPath, folder);
    kubernetes = createKubernetesPort(identities);
    const ports = {
      kubernetes,
      helm: createHelmPort({ program: cluster.helmProgram, ...identities }),
      compose: createComposePort(),
      http: createHttpPort(),
      prometheus: createPrometheusPort(),
    };
    suite = { arrange: arrangeWith(cluster.kubeconfigPath), driver: driver(ports), ports, helm: { program: cluster.helmProgram, kubeconfigPath: cluster.kubeconfigPath } };
  });
  afterAll(async () => {
    await Promise.all(namespaces.map((name) => suite.arrange.deleteNamespace(name)));
    await kubernetes?.close();
    await cluster?.stop();
    await rm(folder, { recursive: true });
  });
  return {
    get arrange() { return suite.arrange; },
    get driver() { return suite.driver; },
    get ports() { return suite.ports; },
    get helm() { return suite.helm; },
    namespace: async () => {
      const name = newId(systemRandom, 'contract').replace('_', '-');
      await suite.arrange.createNamespace(name);
      await suite.arrange.apply(rightsIn(name));
      namespaces.push(name);
      return name;
    },
  };
}

/** The Roles that `stockops rbac` would make for every primitive on what these tests create. */
function rightsIn(namespace: string): readonly KubernetesObject[] {
  const workload = (kind: WorkloadTarget['workload'], name: string): WorkloadTarget => ({ kind: 'workload', context: 'prod', namespace, workload: kind, name, selector: `app=${name}`, container: name });
  const service = workload('Deployment', 'stock-service');
  const targets = [workload('Deployment', 'web'), workload('StatefulSet', 'web'), workload('Deployment', 'absent'), service, { kind: 'release', context: 'prod', namespace, release: 'stock-service', chart: '', workload: service } as const];
  const uses = [...primitives.values()].flatMap((primitive) => targets.filter(({ kind }) => kind === primitive.target).map((target) => ({ primitive, target, objects: [], serves: 'the contract' })));
  const files = roleFiles(rolesFor(uses));
  return parseAllDocuments(files.get(`prod/${namespace}.yaml`) ?? '').map((document) => document.toJS() as KubernetesObject);
}

export function describeCluster(cluster: ClusterSuite): void {
  const minute = 60_000;

  /** A deployment that has rolled out, in a namespace of its own. */
  async function deployment(options: DeploymentOptions = {}): Promise<WorkloadTarget> {
    const target = await cluster.arrange.createDeployment(await cluster.namespace(), options);
    await expect.poll(() => cluster.driver.read('k8s.rolloutStatus', target), { timeout: 30_000 }).toMatchObject({ state: 'good' });
    return target;
  }

  async function imageOf(target: WorkloadTarget): Promise<string | undefined> {
    const workload = await cluster.ports.kubernetes.workload(target, AbortSignal.timeout(10_000));
    return workload.containers[0]?.image;
  }

  test('pods are counted by readiness, and their table names each of them', async () => {
    const target = await deployment({ replicas: 3 });
    const reading = await cluster.driver.read('k8s.pods', target);
    expect(reading).toMatchObject({ headline: '3 of 3 pods ready', state: 'good', lines: [] });
    expect(reading.table?.rows).toHaveLength(3);
    expect(reading.table?.rows[0]?.slice(1, 4)).toEqual(['Running', '1/1', '0']);
  });

  test('scale changes the number of pods, and the plan says from what to what', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.scale', target, { replicas: 4 });
    expect(run.plan.changes).toEqual([{ what: 'replicas', before: '2', after: '4' }]);
    expect(run.plan.undo).toEqual({ primitive: 'k8s.scale', params: { replicas: 2 } });
    expect(run.receipt).toMatchObject({ status: 'accepted', answer: { replicas: 4 } });
    expect(await run.settled()).toEqual({ status: 'succeeded', lines: ['4 of 4 pods ready'] });
  });

  test('scale to zero and back: stop and start of a system', async () => {
    const target = await deployment();
    const down = await cluster.driver.run('k8s.scale', target, { replicas: 0 });
    expect(await down.settled()).toEqual({ status: 'succeeded', lines: ['No pods run any more'] });
    const up = await cluster.driver.run('k8s.scale', target, { replicas: 2 });
    expect(await up.settled()).toEqual({ status: 'succeeded', lines: ['2 of 2 pods ready'] });
  });

  test('a scale names the autoscaler that will disagree (SV-45)', async () => {
    const target = await deployment();
    await cluster.arrange.createAutoscaler(target.namespace, target.name, { min: 2, max: 5 });
    const plan = planned(await cluster.driver.plan('k8s.scale', target, { replicas: 9 }));
    expect(plan.warnings.join()).toContain('web-hpa keeps between 2 and 5');
    expect(plan.conditions).toEqual(['outside_autoscaler']);
  });

  test('a scale that somebody overtook is refused by the cluster itself, and nothing is scaled (T-13)', async () => {
    const target = await deployment();
    const plan = planned(await cluster.driver.plan('k8s.scale', target, { replicas: 5 }));
    await cluster.arrange.change(target, { spec: { replicas: 3 } });
    const { receipt } = await cluster.driver.send(plan);
    expect(receipt).toEqual({ status: 'rejected', reason: 'It is not as it was when the plan was made: somebody has changed it since.' });
    expect((await cluster.ports.kubernetes.workload(target, AbortSignal.timeout(10_000))).replicas).toBe(3);
  });

  test('a plan for an object that was deleted and made again is refused (T-13)', async () => {
    const target = await deployment();
    const plan = planned(await cluster.driver.plan('k8s.restart', target));
    await cluster.arrange.deleteDeployment(target);
    await expect.poll(() => cluster.ports.kubernetes.workload(target, AbortSignal.timeout(10_000)).then(() => 'there', (error: { code?: string }) => error.code)).toBe('KUBERNETES_NOT_FOUND');
    await cluster.arrange.createDeployment(target.namespace);
    expect((await cluster.driver.send(plan)).receipt).toMatchObject({ status: 'rejected' });
  });

  test('a scale that somebody changes afterwards is superseded, not failed', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.scale', target, { replicas: 4 });
    await cluster.arrange.change(target, { spec: { replicas: 3 } });
    expect(await run.settled()).toMatchObject({ status: 'failed', reason: 'Superseded: somebody-else has set web to 3 since.' });
  });

  test('after a lost answer the mark of the run on the scale proves that it happened (F-26, F-27)', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.scale', target, { replicas: 3 });
    expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
  });

  test('without a mark it is unclear while a request may be on its way, and then certain (F-27)', async () => {
    const target = await deployment();
    const plan = planned(await cluster.driver.plan('k8s.scale', target, { replicas: 3 }));
    const run = cluster.driver.follow('k8s.scale', 'run_never_sent', target, plan, { status: 'lost', reason: 'the connection broke' });
    expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'unclear' });
    expect(await run.evidenceAfter(5 * minute)).toMatchObject({ verdict: 'didNotHappen' });
    await cluster.arrange.change(target, { spec: { replicas: 4 } });
    expect(await run.evidenceAfter(5 * minute)).toMatchObject({ verdict: 'unclear' });
  });

  test('restart replaces every pod by a new one of the same image', async () => {
    const target = await deployment();
    const before = new Set((await cluster.ports.kubernetes.pods(target, AbortSignal.timeout(10_000))).map((pod) => pod.uid));
    const run = await cluster.driver.run('k8s.restart', target);
    expect(await run.settled()).toMatchObject({ status: 'succeeded', lines: ['2 of 2 pods ready', `api: ${repository}:4.2.0`] });
    await expect.poll(async () => (await cluster.ports.kubernetes.pods(target, AbortSignal.timeout(10_000))).filter((pod) => before.has(pod.uid)).length).toBe(0);
    expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
  });

  test('a restart that another change follows is superseded', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.restart', target);
    await cluster.arrange.change(target, { spec: { template: { metadata: { annotations: { changed: 'yes' } } } } });
    expect(await run.progressAfter(0)).toMatchObject({ status: 'failed', reason: 'Superseded by another change, which was not made from here.' });
  });

  test('a paused deployment is not restarted', async () => {
    const target = await deployment();
    await cluster.arrange.change(target, { spec: { paused: true } });
    expect(await cluster.driver.plan('k8s.restart', target)).toMatchObject({ refused: 'Not done: restarting web.', rule: expect.stringContaining('paused') as string });
  });

  test('set image rolls out another tag, and its undo goes back', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' });
    expect(run.plan.changes).toEqual([{ what: 'image of api', before: `${repository}:4.2.0`, after: `${repository}:4.3.0` }]);
    expect(await run.settled()).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(target)).toBe(`${repository}:4.3.0`);
    if ('impossible' in run.plan.undo) throw new Error(run.plan.undo.impossible);
    const back = await cluster.driver.run(run.plan.undo.primitive, target, run.plan.undo.params);
    expect(await back.settled()).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(target)).toBe(`${repository}:4.2.0`);
  });

  test('a rollout that hangs says why while it runs and when it has failed, and undo heals it', async () => {
    const target = await deployment();
    const run = await cluster.driver.run('k8s.setImage', target, { tag: 'broken' });
    const hanging = await run.settled((progress) => progress.status === 'running' && progress.line.includes('ImagePullBackOff'));
    expect(hanging).toMatchObject({ status: 'running', line: expect.stringMatching(/^0 of 2 pods new and ready \(\d+ s\); \d ImagePullBackOff$/) as string });
    const failed = await run.progressAfter(6 * minute);
    expect(failed).toMatchObject({ status: 'failed', reason: 'The rollout did not finish within 5 min.' });
    expect(failed.status === 'failed' && failed.lines.join('\n')).toMatch(/ImagePullBackOff: .*[\s\S]*old pods? still serves?/);

    const undo = await cluster.driver.run('k8s.undo', target);
    expect(undo.plan.summary).toMatch(/^Roll back web to revision 1 \(stock-analysis:4\.2\.0, from /);
    expect(await undo.settled()).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(target)).toBe(`${repository}:4.2.0`);
  });

  test('a rollout that made no progress within its own deadline is told apart from a slow one (F-29)', async () => {
    const target = await deployment({ progressDeadlineSeconds: 2 });
    const run = await cluster.driver.run('k8s.setImage', target, { tag: 'broken' });
    expect(await run.settled()).toMatchObject({ status: 'failed', reason: expect.stringContaining('made no progress within its own deadline') as string });
  });

  test('undo after a restart goes back to the last other image, not to the same one (SV-47)', async () => {
    const target = await deployment();
    await (await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' })).settled();
    await (await cluster.driver.run('k8s.restart', target)).settled();
    const undo = await cluster.driver.run('k8s.undo', target);
    expect(undo.plan.changes).toContainEqual({ what: 'image of api', before: `${repository}:4.3.0`, after: `${repository}:4.2.0` });
    expect(await undo.settled()).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(target)).toBe(`${repository}:4.2.0`);
    const [current] = await cluster.ports.kubernetes.revisions(target, AbortSignal.timeout(10_000));
    expect(current?.number).toBe(4);
  });

  test('undo refuses to return to the image that runs, and says what there is (SV-47)', async () => {
    const target = await deployment();
    await (await cluster.driver.run('k8s.restart', target)).settled();
    expect(await cluster.driver.plan('k8s.undo', target)).toMatchObject({ rule: 'Every revision in the history has the image that runs now (stock-analysis:4.2.0).' });
    expect(await cluster.driver.plan('k8s.undo', target, { revision: 1 })).toMatchObject({ rule: 'Revision 1 has the image that runs now (stock-analysis:4.2.0).' });
    expect(await cluster.driver.plan('k8s.undo', target, { revision: 99 })).toMatchObject({ rule: 'The history has no revision 99.' });
  });

  test('an undo that somebody overtook is refused by the cluster itself (T-13)', async () => {
    const target = await deployment();
    await (await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' })).settled();
    const plan = planned(await cluster.driver.plan('k8s.undo', target));
    await cluster.arrange.change(target, { spec: { template: { metadata: { annotations: { changed: 'yes' } } } } });
    expect((await cluster.driver.send(plan)).receipt).toMatchObject({ status: 'rejected', reason: expect.stringContaining('changed it since') as string });
    expect(await imageOf(target)).toBe(`${repository}:4.3.0`);
  });

  test('rollout history names image and age of each revision, newest first', async () => {
    const target = await deployment();
    await (await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' })).settled();
    const reading = await cluster.driver.read('k8s.rolloutHistory', target);
    expect(reading.headline).toMatch(/^2 revisions; 2 runs \(stock-analysis:4\.3\.0\), made \d+ s ago$/);
    expect(reading.lines).toEqual([expect.stringMatching(/^Last other image: stock-analysis:4\.2\.0 \(revision 1, made \d+ s ago\)$/)]);
    expect(reading.table?.rows.map((row) => row.slice(0, 2))).toEqual([['2', 'stock-analysis:4.3.0'], ['1', 'stock-analysis:4.2.0']]);
  });

  test('the log of every pod is read, and of a crashed one also what it said before', async () => {
    const target = await cluster.arrange.createDeployment(await cluster.namespace(), { replicas: 1, podAnnotations: { 'stockops.test/fault': 'crash-loop', 'stockops.test/back-off': '30s' } });
    await expect.poll(async () => (await cluster.driver.read('k8s.pods', target)).headline, { timeout: 30_000 }).toBe('0 of 1 pod ready; 1 CrashLoopBackOff');
    const now = await cluster.driver.read('k8s.logs', target, { tail: 2 });
    expect(now.headline).toBe('2 lines from 1 pod');
    const previous = await cluster.driver.read('k8s.logs', target, { previous: true, grep: 'cannot reach database' });
    expect(previous.headline).toBe('1 line with “cannot reach database” from 1 pod, before the last restart');
    expect(previous.text?.body).toContain('"msg":"cannot reach database"');
    // Literal text, not a pattern.
    expect((await cluster.driver.read('k8s.logs', target, { previous: true, grep: 'reach.*base' })).headline).toMatch(/^0 lines/);
  });

  test('a rollout whose pods crash ends with the last words of the crashed container', async () => {
    const target = await deployment();
    await cluster.arrange.change(target, { spec: { template: { metadata: { annotations: { 'stockops.test/fault': 'crash-loop', 'stockops.test/back-off': '30s' } } } } });
    await expect.poll(async () => (await cluster.driver.read('k8s.rolloutStatus', target)).headline, { timeout: 30_000 }).toContain('CrashLoopBackOff');
    const run = cluster.driver.follow('k8s.restart', 'run_watched', target, watched(await cluster.ports.kubernetes.workload(target, AbortSignal.timeout(10_000))), { status: 'lost', reason: '' });
    expect(await run.progressAfter(6 * minute)).toMatchObject({ status: 'failed', log: expect.stringContaining('giving up') as string });
  });

  test('describe tells state, reason and events, and no value of an environment variable (SV-36)', async () => {
    const target = await cluster.arrange.createDeployment(await cluster.namespace(), { replicas: 1, podAnnotations: { 'stockops.test/fault': 'oom', 'stockops.test/back-off': '30s' } });
    await expect.poll(async () => (await cluster.driver.read('k8s.describe', target)).text?.body, { timeout: 30_000 }).toMatch(/before: exit 137 OOMKilled/);
    const reading = await cluster.driver.read('k8s.describe', target);
    expect(reading.headline).toBe('0 of 1 pod ready; 1 CrashLoopBackOff');
    expect(reading.text?.body).toMatch(/Available=False/);
    expect(reading.text?.body).toMatch(/BackOff/);
    expect(JSON.stringify(reading)).not.toContain('canary-not-a-real-password');
  });

  test('no plan and no answer holds the value of an environment variable that stays as it is (T-09)', async () => {
    const target = await deployment();
    await (await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' })).settled();
    const undo = await cluster.driver.run('k8s.undo', target);
    expect(JSON.stringify([undo.plan, undo.receipt])).not.toContain('canary-not-a-real-password');
  });

  test('events are those of the target, with the warnings first in line', async () => {
    const target = await cluster.arrange.createDeployment(await cluster.namespace(), { replicas: 1, tag: 'broken' });
    await expect.poll(async () => (await cluster.driver.read('k8s.events', target)).lines.join('\n'), { timeout: 30_000 }).toMatch(/web-[a-z0-9]+-[a-z0-9]+: Failed/);
    const reading = await cluster.driver.read('k8s.events', target);
    expect(reading.table?.rows.some((row) => row[2] === 'Deployment/web' && row[3] === 'ScalingReplicaSet')).toBe(true);
  });

  test('top shows use beside the limit', async () => {
    const target = await deployment();
    await expect.poll(async () => (await cluster.driver.read('k8s.top', target)).table?.rows.length, { timeout: 30_000 }).toBe(2);
    const reading = await cluster.driver.read('k8s.top', target);
    expect(reading.headline).toMatch(/^CPU \d+m, memory \d+ Mi over 2 pods$/);
    expect(reading.table?.rows[0]?.slice(2)).toEqual(['1 cores', expect.stringMatching(/^\d+ Mi$/), '512 Mi']);
  });

  test('a StatefulSet is scaled, restarted and taken back like a Deployment', async () => {
    const target = await cluster.arrange.createStatefulSet(await cluster.namespace());
    await expect.poll(() => cluster.driver.read('k8s.rolloutStatus', target), { timeout: 30_000 }).toMatchObject({ state: 'good' });
    expect(await (await cluster.driver.run('k8s.scale', target, { replicas: 3 })).settled()).toMatchObject({ status: 'succeeded' });
    expect(await (await cluster.driver.run('k8s.setImage', target, { tag: '4.3.0' })).settled()).toMatchObject({ status: 'succeeded' });
    const undo = await cluster.driver.run('k8s.undo', target);
    expect(await undo.settled()).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(target)).toBe(`${repository}:4.2.0`);
  });

  test('who has no right is told which one is missing, for a look and for an effect', async () => {
    const target = await deployment();
    const outside = { ...target, context: 'outsider' };
    await expect(cluster.driver.read('k8s.pods', outside)).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED', message: expect.stringMatching(/User "outsider" cannot list resource "pods"/) as string });
    const plan = planned(await cluster.driver.plan('k8s.restart', target));
    const { receipt } = await cluster.driver.send({ ...plan, request: { ...plan.request, context: 'outsider' } as PlanDraft['request'] });
    expect(receipt).toMatchObject({ status: 'rejected', reason: expect.stringMatching(/cannot patch resource "deployments"/) as string });
  });

  test('what is not there is said to be not there', async () => {
    const namespace = await cluster.namespace();
    const target: WorkloadTarget = { kind: 'workload', context: 'prod', namespace, workload: 'Deployment', name: 'absent', selector: 'app=absent', container: 'api' };
    await expect(cluster.driver.plan('k8s.scale', target, { replicas: 3 })).rejects.toMatchObject({ code: 'KUBERNETES_NOT_FOUND', message: expect.stringContaining('deployments.apps "absent" not found') as string });
    expect(await cluster.driver.read('k8s.pods', target)).toMatchObject({ headline: 'No pods', state: 'bad' });
  });
}

export function planned(plan: PlanDraft | Refusal): PlanDraft {
  if ('refused' in plan) throw new Error(`${plan.refused} ${plan.rule}`);
  return plan;
}

/** A plan for something that is under way already, of which only the identity matters. */
function watched(workload: { readonly uid: string }): PlanDraft {
  return {
    summary: '', changes: [], warnings: [], equivalent: [], undo: { impossible: '' }, guard: { uid: workload.uid }, settleWithinMs: 5 * 60_000,
    request: { via: 'kubernetes', context: 'prod', method: 'PATCH', path: '', contentType: '', body: null },
  };
}
