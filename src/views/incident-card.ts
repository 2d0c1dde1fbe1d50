import type { AlertSummary, Incident, PageSummary } from '../incidents/incident.ts';
import { button, buttons, context, message, optional, section, type Block, type Button, type MessageContent } from './blocks.ts';
import { count, durationBetween } from './durations.ts';
import { holdLine, type HoldView } from './hold.ts';
import { escape, join, link, mrkdwn, nothing, person, truncate, webAddress, when, whenAgo, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';

/** What the card of one incident shows. One card per incident, edited in place; what happened goes below it in the thread. */
export interface IncidentCard {
  readonly incident: Incident;
  /** `null` where no system claims the alerts: the card then says so and shows their labels (AP-31). */
  readonly systemName: string | null;
  /** Why no system claims the alerts although they name one, as a sentence without its full stop. */
  readonly outOfReach?: string | null;
  /** `null` for an incident that a person declared. */
  readonly alerts: AlertSummary | null;
  readonly runbook: CardRunbook | null;
  /** In the order of their steps. */
  readonly pages: readonly PageSummary[];
  /** What waits or runs now, newest first. */
  readonly requests: readonly CardRequest[];
  /** The actions of the rule that are offered here, in the order of the buttons; the first three get one. */
  readonly actions: readonly CardAction[];
  /** What the bot does differently from the runbook. */
  readonly note: string | null;
  readonly links: { readonly dashboard: string | null };
  /** Why this is an incident although nothing could be read; only for `origin: 'intake'`. */
  readonly intake: IntakeProblem | null;
  /** What keeps changes from starting here. */
  readonly hold?: HoldView | null;
  readonly now: Date;
}
export interface CardRunbook {
  readonly sectionId: string;
  readonly title: string;
  readonly lead: string;
}
export interface CardAction {
  readonly id: string;
  /** Verb first: `Scale`. */
  readonly title: string;
  /** Writes ask first and get the `…`. */
  readonly effect: 'read' | 'write';
}
export interface CardRequest {
  readonly summary: string;
  readonly state: 'waitsForApproval' | 'running' | 'unknown';
  readonly requestedBy: string;
  readonly since: Date;
  /** Where the run has got to: `2 of 3 pods ready`. */
  readonly line: string | null;
}
export type IntakeProblem =
  | { readonly kind: 'unreadable'; readonly source: string; readonly reason: string; readonly sizeBytes: number }
  | { readonly kind: 'tooLarge'; readonly source: string; readonly limitBytes: number; readonly sizeBytes: number | null };

const titleLength = 200;

export function incidentCard(card: IncidentCard): MessageContent {
  const { incident } = card;
  const open = incident.state !== 'resolved';
  return message(firstLine(card), [
    section(join([...undelivered(card), standing(card), ...(open && card.hold != null ? [holdLine(card.hold, card.now)] : []), ...(open ? requestLines(card) : [])], '\n')),
    open ? about(card) : null,
    actionRow(card),
    links(card),
  ]);
}

/** `🔴 P1 · Stock Service · production: 2 of 3 pods do not answer`; the notification is the same line. */
export function firstLine(card: Pick<IncidentCard, 'incident' | 'systemName'>): Mrkdwn {
  const { incident } = card;
  return mrkdwn`${stateSymbol(incident)} *${incidentPlace(card)}: ${headline(incident)}*`;
}

function headline(incident: Incident): string {
  if (incident.state === 'resolved') return incident.resolvedAt === null ? 'resolved' : `resolved after ${durationBetween(incident.openedAt, incident.resolvedAt)}`;
  const title = truncate(incident.title, titleLength);
  return incident.state === 'acknowledged' && incident.alertsEndedAt !== null ? `alerts ended, not yet resolved (${title})` : title;
}

/** `P1 · Stock Service · production`, with what is known of it. */
export function incidentPlace({ incident, systemName }: Pick<IncidentCard, 'incident' | 'systemName'>): Mrkdwn {
  const where = systemName ?? (incident.origin === 'intake' ? 'Intake' : 'Unknown system');
  return join([escape(truncate(incident.severity, 40)), escape(truncate(where, 60)), incident.environment === null ? null : escape(truncate(incident.environment, 60))], ' · ');
}

export function stateSymbol(incident: Incident): Mrkdwn {
  return incident.state === 'triggered' ? symbols.triggered : incident.state === 'acknowledged' ? symbols.acknowledged : symbols.resolved;
}

function standing(card: IncidentCard): Mrkdwn {
  const { incident } = card;
  switch (incident.state) {
    case 'triggered':
      return join([whatFires(card), reopened(incident), whoIsPaged(card)], '\n');
    case 'acknowledged':
      return join([whoHasIt(card), incident.alertsEndedAt === null ? whatFires(card) : alertsEnded(card)], '\n');
    case 'resolved':
      return join([mrkdwn`_${truncate(incident.title, titleLength)}_`, howItEnded(card)], '\n');
  }
}

function whatFires({ incident, alerts, intake, now }: IncidentCard): Mrkdwn {
  if (intake !== null) return intakeLine(intake, incident, now);
  if (incident.origin === 'person') return mrkdwn`Declared ${whenAgo(incident.openedAt, now)}`;
  const name = incident.alertName === '' ? 'Alerts' : truncate(incident.alertName, 100);
  return join([mrkdwn`${name} since ${whenAgo(incident.alertsSince, now)}`, alerts && firing(alerts)], ' · ');
}

function firing({ firing: still, resolved, truncated }: AlertSummary): Mrkdwn {
  const known = resolved === 0 ? `${count(still, 'alert')} firing` : `${still} of ${count(still + resolved, 'alert')} firing`;
  return truncated === 0 ? escape(known) : mrkdwn`${known}, ${truncated} more not sent by Alertmanager`;
}

function intakeLine(intake: IntakeProblem, incident: Incident, now: Date): Mrkdwn {
  const received = mrkdwn`Received ${whenAgo(incident.openedAt, now)} from ${truncate(intake.source, 60)}`;
  const problem =
    intake.kind === 'unreadable'
      ? mrkdwn`${size(intake.sizeBytes)}, kept, without its secrets. What is wrong with it: ${truncate(intake.reason, 300)}`
      : mrkdwn`${intake.sizeBytes === null ? 'More' : size(intake.sizeBytes)} than fits (limit ${size(intake.limitBytes)}); it was refused and not kept. Look in Alertmanager for what fires, and set ${'max_alerts'} there.`;
  return join([received, problem, mrkdwn`Alerts may be hidden in it.`], '\n');
}

function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function reopened(incident: Incident): Mrkdwn | null {
  if (incident.reopenedCount === 0) return null;
  return mrkdwn`It came back: reopened ${incident.reopenedCount === 1 ? 'once' : `${incident.reopenedCount} times`}.`;
}

/** Who knows already, and who is woken next if nobody does anything. */
function whoIsPaged({ pages, now }: IncidentCard): Mrkdwn {
  const steps = pages.filter((page) => page.state === 'accepted' || page.state === 'waiting');
  if (steps.length === 0) return pages.length === 0 ? mrkdwn`Nobody has acknowledged, and nobody is paged for this severity.` : mrkdwn`Nobody has acknowledged, and no page has arrived.`;
  const said = join(
    steps.map((page) => pageStep(page, now)),
    ' · ',
  );
  return join([mrkdwn`Nobody has acknowledged. ${said}`, whoSharesAService(steps)], '\n');
}

/** PagerDuty folds what comes to one service about one incident: whoever reads "paged" must know where that alone wakes nobody. */
function whoSharesAService(steps: readonly PageSummary[]): Mrkdwn | null {
  const roles = [...new Set(steps.filter((page) => page.repeats).map((page) => page.role))];
  if (roles.length === 0) return null;
  const names = join(
    roles.map((role) => mrkdwn`${truncate(role, 60)}`),
    ', ',
  );
  return mrkdwn`${names}: through the same PagerDuty service, so its own policy decides whose phone rings.`;
}

function pageStep(page: PageSummary, now: Date): Mrkdwn {
  const role = truncate(page.role, 60);
  if (page.state === 'accepted' && page.repeats) return mrkdwn`PagerDuty told again for ${role} ${when(page.acceptedAt ?? page.dueAt, now)} ✓`;
  return page.state === 'accepted' ? mrkdwn`${role} paged ${when(page.acceptedAt ?? page.dueAt, now)} ✓` : mrkdwn`${role} at ${when(page.dueAt, now)}`;
}

function whoHasIt({ incident, pages, now }: IncidentCard): Mrkdwn {
  const who = incident.acknowledgedBy === null ? mrkdwn`Somebody` : person(incident.acknowledgedBy);
  const since = incident.acknowledgedAt === null ? nothing : mrkdwn` since ${when(incident.acknowledgedAt, now)} (after ${durationBetween(incident.openedAt, incident.acknowledgedAt)})`;
  const still = pages.filter((page) => page.state === 'waiting' && page.until === 'resolved');
  const next = still.length === 0 ? mrkdwn`paging stopped` : mrkdwn`paging stopped; ${join(still.map((page) => pageStep(page, now)), ', ')} unless resolved`;
  return mrkdwn`${who} has it${since} · ${next}`;
}

function alertsEnded({ incident, now }: IncidentCard): Mrkdwn {
  const name = incident.alertName === '' ? 'The alerts' : truncate(incident.alertName, 100);
  return mrkdwn`${name} ended ${incident.alertsEndedAt && whenAgo(incident.alertsEndedAt, now)}; nothing of it fires now. It stays open until a person resolves it.`;
}

function howItEnded({ incident, now }: IncidentCard): Mrkdwn {
  const ended = incident.alertsEndedAt === null ? null : mrkdwn`${incident.alertName === '' ? 'Alerts' : truncate(incident.alertName, 100)} ended ${when(incident.alertsEndedAt, now)}`;
  const cause = incident.cause === null ? null : mrkdwn`cause: ${truncate(incident.cause, 300)}`;
  const by = incident.resolvedBy === null ? null : incident.resolvedBy === 'alertmanager' ? mrkdwn`resolved by itself` : mrkdwn`resolved by ${person(incident.resolvedBy)}`;
  const held = incident.acknowledgedBy === null && incident.resolvedBy === 'alertmanager' ? mrkdwn`nobody had acknowledged` : null;
  return join([ended, cause, by, held], ' · ');
}

function requestLines({ requests, now }: IncidentCard): Mrkdwn[] {
  const shown = requests.slice(0, 3).map((request) => requestLine(request, now));
  return requests.length > 3 ? [...shown, mrkdwn`${requests.length - 3} more in the thread`] : shown;
}

function requestLine(request: CardRequest, now: Date): Mrkdwn {
  const what = mrkdwn`*${truncate(request.summary, 150)}*`;
  const who = mrkdwn`${person(request.requestedBy)}, ${when(request.since, now)}`;
  const line = request.line === null ? null : escape(truncate(request.line, 150));
  switch (request.state) {
    case 'running':
      return join([mrkdwn`Running: ${what} (${who})`, line], ' · ');
    case 'waitsForApproval':
      return join([mrkdwn`Waits for approval: ${what} (${who})`, line], ' · ');
    case 'unknown':
      return join([mrkdwn`Not known whether it happened: ${what} (${who})`, line], ' · ');
  }
}

/** A page that did not arrive is the first thing to know: bold, with what happens next. */
function undelivered({ pages, now, incident }: IncidentCard): Mrkdwn[] {
  if (incident.state === 'resolved') return [];
  return pages
    .filter((page) => page.state === 'undelivered' || page.state === 'refused')
    .map((page) => {
      const tried = mrkdwn`tried ${page.tries === 1 ? 'once' : `${page.tries} times`}`;
      const why = page.lastError === null ? nothing : mrkdwn` (${truncate(page.lastError.replace(/\.$/, ''), 150)})`;
      const next = page.state === 'refused' || page.nextTryAt === null ? mrkdwn`it will not be tried again` : mrkdwn`next try ${when(page.nextTryAt, now)}`;
      return mrkdwn`*Page NOT delivered: ${tried}${why}; ${next}.* Please reach ${truncate(page.role, 60)} yourselves.`;
    });
}

/** The runbook's words and the bot's caveats; the first to give way when there is no room. */
function about(card: IncidentCard): ReturnType<typeof optional> | null {
  const parts: (Block | null)[] = [runbookBlock(card), card.systemName === null ? unknownSystem(card) : null, card.note === null ? null : context(mrkdwn`⚠ The bot does this differently: ${truncate(card.note, 400)}`)];
  return parts.some((part) => part !== null) ? optional('runbook', ...parts) : null;
}

function runbookBlock({ runbook, incident }: IncidentCard): Block | null {
  if (runbook === null) return null;
  const open = button('Runbook', { verb: 'runbook.open', incidentId: incident.id, incidentVersion: incident.version, sectionId: runbook.sectionId });
  return section(mrkdwn`_Runbook › ${truncate(runbook.title, 100)}._ ${truncate(runbook.lead, 400)}`, open);
}

function unknownSystem({ incident, alerts, outOfReach = null }: IncidentCard): Block | null {
  if (incident.origin === 'intake') return null;
  const labels = Object.entries(alerts?.examples[0]?.labels ?? {}).filter(([name]) => name !== 'alertname');
  const shown = labels.slice(0, 8).map(([name, value]) => mrkdwn`${truncate(name, 60)} = ${truncate(value, 100)}`);
  const rest = labels.length > 8 ? mrkdwn`${labels.length - 8} more` : null;
  const sentence = outOfReach !== null ? mrkdwn`${truncate(outOfReach, 300)}, so there is no runbook and no action for it here. To change that: ${'reach'} in ${'systems/sources.yaml'}.` : mrkdwn`No system claims these alerts, so there is no runbook and no action for them. To change that: ${'alerts.attribution'} in a system's file.`;
  return section(join([sentence, join([...shown, rest], ' · ')], '\n'));
}

/** Acknowledge first while nobody has; the rule's first three actions; the rest behind More. Nothing destructive is ever here. */
function actionRow({ incident, actions }: IncidentCard): Block | null {
  const about = { incidentId: incident.id, incidentVersion: incident.version };
  const more = button('More', { verb: 'incident.more', ...about });
  if (incident.state === 'resolved') {
    const cause = incident.cause === null ? button('Add the cause…', { verb: 'incident.resolve', ...about }) : null;
    return buttons(button('Reopen', { verb: 'incident.reopen', ...about }), cause, more);
  }
  const resolve = (style?: 'primary') => button('Resolve…', { verb: 'incident.resolve', ...about }, style);
  const first: Button = incident.state === 'triggered' ? button('Acknowledge', { verb: 'incident.acknowledge', ...about }, 'primary') : resolve(incident.alertsEndedAt === null ? undefined : 'primary');
  const offered = actions.slice(0, 3).map(({ id, title, effect }) => button(effect === 'write' ? `${truncate(title, 28)}…` : truncate(title, 29), { verb: 'action.propose', ...about, actionId: id }));
  const spare = incident.state === 'triggered' && offered.length < 3 ? resolve() : null;
  return buttons(first, ...offered, spare, more);
}

function links({ incident, alerts, links: { dashboard } }: IncidentCard): Block {
  const to = (url: string | null | undefined, words: string) => (url && webAddress(url) !== null ? link(url, words) : null);
  return context(join([to(alerts?.links.graph, 'Graph'), to(dashboard, 'Dashboard'), to(alerts?.links.alertmanager[0], 'Alertmanager'), mrkdwn`INC-${incident.id}`], ' · '));
}
