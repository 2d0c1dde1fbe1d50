import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { toggleWorld } from '../navigation.ts';
import { Icon } from '../parts/icon.tsx';
import { recall, remember } from '../memory.ts';
import { state } from '../state.ts';
import { Alerts } from './alerts.tsx';
import { Calls } from './calls.tsx';
import { Clock } from './clock.tsx';
import { Cluster, Compose } from './cluster.tsx';
import { Faults } from './faults.tsx';
import { Pages } from './pages.tsx';
import { Releases } from './releases.tsx';

/** Everything that Slack does not show: what one can do to the world, and what the bot did in it. */
export function Drawer() {
  const world = state.use((current) => current.world);
  return (
    <aside class="drawer" aria-label="The outside world">
      <header class="drawer-head">
        <Icon name="world" />
        <h2>The outside world</h2>
        <button type="button" class="icon-button" aria-label="Close the outside world" onClick={() => toggleWorld(false)}><Icon name="close" /></button>
      </header>
      {world === undefined ? (
        <p class="empty">Not there yet.</p>
      ) : (
        <div class="drawer-body scroll">
          <Clock world={world} />
          <Section id="alerts" title="Alerts" count={counted(world.systems.flatMap((system) => system.alerts).filter((alert) => alert.firing).length, 'firing')} open>
            <Alerts systems={world.systems} />
          </Section>
          <Section id="cluster" title="Cluster" count={counted(troubled(world.cluster), 'in trouble')} open>
            <Cluster cluster={world.cluster} />
            {world.compose.length > 0 && <Compose containers={world.compose} />}
          </Section>
          <Section id="faults" title="Break something" count={counted(world.faults.filter((fault) => fault.active).length, 'broken')} open>
            <Faults faults={world.faults} />
          </Section>
          <Section id="pages" title="PagerDuty" count={counted(world.pagerduty.incidents.filter((incident) => incident.status !== 'resolved').length, 'open')} open>
            <Pages pagerduty={world.pagerduty} />
          </Section>
          <Section id="releases" title="Helm revisions">
            <Releases releases={world.releases} />
          </Section>
          <Section id="calls" title="Calls to Slack" count={counted(world.slackCalls.filter((call) => !call.ok).length, 'refused')}>
            <Calls calls={world.slackCalls} />
          </Section>
        </div>
      )}
    </aside>
  );
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}`;
}

function troubled(cluster: readonly { readonly deployments: readonly { readonly pods: readonly { readonly state: string }[] }[] }[]): number {
  return cluster.flatMap((part) => part.deployments).filter((deployment) => deployment.pods.some((pod) => pod.state === 'failing')).length;
}

function Section({ id, title, count = '', open = false, children }: { id: string; title: string; count?: string; open?: boolean; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(() => recall(`section.${id}`, open));
  return (
    <details
      class="section"
      open={isOpen}
      onToggle={(event) => {
        const next = event.currentTarget.open;
        setOpen(next);
        remember(`section.${id}`, next);
      }}
    >
      <summary>
        <Icon name="down" size={14} />
        <h3>{title}</h3>
        {count !== '' && <span class="section-count">{count}</span>}
      </summary>
      {isOpen && <div class="section-body">{children}</div>}
    </details>
  );
}
