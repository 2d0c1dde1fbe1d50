import { timeWithSecondsOf } from '../time.ts';
import type { SlackCall } from '../wire.ts';
import { newestFirst } from './pages.tsx';

export function Calls({ calls }: { calls: readonly SlackCall[] }) {
  if (calls.length === 0) return <p class="quiet">Slack has not been called.</p>;
  return (
    <ol class="log" aria-label="Calls that Slack received, newest first">
      {newestFirst(calls).slice(0, 50).map((call, index) => (
        <li key={`${call.at} ${call.method} ${index}`} class={call.ok ? '' : 'is-bad'}>
          <time dateTime={call.at}>{timeWithSecondsOf(new Date(call.at))}</time>
          <span class="log-what">{call.method}</span>
          <span class="log-how">{call.ok ? 'ok' : (call.error ?? 'refused')}</span>
        </li>
      ))}
    </ol>
  );
}
