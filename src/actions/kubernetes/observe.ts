/** What every write to a workload looks at before it plans. */
import { StockOpsError } from '../../support/errors.ts';
import type { Json } from '../../support/json.ts';
import type { Context } from '../define-primitive.ts';
import type { Refusal } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import type { Workload } from './cluster.ts';

/** How the API server would take the request: the object as it would store it, or its reason to refuse. */
export type DryRun = { readonly accepted: true; readonly object: Json } | { readonly accepted: false; readonly reason: string };

/** Rejects when the cluster does not answer; a refusal is an answer. */
export async function dryRun(context: Context, request: RequestVia<'kubernetes'>): Promise<DryRun> {
  try {
    return { accepted: true, object: await context.ports.kubernetes.dryRun(request, context.signal) };
  } catch (error) {
    if (error instanceof StockOpsError && error.code === 'KUBERNETES_REFUSED') return { accepted: false, reason: error.message };
    throw error;
  }
}

/** What a plan says when the dry run was refused. */
export function refusedByCluster(what: string, reason: string): Refusal {
  return {
    refused: `Not done: ${what}.`,
    rule: reason,
    instead: 'Nothing was changed. Correct what the cluster names, or ask someone who may change its rules.',
  };
}

export interface ObservedChange {
  readonly workload: Workload;
  readonly dryRun: DryRun;
}

/** `spec.template.spec.containers[].image` of a stored object, by container. */
export function imagesOf(object: Json): ReadonlyMap<string, string> {
  type WithTemplate = { spec?: { template?: { spec?: { containers?: { name: string; image?: string }[] } } } };
  const containers = (object as WithTemplate).spec?.template?.spec?.containers ?? [];
  return new Map(containers.map((container) => [container.name, container.image ?? '']));
}

/** Helm writes its name on what it installs. */
export function helmReleaseOf(workload: Workload): string | null {
  return workload.labels['app.kubernetes.io/managed-by'] === 'Helm' ? (workload.annotations['meta.helm.sh/release-name'] ?? null) : null;
}
