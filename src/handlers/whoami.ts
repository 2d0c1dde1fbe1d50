import { rulingFor, whyNotApprove, whyNotAsk, type Identity } from '../approvals/policy.ts';
import { riskConditionsOf } from '../approvals/facts.ts';
import { isOfferedIn, riskOf } from '../catalog/resolve.ts';
import type { Risk, System } from '../catalog/system.ts';
import { factsFor } from '../runs/facts.ts';
import type { PlaceRights, Right, SystemRights, WhoAmI } from '../views/whoami.ts';
import type { Bot } from './bot.ts';

const risks: readonly Risk[] = ['read', 'low', 'high', 'destructive'];

/** What this person may do now: with one system, or with all. */
export async function whoAmI(bot: Bot, userId: string, system: System | null): Promise<WhoAmI> {
  const identity = await bot.people.identify(userId);
  const { roles, systems } = bot.catalog();
  return {
    roles: [...identity.roles].map((id) => roles.get(id)?.name ?? id),
    silent: identity.areRolesKnown ? null : (identity.silent ?? 'Slack'),
    systems: await Promise.all((system === null ? systems : [system]).map((each) => rightsIn(bot, each, identity))),
    isWhole: system !== null,
  };
}

async function rightsIn(bot: Bot, system: System, identity: Identity): Promise<SystemRights> {
  const places: PlaceRights[] = [];
  for (const environment of system.environments.keys()) {
    const rights = await rightsAt(bot, system, environment, identity);
    const same = places.findIndex((place) => JSON.stringify(place.rights) === JSON.stringify(rights));
    const known = places[same];
    if (known === undefined) places.push({ environments: [environment], rights });
    else places[same] = { ...known, environments: [...known.environments, environment] };
  }
  return { name: system.name, places };
}

/** By the risks that the system's actions have there. */
async function rightsAt(bot: Bot, system: System, environment: string, identity: Identity): Promise<Right[]> {
  const facts = await factsFor(bot.db, system, environment, [], bot.clock.now());
  const offered = [...system.actions.values()].filter((action) => isOfferedIn(action, environment));
  const raised = riskConditionsOf({ belowCurrentReplicas: true, outsideAutoscalerRange: true });
  const present = new Set(offered.flatMap((action) => [action.risk, riskOf(action, raised)]));
  return risks
    .filter((risk) => present.has(risk))
    .map((risk) => {
      const ruling = rulingFor(bot.catalog(), system, environment, risk, facts);
      const approvals = ruling.rule?.approvals ?? 0;
      // Somebody else asks: whoever that is, they are not this person.
      const another: Identity = { person: { id: '', name: '', email: null, timezone: null, isFullMember: true, kind: 'member' }, roles: new Set(), areRolesKnown: true };
      return { risk, whyNotAsk: whyNotAsk(ruling, identity, '')?.rule ?? null, approvals, mayApprove: approvals === 0 ? null : whyNotApprove(ruling, identity, another, '') === null };
    });
}
