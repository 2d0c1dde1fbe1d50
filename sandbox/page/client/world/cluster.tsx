import type { Deployment, Pod, PodState, World } from '../wire.ts';

export function Cluster({ cluster }: { cluster: World['cluster'] }) {
  if (cluster.length === 0) return <p class="quiet">No cluster.</p>;
  return (
    <>
      {cluster.map((part) => (
        <div key={`${part.context} ${part.namespace}`} class="namespace">
          <p class="namespace-name" title={`Context ${part.context}, namespace ${part.namespace}`}>{part.context} › {part.namespace}</p>
          <ul>
            {part.deployments.map((deployment) => <DeploymentRow key={deployment.name} deployment={deployment} />)}
          </ul>
        </div>
      ))}
    </>
  );
}

function DeploymentRow({ deployment }: { deployment: Deployment }) {
  const ready = deployment.pods.filter((pod) => pod.state === 'ready').length;
  const isWhole = ready === deployment.desired;
  const worst = deployment.pods.find((pod) => pod.state === 'failing' && pod.reason);
  return (
    <li class="deployment">
      <p class="deployment-name"><span>{deployment.name}</span><code title={deployment.image}>{tagOf(deployment.image)}</code></p>
      <div class="pods">
        {deployment.pods.map((pod) => <PodDot key={pod.name} pod={pod} />)}
        <span class={isWhole ? 'pods-count' : 'pods-count is-short'}>{ready} of {deployment.desired} ready</span>
      </div>
      {worst && <p class="deployment-reason">{worst.reason}</p>}
    </li>
  );
}

function tagOf(image: string): string {
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1];
  return tag ?? image;
}

/** Shape and colour say the same: a full disc is ready, a ring is starting, a square with a cross fails, a dashed ring is ending. */
function PodDot({ pod }: { pod: Pod }) {
  const title = `${pod.name}: ${pod.state}${pod.reason ? `, ${pod.reason}` : ''}`;
  return (
    <svg class={`pod pod-${pod.state}`} width="16" height="16" viewBox="0 0 16 16" role="img" aria-label={title}>
      <title>{title}</title>
      {podShapes[pod.state] ?? podShapes.ending}
    </svg>
  );
}

const podShapes: Readonly<Record<PodState, preact.JSX.Element>> = {
  ready: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  starting: <><circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2" /><circle cx="8" cy="8" r="1.8" fill="currentColor" /></>,
  failing: <><rect x="2" y="2" width="12" height="12" rx="2.5" fill="currentColor" /><path class="pod-cross" d="m5.5 5.5 5 5m0-5-5 5" stroke-width="1.8" stroke-linecap="round" /></>,
  ending: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 2.2" />,
};

const podStates: Readonly<Record<string, PodState>> = { running: 'ready', healthy: 'ready', starting: 'starting', restarting: 'starting', created: 'starting', exited: 'failing', dead: 'failing', unhealthy: 'failing' };

export function Compose({ containers }: { containers: World['compose'] }) {
  return (
    <div class="namespace">
      <p class="namespace-name">Docker Compose</p>
      <ul>
        {containers.map((container) => {
          const words = [container.state, container.health].filter(Boolean).join(', ');
          return (
            <li key={container.name} class="deployment">
              <p class="deployment-name"><span>{container.name}</span></p>
              <div class="pods">
                <PodDot pod={{ name: container.name, state: podStates[container.health ?? ''] ?? podStates[container.state] ?? 'ending', reason: words }} />
                <span class="pods-count">{words}</span>
              </div>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
