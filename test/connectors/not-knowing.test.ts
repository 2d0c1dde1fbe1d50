/**
 * Goal: every way of not knowing is `lost`, what is certain is `rejected`, and afterwards what can be seen from outside tells the two apart, for every
 * write there is (F-26, F-27, F-28, F-30, F-48).
 * Method: the real connectors against the stand-ins, each write with each fault; then one look at once, and one when nothing can be on its way.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cryptoVolatilityHost, installDocker, readDockerState, setDockerFault, updateContainer, writeDockerState } from '../../sandbox/docker/docker-state.ts';
import { setHelmDescribesRollbacks, setHelmFault } from '../../sandbox/helm/faults.ts';
import { startKubernetesStandIn, type ApiFault, type KubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import type { Params } from '../../src/actions/define-primitive.ts';
import type { PlanDraft, ReleaseTarget, Target, WorkloadTarget } from '../../src/actions/plan.ts';
import type { Ports, Receipt } from '../../src/actions/ports.ts';
import { primitives } from '../../src/actions/registry.ts';
import { createComposePort } from '../../src/connectors/compose/compose.ts';
import { createHelmPort } from '../../src/connectors/helm/helm.ts';
import { createKubernetesPort, type OpenKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { systemClock } from '../../src/support/clock.ts';
import { StoodStill } from '../../src/support/never-sent.ts';
import { planned } from '../actions/samples.ts';
import { arrangeWith } from '../contract/arrange.ts';
import { driver, type Driver } from '../contract/drive.ts';

const cleanup = new AsyncDisposableStack();
let folder: string;
let standIn: KubernetesStandIn;
let kubeconfigPath: string;
let kubernetes: OpenKubernetesPort;
let namespaces = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stockops-not-knowing-'));
  cleanup.defer(() => rm(folder, { recursive: true }));
  standIn = await startKubernetesStandIn({ clock: systemClock });
  cleanup.defer(() => standIn.close());
  kubeconfigPath = join(folder, 'kubeconfig');
  standIn.writeKubeconfig(kubeconfigPath);
  kubernetes = createKubernetesPort({ kubeconfigPath });
  cleanup.defer(() => kubernetes.close());
});
afterAll(() => cleanup.disposeAsync());

const tooLate = (): never => {
  throw new StoodStill();
};

async function namespace(): Promise<string> {
  const name = `n${(namespaces += 1)}`;
  await arrangeWith(kubeconfigPath).createNamespace(name);
  return name;
}

/** The deadline of an effect, when what the test is about has come to pass. */
async function giveUpWhen(isSo: () => boolean, giveUp: AbortController): Promise<void> {
  await expect.poll(isSo, { timeout: 60_000, interval: 50 }).toBe(true);
  giveUp.abort(new Error('No answer within 300 s.'));
}

const later = 11 * 60_000;
interface Seen {
  readonly receipt: Receipt;
  readonly atOnce: string;
  readonly afterwards: string;
  readonly lines: readonly string[];
}
/** Sends the plan and looks twice. */
async function seen(drive: Driver, id: string, target: Target, plan: PlanDraft, send: () => Promise<{ id: string; receipt: Receipt }>): Promise<Seen> {
  const sent = await send();
  const run = drive.follow(id, sent.id, target, plan, sent.receipt);
  const [atOnce, afterwards] = [await run.evidenceAfter(0), await run.evidenceAfter(later)];
  return { receipt: sent.receipt, atOnce: atOnce.verdict, afterwards: afterwards.verdict, lines: afterwards.lines };
}

// ---- Kubernetes --------------------------------------------------------------------

const ofKubernetes: Readonly<Record<string, Params>> = { 'k8s.scale': { replicas: 4 }, 'k8s.restart': {}, 'k8s.setImage': { tag: '4.3.0' }, 'k8s.undo': {} };

