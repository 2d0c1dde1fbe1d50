import type { Cluster } from './cluster.ts';
import { applyConfiguration } from './managed-fields.ts';
import { copy, type KubernetesObject } from './objects.ts';
import type { Context } from './kubeconfig.ts';
import type { LogProgram } from './logs.ts';
import { groupVersion, NAMESPACES, resourceOfKind } from './resources.ts';
import type { Grant } from './rights.ts';
import { sameJson } from './patches.ts';
import { withDefaults } from './defaults.ts';
import { validate } from './validation.ts';
import { create, now } from './world.ts';

/** An object as it is written in a file: what the server adds is not there yet. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: { [name: string]: string }; readonly annotations?: { [name: string]: string } };
  readonly [field: string]: unknown;
}

/** What was applied to a cluster, and how long ago: a cluster that starts has a past, with revisions and restarts. */
export interface Chapter {
  readonly agoMs: number;
  readonly manager: string;
  readonly manifests: readonly Manifest[];
}

export interface ClusterSeed {
  /** Roles and bindings, applied at every start: also to a cluster whose past was kept. */
  readonly rights?: readonly Manifest[];
  readonly chapters: readonly Chapter[];
  /** By container name. */
  readonly logs?: { readonly [container: string]: LogProgram };
  /** By `namespace/deployment`: processor time that all its pods need together, in millicores. */
  readonly loads?: { readonly [workload: string]: number };
}

export interface Seed {
  readonly clusters: { readonly [name: string]: ClusterSeed };
  readonly contexts: { readonly [name: string]: Context };
  /** By user. A user who is not named may do nothing until a role is bound. */
  readonly grants: { readonly [user: string]: readonly Grant[] };
}

/** How long before the story begins the nodes were there. */
const PREHISTORY_MS = 60_000;

/** Lets the story happen, up to `nowMs`. */
export function tell(cluster: Cluster, seed: ClusterSeed, nowMs: number): void {
  const chapters = [...seed.chapters].sort((a, b) => b.agoMs - a.agoMs);
  cluster.nowMs = nowMs - (chapters[0]?.agoMs ?? 0) - PREHISTORY_MS;
  addNodes(cluster);
  for (const namespace of ['default', 'kube-system']) addNamespace(cluster, namespace);
  for (const [workload, load] of Object.entries(seed.loads ?? {})) cluster.loads.set(workload, load);
  for (const chapter of chapters) {
    cluster.advance(nowMs - chapter.agoMs);
    for (const manifest of chapter.manifests) {
      if (manifest.metadata.namespace) addNamespace(cluster, manifest.metadata.namespace);
      applyManifest(cluster, manifest, chapter.manager);
    }
    cluster.advance(cluster.nowMs);
  }
  cluster.advance(nowMs);
}

/** Applies a manifest as its manager, over whatever others have set. */
export function applyManifest(cluster: Cluster, manifest: Manifest, manager: string): KubernetesObject {
  const resource = resourceOfKind(manifest.apiVersion, manifest.kind);
  if (!resource) throw new Error(`the simulated cluster does not know ${manifest.kind} in ${manifest.apiVersion}`);
  const before = cluster.store.get(resource, manifest.metadata.namespace ?? '', manifest.metadata.name);
  const merged = applyConfiguration(before, copy(manifest) as unknown as KubernetesObject, { name: manager, time: now(cluster) }, true);
  const next = withDefaults(resource, { ...merged, kind: resource.kind, apiVersion: groupVersion(resource) });
  validate(resource, next, before);
  if (before) {
    if (resource.countsGenerations && !sameJson(before.spec, next.spec)) next.metadata.generation = (before.metadata.generation ?? 0) + 1;
    return cluster.store.put(resource, next);
  }
  const { managedFields } = next.metadata;
  if (resource.kind === 'ReplicaSet') next.status = { replicas: 0 };
  else if (['Deployment', 'StatefulSet', 'HorizontalPodAutoscaler'].includes(resource.kind)) next.status = {};
  const created = create(cluster, resource, next);
  return cluster.store.put(resource, { ...created, metadata: { ...created.metadata, ...(managedFields && { managedFields }) } });
}

function addNamespace(cluster: Cluster, name: string): void {
  if (cluster.store.get(NAMESPACES, '', name)) return;
  applyManifest(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } }, 'kubectl');
}

function addNodes(cluster: Cluster): void {
  for (const [index, zone] of ['a', 'b', 'c'].entries()) {
    const name = `node-${index + 1}`;
    const at = now(cluster);
    applyManifest(cluster, {
      apiVersion: 'v1', kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'topology.kubernetes.io/zone': `zone-${zone}` } },
      spec: {},
      status: {
        capacity: { cpu: '8', memory: '32Gi', pods: '110' }, allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
        conditions: [
          { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastHeartbeatTime: at, lastTransitionTime: at },
          ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False', reason: 'Kubelet', message: 'simulated', lastHeartbeatTime: at, lastTransitionTime: at })),
        ],
        addresses: [{ type: 'InternalIP', address: `10.0.0.${index + 1}` }, { type: 'Hostname', address: name }],
        nodeInfo: { architecture: 'amd64', operatingSystem: 'linux', osImage: 'simulated', kernelVersion: 'simulated', kubeletVersion: 'v1.35.0', containerRuntimeVersion: 'simulated://1', kubeProxyVersion: '', bootID: '', machineID: '', systemUUID: '' },
      },
    }, 'kubelet');
  }
}
