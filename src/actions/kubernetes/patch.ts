/**
 * The writes to a workload. All are JSON patches whose first operations test what the plan has seen, so the API server itself
 * refuses the patch when somebody was faster: between the last look and the write there is no gap. (kubectl's strategic merge
 * patches cannot say this; the result is the same.)
 */
import type { Json } from '../../support/json.ts';
import { plurals, pointerSegment } from '../../support/kubernetes-names.ts';
import { ResourceName, Namespace } from '../parameters.ts';
import type { WorkloadTarget } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import type { Workload } from './cluster.ts';

export type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

export function workloadPath(target: WorkloadTarget): string {
  return `/apis/apps/v1/namespaces/${Namespace.parse(target.namespace)}/${plurals[target.workload]}/${ResourceName.parse(target.name)}`;
}

/** Changes the workload, if it is still the one and the generation that were seen. */
export function workloadPatch(target: WorkloadTarget, seen: Workload, operations: readonly PatchOperation[]): RequestVia<'kubernetes'> {
  const hasAnnotations = Object.keys(seen.annotations).length > 0;
  return jsonPatch(target, workloadPath(target), [
    { op: 'test', path: '/metadata/uid', value: seen.uid },
    { op: 'test', path: '/metadata/generation', value: seen.generation },
    // The run's annotation is added when it is sent, and a JSON patch cannot add to a map that is not there.
    ...(hasAnnotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} } as const]),
    ...operations,
  ]);
}

/** Changes the number of pods through the scale subresource, which needs the right to nothing else. */
export function scalePatch(target: WorkloadTarget, seen: Workload, replicas: number): RequestVia<'kubernetes'> {
  return jsonPatch(target, `${workloadPath(target)}/scale`, [
    { op: 'test', path: '/metadata/uid', value: seen.uid },
    // A Scale has no generation. An absent number of replicas means one, but a scale of nothing leaves the field out.
    ...(seen.replicas === 0 ? [] : [{ op: 'test', path: '/spec/replicas', value: seen.replicas } as const]),
    { op: seen.replicas === 0 ? 'add' : 'replace', path: '/spec/replicas', value: replicas },
  ]);
}

function jsonPatch(target: WorkloadTarget, path: string, operations: readonly PatchOperation[]): RequestVia<'kubernetes'> {
  return { via: 'kubernetes', context: target.context, method: 'PATCH', path, contentType: 'application/json-patch+json', body: operations as Json };
}

/** The operations that turn one value into another: no more than what differs, so a plan shows, and stores, only that. */
export function differenceAsPatch(from: Json, to: Json, path: string): PatchOperation[] {
  if (isMap(from) && isMap(to)) {
    const removed = Object.keys(from).filter((key) => !(key in to));
    const others = Object.entries(to).flatMap(([key, value]): PatchOperation[] => {
      const place = `${path}/${pointerSegment(key)}`;
      return key in from ? differenceAsPatch(from[key] as Json, value, place) : [{ op: 'add', path: place, value }];
    });
    return [...removed.map((key): PatchOperation => ({ op: 'remove', path: `${path}/${pointerSegment(key)}` })), ...others];
  }
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    return to.flatMap((value, index) => differenceAsPatch(from[index] as Json, value as Json, `${path}/${index}`));
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ op: 'replace', path, value: to }];
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
