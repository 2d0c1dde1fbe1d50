import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { count } from './durations.ts';
import { escape, join, link, mrkdwn, truncate, webAddress, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';
import { incidentWords, type OpenIncident } from './system-state.ts';

/** `/stock incidents`: what is open, worst first. */
export interface IncidentsList {
  /** `null`: of every system. */
  readonly systemName: string | null;
  readonly incidents: readonly (OpenIncident & { readonly systemName: string | null; readonly environment: string | null; readonly cardUrl: string | null })[];
  readonly now: Date;
}

const most = 15;

export function incidentsMessage({ systemName, incidents, now }: IncidentsList): MessageContent {
  const of = systemName === null ? null : mrkdwn` in ${truncate(systemName, 60)}`;
  if (incidents.length === 0) return message(mrkdwn`${symbols.resolved} *No incident is open${of}*`, []);
  const nobody = incidents.filter(({ state }) => state === 'triggered').length;
  const symbol = nobody > 0 ? symbols.triggered : symbols.acknowledged;
  const sorted = incidents.toSorted((a, b) => a.rank - b.rank || Number(a.state === 'acknowledged') - Number(b.state === 'acknowledged') || a.id - b.id);
  const left = sorted.length - most;
  return message(mrkdwn`${symbol} *${count(incidents.length, 'incident')} open${of}, ${nobody === 0 ? 'all acknowledged' : `${nobody} without anybody`}*`, sectionsOf([...sorted.slice(0, most).map((incident) => line(incident, now)), ...(left > 0 ? [mrkdwn`_${left} more, less bad than these_`] : [])]));
}

function line(incident: IncidentsList['incidents'][number], now: Date): Mrkdwn {
  const where = mrkdwn`*${join([escape(truncate(incident.systemName ?? 'Unknown system', 60)), incident.environment === null ? null : escape(truncate(incident.environment, 60))], ' · ')}*`;
  const card = incident.cardUrl !== null && webAddress(incident.cardUrl) !== null ? mrkdwn` · ${link(incident.cardUrl, 'card')}` : null;
  return mrkdwn`${where}: ${incidentWords(incident, now)}${card}`;
}
