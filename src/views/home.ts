import type { Refusal } from '../actions/plan.ts';
import { button, divider, header, home, section, sectionsOf, type Block, type HomeContent, type Optional } from './blocks.ts';
import { holdLine, type HoldView } from './hold.ts';
import { mrkdwn, person, truncate, when, type Mrkdwn } from './mrkdwn.ts';
import { onCallLine, type OnCallRole } from './oncall.ts';
import { refusalLines } from './refusal.ts';
import { byBadness, incidentWords, isCalm, systemLine, type OpenIncident, type SystemState } from './system-state.ts';

/** The Home tab of one person: what needs them, then how everything stands. Readable in ten seconds. */
export interface Home {
  readonly waiting: readonly { readonly requestId: string; readonly summary: string; readonly environment: string; readonly requestedBy: string; readonly expiresAt: Date }[];
  /** Open incidents that this person has acknowledged. */
  readonly mine: readonly OpenIncident[];
  readonly systems: readonly SystemState[];
  readonly onCall: readonly OnCallRole[];
  readonly maintenance: readonly { readonly what: string; readonly from: Date; readonly to: Date }[];
  readonly runs: readonly { readonly summary: string; readonly outcome: string; readonly at: Date }[];
  /** What is held everywhere. */
  readonly hold?: HoldView | null;
  readonly now: Date;
}

const most = 5;

export function homeView(view: Home): HomeContent {
  const { now } = view;
  const off = view.systems.filter((state) => !isCalm(state)).toSorted(byBadness);
  const calm = view.systems.filter(isCalm);
  const systems = [
    ...upTo(off, 10, (state) => systemLine(state, now)),
    ...(calm.length > 0 ? [mrkdwn`${off.length === 0 ? 'All fine' : 'Fine'}: ${truncate(calm.map(({ systemName, environment }) => `${systemName} ${environment}`).join(', '), 600)}`] : []),
  ];
  return home([
    view.hold == null ? null : section(holdLine(view.hold, now)),
    ...needsMe(view),
    view.systems.length + view.onCall.length > 0 ? divider : null,
    ...titled('Systems', systems),
    ...titled('On call', upTo(view.onCall, 8, onCallLine)),
    ...titled('Maintenance coming up', upTo(view.maintenance, most, ({ what, from, to }) => mrkdwn`${truncate(what, 150)}, ${when(from, now)} to ${when(to, now)}`)),
    ...titled('My last runs', upTo(view.runs, most, ({ summary, outcome, at }) => mrkdwn`${truncate(summary, 150)}: ${truncate(outcome, 80)}, ${when(at, now)}`)),
  ]);
}

/** For whoever the bot answers nothing. */
export function refusedHome(refusal: Refusal): HomeContent {
  return home([section(refusalLines(refusal))]);
}

function needsMe({ waiting, mine, now }: Home): (Block | Optional)[] {
  if (waiting.length + mine.length === 0) return [section(mrkdwn`*Nothing needs you now.*`)];
  const shown = waiting.slice(0, most).map((request) =>
    section(mrkdwn`*Your decision:* ${truncate(request.summary, 200)} (${truncate(request.environment, 60)}), asked by ${person(request.requestedBy)}, until ${when(request.expiresAt, now)}`, button('See the plan', { verb: 'request.show', requestId: request.requestId })),
  );
  const rest = waiting.length > most ? [section(mrkdwn`${waiting.length - most} more wait for a decision.`)] : [];
  return [
    header('Needs you'),
    ...shown,
    ...rest,
    ...sectionsOf(upTo(mine, most, (incident) => mrkdwn`*You have:* ${incidentWords(incident, now)}`)),
  ];
}

const titled = (title: string, lines: readonly Mrkdwn[]): Block[] => (lines.length === 0 ? [] : [header(title), ...sectionsOf(lines)]);

function upTo<T>(items: readonly T[], max: number, line: (item: T) => Mrkdwn): Mrkdwn[] {
  const left = items.length - max;
  return [...items.slice(0, max).map(line), ...(left > 0 ? [mrkdwn`_${left} more_`] : [])];
}
