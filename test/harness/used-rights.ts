/** Roles against what was really asked of a cluster: which rules nobody needed, and what nobody had a right to. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export interface ShippedRole {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly rules: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[]; readonly resourceNames?: readonly string[] }[];
}

/** One request, as an API server records it. `resource` with its subresource: `pods/log`. */
export interface Asked {
  readonly account: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the answer; `undefined` where it was lost. */
  readonly status: number | undefined;
}

/** The Roles of `manifests/rights/<context>`. */
export function shippedRoles(context: string): readonly ShippedRole[] {
  const folder = join(import.meta.dirname, '../../manifests/rights', context);
  const files = readdirSync(folder).filter((name) => name !== 'kustomization.yaml');
  return files.flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as ShippedRole)).filter(({ kind }) => kind === 'Role');
}

/** Each right that no request needed, down to the single verb and name: `stock-service stockops-write: patch apps/deployments stock-service`. */
export function unusedRights(roles: readonly ShippedRole[], asked: readonly Asked[]): readonly string[] {
  const used = new Set(asked.filter(({ status }) => status !== 403).flatMap(rightsUsedBy).flatMap((one) => [nameOf(one), nameOf({ ...one, name: '' })]));
  return roles
    .flatMap(({ metadata: { namespace, name: account }, rules }) =>
      rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
        apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.flatMap((verb) => resourceNames.map((name) => nameOf({ namespace, account, verb, group, resource, name })))))))
    .filter((right) => !used.has(right));
}

export const refused = (asked: readonly Asked[]): readonly string[] => asked.filter(({ status }) => status === 403).map(nameOf);

/** An apply that finds nothing creates it, and needs both rights. */
const rightsUsedBy = (one: Asked): readonly Asked[] => (one.verb === 'patch' && one.status === 201 ? [one, { ...one, verb: 'create' }] : [one]);

function nameOf({ namespace, account, verb, group, resource, name }: Omit<Asked, 'status'>): string {
  return `${namespace} ${account}: ${verb} ${group}/${resource} ${name}`.trimEnd();
}