async function workload(id: string): Promise<WorkloadTarget> {
  const arrange = arrangeWith(kubeconfigPath);
  const target = await arrange.createDeployment(await namespace());
  if (id === 'k8s.undo') await arrange.change(target, { spec: { template: { spec: { containers: [{ name: 'api', image: 'registry.example.com/stock-analysis:4.2.1' }] } } } });
  if (id === 'k8s.restart') await expect.poll(async () => (await kubernetes.workload(target, AbortSignal.timeout(10_000))).status.available, { timeout: 30_000, interval: 100 }).toBe(2);
  return target;
}

const isWrite = (of: Target) => (request: { readonly method: string; readonly dryRun: boolean; readonly namespace: string }) => request.method === 'PATCH' && !request.dryRun && of.kind === 'workload' && request.namespace === of.namespace;

for (const [id, params] of Object.entries(ofKubernetes)) {
  for (const [why, fault, happened] of [
    ['it is never answered and nothing happened', { mode: 'timeout' }, false],
    ['it is never answered and happened', { mode: 'timeout-after' }, true],
    ['the connection breaks before', { mode: 'reset-before' }, false],
    ['the connection breaks after', { mode: 'reset-after' }, true],
    ...[500, 502, 503, 504, 408].map((status) => [`the answer is ${status} and nothing happened`, { mode: 'answer', status }, false] as const),
    ['the answer is 504 and it happened', { mode: 'answer-after', status: 504 }, true],
    ['the answer is 500 and it happened', { mode: 'answer-after', status: 500 }, true],
  ] as const satisfies readonly (readonly [string, Omit<ApiFault, 'match' | 'times'>, boolean])[]) {
    test(`F-27: ${id}: when ${why}, it is lost, and the object tells`, async () => {
      const drive = driver({ kubernetes } as unknown as Ports);
      const target = await workload(id);
      const plan = planned(await drive.plan(id, target, params));
      const result = await seen(drive, id, target, plan, () => sendWith(fault, target, plan));
      expect(result.receipt.status).toBe('lost');
      expect([result.atOnce, result.afterwards]).toEqual(happened ? ['happened', 'happened'] : ['unclear', 'didNotHappen']);
    });
  }

  for (const status of [400, 401, 403, 404, 409, 422, 429]) {
    test(`F-28: ${id}: an answer of ${status} is a refusal: nothing happened`, async () => {
      const drive = driver({ kubernetes } as unknown as Ports);
      const target = await workload(id);
      const plan = planned(await drive.plan(id, target, params));
      standIn.fail({ mode: 'answer', status, message: 'the cluster says no', match: isWrite(target), times: 1 });
      expect((await drive.send(plan)).receipt).toEqual({ status: 'rejected', reason: 'the cluster says no' });
    });
  }

  test(`F-28: ${id}: a cluster that is not there was sent nothing`, async () => {
    const drive = driver({ kubernetes } as unknown as Ports);
    const plan = planned(await drive.plan(id, await workload(id), params));
    const absent = await absentCluster();
    if (plan.request.via !== 'kubernetes') throw new Error('not a request to Kubernetes');
    expect(await absent.send(plan.request, 'run_1', AbortSignal.timeout(10_000))).toMatchObject({ status: 'rejected', reason: expect.stringContaining('Nothing was sent') as string });
  });

  test(`F-40: ${id}: a process that stood still until the last moment sends nothing`, async () => {
    const drive = driver({ kubernetes } as unknown as Ports);
    const target = await workload(id);
    const plan = planned(await drive.plan(id, target, params));
    if (plan.request.via !== 'kubernetes') throw new Error('not a request to Kubernetes');
    const sofar = standIn.requests.length;
    expect(await kubernetes.send(plan.request, 'run_1', AbortSignal.timeout(10_000), tooLate)).toEqual({ status: 'rejected', reason: 'Nothing was sent: The bot stood still just before it would have been sent.' });
    expect(standIn.requests.slice(sofar).filter(isWrite(target))).toEqual([]);
  });

  test(`F-26: ${id}: a later change that takes our mark away leaves it unclear, and an object made anew, too`, async () => {
    const drive = driver({ kubernetes } as unknown as Ports);
    const target = await workload(id);
    const plan = planned(await drive.plan(id, target, params));
    await arrangeWith(kubeconfigPath).change(target, { spec: { minReadySeconds: 1 } });
    const run = drive.follow(id, 'run_1', target, plan, { status: 'lost', reason: '' });
    expect(await run.evidenceAfter(later)).toMatchObject({ verdict: 'unclear', lines: [expect.stringContaining('has changed since')] });
    standIn.recreate({ context: 'admin', kind: 'Deployment', namespace: target.namespace, name: target.name });
    expect(await run.evidenceAfter(later)).toMatchObject({ verdict: 'unclear', lines: [expect.stringContaining('deleted and created again')] });
  });
}

