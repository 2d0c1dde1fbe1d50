/** Kubernetes' JSON, reduced to the types of `actions/kubernetes/cluster.ts`. Pure; a missing field gets its documented default. */
import type { ClusterEvent, Condition, Container, ContainerSpec, ContainerState, Pod, PodUsage, Revision, Termination, Workload, WorkloadKind } from '../../actions/kubernetes/cluster.ts';
import type { Json } from '../../support/json.ts';

interface Metadata {
  readonly name?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly ownerReferences?: readonly { readonly uid: string }[];
  readonly managedFields?: readonly { manager?: string; operation?: string; subresource?: string; time?: string; fieldsV1?: Json }[];
}

interface RawTemplate {
  readonly metadata?: { readonly labels?: Record<string, string> };
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
}

export interface RawWorkload {
  readonly metadata?: Metadata;
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector?: { readonly matchLabels?: Record<string, string> };
    readonly template?: RawTemplate;
    readonly strategy?: { readonly type?: string };
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
  readonly status?: Record<string, unknown> & { readonly conditions?: readonly RawCondition[] };
}

interface RawCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

export function readWorkload(kind: WorkloadKind, raw: RawWorkload): Workload {
  const { metadata = {}, spec = {}, status = {} } = raw;
  const amount = (field: string) => Number(status[field] ?? 0);
  const replicas = kind === 'DaemonSet' ? null : (spec.replicas ?? 1);
  const strategy = spec.strategy?.type ?? spec.updateStrategy?.type;
  return {
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    observedGeneration: amount('observedGeneration'),
    annotations: metadata.annotations ?? {},
    labels: metadata.labels ?? {},
    paused: spec.paused ?? false,
    replicas,
    status:
      replicas === null
        ? {
            desired: amount('desiredNumberScheduled'),
            current: amount('currentNumberScheduled'),
            updated: amount('updatedNumberScheduled'),
            ready: amount('numberReady'),
            available: amount('numberAvailable'),
            updateRevision: null,
          }
        : {
            desired: replicas,
            current: amount('replicas'),
            updated: amount('updatedReplicas'),
            ready: amount('readyReplicas'),
            available: amount('availableReplicas'),
            updateRevision: typeof status['updateRevision'] === 'string' ? status['updateRevision'] : null,
          },
    strategy: strategy === 'Recreate' || strategy === 'OnDelete' ? strategy : 'RollingUpdate',
    partition: spec.updateStrategy?.rollingUpdate?.partition ?? 0,
    conditions: (status.conditions ?? []).map(readCondition),
    template: plainTemplate(spec.template ?? {}),
    containers: containersOf(spec.template ?? {}),
    managers: (metadata.managedFields ?? []).map((entry) => ({
      manager: entry.manager ?? '',
      operation: entry.operation ?? '',
      subresource: entry.subresource ?? null,
      at: entry.time ?? null,
      fields: entry.fieldsV1 ?? null,
    })),
  };
}

function readCondition(raw: RawCondition): Condition {
  return { type: raw.type ?? '', status: raw.status ?? 'Unknown', reason: raw.reason ?? '', message: raw.message ?? '' };
}

function containersOf(template: RawTemplate): ContainerSpec[] {
  return (template.spec?.containers ?? []).map(({ name, image }) => ({ name, image: image ?? '' }));
}

/** Without what the cluster adds to a template when it stores it elsewhere, so that two templates can be compared. */
function plainTemplate(template: RawTemplate): Json {
  const { $patch: _, ...rest } = template as RawTemplate & { $patch?: string };
  const { creationTimestamp: __, ...metadata } = (rest.metadata ?? {}) as Record<string, unknown>;
  const { 'pod-template-hash': ___, ...labels } = rest.metadata?.labels ?? {};
  return { ...rest, metadata: { ...metadata, ...(rest.metadata?.labels === undefined ? {} : { labels }) } } as Json;
}

export interface RawReplicaSet {
  readonly metadata?: Metadata;
  readonly spec?: { readonly template?: RawTemplate };
  readonly status?: { readonly replicas?: number };
}

export function readReplicaSet(raw: RawReplicaSet): Revision {
  const annotations = raw.metadata?.annotations ?? {};
  return {
    number: Number(annotations['deployment.kubernetes.io/revision'] ?? 0),
    name: raw.metadata?.name ?? '',
    hash: raw.metadata?.labels?.['pod-template-hash'] ?? null,
    createdAt: raw.metadata?.creationTimestamp ?? '',
    changeCause: annotations['kubernetes.io/change-cause'] ?? null,
    containers: containersOf(raw.spec?.template ?? {}),
    template: plainTemplate(raw.spec?.template ?? {}),
    pods: raw.status?.replicas ?? 0,
  };
}

