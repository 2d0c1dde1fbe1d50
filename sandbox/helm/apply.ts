import { setTimeout as sleep } from 'node:timers/promises';
import { objectsOf, type Rendered } from './chart.ts';
import { ApiRefusal, type ClusterClient } from './cluster-client.ts';
import type { Release } from './release.ts';

/** Puts the objects of `next` into the cluster, and takes away those that only `before` had. */
export async function applyManifest(client: ClusterClient, before: Release | undefined, next: Release, options: { forceConflicts: boolean; dryRun: boolean; takeOwnership: boolean }): Promise<void> {
  const { namespace } = next;
  const wanted = objectsOf(next.manifest);
  const had = before ? objectsOf(before.manifest) : [];
  const key = (object: Rendered) => `${object.apiVersion}/${object.kind}/${object.metadata.name}`;
  const dryRun = options.dryRun ? '&dryRun=All' : '';
  for (const object of wanted) {
    if (had.some((one) => key(one) === key(object)) || options.takeOwnership) continue;
    await refuseForeign(client, object, next);
  }
  for (const object of wanted) {
    const path = `${client.pathOf(object, namespace)}/${object.metadata.name}`;
    const owned = {
      ...object,
      metadata: {
        ...object.metadata, namespace,
        labels: { ...object.metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { ...object.metadata.annotations, 'meta.helm.sh/release-name': next.name, 'meta.helm.sh/release-namespace': namespace },
      },
    };
    try {
      if (!options.dryRun) await look(client, path);
      if (next.apply_method === 'ssa') await client.request('PATCH', `${path}?fieldManager=helm&force=${options.forceConflicts}${dryRun}`, owned, 'application/apply-patch+yaml');
      else await client.request('PATCH', `${path}?fieldManager=helm${dryRun}`, owned, 'application/strategic-merge-patch+json');
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      const reference = `${namespace}/${object.metadata.name} ${object.apiVersion}, Kind=${object.kind}`;
      throw new Error(error.status === 409 ? `conflict occurred while applying object ${reference}: ${error.message}` : `server-side apply failed for object ${reference}: ${error.message}`, { cause: error });
    }
  }
  if (options.dryRun) return;
  for (const object of had.filter((one) => !wanted.some((other) => key(other) === key(one)))) {
    const path = `${client.pathOf(object, namespace)}/${object.metadata.name}`;
    if (await look(client, path)) await client.request('DELETE', path);
  }
}

/** Helm looks at each object before it changes it, and so needs the right to. */
async function look(client: ClusterClient, path: string): Promise<boolean> {
  try {
    await client.request('GET', path);
    return true;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return false;
    throw error;
  }
}

/** An object that somebody else made is not taken over. */
async function refuseForeign(client: ClusterClient, object: Rendered, release: Release): Promise<void> {
  let found: Rendered;
  try {
    found = (await client.request('GET', `${client.pathOf(object, release.namespace)}/${object.metadata.name}`)) as Rendered;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return;
    throw error;
  }
  const annotations = (found.metadata.annotations ?? {}) as { [name: string]: string };
  if (annotations['meta.helm.sh/release-name'] === release.name && annotations['meta.helm.sh/release-namespace'] === release.namespace) return;
  throw new Error(`Unable to continue with update: ${object.kind} ${JSON.stringify(object.metadata.name)} in namespace ${JSON.stringify(release.namespace)} exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: missing key "meta.helm.sh/release-name": must be set to ${JSON.stringify(release.name)}; annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to ${JSON.stringify(release.namespace)}`);
}

interface Workload {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number; readonly updatedReplicas?: number; readonly availableReplicas?: number; readonly readyReplicas?: number; readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] };
}

/** Waits until the workloads of the release are as they should be; throws in the words of Helm's watcher when they are not in time. */
export async function waitForWorkloads(client: ClusterClient, release: Release, timeoutMs: number): Promise<void> {
  const workloads = objectsOf(release.manifest).filter((object) => object.kind === 'Deployment' || object.kind === 'StatefulSet');
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const waiting: string[] = [];
    for (const object of workloads) {
      const workload = (await client.request('GET', `${client.pathOf(object, release.namespace)}/${object.metadata.name}`)) as Workload;
      const { phase, message } = stateOf(workload);
      if (phase === 'Failed') throw new Error(`resource ${object.kind}/${release.namespace}/${object.metadata.name} not ready. status: Failed, message: ${message}`);
      if (phase === 'InProgress') waiting.push(`resource ${object.kind}/${release.namespace}/${object.metadata.name} not ready. status: InProgress, message: ${message}`);
    }
    if (waiting.length === 0) return;
    if (performance.now() >= deadline) throw new Error(`${waiting.join('\n')}\ncontext deadline exceeded`);
    await sleep(Math.min(100, Math.max(1, deadline - performance.now())));
  }
}

function stateOf({ metadata, spec, status = {} }: Workload): { phase: 'Current' | 'InProgress' | 'Failed'; message: string } {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, readyReplicas = 0 } = status;
  if ((status.observedGeneration ?? 0) < metadata.generation) return { phase: 'InProgress', message: `Deployment generation is ${metadata.generation}, but latest observed generation is ${status.observedGeneration ?? 0}` };
  if (status.conditions?.some((one) => one.type === 'Progressing' && one.reason === 'ProgressDeadlineExceeded')) return { phase: 'Failed', message: 'Progress deadline exceeded' };
  const behind = [
    [replicas < spec.replicas, `Replicas: ${replicas}/${spec.replicas}`],
    [updatedReplicas < spec.replicas, `Updated: ${updatedReplicas}/${spec.replicas}`],
    [replicas > spec.replicas, `Pending termination: ${replicas - spec.replicas}`],
    [availableReplicas < updatedReplicas, `Available: ${availableReplicas}/${updatedReplicas}`],
    [readyReplicas < spec.replicas, `Ready: ${readyReplicas}/${spec.replicas}`],
  ].find(([is]) => is);
  return behind ? { phase: 'InProgress', message: behind[1] as string } : { phase: 'Current', message: 'Deployment is available' };
}
