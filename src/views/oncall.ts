import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { join, mrkdwn, person, truncate, type Mrkdwn } from './mrkdwn.ts';

/** `/stock oncall`: who has it now. */
export interface OnCall {
  readonly systemName: string | null;
  readonly roles: readonly OnCallRole[];
}
export interface OnCallRole {
  readonly role: string;
  /** Slack user ids; `null` where the schedule did not answer: that is not the same as nobody. */
  readonly people: readonly string[] | null;
}

const most = 12;

export function onCallMessage({ systemName, roles }: OnCall): MessageContent {
  const of = systemName === null ? null : mrkdwn` for ${truncate(systemName, 60)}`;
  const left = roles.length - most;
  return message(mrkdwn`*On call${of}*`, sectionsOf([...(roles.length === 0 ? [mrkdwn`No role is named for it.`] : roles.slice(0, most).map(onCallLine)), ...(left > 0 ? [mrkdwn`${left} more roles`] : [])]));
}

export function onCallLine({ role, people }: OnCallRole): Mrkdwn {
  const who = people === null ? mrkdwn`_not known, the schedule did not answer_` : people.length === 0 ? mrkdwn`*nobody*` : names(people);
  return mrkdwn`${truncate(role, 60)}: ${who}`;
}

function names(people: readonly string[]): Mrkdwn {
  const shown = people.slice(0, 6).map(person);
  return people.length > 6 ? mrkdwn`${join(shown, ', ')} and ${people.length - 6} more` : join(shown, ', ');
}
