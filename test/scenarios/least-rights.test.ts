/**
 * Goal: the Roles that are shipped let the bot do all that its systems offer, and hold no right that nothing needs (T-18, M-22).
 * Method: every action of every system on Kubernetes, in every environment, on every component that it may act on, through the real connectors
 * with the two identities of the manifests, on a stand-in that enforces the manifests; then its record of requests against the rules.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reader, sandboxClusters, stockServiceChart, writer } from '../../sandbox/kubernetes/clusters.ts';
import { startKubernetesStandIn, type KubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import type { Params } from '../../src/actions/define-primitive.ts';
import type { ReleaseTarget, Target } from '../../src/actions/plan.ts';
import type { HelmPort, Ports } from '../../src/actions/ports.ts';
import { primitives } from '../../src/actions/registry.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import { resolveTarget } from '../../src/catalog/resolve.ts';
import type { System } from '../../src/catalog/system.ts';
import { createHelmPort } from '../../src/connectors/helm/helm.ts';
import { createKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { systemClock } from '../../src/support/clock.ts';
import { driver, type Driver } from '../contract/drive.ts';
import { refused, shippedRoles, unusedRights, type Asked } from '../harness/used-rights.ts';

const cleanup = new AsyncDisposableStack();
const helmProgram = join(import.meta.dirname, '../../sandbox/bin/helm');
let systems: readonly System[];
let standIn: KubernetesStandIn;
let drive: Driver;
let helm: HelmPort;
let anyKubeconfig: string;

beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  systems = loaded.catalog.systems;
  const folder = await mkdtemp(join(tmpdir(), 'stockops-rights-'));
  cleanup.defer(() => rm(folder, { recursive: true }));
  standIn = cleanup.use(await startKubernetesStandIn({ clock: systemClock, seed: sandboxClusters(systemClock.now()) }));
  const [kubeconfigPath, writeKubeconfigPath] = [join(folder, 'kubeconfig'), join(folder, 'kubeconfig-write')];
  standIn.writeKubeconfig(kubeconfigPath);
  standIn.writeKubeconfig(writeKubeconfigPath, 'write');
  anyKubeconfig = kubeconfigPath;
  const kubernetes = createKubernetesPort({ kubeconfigPath, writeKubeconfigPath });
  cleanup.defer(() => kubernetes.close());
  helm = createHelmPort({ program: helmProgram, kubeconfigPath, writeKubeconfigPath, chartsFolder: join(import.meta.dirname, '../../sandbox') });
  drive = driver({ kubernetes, helm } as Partial<Ports> as Ports);
});
afterAll(() => cleanup.disposeAsync());

const onKubernetes = (system: System) => [...system.environments.values()].filter(({ platform }) => platform === 'kubernetes');

/** Every target that an action of a primitive may act on, once. */
function targetsOf(system: System, use: (primitive: string) => boolean): readonly (readonly [primitive: string, target: Target])[] {
  const found = new Map<string, readonly [string, Target]>();
  for (const environment of onKubernetes(system)) {
    for (const action of [...system.actions.values()].filter((one) => use(one.use) && (one.target === 'workload' || one.target === 'release'))) {
      for (const component of action.components.length === 0 ? [action.component] : action.components) {
        const target = resolveTarget(system, action, environment.name, component);
        if (!('refused' in target)) found.set(JSON.stringify([action.use, target]), [action.use, target]);
      }
    }
  }
  return [...found.values()];
}

const changeOf: Readonly<Record<string, (round: number) => Params>> = {
  'k8s.scale': (round) => ({ replicas: 5 + round }),
  'k8s.restart': () => ({}),
  'k8s.undo': () => ({}),
  'k8s.setImage': (round) => ({ tag: `v9.9.${round}` }),
  // The autoscaler goes and comes, which are rights of their own.
  'helm.upgrade': (round) => ({ set: { 'autoscaling.enabled': round % 2 === 1, 'config.cacheTtlSeconds': 200 + round } }),
};

async function revisionBefore(target: ReleaseTarget): Promise<number> {
  return (await helm.history(target, AbortSignal.timeout(10_000))).at(-2)?.revision ?? 0;
}

