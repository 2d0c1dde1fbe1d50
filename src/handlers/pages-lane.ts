import { record } from '../audit/record.ts';
import type { PageEvent } from '../escalation/pagerduty-port.ts';
import { cancelPage, claimPage, giveBack, keepSpacing, markAccepted, markFailed, markRefused, nextPageAt, type Page } from '../escalation/store.ts';
import { whyNotWanted } from '../escalation/why-not-wanted.ts';
import { addTimelineEntry, findIncident } from '../incidents/store.ts';
import type { Incident } from '../incidents/incident.ts';
import type { Tx } from '../storage/database.ts';
import { hasSlept } from '../storage/lease.ts';
import { refreshMessages } from '../storage/outbox.ts';
import { failpoint } from '../support/failpoints.ts';
import type { Bot } from './bot.ts';
import { systemOf } from './incident-content.ts';
import type { Lane } from './lanes.ts';

/** Between two tries of a page that PagerDuty does not take: 5 s, 10 s, 20 s … at most a minute (F-31). */
const retryMs = (tries: number) => Math.min(60_000, 5_000 * 2 ** Math.max(0, tries - 1));

/** Tells PagerDuty what is due, in order per incident, until it is accepted or no longer true. */
export function pagesLane(bot: Bot): Lane {
  return {
    name: 'pages',
    step: async (now) => {
      const page = await claimPage(bot.db, bot.owner, now);
      if (page === undefined) return false;
      failpoint('page.after-claim');
      await send(bot, page, now);
      failpoint('page.after-commit');
      bot.wake();
      return true;
    },
    nextAt: () => nextPageAt(bot.db, bot.clock.now()),
  };
}

async function send(bot: Bot, page: Page, now: Date): Promise<void> {
  const incident = await findIncident(bot.db, page.incident_id);
  // Asked again at every try: a page for what is over wakes somebody for nothing.
  if (incident === undefined || whyNotWanted(page, incident) !== null) return cancelPage(bot.db, page);
  const routingKey = bot.routingKey(page.routing_key_setting);
  failpoint('page.before-send');
  // Another process may have sent it and its end since: a trigger that comes after would wake somebody for what is over (P-9, F-40).
  if (hasSlept(bot.clock, now)) return giveBack(bot.db, page);
  const receipt =
    routingKey === undefined
      ? ({ status: 'refused', reason: `the setting ${page.routing_key_setting} is missing`, permanent: false } as const)
      : await bot.pagerduty.send(eventOf(bot, page, incident, routingKey, now));
  failpoint('page.after-send');
  bot.metrics.pages.inc({ action: page.action, answer: receipt.status });

  await bot.db.transaction().execute(async (tx) => {
    if (receipt.status === 'accepted') {
      await markAccepted(tx, page, now);
      await keepSpacing(tx, page, now);
      await recordPage(bot, tx, page, incident, 'accepted', now);
      await addTimelineEntry(tx, incident.id, { at: now, kind: 'page', actor: 'stockops', text: page.action === 'trigger' ? `${roleName(bot, page)} paged` : `PagerDuty told: ${page.action}` });
    } else if (receipt.status === 'refused' && receipt.permanent) {
      bot.log.error('PagerDuty refused a page for good', { incident: incident.id, step: page.step, reason: receipt.reason });
      await markRefused(tx, page, receipt.reason);
      await recordPage(bot, tx, page, incident, 'refused', now, receipt.reason);
    } else {
      await markFailed(tx, page, receipt.reason, new Date(now.getTime() + retryMs(page.tries)));
    }
    await refreshMessages(tx, 'card', String(incident.id), now);
  });
}

async function recordPage(bot: Bot, tx: Tx, page: Page, incident: Incident, answer: 'accepted' | 'refused', now: Date, reason?: string): Promise<void> {
  const details = { action: page.action, step: page.step + 1, role: roleName(bot, page), tries: page.tries, dedupKey: page.dedup_key, reason };
  await record(tx, { at: now, actor: 'stockops', kind: `page.${answer}`, subject: `INC-${incident.id}`, system: incident.systemId, details });
}

const severityOfRank = { 1: 'critical', 2: 'error', 3: 'warning', 4: 'info' } as const;

function eventOf(bot: Bot, page: Page, incident: Incident, routingKey: string, now: Date): PageEvent {
  const system = systemOf(bot.catalog(), incident);
  return {
    routingKey,
    action: page.action,
    dedupKey: page.dedup_key,
    summary: `${incident.severity} · ${system?.name ?? 'Unknown system'} · ${incident.environment ?? 'unknown environment'}: ${incident.title}`,
    source: `${incident.systemId ?? 'unknown'}/${incident.environment ?? 'unknown'}`,
    severity: severityOfRank[incident.rank],
    ...(incident.component !== null && { component: incident.component }),
    ...(incident.alertName !== '' && { class: incident.alertName }),
    customDetails: { incident: `INC-${incident.id}`, step: page.step + 1, role: roleName(bot, page) },
    links: system === null ? [] : [{ href: system.runbook.url, text: 'Runbook' }],
    timestamp: now,
  };
}

function roleName(bot: Bot, page: Page): string {
  return bot.catalog().roles.get(page.role)?.name ?? page.role;
}
