import { stringify } from 'yaml';

export interface Context {
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
  /** Who makes changes here, where that is somebody else than who looks. */
  readonly writer?: string;
}

export type Purpose = 'read' | 'write';

/**
 * A kubeconfig for the stand-in. It is plain http on loopback, which clients accept only with `insecure-skip-tls-verify`.
 * The first context is the current one.
 */
export function writeKubeconfigText(input: {
  readonly servers: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly contexts: { readonly [name: string]: Context };
  readonly purpose: Purpose;
}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': Object.keys(input.contexts)[0],
    clusters: [...input.servers].map(([name, server]) => ({ name, cluster: { server, 'insecure-skip-tls-verify': true } })),
    users: [...input.tokens].map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.entries(input.contexts).map(([name, { writer, ...context }]) => ({ name, context: { ...context, ...(input.purpose === 'write' && writer !== undefined && { user: writer }) } })),
  });
}
