import { timeOf, timeWithSecondsOf } from '../time.ts';
import type { World } from '../wire.ts';

const symbols: Readonly<Record<string, string>> = { triggered: '🔴', acknowledged: '🟠', resolved: '🟢' };

/** What PagerDuty holds, and every event it was sent, refused ones too. */
export function Pages({ pagerduty }: { pagerduty: World['pagerduty'] }) {
  const { incidents, events } = pagerduty;
  if (incidents.length === 0 && events.length === 0) return <p class="quiet">Nobody has been paged.</p>;
  return (
    <>
      <ul class="lines">
        {incidents.map((incident) => (
          <li key={incident.dedupKey} title={incident.dedupKey}>
            <p class="line-main">{incident.summary}</p>
            <p class="line-meta"><span aria-hidden="true">{symbols[incident.status] ?? ''}</span> {incident.status} · {incident.severity} · <time dateTime={incident.openedAt}>{timeOf(new Date(incident.openedAt))}</time></p>
          </li>
        ))}
      </ul>
      {events.length > 0 && (
        <ol class="log" aria-label="Events that PagerDuty was sent">
          {newestFirst(events).slice(0, 12).map((event, index) => {
            const isTaken = event.status.startsWith('2');
            return (
              <li key={`${event.at} ${index}`} class={isTaken ? '' : 'is-bad'} title={event.summary}>
                <time dateTime={event.at}>{timeWithSecondsOf(new Date(event.at))}</time>
                <span class="log-what">{event.action}</span>
                <span class="log-how">{isTaken ? 'taken' : /^\d/.test(event.status) ? `refused ${event.status}` : event.status}</span>
              </li>
            );
          })}
        </ol>
      )}
    </>
  );
}

export function newestFirst<T extends { readonly at: string }>(entries: readonly T[]): readonly T[] {
  return [...entries].sort((one, other) => other.at.localeCompare(one.at));
}