/** A call whose answer never comes is given up when the cluster has it, as the deadline would. */
async function sendWith(fault: ApiFault, target: WorkloadTarget, plan: PlanDraft): Promise<{ id: string; receipt: Receipt }> {
  if (plan.request.via !== 'kubernetes') throw new Error('not a request to Kubernetes');
  const id = `run_${crypto.randomUUID().slice(0, 8)}`;
  const giveUp = new AbortController();
  const isOurs = isWrite(target);
  const match: ApiFault['match'] = (request) => {
    const matches = isOurs(request);
    if (matches && fault.mode.startsWith('timeout')) setTimeout(() => giveUp.abort(new Error('No answer within 300 s.')), 50);
    return matches;
  };
  standIn.fail({ ...fault, match, times: 1 });
  return { id, receipt: await kubernetes.send(plan.request, id, giveUp.signal) };
}

async function absentCluster(): Promise<OpenKubernetesPort> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const path = join(folder, `absent-${port}`);
  await writeFile(path, standIn.kubeconfig().replaceAll(/server: "?https?:\/\/127\.0\.0\.1:\d+"?/g, `server: http://127.0.0.1:${port}`));
  const absent = createKubernetesPort({ kubeconfigPath: path });
  cleanup.defer(() => absent.close());
  return absent;
}

// ---- Helm --------------------------------------------------------------------------

const program = join(import.meta.dirname, '../../sandbox/bin/helm');
const chart = join(import.meta.dirname, '../contract/charts/stock-service');

/** A release at revision 2, with a Helm that can describe a rollback or one that cannot; each has a kubeconfig of its own, where its faults lie. */
async function release(describes: boolean): Promise<{ drive: Driver; target: ReleaseTarget; ownKubeconfig: string; ports: Ports }> {
  const name = await namespace();
  const ownKubeconfig = join(await mkdtemp(join(folder, 'helm-')), 'kubeconfig');
  standIn.writeKubeconfig(ownKubeconfig);
  if (describes) setHelmDescribesRollbacks(ownKubeconfig);
  const helm = createHelmPort({ program, kubeconfigPath: ownKubeconfig, cacheFolder: folder });
  const ports = { helm, kubernetes } as unknown as Ports;
  for (const tag of ['2.3.1', '2.3.2']) await execa(program, ['upgrade', '--install', 'stock-service', chart, `--namespace=${name}`, '--kube-context=admin', `--set=image.tag=${tag}`], { env: { KUBECONFIG: ownKubeconfig, PATH: process.env['PATH'] }, extendEnv: false });
  const target: ReleaseTarget = {
    kind: 'release', context: 'admin', namespace: name, release: 'stock-service', chart,
    workload: { kind: 'workload', context: 'admin', namespace: name, workload: 'Deployment', name: 'stock-service', selector: 'app.kubernetes.io/name=stock-service', container: 'stock-service' },
  };
  return { drive: driver(ports), target, ownKubeconfig, ports };
}

const ofHelm = [
  ['helm.upgrade', { set: { replicaCount: 4 } }, false],
  ['helm.rollback', { revision: 1 }, false],
  ['helm.rollback', { revision: 1 }, true],
] as const satisfies readonly (readonly [string, Params, boolean])[];

