import { addTimelineEntry, changeIncident, lockIncident } from '../incidents/store.ts';
import type { Tx } from '../storage/database.ts';
import { refreshMessages, wantMessage } from '../storage/outbox.ts';
import type { Run } from './run.ts';

export const runMessageKey = (runId: string): string => `run:${runId}`;

/** Where a run's message stands in the queue: a person waits for it. */
const runPriority = 5;

/**
 * The run's one message, and the line about it on the incident's card, show the state of now. With `entry`, the timeline says so too. Once it has
 * succeeded or failed, cards from before are stale.
 */
export async function announceRun(tx: Tx, run: Run, now: Date, entry?: { readonly actor: string; readonly text: string }): Promise<void> {
  // Before the messages, as everybody does who changes an incident: two who lock them crosswise would wait for each other.
  // A stored plan that somebody has changed may name an incident that there never was; that it is void is said all the same.
  const incident = run.plan.incidentId === null ? undefined : await lockIncident(tx, run.plan.incidentId);
  await wantMessage(
    tx,
    {
      key: runMessageKey(run.id),
      channel: run.channelId,
      ...(run.threadKey !== null && { threadKey: run.threadKey }),
      kind: 'run',
      subject: run.id,
      priority: runPriority,
    },
    now,
  );
  // Those who were asked in person see the same.
  await refreshMessages(tx, 'approval', run.id, now);
  await refreshMessages(tx, 'reminder', run.id, now);
  if (incident === undefined) return;
  const after = await tx.selectFrom('runs').select('state').where('id', '=', run.id).executeTakeFirst();
  if (after?.state === 'succeeded' || after?.state === 'failed') await makeCardsStale(tx, incident.id);
  await refreshMessages(tx, 'card', String(incident.id), now);
  if (entry !== undefined) await addTimelineEntry(tx, incident.id, { at: now, kind: 'run', actor: entry.actor, text: entry.text });
}

/** What was carried out may have changed what a button on an older card was meant for: it is not pressed by somebody who has not seen how the run ended. */
async function makeCardsStale(tx: Tx, incidentId: number): Promise<void> {
  await changeIncident(tx, incidentId, {}, true);
}