test('each look that a system offers is allowed to the identity that looks', async () => {
  for (const system of systems) {
    for (const [primitive, target] of targetsOf(system, (id) => primitives.get(id)?.effect === 'read')) await drive.read(primitive, target);
  }
  expect(refused(asked())).toEqual([]);
  expect(asked().map(({ account }) => account)).not.toContain('stockops-write');
});

test('each change that a system offers is allowed to the identity that changes, and its outcome can be watched', async () => {
  // Helm keeps ten revisions and then deletes the oldest, which is a right, too.
  for (const [release, namespace] of [['stock-service', 'stock-service'], ['stock-service-staging', 'staging']] as const) {
    for (let revision = 0; revision < 9; revision += 1) await execa(helmProgram, ['upgrade', release, stockServiceChart, '--kube-context=admin', `--namespace=${namespace}`, '--reuse-values', `--set=config.cacheTtlSeconds=${100 + revision}`], { env: { KUBECONFIG: anyKubeconfig, PATH: process.env['PATH'] }, extendEnv: false });
  }
  for (const system of systems) {
    for (const [primitive, target] of targetsOf(system, (id) => primitives.get(id)?.effect === 'write')) {
      for (const round of primitive === 'helm.upgrade' ? [0, 1, 2] : [0]) {
        const params = target.kind === 'release' && primitive === 'helm.rollback' ? { revision: await revisionBefore(target) } : changeOf[primitive]?.(round);
        const plan = await drive.plan(primitive, target, params);
        // Nothing to go back to, say. What then nobody needed shows below.
        if ('refused' in plan) continue;
        const { id, receipt } = await drive.send(plan);
        expect(receipt, `${primitive} on ${JSON.stringify(target)}`).toMatchObject({ status: 'accepted' });
        const run = drive.follow(primitive, id, target, plan, receipt);
        await run.settled();
        await run.evidenceAfter(0);
      }
    }
  }
  expect(refused(asked())).toEqual([]);
});

test('each right of each Role was needed (M-22)', () => {
  expect(unusedRights(shippedRoles('prod'), asked('production'))).toEqual([]);
  expect(unusedRights(shippedRoles('dr'), asked('recovery'))).toEqual([]);
});

test('whatever no Role names is refused by the cluster, in its own words (T-18)', async () => {
  const { kubeconfigPath, workload } = { kubeconfigPath: anyKubeconfig, workload: { kind: 'workload', context: 'prod', namespace: 'stock-service', workload: 'Deployment', name: 'stock-service', selector: 'app=x', container: 'x' } as const };
  const alone = createKubernetesPort({ kubeconfigPath });
  await using _closing = { [Symbol.asyncDispose]: () => alone.close() };
  const signal = AbortSignal.timeout(10_000);
  await expect(alone.workload({ ...workload, name: 'another' }, signal)).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED', message: `The cluster refused. deployments.apps "another" is forbidden: User "${reader}" cannot get resource "deployments" in API group "apps" in the namespace "stock-service"` });
  await expect(alone.pods({ ...workload, namespace: 'kube-system' }, signal)).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' });
  const patch = { via: 'kubernetes', context: 'prod', method: 'PATCH', path: '/apis/apps/v1/namespaces/stock-service/deployments/stock-service', contentType: 'application/json-patch+json', body: [] } as const;
  expect(await alone.send(patch, 'run_1', signal)).toEqual({ status: 'rejected', reason: `deployments.apps "stock-service" is forbidden: User "${reader}" cannot patch resource "deployments" in API group "apps" in the namespace "stock-service"` });
});

function asked(cluster?: string): readonly Asked[] {
  return standIn.requests
    .filter((request) => (request.user === reader || request.user === writer) && request.verb !== '' && (cluster === undefined || request.cluster === cluster))
    .map((request) => ({
      account: request.user.split(':').at(-1) ?? '',
      verb: request.verb, group: request.group, resource: request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`, namespace: request.namespace, name: request.name,
      status: request.status,
    }));
}
