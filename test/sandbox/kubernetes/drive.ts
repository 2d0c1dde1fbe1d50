import { plainSeed, startKubernetesStandIn, type KubernetesStandIn, type KubernetesStandInOptions } from '../../../sandbox/kubernetes/stand-in.ts';
import type { Manifest } from '../../../sandbox/kubernetes/seed.ts';
import { manualClock, type ManualClock } from '../../../src/support/clock.ts';
import { parse } from 'yaml';

export const START = new Date('2026-03-02T10:00:00.000Z');

export interface Answer {
  readonly status: number;
  readonly body: any;
}

export interface Driven extends AsyncDisposable {
  readonly standIn: KubernetesStandIn;
  readonly clock: ManualClock;
  /** Lets time pass, and everything happen that is due by then. */
  pass(ms: number): Promise<void>;
  request(method: string, path: string, options?: { readonly body?: unknown; readonly type?: string; readonly user?: string }): Promise<Answer>;
  token(user: string): string;
  deployment(name?: string): any;
  pods(name?: string): any[];
}

/** A cluster on a clock in the test's hands, with the namespace `shop`. */
export async function driveCluster(options: Partial<KubernetesStandInOptions> = {}): Promise<Driven> {
  const clock = manualClock(START);
  const standIn = await startKubernetesStandIn({ clock, seed: plainSeed, ...options });
  if (!standIn.find({ kind: 'Namespace', name: 'shop' })) standIn.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  const config = parse(standIn.kubeconfig()) as { users: { name: string; user: { token: string } }[] };
  const token = (user: string) => config.users.find((one) => one.name === user)?.user.token ?? 'unknown';
  return {
    standIn,
    clock,
    token,
    pass: async (ms) => {
      clock.moveTo(new Date(clock.now().getTime() + ms));
      await standIn.settle();
    },
    request: async (method, path, { body, type = 'application/json', user = 'stockops' } = {}) => {
      const response = await fetch(`${standIn.server}${path}`, {
        method,
        headers: { authorization: `Bearer ${token(user)}`, 'user-agent': 'test', ...(body !== undefined && { 'content-type': type }) },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: response.headers.get('content-type') === 'application/json' && !/watch=true/.test(path) ? JSON.parse(text) : text };
    },
    deployment: (name = 'web') => standIn.find({ kind: 'Deployment', namespace: 'shop', name }),
    pods: (name = 'web') => standIn.list({ kind: 'Pod', namespace: 'shop' }).filter((pod) => pod.metadata.labels?.['app'] === name) as any[],
    [Symbol.asyncDispose]: () => standIn.close(),
  };
}

export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const APPLY = 'application/apply-patch+yaml';

export function deployment(spec: { readonly [field: string]: unknown } = {}, pod: { readonly annotations?: object; readonly image?: string; readonly requests?: object } = {}): Manifest {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 3, selector: { matchLabels: { app: 'web' } }, ...spec,
      template: {
        metadata: { labels: { app: 'web' }, ...(pod.annotations && { annotations: pod.annotations }) },
        spec: {
          containers: [{
            name: 'web', image: pod.image ?? 'registry.example.com/web:1', env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }], ...(pod.requests && { resources: { requests: pod.requests } }),
          }],
        },
      },
    },
  };
}

export const setImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });

export const conditionOf = (object: any, type: string): any => object.status.conditions.find((one: { type: string }) => one.type === type);
