import { readNotification } from '../alerts/read-notification.ts';
import { reachOf } from '../catalog/reach.ts';
import { attributeAlert, severityFor } from '../catalog/resolve.ts';
import { applyAlertGroup, type Attribution } from '../incidents/apply-alert-group.ts';
import type { Tx } from '../storage/database.ts';
import { isLastTry } from '../storage/lease.ts';
import { claimNotification, failNotification, finishNotification, nextNotificationAt, type Notification } from '../storage/notifications.ts';
import { failpoint } from '../support/failpoints.ts';
import { messageOf } from '../support/log.ts';
import { afterIncidentChange, announceEvent } from './after-incident-change.ts';
import type { Bot } from './bot.ts';
import { openIntakeIncident } from './intake-incident.ts';
import type { Lane } from './lanes.ts';

/** Takes stored webhooks, in the order in which they came, and merges them into what is known. */
export function notificationsLane(bot: Bot): Lane {
  return {
    name: 'notifications',
    step: async (now) => {
      const notification = await claimNotification(bot.db, bot.owner, now);
      if (notification === undefined) return false;
      try {
        await apply(bot, notification, now);
      } catch (error) {
        await putBack(bot, notification, error, now);
      }
      bot.wake();
      return true;
    },
    nextAt: () => nextNotificationAt(bot.db),
  };
}

async function apply(bot: Bot, notification: Notification, now: Date): Promise<void> {
  failpoint('notification.after-claim');
  const read = readNotification(notification.body);
  // Also where a part of it could be read: the body is what a person looks at for the rest, and it is not deleted before they have (F-50).
  const isReadWhole = read.kind === 'group' && read.unreadable.length === 0;
  const outcome = await bot.db.transaction().execute(async (tx) => {
    // Another process took it over while this one slept; it is theirs (F-40).
    if (!(await finishNotification(tx, notification, isReadWhole ? 'applied' : 'unreadable'))) return [];
    if (read.kind === 'unreadable') {
      await showUnreadable(tx, bot, notification, read.reason, now);
      return ['unreadable'];
    }
    const { changes, events } = await applyAlertGroup(tx, { source: notification.source, group: read.group, alerts: read.alerts }, (labels) => attribute(bot, notification.source, labels), now);
    for (const change of changes) await afterIncidentChange(tx, change, bot.paging, now);
    for (const event of events) await announceEvent(tx, event, now);
    if (read.unreadable.length > 0) await showUnreadable(tx, bot, notification, read.unreadable.join('; ').slice(0, 500), now);
    failpoint('notification.before-commit');
    return changes.map((change) => change.kind);
  });
  failpoint('notification.after-commit');
  bot.metrics.notifications.inc({ outcome: read.kind });
  for (const change of outcome) bot.metrics.incidents.inc({ change });
}

function attribute(bot: Bot, source: string, labels: Readonly<Record<string, string>>): Attribution {
  const catalog = bot.catalog();
  const found = attributeAlert(catalog, labels, reachOf(catalog, source));
  if (found !== null && 'system' in found) {
    const severity = severityFor(found.system, found.rule, labels);
    return { system: found.system, environment: found.environment.name, component: found.component?.name ?? null, rule: found.rule, severity: severity.label, rank: severity.rank };
  }
  const rank = labels['severity'] === 'critical' ? 1 : labels['severity'] === 'info' ? 4 : 3;
  const unclaimed = { system: null, environment: null, component: null, severity: labels['severity'] || 'No severity', rank } as const;
  if (found !== null) return { ...unclaimed, rule: null, outOfReach: `It names ${found.outOfReach}, where alerts of the source "${source}" have no say` };
  const event = catalog.systems.flatMap((system) => system.alerts.rules).find((rule) => rule.mode === 'event' && rule.name === labels['alertname']) ?? null;
  return { ...unclaimed, rule: event };
}

/** What cannot be read is shown: an incident of its own, joined by whatever else of this source cannot be read while it is open. */
async function showUnreadable(tx: Tx, bot: Bot, notification: Notification, reason: string, now: Date): Promise<void> {
  const title = `A notification from ${notification.source} could not be read`;
  await openIntakeIncident(tx, bot, { source: notification.source, kind: 'unreadable', title, detail: `${reason} (${Buffer.byteLength(notification.body)} bytes, kept as notification ${notification.id})` }, now);
}

async function putBack(bot: Bot, notification: Notification, error: unknown, now: Date): Promise<void> {
  const quarantined = isLastTry(notification);
  const reason = messageOf(error);
  bot.log[quarantined ? 'error' : 'warn']('A notification could not be applied', { notification: notification.id, tries: notification.tries, error: reason });
  await bot.db.transaction().execute(async (tx) => {
    const isOurs = await failNotification(tx, notification, reason, now);
    if (isOurs && quarantined) await showUnreadable(tx, bot, notification, `It failed ${notification.tries} times: ${reason}`, now);
  });
}
