import type { IncidentState } from '../incidents/incident.ts';
import { holdLine, type HoldView } from './hold.ts';
import { escape, join, mrkdwn, truncate, whenAgo, type Mrkdwn } from './mrkdwn.ts';

/** How one environment of a system stands, for lists. */
export interface SystemState {
  readonly systemId: string;
  readonly systemName: string;
  readonly environment: string;
  /** Open incidents, worst first. */
  readonly incidents: readonly OpenIncident[];
  /** A freeze of this system alone; one of everything is said once. */
  readonly hold?: HoldView | null;
}
export interface OpenIncident {
  readonly id: number;
  readonly severity: string;
  readonly rank: 1 | 2 | 3 | 4;
  readonly title: string;
  readonly state: Exclude<IncidentState, 'resolved'>;
  readonly since: Date;
}

export const isCalm = (state: SystemState) => state.incidents.length === 0 && state.hold == null;

/** Worst first: by rank, then what nobody has taken. */
export function byBadness(a: SystemState, b: SystemState): number {
  return badness(a) - badness(b) || (a.systemName < b.systemName ? -1 : 1);
}
function badness({ incidents: [worst] }: SystemState): number {
  return worst === undefined ? 100 : worst.rank * 2 + Number(worst.state === 'acknowledged');
}

/** `Stock Service · production: P1, 2 of 3 pods do not answer, nobody has it, since 02:13` */
export function systemLine(state: SystemState, now: Date): Mrkdwn {
  const where = mrkdwn`*${truncate(state.systemName, 60)} · ${truncate(state.environment, 60)}*`;
  const [worst, ...others] = state.incidents;
  const held = state.hold == null ? null : holdLine(state.hold, now);
  if (worst === undefined) return join([mrkdwn`${where}: fine`, held], ' · ');
  return join([mrkdwn`${where}: ${incidentWords(worst, now)}`, others.length === 0 ? null : mrkdwn`${others.length} more open`, held], ' · ');
}

export function incidentWords(incident: OpenIncident, now: Date): Mrkdwn {
  const taken = incident.state === 'triggered' ? mrkdwn`*nobody has it*` : mrkdwn`acknowledged`;
  return join([mrkdwn`${truncate(incident.severity, 30)}, ${truncate(incident.title, 120)}`, taken, mrkdwn`since ${whenAgo(incident.since, now)}`, escape(`INC-${incident.id}`)], ' · ');
}
