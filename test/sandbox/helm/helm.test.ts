/**
 * Goal: the stand-in of helm behaves as Helm 4 where that matters to us: words, exit codes, values that are dropped or kept, conflicts,
 * pending releases. Method: the program is started as a program, against the stand-in of the Kubernetes API. The texts were
 * compared with those of Helm 4.1.4 on a real cluster.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { helmCalls, setHelmFault } from '../../../sandbox/helm/faults.ts';
import { startKubernetesStandIn, type KubernetesStandIn } from '../../../sandbox/kubernetes/stand-in.ts';
import { systemClock } from '../../../src/support/clock.ts';

const HELM_BIN = fileURLToPath(new URL('../../../sandbox/bin/helm', import.meta.url));
const CHART = fileURLToPath(new URL('../../../sandbox/charts/stock-service', import.meta.url));

let standIn: KubernetesStandIn;
let directory: string;
let kubeconfig: string;
let namespace = '';
let count = 0;

beforeAll(async () => {
  standIn = await startKubernetesStandIn({ clock: systemClock });
  directory = mkdtempSync(join(tmpdir(), 'helm-'));
  kubeconfig = join(directory, 'kubeconfig');
  standIn.writeKubeconfig(kubeconfig);
});
afterAll(async () => {
  await standIn.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  namespace = `test-${++count}`;
  standIn.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

interface Result {
  readonly code: number | string | null;
  readonly out: string;
  readonly err: string;
}

function helm(...argv: string[]): Promise<Result> {
  return new Promise((resolve) => {
    // The caller's environment is scrubbed, as the bot scrubs it.
    execFile(HELM_BIN, [...argv, '--namespace', namespace, '--kube-context', 'prod'], { env: { KUBECONFIG: kubeconfig } }, (error, out, err) => resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, out, err }));
  });
}
const ok = async (...argv: string[]) => {
  const result = await helm(...argv);
  expect(result, argv.join(' ')).toMatchObject({ code: 0 });
  return result.out;
};
const history = async () => JSON.parse(await ok('history', 'stock-service', '-o', 'json')) as { revision: number; status: string; description: string }[];
const deployed = () => standIn.find({ kind: 'Deployment', namespace, name: 'stock-service' }) as any;
const image = () => deployed().spec.template.spec.containers[0].image;
const install = () => ok('upgrade', '--install', 'stock-service', CHART, '--set', 'image.tag=v2.4.0', '--set', 'replicaCount=4');

test('an upgrade with one value drops the others, and with the flag it keeps them (SV-60)', async () => {
  await install();
  await ok('upgrade', 'stock-service', CHART, '--set', 'replicaCount=5');
  expect([deployed().spec.replicas, image()]).toEqual([5, 'registry.example.com/stock-service:v2.3.0']);

  await ok('rollback', 'stock-service', '1');
  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'replicaCount=5');
  expect([deployed().spec.replicas, image()]).toEqual([5, 'registry.example.com/stock-service:v2.4.0']);
  expect(JSON.parse(await ok('get', 'values', 'stock-service', '-o', 'json'))).toEqual({ image: { tag: 'v2.4.0' }, replicaCount: 5 });

  await ok('upgrade', 'stock-service', CHART, '--description', 'nothing new');
  expect(JSON.parse(await ok('get', 'values', 'stock-service', '-o', 'json'))).toEqual({ image: { tag: 'v2.4.0' }, replicaCount: 5 });
  expect((await history()).map((one) => one.description)).toEqual(['Install complete', 'Upgrade complete', 'Rollback to 1', 'Upgrade complete', 'nothing new']);
});

test('a literal value may hold a comma, which the plain one cannot (T-12)', async () => {
  await install();
  expect(await helm('upgrade', 'stock-service', CHART, '--set', 'image.tag=a,b')).toMatchObject({ code: 1, err: 'Error: failed parsing --set data: key "b" has no value\n' });
  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set-literal', 'image.tag=a,image.repository=evil');
  expect(JSON.parse(await ok('get', 'values', 'stock-service', '-o', 'json')).image).toEqual({ tag: 'a,image.repository=evil' });
});

test('what was scaled by hand is a conflict, and the failed upgrade stays in the history', async () => {
  await install();
  await fetch(`${standIn.server}/apis/apps/v1/namespaces/${namespace}/deployments/stock-service/scale?fieldManager=kubectl`, {
    method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json', authorization: `Bearer ${/token: (stockops\S+)/.exec(standIn.kubeconfig())?.[1]}` }, body: '{"spec":{"replicas":7}}',
  });
  const refused = await helm('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=v2.5.0');
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^Error: UPGRADE FAILED: conflict occurred while applying object test-\d+\/stock-service apps\/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas$/m) });
  expect((await history()).map((one) => one.status)).toEqual(['deployed', 'failed']);
  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=v2.5.0', '--force-conflicts');
  expect([deployed().spec.replicas, image()]).toEqual([4, 'registry.example.com/stock-service:v2.5.0']);
});

test('a rollback without a revision goes to the one before the last, deployed or not', async () => {
  await install();
  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=v2.4.1');
  expect(await ok('rollback', 'stock-service')).toBe('Rollback was a success! Happy Helming!\n');
  expect(image()).toMatch(/v2\.4\.0$/);
  await ok('rollback', 'stock-service');
  expect(image()).toMatch(/v2\.4\.1$/);
  expect((await history()).map((one) => one.description)).toEqual(['Install complete', 'Upgrade complete', 'Rollback to 1', 'Rollback to 2']);
});

test('an upgrade that waits for a broken image fails in time and says how far it came', async () => {
  await install();
  const failed = await helm('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=broken', '--wait', '--timeout', '1s');
  expect(failed).toMatchObject({ code: 1, err: expect.stringMatching(/^Error: UPGRADE FAILED: resource Deployment\/test-\d+\/stock-service not ready\. status: InProgress, message: (Updated|Available): \d\/\d\ncontext deadline exceeded$/m) });
  expect((await history()).at(-1)).toMatchObject({ status: 'failed' });
});

test('an upgrade that is killed leaves the release pending: no upgrade goes on, a rollback does (F-30)', async () => {
  await install();
  setHelmFault(kubeconfig, { mode: 'hang-after', command: 'upgrade' });
  const child = spawn(HELM_BIN, ['upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=v2.4.1', '--namespace', namespace], { env: { KUBECONFIG: kubeconfig }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  await expect.poll(() => image(), { timeout: 30_000 }).toMatch(/v2\.4\.1$/);
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');

  expect((await history()).at(-1)).toMatchObject({ revision: 2, status: 'pending-upgrade', description: 'Preparing upgrade' });
  expect(await helm('upgrade', 'stock-service', CHART)).toMatchObject({ code: 1, err: 'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n' });
  await ok('rollback', 'stock-service', '1', '--wait');
  expect(image()).toMatch(/v2\.4\.0$/);
});

test('dying by itself after the effect looks the same', async () => {
  await install();
  setHelmFault(kubeconfig, { mode: 'die-after', command: 'upgrade' });
  expect(await helm('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'image.tag=v2.4.1')).toMatchObject({ code: 'SIGKILL' });
  expect(image()).toMatch(/v2\.4\.1$/);
  expect((await history()).at(-1)?.status).toBe('pending-upgrade');
});

test('a dry run on the server shows the manifest, and changes nothing', async () => {
  await install();
  const out = await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'autoscaling.enabled=true', '--dry-run=server', '--hide-secret');
  expect(out).toMatch(/STATUS: pending-upgrade\nREVISION: 2\nDESCRIPTION: Dry run complete/);
  expect(out).toMatch(/kind: HorizontalPodAutoscaler/);
  expect(await history()).toHaveLength(1);
  expect(standIn.list({ kind: 'HorizontalPodAutoscaler', namespace })).toEqual([]);

  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'autoscaling.enabled=true');
  expect(standIn.list({ kind: 'HorizontalPodAutoscaler', namespace })).toHaveLength(1);
  await ok('upgrade', 'stock-service', CHART, '--reset-then-reuse-values', '--set', 'autoscaling.enabled=false');
  expect(standIn.list({ kind: 'HorizontalPodAutoscaler', namespace })).toEqual([]);
});

test('lists say the revision as a text and the time in the form of Go, the history as a number and in ISO 8601', async () => {
  await install();
  expect(JSON.parse(await ok('list', '-o', 'json'))).toMatchObject([{ name: 'stock-service', revision: '1', status: 'deployed', chart: 'stock-service-1.4.0', app_version: '2.3.0', updated: expect.stringMatching(/^\d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC$/) }]);
  expect(await history()).toMatchObject([{ revision: 1, updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }]);
  expect(JSON.parse(await ok('get', 'metadata', 'stock-service', '-o', 'json'))).toMatchObject({ chart: 'stock-service', version: '1.4.0', revision: 1, applyMethod: 'ssa' });
});

test.each([
  ['a flag that Helm does not have', ['history', 'stock-service', '--bogus'], 'Error: unknown flag: --bogus\n'],
  ['JSON where Helm has none', ['rollback', 'stock-service', '1', '-o', 'json'], "Error: unknown shorthand flag: 'o' in -o\n"],
  ['a format that Helm does not know', ['history', 'stock-service', '-o', 'xml'], 'Error: invalid argument "xml" for "-o, --output" flag: invalid format type\n'],
  ['a duration without a unit', ['rollback', 'stock-service', '1', '--timeout', '5'], 'Error: invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"\n'],
  ['a release that is not there', ['history', 'nope'], 'Error: release: not found\n'],
  ['an upgrade of what was never installed', ['upgrade', 'nope', CHART], 'Error: UPGRADE FAILED: "nope" has no deployed releases\n'],
  ['a revision that is not there', ['rollback', 'stock-service', '99'], 'Error: release has no 99 version\n'],
  ['a revision that is no number', ['rollback', 'stock-service', 'x'], 'Error: could not convert revision to a number: strconv.Atoi: parsing "x": invalid syntax\n'],
  ['a chart that is not there', ['upgrade', 'stock-service', './nope'], 'Error: path "./nope" not found\n'],
  ['a missing argument', ['upgrade', 'stock-service'], 'Error: "helm upgrade" requires 2 arguments\n\nUsage:  helm upgrade [RELEASE] [CHART] [flags]\n'],
] as const)('refuses %s', async (_why, argv, message) => {
  if (argv[1] === 'stock-service' && argv[0] === 'rollback') await install();
  expect(await helm(...argv)).toEqual({ code: 1, out: '', err: message });
});

test('who may not read secrets has no releases, and a context that is not there is unreachable', async () => {
  const as = (context: string) => new Promise<string>((resolve) => {
    execFile(HELM_BIN, ['history', 'stock-service', '--namespace', namespace, '--kube-context', context], { env: { KUBECONFIG: kubeconfig } }, (_error, _out, err) => resolve(err));
  });
  expect(await as('outsider')).toBe(`Error: query: failed to query with labels: secrets is forbidden: User "outsider" cannot list resource "secrets" in API group "" in the namespace "${namespace}"\n`);
  expect(await as('nope')).toBe('Error: kubernetes cluster unreachable: context "nope" does not exist\n');
});

test('every start is recorded with its arguments and the names of its environment', async () => {
  await helm('history', 'stock-service');
  const last = helmCalls(kubeconfig).at(-1);
  expect(last?.argv).toEqual(['history', 'stock-service', '--namespace', namespace, '--kube-context', 'prod']);
  expect(last?.environment).toContain('KUBECONFIG');
  expect(last?.environment).not.toContain('HOME');
});
