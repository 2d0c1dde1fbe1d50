/** Who may ask for something, and who may agree to it. Pure: people are looked up before, and every refusal names its rule. */
import type { Refusal } from '../actions/plan.ts';
import { demandInWords, everyOutcome, type Facts, type KnownFacts } from '../catalog/conditions.ts';
import type { Catalog, PolicyRule, Risk, System } from '../catalog/system.ts';
import type { Person } from './person.ts';

/** Who somebody is, as far as rights go. `person` is `null` where Slack did not say, and that means no (T-05). */
export interface Identity {
  readonly person: Person | null;
  /** Those that are known: without an answer about the groups, only what `roles.yaml` gives to single people. */
  readonly roles: ReadonlySet<string>;
  readonly areRolesKnown: boolean;
  /** Who did not answer, where roles are not known. */
  readonly silent?: 'Slack' | 'PagerDuty';
  /** Other accounts of the same person, by `roles.yaml` (T-14). */
  readonly otherAccounts?: readonly string[];
}

/** The role that every full member of the workspace has. */
export const everyone = 'everyone';

/** What decides over one kind of action in one place. */
export interface Ruling {
  /** The first in the file that matches. `null`: no rule allows it, so nobody may. */
  readonly rule: PolicyRule | null;
  /** Another rule that must be met as well: the one by which it was planned, while it is still in the file. The stricter of two is both. */
  readonly alsoRule?: PolicyRule | null;
  readonly system: System;
  readonly roleName: (roleId: string) => string;
}

export function rulingFor(catalog: Catalog, system: System, environment: string, risk: Risk, facts: Facts): Ruling {
  return rulingBy(catalog, system, catalog.policies.find((rule) => whyNotMatching(rule, system, environment, risk, facts) === null) ?? null);
}

/** Every ruling that is possible while some facts are not known; at least one. */
export function possibleRulings(catalog: Catalog, system: System, environment: string, risk: Risk, known: KnownFacts): readonly Ruling[] {
  const rules = new Set(everyOutcome(known).map((facts) => rulingFor(catalog, system, environment, risk, facts).rule));
  return [...rules].map((rule) => rulingBy(catalog, system, rule));
}

function rulingBy(catalog: Catalog, system: System, rule: PolicyRule | null): Ruling {
  return { rule, system, roleName: (roleId) => catalog.roles.get(roleId)?.name ?? roleId };
}

/** The first reason in words why a rule does not decide here; `null` when it does. */
export function whyNotMatching(rule: PolicyRule, system: System, environment: string, risk: Risk, facts: Facts): string | null {
  if (rule.risk !== risk) return `it is for risk ${rule.risk}`;
  if (rule.system !== null && rule.system !== system.id) return `it is for ${rule.system}`;
  if (rule.environment !== null && rule.environment !== environment) return `it is for ${rule.environment}`;
  // An environment that the catalog does not have is treated as the most guarded one.
  if (rule.protectedOnly && system.environments.get(environment)?.protected === false) return `it is for protected environments, and ${environment} is not`;
  const unmet = rule.when.find(({ condition, holds }) => facts[condition] !== holds);
  return unmet === undefined ? null : `it is for when ${demandInWords(unmet)}, and ${demandInWords({ ...unmet, holds: !unmet.holds })}`;
}

/** The role ids behind the words of a policy: `operators` of this system, or a role by its id. */
export function rolesFor(words: readonly string[], system: System): readonly string[] {
  const access: Record<string, readonly string[]> = system.access;
  return words.flatMap((word) => access[word] ?? [word]);
}

/** Why this person may not ask for it, or `null` when they may. */
export function whyNotAsk(ruling: Ruling, identity: Identity, what: string): Refusal | null {
  const { rule, alsoRule } = ruling;
  if (rule === null) return noRule(what);
  const denied = whyNotMember(identity, what) ?? whyRefused(rule, what) ?? whyNotInRole(ruling, rule, 'mayAsk', identity, what);
  return denied ?? (alsoRule == null ? null : whyNotInRole(ruling, alsoRule, 'mayAsk', identity, what));
}

/** The same while some facts are not known: a refusal only when every ruling that is possible refuses. */
export function whyNeverAsk(rulings: readonly Ruling[], identity: Identity, what: string): Refusal | null {
  const refusals = rulings.map((ruling) => whyNotAsk(ruling, identity, what));
  if (refusals.includes(null)) return null;
  // What people are told is what holds on an ordinary day, and who they would have to be rather than when.
  const ordinary = rulings.findIndex(({ rule }) => rule?.refuse === null);
  return refusals[Math.max(0, ordinary)] ?? null;
}