export interface RawControllerRevision {
  readonly metadata?: Metadata;
  readonly revision?: number;
  readonly data?: { readonly spec?: { readonly template?: RawTemplate } };
}

/** Pods of a StatefulSet are labelled with the name of their revision, those of a DaemonSet with its hash. */
export function readControllerRevision(kind: WorkloadKind, raw: RawControllerRevision): Revision {
  const template = raw.data?.spec?.template ?? {};
  return {
    number: raw.revision ?? 0,
    name: raw.metadata?.name ?? '',
    hash: (kind === 'StatefulSet' ? raw.metadata?.name : raw.metadata?.labels?.['controller-revision-hash']) ?? null,
    createdAt: raw.metadata?.creationTimestamp ?? '',
    changeCause: raw.metadata?.annotations?.['kubernetes.io/change-cause'] ?? null,
    containers: containersOf(template),
    template: plainTemplate(template),
    pods: null,
  };
}

export function isOwnedBy(raw: { readonly metadata?: Metadata }, uid: string): boolean {
  return raw.metadata?.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

interface RawTermination {
  readonly reason?: string;
  readonly exitCode?: number;
  readonly message?: string;
  readonly finishedAt?: string;
}

interface RawContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: { running?: { startedAt?: string }; waiting?: { reason?: string; message?: string }; terminated?: RawTermination };
  readonly lastState?: { terminated?: RawTermination };
}

export interface RawPod {
  readonly metadata?: Metadata;
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly { name: string; image?: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly RawCondition[];
    readonly containerStatuses?: readonly RawContainerStatus[];
    readonly initContainerStatuses?: readonly RawContainerStatus[];
  };
}

export function readPod({ metadata = {}, spec = {}, status = {} }: RawPod): Pod {
  const labels = metadata.labels ?? {};
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    node: spec.nodeName ?? null,
    createdAt: metadata.creationTimestamp ?? '',
    isBeingDeleted: metadata.deletionTimestamp !== undefined,
    phase: status.phase ?? 'Unknown',
    reason: status.reason ?? null,
    message: status.message ?? null,
    revisionHash: labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? null,
    conditions: (status.conditions ?? []).map(readCondition),
    containers: [
      ...(status.initContainerStatuses ?? []).map((container) => readContainer(container, true)),
      ...(status.containerStatuses ?? []).map((container) => readContainer(container, false)),
    ],
  };
}

function readContainer(raw: RawContainerStatus, isInit: boolean): Container {
  return {
    name: raw.name,
    image: raw.image ?? '',
    isInit,
    ready: raw.ready ?? false,
    restarts: raw.restartCount ?? 0,
    state: readState(raw.state),
    lastEnd: raw.lastState?.terminated ? readTermination(raw.lastState.terminated) : null,
  };
}

function readState(raw: RawContainerStatus['state']): ContainerState {
  if (raw?.running) return { is: 'running', since: raw.running.startedAt ?? null };
  if (raw?.waiting) return { is: 'waiting', reason: raw.waiting.reason ?? '', message: raw.waiting.message ?? '' };
  if (raw?.terminated) return { is: 'terminated', ...readTermination(raw.terminated) };
  return { is: 'unknown' };
}

function readTermination(raw: RawTermination): Termination {
  return { reason: raw.reason ?? '', exitCode: raw.exitCode ?? 0, message: raw.message ?? '', finishedAt: raw.finishedAt ?? null };
}

export interface RawEvent {
  readonly metadata?: Metadata;
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

export function readEvent(raw: RawEvent): ClusterEvent {
  return {
    type: raw.type ?? 'Normal',
    reason: raw.reason ?? '',
    message: raw.message ?? '',
    object: { kind: raw.involvedObject?.kind ?? '', name: raw.involvedObject?.name ?? '' },
    count: raw.series?.count ?? raw.count ?? 1,
    // Newer writers leave `lastTimestamp` empty; kubectl looks in the same order.
    lastSeen: raw.series?.lastObservedTime ?? raw.lastTimestamp ?? raw.eventTime ?? raw.metadata?.creationTimestamp ?? null,
  };
}

export interface RawPodMetrics {
  readonly metadata?: Metadata;
  readonly containers?: readonly { readonly name: string; readonly usage?: { readonly cpu?: string; readonly memory?: string } }[];
}

export function readPodMetrics(raw: RawPodMetrics): PodUsage {
  return {
    pod: raw.metadata?.name ?? '',
    containers: (raw.containers ?? []).map(({ name, usage }) => ({ name, cpu: usage?.cpu ?? '0', memory: usage?.memory ?? '0' })),
  };
}
