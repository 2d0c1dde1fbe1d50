import { ApiRefusal, type ClusterClient } from './cluster-client.ts';
import { fromSecret, toSecret, withStatus, type Release, type ReleaseSecret } from './release.ts';

export const RELEASE_NOT_FOUND = 'release: not found';

async function query(client: ClusterClient, path: string): Promise<Release[]> {
  try {
    const { items } = (await client.request('GET', path)) as { items: ReleaseSecret[] };
    return items.map(fromSecret).sort((a, b) => a.version - b.version);
  } catch (error) {
    if (error instanceof ApiRefusal) throw new Error(`query: failed to query with labels: ${error.message}`, { cause: error });
    throw error;
  }
}

/** All revisions of a release, oldest first; throws when there is none. */
export async function revisionsOf(client: ClusterClient, name: string): Promise<Release[]> {
  const found = await query(client, `/api/v1/namespaces/${client.namespace}/secrets?labelSelector=${encodeURIComponent(`name=${name},owner=helm`)}`);
  if (found.length === 0) throw new Error(RELEASE_NOT_FOUND);
  return found;
}

/** One revision, read by its name; `undefined` when Helm has no such. */
export async function revisionOf(client: ClusterClient, name: string, version: number): Promise<Release | undefined> {
  try {
    return fromSecret((await client.request('GET', `/api/v1/namespaces/${client.namespace}/secrets/sh.helm.release.v1.${name}.v${version}`)) as ReleaseSecret);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return undefined;
    throw error;
  }
}

export async function allReleases(client: ClusterClient, everywhere: boolean): Promise<Release[]> {
  return query(client, `${everywhere ? '/api/v1' : `/api/v1/namespaces/${client.namespace}`}/secrets?labelSelector=${encodeURIComponent('owner=helm')}`);
}

export async function storeRelease(client: ClusterClient, release: Release): Promise<void> {
  await client.request('POST', `/api/v1/namespaces/${release.namespace}/secrets`, toSecret(release, client.now()));
}

export async function updateRelease(client: ClusterClient, release: Release): Promise<void> {
  const secret = toSecret(release, client.now());
  await client.request('PUT', `/api/v1/namespaces/${release.namespace}/secrets/${secret.metadata.name}`, secret);
}

/** What was deployed until now is so no longer. */
export async function supersede(client: ClusterClient, revisions: readonly Release[]): Promise<void> {
  for (const release of revisions) if (release.info.status === 'deployed') await updateRelease(client, withStatus(release, 'superseded'));
}

/** Makes room for one more revision; what is deployed stays. Returns what is left. */
export async function prune(client: ClusterClient, revisions: readonly Release[], most: number): Promise<readonly Release[]> {
  const surplus = most === 0 ? 0 : Math.max(0, revisions.length + 1 - most);
  const doomed = revisions.filter((one) => one.info.status !== 'deployed').slice(0, surplus);
  for (const release of doomed) await client.request('DELETE', `/api/v1/namespaces/${release.namespace}/secrets/sh.helm.release.v1.${release.name}.v${release.version}`);
  return revisions.filter((one) => !doomed.includes(one));
}
