import type { IncidentState } from '../incidents/incident.ts';
import { context, limits, message, optional, section, sectionsOf, type MessageContent } from './blocks.ts';
import { count, duration, durationBetween } from './durations.ts';
import { codePoints, escape, join, mrkdwn, truncate, whenAgo, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';

/**
 * When more comes in than Slack takes: one live card with the counts, and a thread that names every group with its state. Nobody has to
 * guess what is in a storm while the cards of its incidents follow at Slack's pace.
 */
export interface Storm {
  readonly startedAt: Date;
  /** All that came in, whatever became of it since. */
  readonly groups: readonly StormGroup[];
  readonly pages: { readonly waiting: number; readonly undelivered: number };
  /** Incidents whose own card is not in the channel yet. */
  readonly cardsToCome: number;
  readonly now: Date;
}
export interface StormGroup {
  readonly incidentId: number;
  readonly systemName: string | null;
  readonly environment: string | null;
  readonly severity: string;
  readonly rank: 1 | 2 | 3 | 4;
  readonly title: string;
  readonly state: IncidentState;
}

const worstShown = 10;
const groupsPerPage = 40;

export function stormCard(storm: Storm): MessageContent {
  const { groups, now } = storm;
  const over = groups.filter(({ state }) => state === 'resolved').length;
  const worst = groups.filter(({ state }) => state !== 'resolved').toSorted(byBadness);
  const rest = worst.length - worstShown;
  return message(
    mrkdwn`${symbols.triggered} *Storm: ${count(groups.length, 'alert group')} in ${durationBetween(storm.startedAt, now)} · ${bySeverity(groups)} · ${pagesLine(storm.pages)}*`,
    [
      section(mrkdwn`Began ${whenAgo(storm.startedAt, now)} · ${groups.length - over} open, ${over} resolved · ${cardsLine(storm.cardsToCome)}`),
      worst.length === 0 ? null : optional('the worst', ...sectionsOf([mrkdwn`*The worst now*`, ...worst.slice(0, worstShown).map((group) => inOneLine(group)), ...(rest > 0 ? [mrkdwn`_${rest} more open, all named in the thread_`] : [])])),
      optional('the systems', ...sectionsOf(bySystem(groups).map(({ name, groups: own }) => mrkdwn`*${name}*: ${states(own)}`))),
      context(mrkdwn`The thread names every group with its state. Each gets its own card as Slack allows, worst first.`),
    ],
  );
}

/**
 * The thread of a storm: every group exactly once, grouped by system, in an order that stands still while states change, so that each
 * message can be edited in place. New groups of a system may move later pages.
 */
export function stormPages(groups: readonly StormGroup[]): readonly MessageContent[] {
  const pages: { lines: Mrkdwn[]; length: number; groups: number; names: Set<string> }[] = [];
  for (const { name, groups: own } of bySystem(groups)) {
    const heading = mrkdwn`*${name}*: ${states(own)}`;
    for (const [index, group] of own.toSorted((a, b) => a.incidentId - b.incidentId).entries()) {
      const line = inOneLine(group, true);
      const needed = codePoints(line.source) + codePoints(heading.source) + 4;
      let page = pages.at(-1);
      if (page === undefined || page.groups >= groupsPerPage || page.length + needed > limits.textPerMessage - 1_000) {
        page = { lines: [], length: 0, groups: 0, names: new Set() };
        pages.push(page);
      }
      if (index === 0 || page.groups === 0) page.lines.push(heading);
      page.lines.push(line);
      page.length += needed;
      page.groups += 1;
      page.names.add(name);
    }
  }
  return pages.map((page, index) => message(mrkdwn`*Storm, ${index + 1} of ${pages.length}: ${truncate([...page.names].join(', '), 200)}*`, sectionsOf(page.lines)));
}

/** What is left to read when it is over; the card becomes this and leaves the pins. */
export function stormEnd(storm: Storm & { readonly endedAt: Date }): MessageContent {
  const open = storm.groups.filter(({ state }) => state !== 'resolved').toSorted(byBadness);
  const lasted = duration(storm.endedAt.getTime() - storm.startedAt.getTime());
  const symbol = open.length === 0 ? symbols.resolved : symbols.acknowledged;
  return message(mrkdwn`${symbol} *Storm over after ${lasted}: ${count(storm.groups.length, 'alert group')} · ${open.length === 0 ? 'all resolved' : `${open.length} still open`}*`, [
    section(mrkdwn`${bySeverity(storm.groups)} · ${pagesLine(storm.pages)} · ${cardsLine(storm.cardsToCome)}`),
    open.length === 0 ? null : optional('what is open', ...sectionsOf([mrkdwn`*Still open*`, ...open.slice(0, worstShown).map((group) => inOneLine(group)), ...(open.length > worstShown ? [mrkdwn`_${open.length - worstShown} more, all named in the thread_`] : [])])),
    optional('the systems', ...sectionsOf(bySystem(storm.groups).map(({ name, groups: own }) => mrkdwn`*${name}*: ${states(own)}`))),
  ]);
}

function inOneLine(group: StormGroup, underItsSystem = false): Mrkdwn {
  const state = group.state === 'triggered' ? mrkdwn`*open*` : mrkdwn`${group.state}`;
  const where = join([escape(truncate(group.severity, 30)), underItsSystem ? null : escape(truncate(group.systemName ?? 'Unknown system', 60)), group.environment === null ? null : escape(truncate(group.environment, 40))], ' · ');
  return mrkdwn`INC-${group.incidentId} ${state} · ${where}: ${truncate(group.title, 100)}`;
}

const byBadness = (a: StormGroup, b: StormGroup) => Number(a.state !== 'triggered') - Number(b.state !== 'triggered') || a.rank - b.rank || a.incidentId - b.incidentId;

/** Known systems by name, what nobody claims last. */
function bySystem(groups: readonly StormGroup[]): { readonly name: string; readonly groups: readonly StormGroup[] }[] {
  const known = Map.groupBy(groups, ({ systemName }) => systemName);
  return [...known]
    .toSorted(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
    .map(([name, own]) => ({ name: truncate(name ?? 'Unknown system', 60), groups: own }));
}

/** `P1 9 · P2 140`: the systems' own words, worst first. */
function bySeverity(groups: readonly StormGroup[]): Mrkdwn {
  const labels = [...Map.groupBy(groups.toSorted((a, b) => a.rank - b.rank), ({ severity }) => severity)];
  const shown = labels.slice(0, 8).map(([label, own]) => mrkdwn`${truncate(label, 30)} ${own.length}`);
  return join([...shown, labels.length > 8 ? mrkdwn`others ${labels.slice(8).reduce((sum, [, own]) => sum + own.length, 0)}` : null], ' · ');
}

function states(groups: readonly StormGroup[]): Mrkdwn {
  const of = (state: IncidentState) => groups.filter((group) => group.state === state).length;
  const parts = [of('triggered') > 0 ? `${of('triggered')} open` : '', of('acknowledged') > 0 ? `${of('acknowledged')} acknowledged` : '', of('resolved') > 0 ? `${of('resolved')} resolved` : ''];
  return join(parts.map(escape), ', ');
}

function pagesLine({ waiting, undelivered }: Storm['pages']): string {
  if (undelivered > 0) return `${count(undelivered, 'page')} NOT delivered`;
  return waiting > 0 ? `${count(waiting, 'page')} still to send` : 'all pages sent';
}

function cardsLine(cardsToCome: number): string {
  return cardsToCome === 0 ? 'every incident has its card' : `${count(cardsToCome, 'card')} still to come`;
}