export function whyNotApprove(ruling: Ruling, identity: Identity, requester: Identity, what: string): Refusal | null {
  const { rule, system } = ruling;
  if (rule === null) return noRule(what);
  const stranger = whyNotMember(identity, what) ?? whyRefused(rule, what);
  if (stranger !== null) return stranger;
  if (requester.person === null) return { refused: what, rule: 'Slack did not say who asked for it, and that might be you', instead: 'Try again in a moment.' };
  if (isSamePerson(identity, requester))
    return { refused: what, rule: 'nobody approves a request of their own', instead: `Somebody else with the role ${namesOf(ruling, rolesFor(rule.mayApprove, system))} must look at it.` };
  const rules = rulesToApproveBy(ruling);
  if (rules.length === 0) return whyNotInRole(ruling, rule, 'mayApprove', identity, what);
  return rules.map((each) => whyNotInRole(ruling, each, 'mayApprove', identity, what)).find((refusal) => refusal !== null) ?? null;
}

/** A rule that asks for no approval has nobody to give one, and does not stand in the way of those who may by the other rule. */
export function rulesToApproveBy({ rule, alsoRule }: Ruling): readonly PolicyRule[] {
  return [rule, alsoRule].filter((each) => each != null).filter(({ approvals }) => approvals > 0);
}

/** Why this person may not answer for an incident of this system (take it, reopen it, resolve it): that stops its pages (T-22). */
export function whyNotRespond(catalog: Catalog, system: System | null, identity: Identity, what: string): Refusal | null {
  const stranger = whyNotMember(identity, what);
  if (stranger !== null || system === null) return stranger;
  const { viewers, operators, approvers, owners } = system.access;
  const allowed = [...operators, ...approvers, ...owners, ...viewers];
  if (holdsOneOf(identity, allowed)) return null;
  if (!identity.areRolesKnown) return rolesNotKnown(identity, what);
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
  const { rule, alsoRule, system } = ruling;
  if (rule === null || rule.refuse !== null) return { people: Math.max(1, needed), owner: false };
  const wanted = Math.max(needed, rule.approvals, alsoRule?.approvals ?? 0);
  const entitled = approvers.filter((approver) => whyNotApprove(ruling, approver, requester, '') === null);
  const people = entitled.filter((approver, index) => !entitled.slice(0, index).some((earlier) => isSamePerson(earlier, approver)));
  const owner = (rule.ownerAmongThem || alsoRule?.ownerAmongThem === true) && wanted > 0 && !people.some((approver) => holdsOneOf(approver, system.access.owners));
  const missing = Math.max(0, wanted - people.length);
  return missing === 0 && !owner ? null : { people: missing, owner };
}

/** Two Slack accounts with one address are one person, and so are those that `roles.yaml` lists together. */
export function isSamePerson(a: Identity, b: Identity): boolean {
  if (a.person === null || b.person === null) return false;
  const [one, other] = [a.person.email ?? '', b.person.email ?? ''];
  const areListed = a.otherAccounts?.includes(b.person.id) === true || b.otherAccounts?.includes(a.person.id) === true;
  return a.person.id === b.person.id || areListed || (one !== '' && one.toLowerCase() === other.toLowerCase());
}

/** `null` for a full member of our own workspace; anybody else may cause nothing (T-05). */
export function whyNotMember({ person }: Identity, what: string): Refusal | null {
  if (person === null) return { refused: what, rule: 'Slack did not say who you are', instead: 'Try again in a moment.' };
  if (!person.isFullMember) return { refused: what, rule: 'only full members of this workspace may use the bot', instead: 'Ask a member of the team.' };
  return null;
}

/** Without an answer nobody says who has a role; who did not answer is named. */
export function rolesNotKnown({ silent }: Identity, what: string): Refusal {
  return { refused: what, rule: silent === 'PagerDuty' ? 'PagerDuty did not say who is on call now' : 'Slack did not say which groups you belong to', instead: 'Try again in a moment.' };
}

function noRule(what: string): Refusal {
  return { refused: what, rule: 'no rule of systems/policies.yaml allows it', instead: 'Ask the owner of the system to add one.' };
}

function whyRefused({ id, refuse }: PolicyRule, what: string): Refusal | null {
  return refuse === null ? null : { refused: what, rule: `${refuse} (policies › ${id})`, instead: 'Ask again when that is so.' };
}

function whyNotInRole(ruling: Ruling, rule: PolicyRule, which: 'mayAsk' | 'mayApprove', identity: Identity, what: string): Refusal | null {
  const allowed = rolesFor(rule[which], ruling.system);
  if (holdsOneOf(identity, allowed)) return null;
  if (!identity.areRolesKnown) return rolesNotKnown(identity, what);
  const names = namesOf(ruling, allowed);
  return { refused: what, rule: `it needs the role ${names} (policies › ${rule.id})`, instead: `Ask somebody who has it: ${names}.` };
}

export function holdsOneOf(identity: Identity, roles: readonly string[]): boolean {
  return roles.some((role) => role === everyone || identity.roles.has(role));
}

function namesOf({ roleName }: Ruling, roles: readonly string[]): string {
  return [...new Set(roles)].map(roleName).join(' or ');
}
