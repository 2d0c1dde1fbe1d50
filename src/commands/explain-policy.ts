import { factsOfTime, riskConditionsOf } from '../approvals/facts.ts';
import { rolesFor, rulingFor, whyNotMatching } from '../approvals/policy.ts';
import { demandInWords, everyOutcome, policyConditions, type Facts, type PolicyCondition } from '../catalog/conditions.ts';
import { didYouMean } from '../catalog/did-you-mean.ts';
import { formatDuration } from '../catalog/duration.ts';
import { findSystem, riskOf } from '../catalog/resolve.ts';
import type { Action, Catalog, PolicyRule, System } from '../catalog/system.ts';

/** What is asked, in the words of a command line. */
export interface PolicyQuestion {
  readonly system: string;
  readonly action: string;
  readonly environment?: string;
  readonly at: Date;
  /** What is so besides what the time says: `openIncidentOfRank1`. Also against the time: `outsideBusinessHours=false`. */
  readonly facts: readonly string[];
}

export type Explanation = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/** Which rule decides over an action, why, why not the rules above it, and who may then ask and approve. */
export function explainPolicy(catalog: Catalog, question: PolicyQuestion): Explanation {
  const system = findSystem(catalog, question.system);
  if (!('id' in system)) return unknown('system', question.system, catalog.systems.map(({ id }) => id));
  const action = system.actions.get(question.action);
  if (action === undefined) return unknown(`action of ${system.id}`, question.action, [...system.actions.keys()]);
  const offered = action.environments.length > 0 ? action.environments : [...system.environments.keys()];
  const environment = question.environment ?? offered[0] ?? '';
  if (!offered.includes(environment)) return unknown(`environment of ${system.id} with ${action.id}`, environment, offered);
  const given = readFacts(question.facts);
  if ('problem' in given) return { ok: false, problem: given.problem };

  const [nothing] = everyOutcome({}, []);
  const known: Partial<Facts> = { ...factsOfTime(system, question.at), ...given.facts };
  const facts: Facts = { ...nothing!, ...known };
  const risk = riskOf(action, riskConditionsOf(facts));
  const ruling = rulingFor(catalog, system, environment, risk, facts);
  const reasons = catalog.policies.map((rule) => ({ rule, why: whyNotMatching(rule, system, environment, risk, facts) }));
  const until = ruling.rule === null ? reasons.length : reasons.findIndex(({ why }) => why === null);
  const above = reasons.slice(0, until);
  return {
    ok: true,
    text: [
      `${system.name} › ${action.title} (${action.id}) in ${environment}, ${question.at.toISOString().replace('.000Z', 'Z')}`,
      '',
      `risk     ${risk}${raisedBy(action, risk)}`,
      ...column('so', policyConditions.map((condition) => `${demandInWords({ condition, holds: facts[condition] })}${condition in known ? '' : ` (assumed; --fact ${condition} says otherwise)`}`)),
      '',
      ...(ruling.rule === null ? ['decides  no rule: nobody may ask for it'] : describe(catalog, system, ruling.rule)),
      ...(above.length === 0 ? [] : ['', 'not decided by', ...above.map(({ rule, why }) => `         ${rule.id} (policies.yaml:${rule.line}): ${why ?? ''}`)]),
    ].join('\n'),
  };
}

function describe(catalog: Catalog, system: System, rule: PolicyRule): string[] {
  const names = (words: readonly string[]) => [...new Set(rolesFor(words, system))].map((role) => catalog.roles.get(role)?.name ?? role).join(', ');
  const conditions = [
    `risk ${rule.risk}`,
    ...(rule.system === null ? [] : [`system ${rule.system}`]),
    ...(rule.environment === null ? [] : [`environment ${rule.environment}`]),
    ...(rule.protectedOnly ? ['the environment is protected'] : []),
    ...rule.when.map(demandInWords),
  ];
  const confirmed = rule.typedConfirmation ? 'the requester types the name of the target' : rule.confirm ? 'the requester confirms the plan' : 'nothing to confirm';
  const decides = `decides  ${rule.id} (policies.yaml:${rule.line}), because: ${conditions.join(', ')}`;
  if (rule.refuse !== null) return [decides, `ask      nobody: ${rule.refuse}`];
  return [
    decides,
    `ask      ${names(rule.mayAsk)}`,
    rule.approvals === 0
      ? 'approve  nobody has to'
      : `approve  ${rule.approvals} of ${names(rule.mayApprove)}${rule.ownerAmongThem ? `; one of them ${names(['owners'])}` : ''}; never whoever asked`,
    `confirm  ${confirmed}`,
    `lasts    ${formatDuration(rule.expiresAfterMs)}${rule.cooldownMs === 0 ? '' : `; not again within ${formatDuration(rule.cooldownMs)}`}`,
    ...(rule.approvals === 0 ? [] : [rule.breakGlassRank === null ? 'glass    cannot be broken' : `glass    the commander of an open incident of rank ${rule.breakGlassRank}${rule.breakGlassRank === 1 ? '' : ' or worse'} may break it, with a reason`]),
  ];
}

function raisedBy(action: Action, risk: string): string {
  if (risk !== action.risk) return ` (by itself ${action.risk}; raised by what is so)`;
  return action.riskWhen.length === 0 ? '' : ` (raised: ${action.riskWhen.map(({ when, risk: raised }) => `${raised} when ${when.replaceAll('_', ' ')}`).join(', ')})`;
}

function column(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(9)}${line}`);
}

function readFacts(words: readonly string[]): { readonly facts: Partial<Facts> } | { readonly problem: string } {
  const facts: Partial<Record<PolicyCondition, boolean>> = {};
  for (const word of words) {
    const [name = '', value = 'true'] = word.split('=');
    const condition = policyConditions.find((known) => known === name);
    if (condition === undefined || (value !== 'true' && value !== 'false')) {
      const [meant] = didYouMean(name, policyConditions);
      return { problem: `There is no fact "${word}". ${meant === undefined || meant === name ? `Write one of: ${policyConditions.join(', ')}; or with =false.` : `Did you mean ${meant}?`}` };
    }
    facts[condition] = value === 'true';
  }
  return { facts };
}

function unknown(what: string, word: string, known: readonly string[]): Explanation {
  const [meant] = didYouMean(word, known);
  return { ok: false, problem: `There is no ${what} "${word}". ${meant === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${meant}?`}` };
}
