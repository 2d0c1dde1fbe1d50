import type { KubernetesObject, LabelSelector, Labels, Open } from './objects.ts';
import { isObject, sameJson } from './patches.ts';
import type { Resource } from './resources.ts';
import { selects } from './selectors.ts';
import { invalid, type Cause } from './status.ts';

/** The first thing that does not decode into the kind's type, in the words of the decoder; `undefined` when all does. */
export function whyNotDecodable(resource: Resource, object: KubernetesObject): string | undefined {
  const name = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value);
  for (const field of ['labels', 'annotations'] as const) {
    const map: unknown = object.metadata[field];
    if (map === undefined) continue;
    if (!isObject(map)) return `json: cannot unmarshal ${name(map)} into Go struct field ObjectMeta.metadata.${field} of type map[string]string`;
    const wrong = Object.values(map).find((value) => typeof value !== 'string');
    if (wrong !== undefined) return `json: cannot unmarshal ${name(wrong)} into Go struct field ObjectMeta.metadata.${field} of type string`;
  }
  if (object.spec !== undefined && !isObject(object.spec)) return `json: cannot unmarshal ${name(object.spec)} into Go struct field ${resource.kind}.spec of type v1.${resource.kind}Spec`;
  for (const field of ['replicas', 'minReplicas', 'maxReplicas', 'progressDeadlineSeconds', 'revisionHistoryLimit', 'minReadySeconds']) {
    const value: unknown = object.spec?.[field];
    if (value === undefined) continue;
    if (typeof value !== 'number') return `json: cannot unmarshal ${name(value)} into Go struct field ${resource.kind}Spec.spec.${field} of type int32`;
    if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) return `json: cannot unmarshal number ${value} into Go struct field ${resource.kind}Spec.spec.${field} of type int32`;
  }
  if (object.spec?.paused !== undefined && typeof object.spec.paused !== 'boolean') return `json: cannot unmarshal ${name(object.spec.paused)} into Go struct field ${resource.kind}Spec.spec.paused of type bool`;
  for (const [index, container] of podSpecOf(resource, object)?.containers?.entries?.() ?? []) {
    if (!isObject(container)) return `json: cannot unmarshal ${name(container)} into Go struct field PodSpec.spec.template.spec.containers of type v1.Container`;
    for (const field of ['name', 'image']) {
      if (container[field] !== undefined && typeof container[field] !== 'string') return `json: cannot unmarshal ${name(container[field])} into Go struct field Container.spec.template.spec.containers.${field} of type string (${index})`;
    }
  }
  return undefined;
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_NAMES = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'];

/** Throws 422 with every reason at once. `before` is what is being replaced. */
export function validate(resource: Resource, object: KubernetesObject, before: KubernetesObject | undefined): void {
  const causes: Cause[] = [];
  const wrong = (field: string, value: unknown, problem: string) => causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: ${problem}`, field });
  const required = (field: string, note = '') => causes.push({ reason: 'FieldValueRequired', message: `Required value${note}`, field });
  const { name } = object.metadata;
  const notNegative = (field: string) => {
    const value: unknown = object.spec?.[field];
    if (typeof value === 'number' && value < 0) wrong(`spec.${field}`, value, 'must be greater than or equal to 0');
  };

  if (!before && name === undefined) required('metadata.name', ': name or generateName is required');
  else if (!before && !DNS_NAMES.includes(resource.kind) && (!SUBDOMAIN.test(name) || name.length > 253)) {
    wrong('metadata.name', name, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  }
  for (const field of ['uid', 'name', 'namespace'] as const) {
    if (before && object.metadata[field] !== before.metadata[field]) wrong(`metadata.${field}`, object.metadata[field], 'field is immutable');
  }
  for (const value of Object.values(object.metadata.labels ?? {})) {
    if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) || value.length > 63) {
      wrong('metadata.labels', value, `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`);
    }
  }

  if (['Deployment', 'StatefulSet', 'ReplicaSet'].includes(resource.kind)) {
    notNegative('replicas');
    notNegative('minReadySeconds');
    notNegative('revisionHistoryLimit');
    const selector = object.spec?.selector as LabelSelector | undefined;
    const labels = object.spec?.template?.metadata?.labels as Labels | undefined;
    if (!selector) required('spec.selector');
    if (!selects(selector, labels)) wrong('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');
    if (before && !sameJson(before.spec.selector, selector)) wrong('spec.selector', selector, 'field is immutable');
    const deadline: unknown = object.spec?.progressDeadlineSeconds;
    if (typeof deadline === 'number' && deadline <= (object.spec.minReadySeconds ?? 0)) wrong('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
  }
  const podSpec = podSpecOf(resource, object);
  if (podSpec !== undefined || ['Deployment', 'StatefulSet', 'ReplicaSet', 'Pod'].includes(resource.kind)) {
    const path = resource.kind === 'Pod' ? 'spec.containers' : 'spec.template.spec.containers';
    const containers: Open[] = podSpec?.containers ?? [];
    if (containers.length === 0) required(path);
    const seen = new Set<string>();
    for (const [index, container] of containers.entries()) {
      if (!container.name) required(`${path}[${index}].name`);
      else if (seen.has(container.name)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(container.name)}`, field: `${path}[${index}].name` });
      seen.add(container.name);
      if (!container.image) required(`${path}[${index}].image`);
      else if (/^\s|\s$/.test(container.image)) wrong(`${path}[${index}].image`, container.image, 'must not have leading or trailing whitespace');
    }
  }
  if (resource.kind === 'HorizontalPodAutoscaler') {
    const { minReplicas, maxReplicas, scaleTargetRef } = object.spec ?? {};
    if (minReplicas !== undefined && minReplicas < 1) wrong('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
    if (maxReplicas === undefined || maxReplicas < 1) wrong('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0');
    else if (maxReplicas < minReplicas) wrong('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
    if (!scaleTargetRef?.kind) required('spec.scaleTargetRef.kind');
    if (!scaleTargetRef?.name) required('spec.scaleTargetRef.name');
  }
  if (causes.length > 0) throw invalid(resource, name ?? '', causes);
}

function podSpecOf(resource: Resource, object: KubernetesObject): Open {
  return resource.kind === 'Pod' ? object.spec : object.spec?.template?.spec;
}
