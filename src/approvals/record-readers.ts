import type { Refusal } from '../actions/plan.ts';
import { rolesNotKnown, whyNotMember, type Identity } from './policy.ts';

/** Why this person may not read the record, or `null`. It says who did what, so it is for full members who have a role, whichever that is. */
export function whyNotReadRecord(identity: Identity): Refusal | null {
  const what = 'Read the record';
  const stranger = whyNotMember(identity, what);
  if (stranger !== null || identity.roles.size > 0) return stranger;
  if (!identity.areRolesKnown) return rolesNotKnown(identity, what);
  return { refused: what, rule: 'it is for people with a role in systems/roles.yaml', instead: 'Ask somebody on call what you want to know.' };
}
