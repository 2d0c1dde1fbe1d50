import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { recall, remember } from '../memory.ts';
import { state } from '../state.ts';

/** Three sentences for someone who is here for the first time. */
export function Welcome() {
  const [isKnown, setKnown] = useState(() => recall('isWelcomed', false));
  const me = state.use(({ workspace, me: id }) => workspace?.users.find((user) => user.id === id));
  const alerts = state.use(({ workspace }) => workspace?.channels.find((channel) => channel.name.includes('alert'))?.name);
  if (isKnown) return null;
  return (
    <section class="welcome" aria-label="Welcome">
      <ol>
        <li>An alert has fired: press a button on its card in <strong>#{alerts ?? 'alerts'}</strong>.</li>
        <li>You are <strong>{me?.realName ?? 'an engineer'}</strong>; be someone else at the top left, and approve.</li>
        <li>In <strong>the outside world</strong> you fire alerts, break things and move the clock.</li>
      </ol>
      <button
        type="button"
        class="icon-button"
        aria-label="Dismiss the welcome"
        onClick={() => {
          remember('isWelcomed', true);
          setKnown(true);
        }}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}
