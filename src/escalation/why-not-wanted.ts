import type { Incident } from '../incidents/incident.ts';
import type { Page } from './store.ts';

/** Why a page must no longer be sent, or `null` when it must. Pure. */
export function whyNotWanted(page: Pick<Page, 'action' | 'until' | 'dedup_key'>, incident: Incident): 'resolved' | 'acknowledged' | 'another episode' | null {
  if (page.action !== 'trigger') return null;
  if (!page.dedup_key.endsWith(`:${incident.id}:${incident.reopenedCount}`)) return 'another episode';
  if (incident.state === 'resolved') return 'resolved';
  if (incident.state === 'acknowledged' && page.until === 'acknowledged') return 'acknowledged';
  return null;
}
