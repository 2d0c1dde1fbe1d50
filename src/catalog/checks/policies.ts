import { suggestion } from '../did-you-mean.ts';
import type { Report } from '../problem.ts';
import type { PoliciesFile } from '../schema/shared-files.ts';
import type { SystemSource } from '../system-source.ts';

/** The words that stand for a system's own lists of roles. */
const accessWords = ['viewers', 'operators', 'approvers', 'owners'];

/** Every rule names what exists and can be met; where approvals are asked for, somebody can give them. */
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
    if (rule.approvals > 0 && rule.mayApprove.length === 0) report([...at, 'approvals'], 'Approvals are asked for, and nobody may give one.', 'add mayApprove');
    if (rule.ownerAmongThem && rule.approvals === 0) report([...at, 'ownerAmongThem'], 'No approval is asked for, so no owner can be among them.');
    if (policies.rules.findIndex(({ id }) => id === rule.id) !== index) report([...at, 'id'], `There are two rules "${rule.id}".`);
    const system = sources.find(({ file }) => file.id === rule.system);
    const ids = sources.map(({ file }) => file.id);
    if (rule.system !== undefined && system === undefined) report([...at, 'system'], `There is no system "${rule.system}".`, suggestion(rule.system, ids));
    const environments = (system === undefined ? sources : [system]).flatMap(({ file }) => Object.keys(file.environments));
    if (rule.environment !== undefined && !environments.includes(rule.environment)) report([...at, 'environment'], `There is no environment "${rule.environment}".`, suggestion(rule.environment, environments));
  });
}

/** Every action has a rule wherever it is offered, at every risk that it can have. Without one it could never be asked for. */
export function checkActionsHavePolicies(source: SystemSource, policies: PoliciesFile): void {
  const { file, report } = source;
  for (const [id, action] of Object.entries(file.actions)) {
    for (const risk of new Set([action.risk, ...action.riskWhen.map((raised) => raised.risk)])) {
      for (const [name, environment] of Object.entries(file.environments)) {
        if (action.environments !== undefined && !action.environments.includes(name)) continue;
        const isCovered = policies.rules.some(
          (rule) => rule.risk === risk && (rule.system ?? file.id) === file.id && (rule.environment ?? name) === name && (!rule.protectedOnly || environment.protected),
        );
        if (!isCovered) report(['actions', id], `No rule of policies.yaml says who may ask for "${id}" in ${name} (risk ${risk}).`, undefined, 'key');
      }
    }
  }
}
