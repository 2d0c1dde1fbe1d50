import type { HelmRevision } from './release.ts';

/** The revision that is in force: Helm marks exactly one as deployed, also after a later one has failed. */
export function currentRevision(history: readonly HelmRevision[]): HelmRevision | null {
  return history.findLast((revision) => revision.status === 'deployed') ?? null;
}

export function isPending(revision: HelmRevision): boolean {
  return revision.status.startsWith('pending-');
}
