/** Going on without approvals that do not come, as the commander of an incident. Pure: what is so is read before. */
import type { Refusal } from '../actions/plan.ts';
import type { Incident } from '../incidents/incident.ts';
import { rulesToApproveBy, whyNotAsk, type Identity, type Ruling } from './policy.ts';

/** Approvers have at least this long to come. */
export const patienceMs = 2 * 60_000;
/** In the whole installation: what is done more often than this is no exception any more. */
export const oncePerMs = 60 * 60_000;

export interface GlassSituation {
  /** The incident that the request is for. */
  readonly incident: Pick<Incident, 'id' | 'state' | 'rank'> | null;
  /** Whoever has it, or declared it. */
  readonly commander: string | null;
  /** When approvers were asked. */
  readonly askedAt: Date;
  /** The last time that anybody broke it for something else, and whether that is over. */
  readonly last: { readonly at: Date; readonly isOver: boolean } | null;
}

/** The right to break it: asked when it is broken, and again before it starts. */
export function whyNotCommander(ruling: Ruling, identity: Identity, { incident, commander }: Pick<GlassSituation, 'incident' | 'commander'>, what: string): Refusal | null {
  const denied = whyNotAsk(ruling, identity, what);
  if (denied !== null) return denied;
  for (const rule of rulesToApproveBy(ruling)) {
    if (rule.breakGlassRank === null) return { refused: what, rule: `nobody may go on without its approvals (policies › ${rule.id})`, instead: 'Find somebody who may approve: /stock oncall.' };
    if (incident === null || incident.state === 'resolved' || incident.rank > rule.breakGlassRank)
      return { refused: what, rule: `it takes an open incident of rank ${rule.breakGlassRank}${rule.breakGlassRank === 1 ? '' : ' or worse'} that it is for (policies › ${rule.id})`, instead: 'Find somebody who may approve: /stock oncall.' };
  }
  // Also where no rule asks for approvals any more: what was asked for still counts (F-49), and only an incident has a commander.
  if (incident === null || incident.state === 'resolved') return { refused: what, rule: 'it takes an open incident that it is for', instead: 'Find somebody who may approve: /stock oncall.' };
  if (commander !== identity.person?.id)
    return { refused: what, rule: `only the commander of INC-${incident.id} may`, instead: commander === null ? 'Nobody has it yet: acknowledge it first.' : `Ask <@${commander}>, who has it.` };
  return null;
}

/** Everything that stands in the way of breaking it now. */
export function whyNotBreakGlass(ruling: Ruling, identity: Identity, situation: GlassSituation, now: Date, what: string): Refusal | null {
  const denied = whyNotCommander(ruling, identity, situation, what);
  if (denied !== null) return denied;
  const waitedMs = now.getTime() - situation.askedAt.getTime();
  if (waitedMs < patienceMs) return { refused: what, rule: `approvers have ${patienceMs / 60_000} minutes to come`, instead: `Try again in ${Math.ceil((patienceMs - waitedMs) / 1_000)} s.` };
  if (situation.last === null) return null;
  if (!situation.last.isOver) return { refused: what, rule: 'the glass is broken for something else that is not over', instead: 'Look at #incidents, and wait until that is settled.' };
  const waitMs = oncePerMs - (now.getTime() - situation.last.at.getTime());
  return waitMs <= 0 ? null : { refused: what, rule: 'the glass is broken at most once in an hour, by anybody', instead: `It may be again in ${Math.ceil(waitMs / 60_000)} min; until then somebody must approve.` };
}
