import type { ComponentChildren } from 'preact';
import { toggleWorld } from '../navigation.ts';
import { Icon } from '../parts/icon.tsx';
import { state } from '../state.ts';

/** The line above a channel or the home: the way back to the list on a phone, the way to the outside world everywhere. */
export function PaneHead({ children }: { children: ComponentChildren }) {
  const isWorldOpen = state.use((current) => current.isWorldOpen);
  const firing = state.use(({ world }) => world?.systems.flatMap((system) => system.alerts).filter((alert) => alert.firing).length ?? 0);
  return (
    <header class="pane-head">
      <button type="button" class="icon-button only-narrow" aria-label="Channels" onClick={() => state.set({ isListOpen: true })}>
        <Icon name="back" size={20} />
      </button>
      <div class="pane-head-text">{children}</div>
      <button type="button" class="world-button" aria-pressed={isWorldOpen} title="The outside world" onClick={() => toggleWorld()}>
        <Icon name="world" />
        <span class="world-button-text">Outside world</span>
        {firing > 0 && !isWorldOpen && <span class="world-button-count">{firing}<span class="hidden-text"> alerts firing</span></span>}
      </button>
    </header>
  );
}
