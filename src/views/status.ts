import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { count } from './durations.ts';
import { holdLine, type HoldView } from './hold.ts';
import { mrkdwn, truncate, type Mrkdwn } from './mrkdwn.ts';
import { symbols } from './symbols.ts';
import { byBadness, isCalm, systemLine, type SystemState } from './system-state.ts';

const mostLines = 5;

/** `/stock status`: at most five lines, worst first; what is fine is one line together. */
export function statusMessage(states: readonly SystemState[], now: Date, everywhere: HoldView | null = null): MessageContent {
  const off = states.filter((state) => !isCalm(state)).toSorted(byBadness);
  const calm = states.filter(isCalm);
  const room = calm.length > 0 ? mostLines - 1 : mostLines;
  const shown = off.length > room ? off.slice(0, room - 1) : off;
  const lines: Mrkdwn[] = shown.map((state) => systemLine(state, now));
  if (off.length > shown.length) lines.push(mrkdwn`${off.length - shown.length} more are not fine; ${'/stock incidents'} names them all.`);
  if (calm.length > 0) lines.push(mrkdwn`Fine: ${truncate(calm.map(({ systemName, environment }) => `${systemName} ${environment}`).join(', '), 400)}`);
  return message(headline(states, off), sectionsOf([...(everywhere === null ? [] : [holdLine(everywhere, now)]), ...lines]));
}

function headline(states: readonly SystemState[], off: readonly SystemState[]): Mrkdwn {
  if (states.length === 0) return mrkdwn`There are no systems yet.`;
  const open = off.reduce((sum, { incidents }) => sum + incidents.length, 0);
  if (off.length === 0) return mrkdwn`${symbols.resolved} *Nothing is open; ${count(states.length, 'environment')} fine*`;
  const nobody = off.some(({ incidents }) => incidents.some(({ state }) => state === 'triggered'));
  const symbol = nobody ? symbols.triggered : open > 0 ? symbols.acknowledged : symbols.unknown;
  return mrkdwn`${symbol} *${count(open, 'incident')} open, ${states.length - off.length} of ${states.length} fine*`;
}
