import type { KubernetesObject, LabelSelector, Labels } from './objects.ts';
import { badRequest } from './status.ts';

type LabelTest = (labels: Labels) => boolean;

/** `app=web,tier in (a, b),!canary` as kubectl writes it; refuses what the API server refuses. */
export function parseLabelSelector(text: string): LabelTest {
  const tests: LabelTest[] = [];
  let rest = text.trim();
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(rest);
    if (match) rest = rest.slice(match[0].length).trimStart();
    return match ?? undefined;
  };
  const fail = (expected: string): never => {
    throw badRequest(`unable to parse requirement: found '${/^[^\s,()=!]+|^./.exec(rest)?.[0] ?? ''}', expected: ${expected}`);
  };
  while (rest !== '') {
    const negated = take(/^!\s*(?=[A-Za-z0-9])/) !== undefined;
    const key = take(/^[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?/)?.[0] ?? fail('identifier');
    if (negated) {
      tests.push((labels) => !(key in labels));
    } else if (take(/^(?:==|=(?!=))/)) {
      const value = take(/^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?/)?.[0] ?? '';
      if (value === '' && rest !== '' && !rest.startsWith(',')) fail('identifier');
      tests.push((labels) => labels[key] === value);
    } else if (take(/^!=/)) {
      const value = take(/^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?/)?.[0] ?? '';
      tests.push((labels) => labels[key] !== value);
    } else {
      const operator = take(/^(in|notin)\b/)?.[0];
      if (operator) {
        if (!take(/^\(/)) fail("'('");
        const values = new Set<string>();
        while (!take(/^\)/)) {
          values.add(take(/^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?/)?.[0] ?? '');
          if (!take(/^,/) && !rest.startsWith(')')) fail("',' or ')'");
        }
        tests.push((labels) => values.has(labels[key] ?? '\u0000') === (operator === 'in'));
      } else {
        tests.push((labels) => key in labels);
      }
    }
    if (rest !== '' && !take(/^,/)) fail("',' or 'end of string'");
  }
  return (labels) => tests.every((matches) => matches(labels));
}

export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (!selector) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In': return values.includes(labels[key] ?? '\u0000');
      case 'NotIn': return !values.includes(labels[key] ?? '\u0000');
      case 'Exists': return key in labels;
      case 'DoesNotExist': return !(key in labels);
    }
  });
}

/** `app=web` of a `LabelSelector`, as `status.selector` of a scale says it. */
export function selectorText(selector: LabelSelector): string {
  return Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`).sort().join(',');
}

/** Which fields may be selected on, beside the two that every kind has. */
const SELECTABLE: { [kind: string]: readonly string[] } = {
  Pod: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase', 'status.podIP', 'status.nominatedNodeName'],
  Event: ['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid', 'involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason', 'reportingComponent', 'source', 'type'],
  Secret: ['type'],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  ReplicaSet: ['status.replicas'],
};

export function parseFieldSelector(text: string, kind: string): (object: KubernetesObject) => boolean {
  const tests = text.split(',').filter((part) => part !== '').map((part) => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(part);
    if (!match) throw badRequest(`invalid field selector: ${text}; can't understand '${part}'`);
    const [, field, operator, value] = match as unknown as [string, string, string, string];
    if (field !== 'metadata.name' && field !== 'metadata.namespace' && !SELECTABLE[kind]?.includes(field)) throw badRequest(`field label not supported: ${field}`);
    return (object: KubernetesObject) => (valueAt(object, field) === value) === (operator !== '!=');
  });
  return (object) => tests.every((matches) => matches(object));
}

function valueAt(object: KubernetesObject, field: string): string {
  if (field === 'source') return String(object.source?.component ?? '');
  const found = field.split('.').reduce<unknown>((value, key) => (value as { [key: string]: unknown } | undefined)?.[key], object);
  return found === undefined || found === null ? '' : String(found);
}
