import { demandInWords, everyOutcome, policyConditions, type Demand, type Facts } from '../conditions.ts';
import { suggestion } from '../did-you-mean.ts';
import type { Report } from '../problem.ts';
import type { PoliciesFile } from '../schema/shared-files.ts';
import type { SystemSource } from '../system-source.ts';

/** The words that stand for a system's own lists of roles. */
const accessWords = ['viewers', 'operators', 'approvers', 'owners'];

type Rule = PoliciesFile['rules'][number];

/** Every rule names what exists, can be met, and decides somewhere; where approvals are asked for, somebody can give them. */
export function checkPolicies(policies: PoliciesFile, report: Report, sources: readonly SystemSource[], roles: readonly string[]): void {
  const people = [...accessWords, ...roles];
  for (const [hold, names] of Object.entries(policies.holds)) {
    names.forEach((name, position) => {
      if (!people.includes(name)) report(['holds', hold, position], `There is no role "${name}".`, suggestion(name, people) ?? `one of: ${accessWords.join(', ')}, or a role of roles.yaml`);
    });
  }
  policies.rules.forEach((rule, index) => {
    const at = ['rules', index];
    for (const key of ['mayAsk', 'mayApprove'] as const) {
      rule[key].forEach((name, position) => {
        if (!people.includes(name)) report([...at, key, position], `There is no role "${name}".`, suggestion(name, people) ?? `one of: ${accessWords.join(', ')}, or a role of roles.yaml`);
      });
    }
    const approvals = rule.approvals ?? 0;
    if (approvals > 0 && rule.risk === 'read') report([...at, 'approvals'], 'A reading is answered at once, so nobody is asked to approve it.', 'write 0, or name in mayAsk who may read');
    else if (approvals > 0 && rule.mayApprove.length === 0) report([...at, 'approvals'], 'Approvals are asked for, and nobody may give one.', 'add mayApprove');
    if (rule.ownerAmongThem && approvals === 0) report([...at, 'ownerAmongThem'], 'No approval is asked for, so no owner can be among them.');
    if (rule.breakGlass !== undefined && approvals === 0) report([...at, 'breakGlass'], 'No approval is asked for, so nothing can be missing that the commander could do without.', 'leave breakGlass out', 'key');
    if (policies.rules.findIndex(({ id }) => id === rule.id) !== index) report([...at, 'id'], `There are two rules "${rule.id}".`);
    const system = sources.find(({ file }) => file.id === rule.system);
    const ids = sources.map(({ file }) => file.id);
    if (rule.system !== undefined && system === undefined) report([...at, 'system'], `There is no system "${rule.system}".`, suggestion(rule.system, ids));
    const environments = (system === undefined ? sources : [system]).flatMap(({ file }) => Object.keys(file.environments));
    if (rule.environment !== undefined && !environments.includes(rule.environment)) report([...at, 'environment'], `There is no environment "${rule.environment}".`, suggestion(rule.environment, environments));
    checkDecidesSomewhere(policies.rules, index, report);
  });
}

/** A rule that no request can ever come to is a mistake of somebody who believes that it guards something. */
function checkDecidesSomewhere(rules: readonly Rule[], index: number, report: Report): void {
  const rule = rules[index];
  if (rule === undefined) return;
  const opposite = rule.when.find(({ condition, holds }) => rule.when.some((other) => other.condition === condition && other.holds !== holds));
  if (opposite !== undefined) {
    report(['rules', index, 'when'], `This rule never decides: it wants that ${demandInWords({ ...opposite, holds: true })}, and that ${demandInWords({ ...opposite, holds: false })}.`);
    return;
  }
  const earlier = rules.slice(0, index).filter((other) => other.risk === rule.risk);
  // Wherever this one matches: the systems and environments that a rule names, and one that none names.
  const systems = rule.system !== undefined ? [rule.system] : [...earlier.flatMap((other) => other.system ?? []), null];
  const environments = rule.environment !== undefined ? [rule.environment] : [...earlier.flatMap((other) => other.environment ?? []), null];
  const guards = rule.protectedOnly ? [true] : [true, false];
  const winners = new Set<Rule | undefined>();
  for (const system of systems) {
    for (const environment of environments) {
      for (const isProtected of guards) {
        for (const facts of outcomesFor([...earlier, rule])) {
          if (areMet(rule.when, facts)) winners.add(earlier.find((other) => (other.system ?? system) === system && (other.environment ?? environment) === environment && (!other.protectedOnly || isProtected) && areMet(other.when, facts)));
        }
      }
    }
  }
  if (!winners.has(undefined)) report(['rules', index, 'id'], `This rule never decides: ${[...winners].map((winner) => `"${winner?.id ?? ''}"`).join(' and ')} above ${winners.size === 1 ? 'matches' : 'match'} first.`, 'move it up, or leave it out');
}

/** Every action has a rule wherever it is offered, at every risk that it can have and whatever is so. Without one it could never be asked for. */
export function checkActionsHavePolicies(source: SystemSource, policies: PoliciesFile): void {
  const { file, report } = source;
  for (const [id, action] of Object.entries(file.actions)) {
    for (const risk of new Set([action.risk, ...action.riskWhen.map((raised) => raised.risk)])) {
      for (const [name, environment] of Object.entries(file.environments)) {
        if (action.environments !== undefined && !action.environments.includes(name)) continue;
        const rules = policies.rules.filter(
          (rule) => rule.risk === risk && (rule.system ?? file.id) === file.id && (rule.environment ?? name) === name && (!rule.protectedOnly || environment.protected),
        );
        const open = outcomesFor(rules).find((facts) => !rules.some((rule) => areMet(rule.when, facts)));
        if (open === undefined) continue;
        const when = whatIsSo(rules, open);
        report(['actions', id], `No rule of policies.yaml says who may ask for "${id}" in ${name} (risk ${risk})${when === '' ? '' : ` when ${when}`}.`, undefined, 'key');
      }
    }
  }
}

const areMet = (when: readonly Demand[], facts: Facts): boolean => when.every(({ condition, holds }) => facts[condition] === holds);

/** Only what some rule asks about makes a difference. */
function outcomesFor(rules: readonly Rule[]): readonly Facts[] {
  return everyOutcome({}, asked(rules));
}

const asked = (rules: readonly Rule[]) => policyConditions.filter((condition) => rules.some(({ when }) => when.some((demand) => demand.condition === condition)));

function whatIsSo(rules: readonly Rule[], facts: Facts): string {
  return asked(rules).map((condition) => demandInWords({ condition, holds: facts[condition] })).join(' and ');
}
