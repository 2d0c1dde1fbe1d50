/** Who may ask for something, and who may agree to it. Pure: people are looked up before, and every refusal names its rule. */
import type { Refusal } from '../actions/plan.ts';
import type { Catalog, PolicyRule, Risk, System } from '../catalog/system.ts';
import type { Person } from './person.ts';

/** Who somebody is, as far as rights go. `person` is `null` where Slack did not say, and that means no (T-05). */
export interface Identity {
  readonly person: Person | null;
  /** Those that are known: without an answer about the groups, only what `roles.yaml` gives to single people. */
  readonly roles: ReadonlySet<string>;
  readonly areRolesKnown: boolean;
}

/** The role that every full member of the workspace has. */
export const everyone = 'everyone';

/** What decides over one kind of action in one place. */
export interface Ruling {
  /** The first in the file that matches. `null`: no rule allows it, so nobody may. */
  readonly rule: PolicyRule | null;
  readonly system: System;
  readonly roleName: (roleId: string) => string;
}

export function rulingFor(catalog: Catalog, system: System, environment: string, risk: Risk): Ruling {
  // An environment that the catalog does not have is treated as the most guarded one.
  const isProtected = system.environments.get(environment)?.protected ?? true;
  const rule = catalog.policies.find(
    (candidate) =>
      candidate.risk === risk &&
      (candidate.system === null || candidate.system === system.id) &&
      (candidate.environment === null || candidate.environment === environment) &&
      (!candidate.protectedOnly || isProtected),
  );
  return { rule: rule ?? null, system, roleName: (roleId) => catalog.roles.get(roleId)?.name ?? roleId };
}

/** The role ids behind the words of a policy: `operators` of this system, or a role by its id. */
export function rolesFor(words: readonly string[], system: System): readonly string[] {
  const access: Record<string, readonly string[]> = system.access;
  return words.flatMap((word) => access[word] ?? [word]);
}

/** Why this person may not ask for it, or `null` when they may. */
export function whyNotAsk(ruling: Ruling, identity: Identity, what: string): Refusal | null {
  return ruling.rule === null ? noRule(what) : (whyNotMember(identity, what) ?? whyNotInRole(ruling, ruling.rule.mayAsk, identity, what));
}

export function whyNotApprove(ruling: Ruling, identity: Identity, requester: Identity, what: string): Refusal | null {
  const { rule, system } = ruling;
  if (rule === null) return noRule(what);
  const stranger = whyNotMember(identity, what);
  if (stranger !== null) return stranger;
  if (isSamePerson(identity, requester))
    return { refused: what, rule: 'nobody approves a request of their own', instead: `Somebody else with the role ${namesOf(ruling, rolesFor(rule.mayApprove, system))} must look at it.` };
  return whyNotInRole(ruling, rule.mayApprove, identity, what);
}

/** Why this person may not answer for an incident of this system (take it, reopen it, resolve it): that stops its pages (T-22). */
export function whyNotRespond(catalog: Catalog, system: System | null, identity: Identity, what: string): Refusal | null {
  const stranger = whyNotMember(identity, what);
  if (stranger !== null || system === null) return stranger;
  const { viewers, operators, approvers, owners } = system.access;
  const allowed = [...operators, ...approvers, ...owners, ...viewers];
  if (holdsOneOf(identity, allowed)) return null;
  if (!identity.areRolesKnown) return rolesNotKnown(what);
  const names = [...new Set(allowed)].map((roleId) => catalog.roles.get(roleId)?.name ?? roleId).join(' or ');
  return { refused: what, rule: `it needs a role of ${system.name}: ${names}`, instead: 'Tell somebody who has one.' };
}

/** What an approval still lacks, or `null` when it is enough. */
export interface Missing {
  readonly people: number;
  /** An owner must be among them and is not yet. */
  readonly owner: boolean;
}

/**
 * Counts those who may approve and did, each human once (T-14). Somebody who has lost the right since does not count (T-15).
 * @param needed as shown when it was asked for; the rule may have become stricter since, and then that counts (F-49)
 */
export function whatIsMissing(ruling: Ruling, needed: number, approvers: readonly Identity[], requester: Identity): Missing | null {
  const { rule, system } = ruling;
  if (rule === null) return { people: Math.max(1, needed), owner: false };
  const entitled = approvers.filter((approver) => whyNotApprove(ruling, approver, requester, '') === null);
  const people = entitled.filter((approver, index) => !entitled.slice(0, index).some((earlier) => isSamePerson(earlier, approver)));
  const owner = rule.ownerAmongThem && Math.max(needed, rule.approvals) > 0 && !people.some((approver) => holdsOneOf(approver, system.access.owners));
  const missing = Math.max(0, Math.max(needed, rule.approvals) - people.length);
  return missing === 0 && !owner ? null : { people: missing, owner };
}

/** Two Slack accounts with one address are one person. */
export function isSamePerson(a: Identity, b: Identity): boolean {
  if (a.person === null || b.person === null) return false;
  const [one, other] = [a.person.email?.toLowerCase(), b.person.email?.toLowerCase()];
  return a.person.id === b.person.id || (one !== undefined && one !== '' && one === other);
}

/** `null` for a full member of our own workspace; anybody else may cause nothing (T-05). */
export function whyNotMember({ person }: Identity, what: string): Refusal | null {
  if (person === null) return { refused: what, rule: 'Slack did not say who you are', instead: 'Try again in a moment.' };
  if (!person.isFullMember) return { refused: what, rule: 'only full members of this workspace may use the bot', instead: 'Ask a member of the team.' };
  return null;
}

function rolesNotKnown(what: string): Refusal {
  return { refused: what, rule: 'Slack did not say which groups you belong to', instead: 'Try again in a moment.' };
}

function noRule(what: string): Refusal {
  return { refused: what, rule: 'no rule of systems/policies.yaml allows it', instead: 'Ask the owner of the system to add one.' };
}

function whyNotInRole(ruling: Ruling, words: readonly string[], identity: Identity, what: string): Refusal | null {
  const allowed = rolesFor(words, ruling.system);
  if (holdsOneOf(identity, allowed)) return null;
  if (!identity.areRolesKnown) return rolesNotKnown(what);
  const names = namesOf(ruling, allowed);
  return { refused: what, rule: `it needs the role ${names} (policies › ${ruling.rule?.id ?? ''})`, instead: `Ask somebody who has it: ${names}.` };
}

function holdsOneOf(identity: Identity, roles: readonly string[]): boolean {
  return roles.some((role) => role === everyone || identity.roles.has(role));
}

function namesOf({ roleName }: Ruling, roles: readonly string[]): string {
  return [...new Set(roles)].map(roleName).join(' or ');
}
