import { agoOf, useNow } from '../time.ts';
import type { Release, World } from '../wire.ts';

export function Releases({ releases }: { releases: World['releases'] }) {
  if (releases.length === 0) return <p class="quiet">Nothing is installed by Helm.</p>;
  return <>{releases.map((release) => <ReleaseRows key={`${release.namespace} ${release.name}`} release={release} />)}</>;
}

function ReleaseRows({ release }: { release: Release }) {
  const now = useNow(60_000);
  const newest = [...release.revisions].sort((one, other) => other.revision - one.revision).slice(0, 4);
  return (
    <div class="namespace">
      <p class="namespace-name" title={`Namespace ${release.namespace}`}>{release.name}</p>
      <ol class="revisions">
        {newest.map((revision) => (
          <li key={revision.revision} class={revision.status === 'deployed' ? 'is-current' : revision.status === 'failed' ? 'is-bad' : ''} title={`${revision.chart}: ${revision.description}`}>
            <span class="revision-number">{revision.revision}</span>
            <span class="revision-version">{revision.appVersion || revision.chart}</span>
            <span class="revision-status">{revision.status}</span>
            <time dateTime={revision.updated}>{agoOf(new Date(revision.updated), now)}</time>
          </li>
        ))}
      </ol>
    </div>
  );
}
