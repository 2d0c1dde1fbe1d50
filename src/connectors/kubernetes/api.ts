/**
 * Requests to API servers. The official client reads the kubeconfig, logs in and sets up TLS. Its generated classes are not used:
 * they send a JSON patch type for any body, know no deadline, drop the reason of some errors, make a new connection pool for each
 * request, and a few of them paste names into paths (GUARANTEES P-1, P-2). Here a path is built from checked segments only.
 */
import { statSync } from 'node:fs';
import type { KubeConfig } from '@kubernetes/client-node';
import { request as send, type Dispatcher } from 'undici';
import { StockOpsError } from '../../support/errors.ts';
import type { Json } from '../../support/json.ts';
import { readKubeconfig } from './kubeconfig.ts';

export interface KubernetesOptions {
  /** Absent: the service account of the pod that the bot runs in; its only context is called `in-cluster`. */
  readonly kubeconfigPath?: string;
  /** Where the pod's file system begins, for the files of its service account; `/` in every pod. */
  readonly fileSystemRoot?: string;
  /** Lets a kubeconfig start programs to log in. */
  readonly allowExec?: boolean;
  readonly timeoutMs?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'PATCH' | 'PUT';
  readonly path: Path;
  readonly query?: { readonly [name: string]: string };
  readonly contentType?: string;
  readonly body?: Json;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

export interface Api {
  /** Rejects when no answer came; every answer is returned, whatever its status. */
  call(context: string, request: ApiRequest, signal: AbortSignal, beforeSending?: () => void): Promise<ApiAnswer>;
  close(): Promise<void>;
}

declare const path: unique symbol;
export type Path = string & { readonly [path]: true };

/** Tag for paths: each value must be one name. Neither an empty name, which would mean all, nor one that climbs (P-1, P-2). */
export function apiPath(texts: TemplateStringsArray, ...names: readonly string[]): Path {
  return texts.reduce((built, text, index) => built + checkedName(names[index - 1] ?? '') + text) as Path;
}

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(?:\\.${label})*`;
const wholeName = new RegExp(`^${subdomain}$`);

function checkedName(name: string): string {
  if (name.length <= 253 && wholeName.test(name)) return name;
  throw new StockOpsError('KUBERNETES_REFUSED', `${JSON.stringify(name.slice(0, 80))} is no name of a Kubernetes object.`);
}

const writablePath = new RegExp(`^/apis/apps/v1/namespaces/${label}/(?:deployments|statefulsets|daemonsets)/${subdomain}(?:/scale)?$`);

/** A path out of a stored plan: only workloads and their scale can be written at all, whatever the plan says. */
export function writePath(stored: string): Path {
  if (stored.length <= 400 && writablePath.test(stored)) return stored as Path;
  throw new StockOpsError('KUBERNETES_REFUSED', 'The plan names an object that is never written.');
}

/** Large enough for every pod of a namespace, small enough not to bring the process down. */
const largestAnswerBytes = 32 * 1024 * 1024;

interface Loaded {
  readonly config: KubeConfig;
  readonly changedAtMs: number;
  readonly dispatchers: Map<string, Dispatcher | undefined>;
}

export function openApi(options: KubernetesOptions): Api {
  // Refused at the start rather than in the middle of an incident.
  if (options.kubeconfigPath !== undefined) readKubeconfig(options.kubeconfigPath, options.allowExec ?? false);
  let loading: Promise<Loaded> | undefined;
  let changedAtMs = -1;

  /** Reads the kubeconfig again when its file has changed, so that credentials can be replaced without a restart. */
  function loaded(): Promise<Loaded> {
    const nowChangedAtMs = options.kubeconfigPath === undefined ? 0 : statSync(options.kubeconfigPath).mtimeMs;
    if (loading === undefined || nowChangedAtMs !== changedAtMs) {
      const previous = loading;
      changedAtMs = nowChangedAtMs;
      loading = load(options, nowChangedAtMs);
      void previous?.then(closeDispatchers, () => undefined);
    }
    return loading;
  }

  return {
    call: async (context, request, signal, beforeSending) => {
      const { config, dispatchers } = await loaded();
      const { url, headers, dispatcher } = await authenticated(config, dispatchers, context, request);
      const timeoutMs = options.timeoutMs ?? 30_000;
      beforeSending?.();
      const answer = await send(url, {
        method: request.method,
        headers: { accept: 'application/json, */*', ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }), ...headers },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(dispatcher === undefined ? {} : { dispatcher }),
      });
      return { status: answer.statusCode, text: await readText(answer.body) };
    },
    close: async () => {
      // A kubeconfig that could not be read has opened nothing.
      await loading?.then(closeDispatchers, () => undefined);
    },
  };
}

/** The client is large (its generated classes are loaded with it), so a bot that has no cluster never loads it. */
async function load(options: KubernetesOptions, changedAtMs: number): Promise<Loaded> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.kubeconfigPath === undefined) {
    config.loadFromCluster(options.fileSystemRoot);
    config.contexts = config.contexts.map((context) => ({ ...context, name: 'in-cluster' }));
    config.setCurrentContext('in-cluster');
  } else {
    const text = readKubeconfig(options.kubeconfigPath, options.allowExec ?? false);
    config.loadFromString(text);
    config.makePathsAbsolute(options.kubeconfigPath.replace(/\/[^/]*$/, ''));
  }
  return { config, changedAtMs, dispatchers: new Map() };
}

async function closeDispatchers({ dispatchers }: Loaded): Promise<void> {
  await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher?.close()));
  dispatchers.clear();
}

async function authenticated(all: KubeConfig, dispatchers: Map<string, Dispatcher | undefined>, context: string, request: ApiRequest) {
  if (all.getContextObject(context) === null) {
    throw new StockOpsError('NOT_CONFIGURED', `The kubeconfig has no context ${JSON.stringify(context)}; it has ${all.getContexts().map(({ name }) => name).join(', ')}.`);
  }
  const { KubeConfig, RequestContext, HttpMethod } = await import('@kubernetes/client-node');
  // The client keeps one current context; a copy per request lets several contexts be used at once.
  const config = new KubeConfig();
  config.loadFromOptions({ clusters: all.clusters, users: all.users, contexts: all.contexts, currentContext: context });
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new StockOpsError('NOT_CONFIGURED', `The context ${JSON.stringify(context)} names no cluster.`);
  const url = new URL(server.replace(/\/$/, '') + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);

  const prepared = new RequestContext(url.href, HttpMethod[request.method]);
  await config.applySecurityAuthentication(prepared);
  // Tokens are read anew each time; the pool with its certificates is kept, or every request would open a connection.
  if (!dispatchers.has(context)) dispatchers.set(context, prepared.getDispatcher() as Dispatcher | undefined);
  return { url, headers: prepared.getHeaders(), dispatcher: dispatchers.get(context) };
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > largestAnswerBytes) throw new StockOpsError('KUBERNETES_UNREACHABLE', 'Its answer is larger than 32 MiB.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
