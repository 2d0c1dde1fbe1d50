import type { AutoscalerFound, Workload } from '../../actions/kubernetes/cluster.ts';
import type { BeforeSending, KubernetesPort, Receipt, RequestVia, WorkloadTarget } from '../../actions/ports.ts';
import { StockOpsError } from '../../support/errors.ts';
import { canonicalJson, sha256, type Json } from '../../support/json.ts';
import { fieldManagerOf, plurals, pointerSegment, runAnnotation } from '../../support/kubernetes-names.ts';
import { lastBytes } from '../../support/last-bytes.ts';
import { meansNeverSent } from '../../support/never-sent.ts';
import { redactTo } from '../../support/redact/redact.ts';
import { apiPath, openApi, writePath, type Api, type ApiAnswer, type ApiRequest, type KubernetesOptions, type Path } from './api.ts';
import {
  isOwnedBy, readControllerRevision, readEvent, readPod, readPodMetrics, readReplicaSet, readWorkload,
  type RawControllerRevision, type RawEvent, type RawPod, type RawPodMetrics, type RawReplicaSet, type RawWorkload,
} from './read-objects.ts';

export interface OpenKubernetesPort extends KubernetesPort {
  close(): Promise<void>;
}

export interface KubernetesPortOptions extends KubernetesOptions {
  /** A kubeconfig with the same contexts whose users may change things. Absent: the one identity does both. */
  readonly writeKubeconfigPath?: string;
}

/**
 * Every context of one kubeconfig, or the cluster that the bot runs in. What looks never uses the identity that may change things (T-18).
 * Throws when a kubeconfig cannot be used.
 */
