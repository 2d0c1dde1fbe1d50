import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Deployment, Pod, PodState, World } from '../wire.ts';

export function Cluster({ cluster }: { cluster: World['cluster'] }) {
  const inOrder = useTroubledFirst(cluster);
  if (cluster.length === 0) return <p class="quiet">No cluster.</p>;
  return (
    <>
      {inOrder.map((part) => (
        <div key={keyOf(part)} class="namespace">
          <p class="namespace-name" title={`Context ${part.context}, namespace ${part.namespace}`}>{part.context} › {part.namespace}</p>
          <ul>
            {part.deployments.map((deployment) => <DeploymentRow key={deployment.name} deployment={deployment} />)}
          </ul>
        </div>
      ))}
    </>
  );
}

/** What has been in trouble comes first and stays there: one wants to see it recover, not vanish down the list. */
function useTroubledFirst(cluster: World['cluster']): World['cluster'] {
  const troubled = useRef<string[]>([]);
  for (const part of cluster) {
    if (part.deployments.some((deployment) => readyPods(deployment) < deployment.desired) && !troubled.current.includes(keyOf(part))) troubled.current.unshift(keyOf(part));
  }
  const rank = (part: Namespace): number => (troubled.current.includes(keyOf(part)) ? troubled.current.indexOf(keyOf(part)) : Infinity);
  return [...cluster].sort((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
}

type Namespace = World['cluster'][number];

function keyOf(part: Namespace): string {
  return `${part.context} ${part.namespace}`;
}

function readyPods(deployment: Deployment): number {
  return deployment.pods.filter((pod) => pod.state === 'ready').length;
}

function DeploymentRow({ deployment }: { deployment: Deployment }) {
  const ready = readyPods(deployment);
  const isWhole = ready === deployment.desired;
  const worst = deployment.pods.find((pod) => pod.state === 'failing' && pod.reason);
  return (
    <li class="deployment">
      <div class="deployment-line">
        <span class="deployment-name" title={`${deployment.name}, ${ready} of ${deployment.desired} pods ready`}>{deployment.name}</span>
        <span class="pods">{deployment.pods.length === 0 ? <span class="container-state">no pods</span> : deployment.pods.map((pod) => <PodDot key={pod.name} pod={pod} />)}</span>
        <code title={deployment.image}>{tagOf(deployment.image)}</code>
      </div>
      {!isWhole && <p class="deployment-trouble"><strong>{ready} of {deployment.desired} ready</strong>{worst && <span> · {worst.reason}</span>}</p>}
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

const podShapes: Readonly<Record<PodState, JSX.Element>> = {
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
              <div class="deployment-line">
                <span class="deployment-name" title={container.name}>{container.name}</span>
                <span class="pods"><PodDot pod={{ name: container.name, state: podStates[container.health ?? ''] ?? podStates[container.state] ?? 'ending', reason: words }} /></span>
                <span class="container-state">{words}</span>
              </div>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
