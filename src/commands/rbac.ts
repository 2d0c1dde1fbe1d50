import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { primitives } from '../actions/registry.ts';
import { rolesOf, type Role, type Rule, type Selection } from '../actions/roles.ts';
import { loadCatalog } from '../catalog/load.ts';
import { formatProblems } from '../catalog/summary.ts';

/**
 * Prints the Roles that the catalog needs, or writes them into a folder: one folder in it for each context, one file for each namespace.
 * @returns 0, or 2 when the catalog is wrong or names nothing that was asked for
 */
export async function rbac(directory: string, selection: Selection, into?: string): Promise<number> {
  const loaded = await loadCatalog(directory, primitives);
  if (!loaded.ok) {
    console.error(formatProblems(loaded.problems));
    return 2;
  }
  const files = roleFiles(rolesOf(loaded.catalog, primitives, selection));
  if (files.size === 0) {
    const { system, environment } = selection;
    console.error(`No rights are needed${system === undefined ? '' : ` for the system ${JSON.stringify(system)}`}${environment === undefined ? '' : ` in ${JSON.stringify(environment)}`}: there is none such in Kubernetes. The systems are ${loaded.catalog.systems.map(({ id }) => id).join(', ')}.`);
    return 2;
  }
  if (into === undefined) {
    console.log([...files].filter(([path]) => !path.endsWith('/kustomization.yaml')).map(([path, text]) => `# ${path}\n${text}`).join('---\n').trimEnd());
    return 0;
  }
  // What a system no longer needs must go, so each context's folder is written anew.
  for (const context of new Set([...files.keys()].map(dirname))) await rm(join(into, context), { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), text);
  }
  console.log(`${files.size} files in ${into}`);
  return 0;
}

/** Path → text, as `manifests/rights/` holds them. Pure. */
export function roleFiles(roles: readonly Role[]): ReadonlyMap<string, string> {
  const byNamespace = Map.groupBy(roles, ({ context, namespace }) => `${context}/${namespace}.yaml`);
  const byContext = Map.groupBy(byNamespace.keys(), dirname);
  return new Map([
    ...[...byNamespace].map(([path, inside]) => [path, inNamespace(inside)] as const),
    ...[...byContext].map(([context, paths]) => [`${context}/kustomization.yaml`, kustomization(context, paths.map((path) => path.slice(context.length + 1)))] as const),
  ]);
}

const made = 'Made by `stockops rbac --write manifests/rights` from the systems’ files; do not edit.';

function kustomization(context: string, files: readonly string[]): string {
  return `# The bot’s identities and rights in the cluster that the kubeconfigs call \`${context}\`: kubectl --context=${context} apply -k manifests/rights/${context}
# ${made}
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../identity
${files.map((file) => `  - ${file}\n`).join('')}`;
}

const aboutSecrets = `# Helm keeps its records in Secrets and cannot work without them; a Role cannot narrow that to Helm’s own. Where other Secrets live in
# this namespace, take the helm.* actions out of the system’s file and make this file again.
`;

function inNamespace(roles: readonly Role[]): string {
  const serves = [...new Set(roles.flatMap((role) => role.serves))].join(', ');
  const needsSecrets = roles.some(({ rules }) => rules.some(({ resource }) => resource === 'secrets'));
  return `# What the bot may do for ${serves}: what the primitives behind its actions need, no more.\n# ${made}\n${needsSecrets ? aboutSecrets : ''}${roles.map(roleAndBinding).join('---\n')}`;
}

function roleAndBinding({ namespace, identity, rules }: Role): string {
  const name = `stockops-${identity}`;
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: ${name}
  namespace: ${namespace}
rules:
${rules.map(ruleText).join('')}---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: ${name}
  namespace: ${namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: ${name}
subjects:
  - kind: ServiceAccount
    name: ${name}
    namespace: stockops
`;
}

function ruleText({ group, resource, verbs, names, neededBy }: Rule): string {
  const list = (words: readonly string[]) => `[${words.map((word) => (word === '' ? '""' : word)).join(', ')}]`;
  return `  # ${neededBy.join(', ')}
  - apiGroups: ${list([group])}
    resources: ${list([resource])}
${names.length === 0 ? '' : `    resourceNames: ${list(names)}\n`}    verbs: ${list(verbs)}
`;
}