export function createKubernetesPort({ writeKubeconfigPath, ...options }: KubernetesPortOptions): OpenKubernetesPort {
  const api = openApi(options);
  const writer = writeKubeconfigPath === undefined ? api : openApi({ ...options, kubeconfigPath: writeKubeconfigPath });

  async function workload(target: WorkloadTarget, signal: AbortSignal): Promise<RawWorkload> {
    return (await read(api, target.context, { method: 'GET', path: pathOf(target) }, signal)) as RawWorkload;
  }

  async function list<T>(target: WorkloadTarget, path: Path, query: ApiRequest['query'], signal: AbortSignal): Promise<readonly T[]> {
    const answer = (await read(api, target.context, { method: 'GET', path, ...(query === undefined ? {} : { query }) }, signal)) as { items?: T[] };
    return answer.items ?? [];
  }

  return {
    send: (request, runId, signal, beforeSending) => sendOnce(writer, request, runId, signal, beforeSending),

    dryRun: (request, signal) =>
      read(writer, request.context, { ...writeRequest(request), query: { dryRun: 'All', fieldManager: 'stockops' } }, signal),

    workload: async (target, signal) => readWorkload(target.workload, await workload(target, signal)),

    pods: async (target, signal) => {
      const items = await list<RawPod>(target, apiPath`/api/v1/namespaces/${target.namespace}/pods`, { labelSelector: checkedSelector(target.selector), limit: '500' }, signal);
      return items.map(readPod);
    },

    revisions: async (target, signal) => {
      const raw = await workload(target, signal);
      const uid = raw.metadata?.uid ?? '';
      const query = { labelSelector: Object.entries(raw.spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`).join(',') };
      const namespace = target.namespace;
      const revisions =
        target.workload === 'Deployment'
          ? (await list<RawReplicaSet>(target, apiPath`/apis/apps/v1/namespaces/${namespace}/replicasets`, query, signal)).filter((item) => isOwnedBy(item, uid)).map(readReplicaSet)
          : (await list<RawControllerRevision>(target, apiPath`/apis/apps/v1/namespaces/${namespace}/controllerrevisions`, query, signal))
              .filter((item) => isOwnedBy(item, uid))
              .map((item) => readControllerRevision(target.workload, item));
      return revisions.sort((a, b) => b.number - a.number);
    },

    autoscaler: (target, signal) => findAutoscaler(target, (path) => list<RawAutoscaler>(target, path, undefined, signal)),

    events: async (target, signal) => {
      const items = await list<RawEvent>(target, apiPath`/api/v1/namespaces/${target.namespace}/events`, undefined, signal);
      return items.map(readEvent).sort((a, b) => (b.lastSeen ?? '').localeCompare(a.lastSeen ?? ''));
    },

    usage: async (target, signal) => {
      const query = { labelSelector: checkedSelector(target.selector) };
      // Version v1 is preferred by kubectl; older clusters have only the beta.
      for (const path of [apiPath`/apis/metrics.k8s.io/v1/namespaces/${target.namespace}/pods`, apiPath`/apis/metrics.k8s.io/v1beta1/namespaces/${target.namespace}/pods`]) {
        try {
          return (await list<RawPodMetrics>(target, path, query, signal)).map(readPodMetrics);
        } catch (error) {
          if (!(error instanceof StockOpsError && error.code === 'KUBERNETES_NOT_FOUND')) throw error;
        }
      }
      return null;
    },

    log: async (request, signal) => {
      const answer = await answerOf(
        api,
        request.context,
        {
          method: 'GET',
          path: apiPath`/api/v1/namespaces/${request.namespace}/pods/${request.pod}/log`,
          // The limit cuts from the end of what `tailLines` chose, so it only guards the process; the newest part is kept below.
          query: { container: request.container, tailLines: String(request.tailLines), limitBytes: String(4 * 1024 * 1024), ...(request.previous ? { previous: 'true' } : {}) },
        },
        signal,
      );
      return lastBytes(answer.text);
    },

    close: async () => {
      await api.close();
      if (writer !== api) await writer.close();
    },
  };
}

function pathOf(target: WorkloadTarget): Path {
  return apiPath`/apis/apps/v1/namespaces/${target.namespace}/${plurals[target.workload]}/${target.name}`;
}

/** An empty selector would pick every pod of the namespace. */
function checkedSelector(selector: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_./-]*=[A-Za-z0-9]/.test(selector)) return selector;
  throw new StockOpsError('KUBERNETES_REFUSED', `${JSON.stringify(selector.slice(0, 80))} is no selector.`);
}

interface RawAutoscaler {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly minReplicas?: number; readonly maxReplicas?: number; readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string } };
  readonly status?: { readonly desiredReplicas?: number };
}

async function findAutoscaler(target: WorkloadTarget, list: (path: Path) => Promise<readonly RawAutoscaler[]>): Promise<AutoscalerFound> {
  try {
    const all = await list(apiPath`/apis/autoscaling/v2/namespaces/${target.namespace}/horizontalpodautoscalers`);
    const found = all.find(({ spec }) => spec?.scaleTargetRef?.kind === target.workload && spec.scaleTargetRef.name === target.name);
    if (found === undefined) return { is: 'none' };
    return {
      is: 'found',
      autoscaler: {
        name: found.metadata?.name ?? '',
        minReplicas: found.spec?.minReplicas ?? 1,
        maxReplicas: found.spec?.maxReplicas ?? 1,
        desiredReplicas: found.status?.desiredReplicas ?? 0,
      },
    };
  } catch (error) {
    if (error instanceof StockOpsError && error.code === 'KUBERNETES_REFUSED') return { is: 'unknown', why: error.message };
    throw error;
  }
}

/** The client's own default would send any body as the first kind of patch that it knows, so the kind is stated and is the one that can test what it changes. */
function writeRequest(request: RequestVia<'kubernetes'>): ApiRequest {
  if (request.method !== 'PATCH' || request.contentType !== 'application/json-patch+json') throw new StockOpsError('KUBERNETES_REFUSED', 'The plan holds a kind of write that is never sent.');
  return { method: request.method, path: writePath(request.path), contentType: request.contentType, body: request.body };
}

/** One attempt. What the answer proves decides what is said about it; without proof it is lost, not failed (F-27, F-28). */
async function sendOnce(api: Api, request: RequestVia<'kubernetes'>, runId: string, signal: AbortSignal, beforeSending?: BeforeSending): Promise<Receipt> {
  let marked: ApiRequest;
  try {
    marked = { ...withRun(writeRequest(request), runId), query: { fieldManager: fieldManagerOf(runId) } };
  } catch (error) {
    return { status: 'rejected', reason: (error as Error).message };
  }
  let answer: ApiAnswer;
  try {
    answer = await api.call(request.context, marked, signal, beforeSending);
  } catch (error) {
    return wasNeverSent(error) ? { status: 'rejected', reason: `Nothing was sent: ${reasonOf(error)}` } : { status: 'lost', reason: `The connection broke: ${reasonOf(error)}` };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return { status: 'accepted', answer: receiptOf(answer.text) };
  if (status >= 500 || status === 408) return { status: 'lost', reason: `The cluster answered ${status}: ${messageOf(answer)}` };
  return { status: 'rejected', reason: messageOf(answer) };
}

/** A patch of a whole workload also writes which run it was; its scale has no place for that. */
function withRun(request: ApiRequest, runId: string): ApiRequest {
  if (request.path.endsWith('/scale') || !Array.isArray(request.body)) return request;
  return { ...request, body: [...request.body, { op: 'add', path: `/metadata/annotations/${pointerSegment(runAnnotation)}`, value: runId }] };
}

/** What is kept of the stored object. Not the object itself, which may hold secrets in its environment. */
function receiptOf(text: string): Json {
  const object = JSON.parse(text) as RawWorkload & { kind?: string };
  if (object.kind === 'Scale') return { uid: object.metadata?.uid ?? '', replicas: object.spec?.replicas ?? 0 };
  const { generation, uid, template }: Workload = readWorkload('Deployment', object);
  return { uid, generation, templateDigest: sha256(canonicalJson(template)) };
}

function wasNeverSent(error: unknown): boolean {
  if (error instanceof StockOpsError) return error.code === 'NOT_CONFIGURED' || error.code === 'KUBERNETES_REFUSED';
  return meansNeverSent((error as { code?: string }).code);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return redactTo(message || code || 'no reason was given', 300);
}

async function read(api: Api, context: string, request: ApiRequest, signal: AbortSignal): Promise<Json> {
  const answer = await answerOf(api, context, request, signal);
  try {
    return JSON.parse(answer.text) as Json;
  } catch (error) {
    throw new StockOpsError('KUBERNETES_UNREACHABLE', 'Its answer is not JSON; is there something else at this address?', { cause: error });
  }
}

/** The answer, if it is one to go on with; the API server's own words as an error if not. */
async function answerOf(api: Api, context: string, request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
  let answer: ApiAnswer;
  try {
    answer = await api.call(context, request, signal);
  } catch (error) {
    if (error instanceof StockOpsError) throw error;
    throw new StockOpsError('KUBERNETES_UNREACHABLE', reasonOf(error), { cause: error });
  }
  if (answer.status >= 200 && answer.status < 300) return answer;
  const message = messageOf(answer);
  if (answer.status === 404) throw new StockOpsError('KUBERNETES_NOT_FOUND', message);
  throw new StockOpsError(answer.status >= 500 ? 'KUBERNETES_UNREACHABLE' : 'KUBERNETES_REFUSED', message);
}

/** What the API server says about every patch that it could not apply, without telling why. */
const patchNotApplied = 'the server rejected our request due to an error in our request';

function messageOf({ status, text }: ApiAnswer): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (message === patchNotApplied) return 'It is not as it was when the plan was made: somebody has changed it since.';
    return redactTo(message ?? text, 1000);
  } catch {
    return `status ${status}: ${redactTo(text, 300)}`;
  }
}
