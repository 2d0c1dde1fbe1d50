import { pagesOf } from '../escalation/store.ts';
import type { Incident } from '../incidents/incident.ts';
import { findIncident, summarizeAlerts } from '../incidents/store.ts';
import { runsOfIncident } from '../runs/store.ts';
import type { Run } from '../runs/run.ts';
import { whyNotReached } from '../catalog/reach.ts';
import { isOfferedIn } from '../catalog/resolve.ts';
import type { AlertRule, Catalog, System } from '../catalog/system.ts';
import type { MessageContent } from '../views/blocks.ts';
import { incidentCard, type CardAction, type CardRequest, type IntakeProblem } from '../views/incident-card.ts';
import type { Bot } from './bot.ts';
import { holdView } from './hold-content.ts';
import type { NotificationSize } from './intake-incident.ts';

/** The card of an incident as it stands now. `null`: there is no such incident. */
export async function incidentContent(bot: Bot, incidentId: number): Promise<MessageContent | null> {
  const incident = await findIncident(bot.db, incidentId);
  if (incident === undefined) return null;
  const catalog = bot.catalog();
  const system = systemOf(catalog, incident);
  const rule = ruleOf(system, incident);
  const section = rule?.section == null ? undefined : system?.runbook.sections.get(rule.section);
  const [alerts, pages, runs] = await Promise.all([
    incident.origin === 'alertmanager' ? summarizeAlerts(bot.db, incidentId) : null,
    pagesOf(bot.db, incident),
    runsOfIncident(bot.db, incidentId),
  ]);
  return incidentCard({
    incident,
    systemName: system?.name ?? null,
    alerts,
    runbook: section === undefined ? null : { sectionId: section.id, title: section.title, lead: section.lead },
    pages: pages.map((page) => ({ ...page, role: catalog.roles.get(page.role)?.name ?? page.role })),
    requests: runs.flatMap((run) => requestOf(run) ?? []),
    actions: system === null || whyNotReached(catalog, incident, system, incident.environment ?? '', '') !== null ? [] : offeredActions(system, rule, incident),
    outOfReach: system === null && incident.origin === 'alertmanager' ? await whyOutOfReach(bot, incident) : null,
    note: rule?.note ?? null,
    links: { dashboard: system?.dashboards[0]?.url ?? null },
    intake: incident.origin === 'intake' ? await intakeOf(bot, incident) : null,
    hold: system === null ? null : await holdView(bot, system.id),
    now: bot.clock.now(),
  });
}

export function systemOf(catalog: Catalog, incident: Pick<Incident, 'systemId'>): System | null {
  return catalog.systems.find((system) => system.id === incident.systemId) ?? null;
}

export function ruleOf(system: System | null, incident: Pick<Incident, 'alertName'>): AlertRule | null {
  return system?.alerts.rules.find((rule) => rule.name === incident.alertName) ?? null;
}

/** What is usually done about an alert that no rule of the system describes. */
const usualActions = ['restart', 'scale', 'rollback'];

/** The rule's buttons that this environment offers. What is destructive is never on a card. */
function offeredActions(system: System, rule: AlertRule | null, incident: Incident): CardAction[] {
  return (rule?.buttons ?? usualActions).flatMap((id) => {
    const action = system.actions.get(id);
    if (action === undefined || action.risk === 'destructive') return [];
    if (incident.environment !== null && !isOfferedIn(action, incident.environment)) return [];
    return [{ id: action.id, title: action.title, effect: action.effect }];
  });
}

function requestOf(run: Run): CardRequest | null {
  const common = { summary: run.plan.draft.summary, requestedBy: run.requestedBy, line: run.progressLine };
  switch (run.state) {
    case 'awaiting_approval':
      return { ...common, state: 'waitsForApproval', since: run.requestedAt };
    case 'approved':
    case 'started':
      return { ...common, state: 'running', since: run.startedAt ?? run.approvedAt ?? run.requestedAt };
    case 'unknown':
      return { ...common, state: 'unknown', since: run.startedAt ?? run.requestedAt };
    default:
      return null;
  }
}

/** Kept when it opened: an alert that names a system of which its source has no say. */
async function whyOutOfReach(bot: Bot, incident: Incident): Promise<string | null> {
  const entry = await bot.db.selectFrom('timeline_entries').select('text').where('incident_id', '=', incident.id).where('kind', '=', 'outOfReach').orderBy('id', 'desc').executeTakeFirst();
  return entry?.text ?? null;
}

/** What was wrong, from the latest notification of that source that could not be taken. */
async function intakeOf(bot: Bot, incident: Incident): Promise<IntakeProblem> {
  const entry = await bot.db.selectFrom('timeline_entries').select(['text', 'kind', 'details']).where('incident_id', '=', incident.id).where('kind', 'in', ['unreadable', 'tooLarge']).orderBy('id', 'desc').executeTakeFirst();
  if (entry?.kind === 'tooLarge') {
    return { kind: 'tooLarge', source: incident.source, ...(entry.details as NotificationSize) };
  }
  const body = await bot.db.selectFrom('notifications').select('body').where('source', '=', incident.source).where('state', 'in', ['unreadable', 'quarantined']).orderBy('id', 'desc').executeTakeFirst();
  return { kind: 'unreadable', source: incident.source, reason: entry?.text ?? 'not recorded', sizeBytes: body === undefined ? 0 : Buffer.byteLength(body.body) };
}