for (const [id, params, describes] of ofHelm) {
  const named = id === 'helm.rollback' ? `${id} of a Helm that ${describes ? 'can' : 'cannot'} describe it` : id;
  for (const [why, mode, begun] of [
    ['Helm is killed before it begins', 'die-before', false],
    ['Helm is killed in the middle', 'die-after', true],
    ['Helm hangs before it begins', 'hang-before', false],
    ['Helm hangs in the middle', 'hang-after', true],
  ] as const) {
    test(`F-30: ${named}: when ${why}, it is lost, and the history tells`, async () => {
      const { drive, target, ownKubeconfig, ports } = await release(describes);
      const plan = planned(await drive.plan(id, target, params));
      if (plan.request.via !== 'helm') throw new Error('not a request to Helm');
      const { request } = plan;
      setHelmFault(ownKubeconfig, { mode, command: request.arguments[0] as string });
      const giveUp = new AbortController();
      const runId = `run_${crypto.randomUUID().slice(0, 8)}`;
      const result = await seen(drive, id, target, plan, async () => {
        const sofar = standIn.requests.length;
        const answer = ports.helm.run(request, runId, giveUp.signal);
        // The revision is stored before anything is applied.
        const isApplied = () => standIn.requests.slice(sofar).some(({ namespace: where, method, dryRun }) => where === target.namespace && method === 'PATCH' && !dryRun);
        if (mode.startsWith('hang')) await giveUpWhen(mode === 'hang-before' ? () => !existsSync(join(dirname(ownKubeconfig), 'helm-fault.json')) : isApplied, giveUp);
        return { id: runId, receipt: await answer };
      });
      expect(result.receipt.status).toBe('lost');
      if (!begun) expect([result.atOnce, result.afterwards]).toEqual(['unclear', 'didNotHappen']);
      // An upgrade is described when it has ended; until then its revision could be anybody's.
      else if (id === 'helm.upgrade') {
        expect([result.atOnce, result.afterwards]).toEqual(['unclear', 'unclear']);
        expect(result.lines.join('\n')).toMatch(/Helm's revision 3: pending-upgrade[^]*Helm's history: 1 superseded, 2 deployed, 3 pending-upgrade[^]*refuses to upgrade/);
      } else expect([result.atOnce, result.afterwards]).toEqual(['happened', 'happened']);
    });
  }

  test(`F-40: ${named}: a process that stood still until the last moment does not start Helm`, async () => {
    const { drive, target, ports } = await release(describes);
    const plan = planned(await drive.plan(id, target, params));
    if (plan.request.via !== 'helm') throw new Error('not a request to Helm');
    await expect(ports.helm.run(plan.request, 'run_1', AbortSignal.timeout(60_000), tooLate)).rejects.toThrow(StoodStill);
    expect((await ports.helm.history(target, AbortSignal.timeout(60_000))).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  test(`F-28: ${named}: Helm's own refusal before a new revision is certain`, async () => {
    const { drive, target, ownKubeconfig } = await release(describes);
    const plan = planned(await drive.plan(id, target, params));
    setHelmFault(ownKubeconfig, { mode: 'fail', message: 'the chart says no' });
    expect((await drive.send(plan)).receipt).toEqual({ status: 'rejected', reason: 'the chart says no' });
  });
}

test("F-26: somebody else's rollback to the same revision is not taken for ours by a Helm that can mark it", async () => {
  const { drive, target, ownKubeconfig } = await release(true);
  const plan = planned(await drive.plan('helm.rollback', target, { revision: 1 }));
  await execa(program, ['rollback', 'stock-service', '1', `--namespace=${target.namespace}`, '--kube-context=admin'], { env: { KUBECONFIG: ownKubeconfig, PATH: process.env['PATH'] }, extendEnv: false });
  expect(await drive.follow('helm.rollback', 'run_1', target, plan, { status: 'lost', reason: '' }).evidenceAfter(0)).toMatchObject({ verdict: 'unclear' });
});

test('F-26: a rollback that went well carries its run', async () => {
  const { drive, target } = await release(true);
  const run = await drive.run('helm.rollback', target, { revision: 1 });
  expect(run.receipt).toMatchObject({ status: 'accepted' });
  expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'happened', lines: [expect.stringContaining(`StockOps ${run.id}`)] });
});

// ---- Compose -----------------------------------------------------------------------

async function host(id: string) {
  const own = await mkdtemp(join(folder, 'compose-'));
  const state = join(own, 'docker.json');
  writeDockerState(state, cryptoVolatilityHost(systemClock.now()));
  const target = { kind: 'compose', host: 'local', file: 'docker/compose.yaml', project: 'crypto', service: 'api', containerName: 'volatility-api' } as const;
  const compose = createComposePort({ program: installDocker(own, state), projects: () => [target] });
  if (id === 'compose.start') updateContainer(state, 'api', { state: 'exited', exitCode: 0, finishedAt: systemClock.now().toISOString() });
  return { state, compose, drive: driver({ compose } as unknown as Ports), target };
}

for (const id of ['compose.restart', 'compose.start', 'compose.stop']) {
  const command = id.replace('.', ' ');
  for (const [why, mode, happened] of [
    ['docker is killed before', 'die-before', false],
    ['docker is killed after', 'die-after', true],
    ['docker hangs before', 'hang-before', false],
    ['docker hangs after', 'hang-after', true],
  ] as const) {
    test(`F-48: ${id}: when ${why}, it is lost, and the container tells`, async () => {
      const { state, compose, drive, target } = await host(id);
      const plan = planned(await drive.plan(id, target));
      const { request } = plan;
      if (request.via !== 'compose') throw new Error('not a request to Compose');
      setDockerFault(state, { mode, command });
      const giveUp = new AbortController();
      const result = await seen(drive, id, target, plan, async () => {
        const container = () => JSON.stringify(readDockerState(state).containers.find(({ service }) => service === target.service));
        const sofar = container();
        const answer = compose.run(request, 'run_1', giveUp.signal);
        if (mode.startsWith('hang')) await giveUpWhen(mode === 'hang-before' ? () => !existsSync(`${state}.fault.json`) : () => container() !== sofar, giveUp);
        return { id: 'run_1', receipt: await answer };
      });
      expect(result.receipt.status).toBe('lost');
      expect([result.atOnce, result.afterwards]).toEqual(happened ? ['happened', 'happened'] : ['unclear', 'didNotHappen']);
    });
  }

  test(`F-40: ${id}: a process that stood still until the last moment does not start Docker`, async () => {
    const { state, compose, drive, target } = await host(id);
    const plan = planned(await drive.plan(id, target));
    if (plan.request.via !== 'compose') throw new Error('not a request to Compose');
    const sofar = readDockerState(state);
    await expect(compose.run(plan.request, 'run_1', AbortSignal.timeout(60_000), tooLate)).rejects.toThrow(StoodStill);
    expect(readDockerState(state)).toEqual(sofar);
  });

  for (const [status, message] of [
    ['rejected', 'no such service: api'],
    ['rejected', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'],
    ['rejected', 'open docker/compose.yaml: no such file or directory'],
    ['lost', 'error during connect: read: connection reset by peer'],
    ['lost', 'Error response from daemon: i/o timeout'],
    ['lost', 'Error response from daemon: driver failed programming external connectivity on endpoint api'],
    ['lost', 'unexpected EOF'],
  ] as const) {
    test(`${status === 'lost' ? 'F-48' : 'F-28'}: ${id}: “${message.slice(0, 60)}” is ${status}`, async () => {
      const { state, drive, target } = await host(id);
      const plan = planned(await drive.plan(id, target));
      setDockerFault(state, { mode: 'fail', command, message });
      expect((await drive.send(plan)).receipt).toMatchObject({ status, reason: expect.stringContaining(message) as string });
    });
  }
}

test('every write there is, is in the tables above', () => {
  const covered = [...Object.keys(ofKubernetes), ...ofHelm.map(([id]) => id), 'compose.restart', 'compose.start', 'compose.stop'];
  expect([...primitives.values()].filter(({ effect }) => effect === 'write').map(({ id }) => id).toSorted()).toEqual([...new Set(covered)].toSorted());
});
