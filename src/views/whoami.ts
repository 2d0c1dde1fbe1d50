import type { Risk } from '../catalog/system.ts';
import { context, message, section, sectionsOf, type MessageContent } from './blocks.ts';
import { code, escape, join, mrkdwn, truncate, type Mrkdwn } from './mrkdwn.ts';

/** `/stock whoami`: what I may do here, and why not the rest. */
export interface WhoAmI {
  /** Names of the roles that are mine as far as is known. */
  readonly roles: readonly string[];
  /** Who did not answer, so that there may be more; `null` where all is known. */
  readonly silent: string | null;
  readonly systems: readonly SystemRights[];
  /** One system in full, or all of them in a line or two each. */
  readonly isWhole: boolean;
}
export interface SystemRights {
  readonly name: string;
  readonly places: readonly PlaceRights[];
}
/** Environments in which the same holds. */
export interface PlaceRights {
  readonly environments: readonly string[];
  readonly rights: readonly Right[];
}
export interface Right {
  readonly risk: Risk;
  /** `null`: I may ask for it. Otherwise the rule, as in a refusal. */
  readonly whyNotAsk: string | null;
  /** How many others must agree to what I ask for. */
  readonly approvals: number;
  /** Whether I may agree to what others ask for; nobody has to where it is `null`. */
  readonly mayApprove: boolean | null;
}

const names = { read: 'Look', low: 'Low risk', high: 'High risk', destructive: 'What cannot be undone' } as const satisfies Record<Risk, string>;
const most = 12;

export function whoAmIMessage({ roles, silent, systems, isWhole }: WhoAmI): MessageContent {
  const mine = roles.length === 0 ? mrkdwn`*You have no role here*` : mrkdwn`*You are ${truncate(roles.join(', '), 200)}*`;
  const lines = isWhole ? systems.flatMap(inFull) : systems.slice(0, most).map(inShort);
  const left = isWhole ? 0 : systems.length - most;
  return message(mine, [
    silent === null ? null : section(mrkdwn`${silent} does not say whether there is more. What is not known counts as no.`),
    ...sectionsOf([...lines, ...(left > 0 ? [mrkdwn`${left} more`] : [])], isWhole ? '\n' : '\n\n'),
    context(isWhole ? mrkdwn`Nobody approves a request of their own. Roles come from ${code('roles.yaml')}, rules from ${code('policies.yaml')}.` : mrkdwn`More about one: ${code('/stock whoami <system>')}`),
  ]);
}

function inFull({ name, places }: SystemRights): Mrkdwn[] {
  return places.flatMap(({ environments, rights }) => [mrkdwn`*${truncate(name, 60)} · ${truncate(environments.join(', '), 80)}*`, ...rights.map(rightLine)]);
}

function rightLine({ risk, whyNotAsk, approvals, mayApprove }: Right): Mrkdwn {
  const ask = whyNotAsk === null ? asking(risk, approvals) : mrkdwn`no: ${truncate(whyNotAsk, 200)}`;
  return join([mrkdwn`${names[risk]}: ${ask}`, mayApprove === true ? mrkdwn`you approve for others` : null], ' · ');
}

function asking(risk: Risk, approvals: number): Mrkdwn {
  if (approvals > 0) return mrkdwn`you ask, ${approvals} ${approvals === 1 ? 'other approves' : 'others approve'}`;
  return risk === 'read' ? mrkdwn`yes` : mrkdwn`you alone`;
}

/** The rules, without where they stand. */
const reasons = (rights: readonly Right[]) => [...new Set(rights.map(({ whyNotAsk }) => (whyNotAsk ?? '').replace(/ \(policies › [^)]*\)$/u, '')))].join('; ');

/** `look, low, high · approve high · not destructive: it needs a maintenance window` */
function inShort({ name, places }: SystemRights): Mrkdwn {
  const lines = places.map(({ environments, rights }) => {
    const words = (chosen: readonly Right[]) => chosen.map(({ risk }) => (risk === 'read' ? 'look' : risk)).join(', ');
    const [may, mayNot, approve] = [rights.filter(({ whyNotAsk }) => whyNotAsk === null), rights.filter(({ whyNotAsk }) => whyNotAsk !== null), rights.filter(({ mayApprove }) => mayApprove === true)];
    const where = places.length === 1 ? null : mrkdwn`${truncate(environments.join(', '), 80)}:`;
    return join([where, join([escape(may.length === 0 ? 'nothing' : words(may)), approve.length === 0 ? null : mrkdwn`approve ${words(approve)}`, mayNot.length === 0 ? null : mrkdwn`not ${words(mayNot)}: ${truncate(reasons(mayNot), 200)}`], ' · ')], ' ');
  });
  return join([mrkdwn`*${truncate(name, 60)}*`, ...lines], '\n');
}
