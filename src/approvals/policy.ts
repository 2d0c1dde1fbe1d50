import type { Refusal } from '../actions/plan.ts';
import type { Catalog, PolicyRule, Risk, System } from '../catalog/system.ts';
import type { Person } from './person.ts';

/** Who somebody is, as far as rights go. */
export interface Identity {
  readonly person: Person | null;
  readonly roles: ReadonlySet<string>;
}

/** The role that every full member of the workspace has. */
export const everyone = 'everyone';

/** The rule that decides: the first in the file that matches. `null`: no rule allows it, so nobody may. */
export function findRule(catalog: Catalog, system: System, environment: string, isProtected: boolean, risk: Risk): PolicyRule | null {
  return (
    catalog.policies.find(
      (rule) =>
        rule.risk === risk &&
        (rule.system === null || rule.system === system.id) &&
        (rule.environment === null || rule.environment === environment) &&
        (!rule.protectedOnly || isProtected),
    ) ?? null
  );
}

/** The role ids behind the words of a policy: `operators` of this system, or a role by its id. */
export function rolesFor(words: readonly string[], system: System): readonly string[] {
  const access: Record<string, readonly string[]> = system.access;
  return words.flatMap((word) => access[word] ?? [word]);
}

/** Why this person may not ask for it, or `null` when they may. An answer of Slack's that did not come means no (T-05). */
export function whyNotAsk(rule: PolicyRule | null, system: System, identity: Identity, what: string): Refusal | null {
  if (rule === null) return { refused: what, rule: 'no rule of systems/policies.yaml allows it', instead: 'Ask the owner of the system to add one.' };
  const stranger = whyNotMember(identity, what);
  if (stranger !== null) return stranger;
  const allowed = rolesFor(rule.mayAsk, system);
  if (holdsOneOf(identity, allowed)) return null;
  return { refused: what, rule: `it needs the role ${orList(allowed)} (policies › ${rule.id})`, instead: `Ask somebody with the role ${orList(allowed)}.` };
}

export function whyNotApprove(rule: PolicyRule | null, system: System, identity: Identity, requestedBy: string, what: string): Refusal | null {
  if (rule === null) return { refused: what, rule: 'no rule of systems/policies.yaml allows it', instead: 'Ask the owner of the system to add one.' };
  const stranger = whyNotMember(identity, what);
  if (stranger !== null) return stranger;
  if (identity.person?.id === requestedBy)
    return { refused: what, rule: 'nobody approves a request of their own', instead: `Somebody else with the role ${orList(rolesFor(rule.mayApprove, system))} must look at it.` };
  const allowed = rolesFor(rule.mayApprove, system);
  if (holdsOneOf(identity, allowed)) return null;
  return { refused: what, rule: `it needs the role ${orList(allowed)} (policies › ${rule.id})`, instead: `Ask somebody with the role ${orList(allowed)}.` };
}

function whyNotMember(identity: Identity, what: string): Refusal | null {
  if (identity.person === null) return { refused: what, rule: 'Slack did not say who you are', instead: 'Try again in a moment.' };
  if (!identity.person.isFullMember) return { refused: what, rule: 'only full members of this workspace may use the bot', instead: 'Ask a member of the team.' };
  return null;
}

function holdsOneOf(identity: Identity, roles: readonly string[]): boolean {
  return roles.some((role) => role === everyone || identity.roles.has(role));
}

function orList(roles: readonly string[]): string {
  return roles.join(' or ');
}
