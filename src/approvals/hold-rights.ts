/** Who may stop changes, lift that again, and let one go past another that is not settled. Pure, like the policy; the words are `holds` of policies.yaml. */
import type { Refusal } from '../actions/plan.ts';
import type { Catalog, System } from '../catalog/system.ts';
import { holdsOneOf, rolesFor, rolesNotKnown, whyNotMember, type Identity } from './policy.ts';

/** @param system `null`: all of them */
export function whyNotFreeze(catalog: Catalog, system: System | null, identity: Identity, what: string): Refusal | null {
  return system === null ? whyNotEntitled(catalog, 'freezeAll', catalog.systems, identity, what) : whyNotEntitled(catalog, 'freeze', [system], identity, what);
}

export function whyNotOverride(catalog: Catalog, system: System, identity: Identity, what: string): Refusal | null {
  return whyNotEntitled(catalog, 'override', [system], identity, what);
}

function whyNotEntitled(catalog: Catalog, hold: keyof Catalog['holds'], systems: readonly System[], identity: Identity, what: string): Refusal | null {
  const stranger = whyNotMember(identity, what);
  if (stranger !== null) return stranger;
  const allowed = systems.flatMap((system) => rolesFor(catalog.holds[hold], system));
  if (holdsOneOf(identity, allowed)) return null;
  if (!identity.areRolesKnown) return rolesNotKnown(identity, what);
  const names = [...new Set(allowed.map((roleId) => catalog.roles.get(roleId)?.name ?? roleId))].join(' or ');
  return { refused: what, rule: `it needs the role ${names} (policies › holds › ${hold})`, instead: `Ask somebody who has it: ${names}.` };
}
