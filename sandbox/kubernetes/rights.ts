import type { KubernetesObject, Open } from './objects.ts';
import { CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS } from './resources.ts';
import type { ObjectStore } from './store.ts';

/** A rule of a Role or ClusterRole, as it is written in a manifest. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Rights that a user has from the start, beside what roles in the cluster give. Without `namespaces`: everywhere. */
export interface Grant {
  readonly namespaces?: readonly string[];
  readonly rules: readonly Rule[];
}

export interface Attempt {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

const EVERYTHING: Rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
export const administrator: readonly Grant[] = [{ rules: [EVERYTHING] }];

/** What the contexts prod, staging and dr may do unless a test says otherwise: all but delete whole collections. */
export const operator: readonly Grant[] = [{ rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] }] }];

/** Role-based access control: allowed if some rule says so, and never otherwise. */
export function isAllowed(store: ObjectStore, user: User, grants: readonly Grant[], attempt: Attempt): boolean {
  if (user.groups.includes('system:masters')) return true;
  if (isAboutSelf(attempt)) return true;
  if (grants.some((grant) => (grant.namespaces === undefined || grant.namespaces.includes(attempt.namespace)) && grant.rules.some((rule) => covers(rule, attempt)))) return true;
  const bound = [
    ...store.list(CLUSTER_ROLE_BINDINGS),
    ...(attempt.namespace === '' ? [] : store.list(ROLE_BINDINGS, attempt.namespace)),
  ].filter((binding) => (binding.subjects ?? []).some((subject: Open) => isSubject(subject, user)));
  return bound.some((binding) => rulesOf(store, binding).some((rule) => covers(rule, attempt)));
}

/** Anyone who is known may ask what they may do. */
const isAboutSelf = (attempt: Attempt): boolean => attempt.group === 'authorization.k8s.io' && attempt.resource === 'selfsubjectaccessreviews';

function isSubject(subject: { kind: string; name: string; namespace?: string }, user: User): boolean {
  switch (subject.kind) {
    case 'Group': return user.groups.includes(subject.name);
    case 'ServiceAccount': return user.name === `system:serviceaccount:${subject.namespace}:${subject.name}`;
    default: return subject.kind === 'User' && subject.name === user.name;
  }
}

function rulesOf(store: ObjectStore, binding: KubernetesObject): readonly Rule[] {
  const { kind, name } = binding.roleRef as { kind: string; name: string };
  const role = kind === 'ClusterRole' ? store.get(CLUSTER_ROLES, '', name) : store.get(ROLES, binding.metadata.namespace ?? '', name);
  return (role?.rules as Rule[] | undefined) ?? [];
}

function covers(rule: Rule, attempt: Attempt): boolean {
  const target = attempt.subresource === '' ? attempt.resource : `${attempt.resource}/${attempt.subresource}`;
  return (
    has(rule.apiGroups, attempt.group) && has(rule.verbs, attempt.verb) &&
    rule.resources.some((one) => one === '*' || one === target || (attempt.subresource !== '' && one === `*/${attempt.subresource}`)) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(attempt.name))
  );
}

const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);

