import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Rendered } from './chart.ts';

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
  readonly users?: readonly { readonly name: string; readonly user: { readonly token?: string; readonly as?: string } }[];
  readonly contexts?: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user: string; readonly namespace?: string } }[];
}

/** An answer of the API that is not a success; the message is the server's. */
export class ApiRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const PLURALS: { readonly [kind: string]: string } = {
  ConfigMap: 'configmaps', Deployment: 'deployments', HorizontalPodAutoscaler: 'horizontalpodautoscalers', PodDisruptionBudget: 'poddisruptionbudgets', Role: 'roles', RoleBinding: 'rolebindings',
  Secret: 'secrets', Service: 'services', StatefulSet: 'statefulsets', Namespace: 'namespaces',
};

export interface ClusterClient {
  readonly namespace: string;
  /** What the cluster's clock says; of the last answer, to the second. */
  now(): Date;
  request(method: string, path: string, body?: object, contentType?: string): Promise<unknown>;
  pathOf(object: Rendered, namespace: string): string;
}

/** Reads a kubeconfig as Helm does. Unreachable and unknown contexts are told in Helm's words. */
export async function connect(options: { kubeconfig: string | undefined; context: string | undefined; namespace: string | undefined; asUser: string | undefined }): Promise<ClusterClient> {
  let config: Kubeconfig = {};
  try {
    config = (parse(readFileSync(options.kubeconfig ?? '', 'utf8')) as Kubeconfig | null) ?? {};
  } catch {
    // A kubeconfig that is not there is an empty one: Helm then asks localhost.
  }
  const contextName = options.context ?? config['current-context'];
  const context = config.contexts?.find((one) => one.name === contextName)?.context;
  if (options.context !== undefined && !context) throw new Error(`kubernetes cluster unreachable: context ${JSON.stringify(options.context)} does not exist`);
  const server = config.clusters?.find((one) => one.name === context?.cluster)?.cluster.server ?? 'http://localhost:8080';
  const user = config.users?.find((one) => one.name === context?.user)?.user;
  const token = user?.token;
  const asUser = options.asUser ?? user?.as;
  let at = new Date();

  const request: ClusterClient['request'] = async (method, path, body, contentType = 'application/json') => {
    const response = await fetch(`${server}${path}`, {
      method,
      headers: {
        'user-agent': 'Helm/4.1.4', ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': contentType }), ...(asUser && { 'impersonate-user': asUser }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const date = response.headers.get('date');
    if (date) at = new Date(date);
    const text = await response.text();
    const answer: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    if (!response.ok) throw new ApiRefusal(response.status, (answer as { message?: string }).message ?? `the server answered ${response.status}`);
    return answer;
  };
  try {
    await request('GET', '/version');
  } catch (error) {
    if (error instanceof ApiRefusal) throw error;
    const { host } = new URL(server);
    throw new Error(`kubernetes cluster unreachable: Get "${server}/version": dial tcp ${host.replace('localhost', '127.0.0.1')}: connect: connection refused`, { cause: error });
  }
  return {
    namespace: options.namespace ?? context?.namespace ?? 'default',
    now: () => at,
    request,
    pathOf: (object, namespace) => {
      const plural = PLURALS[object.kind];
      if (!plural) throw new Error(`unable to build kubernetes objects from new release manifest: resource mapping not found for name: ${JSON.stringify(object.metadata.name)} namespace: "" from "": no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`);
      const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
      return `${root}/namespaces/${object.metadata.namespace ?? namespace}/${plural}`;
    },
  };
}
