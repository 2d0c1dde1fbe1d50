import { message, sectionsOf, type MessageContent } from './blocks.ts';
import { join, mrkdwn, person, truncate, when, type Mrkdwn } from './mrkdwn.ts';

/** `/stock oncall`: who has it now, and who is next. */
export interface OnCall {
  readonly systemName: string | null;
  readonly roles: readonly OnCallRole[];
  readonly now: Date;
}
export interface OnCallRole {
  readonly role: string;
  /** Slack user ids; `null` where the schedule did not answer: that is not the same as nobody. */
  readonly people: readonly string[] | null;
  readonly until: Date | null;
  readonly next: { readonly people: readonly string[]; readonly from: Date } | null;
}

const most = 12;

export function onCallMessage({ systemName, roles, now }: OnCall): MessageContent {
  const of = systemName === null ? null : mrkdwn` for ${truncate(systemName, 60)}`;
  const left = roles.length - most;
  return message(mrkdwn`*On call${of}*`, sectionsOf([...(roles.length === 0 ? [mrkdwn`No role is named for it.`] : roles.slice(0, most).map((role) => onCallLine(role, now))), ...(left > 0 ? [mrkdwn`${left} more roles`] : [])]));
}

export function onCallLine({ role, people, until, next }: OnCallRole, now: Date): Mrkdwn {
  const who = people === null ? mrkdwn`_not known, the schedule did not answer_` : people.length === 0 ? mrkdwn`*nobody*` : names(people);
  return join(
    [
      mrkdwn`${truncate(role, 60)}: ${who}${until === null ? null : mrkdwn` until ${when(until, now)}`}`,
      next && mrkdwn`then ${names(next.people)}${until?.getTime() === next.from.getTime() ? null : mrkdwn` from ${when(next.from, now)}`}`,
    ],
    ', ',
  );
}

function names(people: readonly string[]): Mrkdwn {
  const shown = people.slice(0, 6).map(person);
  return people.length > 6 ? mrkdwn`${join(shown, ', ')} and ${people.length - 6} more` : join(shown, ', ');
}
