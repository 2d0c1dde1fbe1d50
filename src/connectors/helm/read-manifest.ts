import { parseAllDocuments } from 'yaml';
import type { HelmManifest, ManifestContainer } from '../../actions/helm/release.ts';
import type { WorkloadTarget } from '../../actions/plan.ts';
import { canonicalJson, sha256, type Json } from '../../support/json.ts';

interface RawObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly data?: Record<string, Json>;
  readonly stringData?: Record<string, Json>;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: { readonly containers?: readonly RawContainer[] } };
  };
}

interface RawContainer {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly limits?: Record<string, unknown>; readonly requests?: Record<string, unknown> };
}

/** Rendered YAML, reduced to what a plan compares. Contents leave here as digests only. */
export function readManifest(text: string, workload: WorkloadTarget): HelmManifest {
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as RawObject | null)
    .filter((object) => object !== null && typeof object === 'object' && object.kind !== undefined) as RawObject[];
  const found = objects.find((object) => object.kind === workload.workload && object.metadata?.name === workload.name);
  return {
    workload: found === undefined ? null : { replicas: found.spec?.replicas ?? null, containers: (found.spec?.template?.spec?.containers ?? []).map(readContainer) },
    objects: objects
      .filter((object) => object !== found)
      .map((object) => ({
        kind: object.kind ?? '',
        name: object.metadata?.name ?? '',
        digest: sha256(canonicalJson(object as Json)),
        keys: Object.fromEntries(Object.entries({ ...object.data, ...object.stringData }).map(([key, value]) => [key, sha256(canonicalJson(value))])),
      })),
  };
}

function readContainer(raw: RawContainer): ManifestContainer {
  const texts = (amounts: Record<string, unknown> = {}) => Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [resource, String(amount)]));
  return { name: raw.name, image: raw.image ?? '', limits: texts(raw.resources?.limits), requests: texts(raw.resources?.requests) };
}
