/** Why a plan is no longer what was agreed to, in words that say what changed. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { PlanDraft } from '../actions/plan.ts';
import type { Plan } from '../approvals/plan.ts';
import { checkParameters, resolveTarget } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import { canonicalJson, type Json } from '../support/json.ts';

/** `generation was 3 and is 4 now; replicas was 3 and is 4 now`; `null` where all that the plan depends on is still so. */
export function whatChanged(planned: PlanDraft['guard'], seen: PlanDraft['guard']): string | null {
  if (isDeepStrictEqual(planned, seen)) return null;
  const fields = [...new Set([...Object.keys(planned), ...Object.keys(seen)])].filter((field) => !isDeepStrictEqual(planned[field], seen[field])).toSorted();
  const changes = fields.map((field) => `${field} was ${inWords(planned[field])} and is ${inWords(seen[field])} now`);
  return `The target has changed since the plan was made: ${changes.join('; ')}.`;
}

/** The catalog may name another object by now, or allow less (F-49). An undo goes back on what was changed, wherever the catalog points since. */
export function whyCatalogDiffers(system: System, action: Action, plan: Plan): string | null {
  const target = resolveTarget(system, action, plan.environment, plan.component);
  if ('refused' in target) return `The catalog no longer offers it: ${target.rule}`;
  if (!isDeepStrictEqual(target, plan.target)) return 'The catalog names another target for it by now.';
  const checked = checkParameters(system, action, plan.component, givenIn(action, plan.params));
  if ('refused' in checked) return `The catalog no longer allows it: ${checked.rule}`;
  return isDeepStrictEqual(checked.params, plan.params) ? null : 'The catalog gives it other parameters by now.';
}

/** What a person gave, read back from the parameters of a plan. */
export function givenIn(action: Action, params: Plan['params']): Record<string, string> {
  const set = params['set'] as Plan['params'] | undefined;
  return Object.fromEntries(
    action.parameters.flatMap(({ name, sets }) => {
      const value = sets === undefined ? params[name] : set?.[sets];
      return value === undefined || value === null ? [] : [[name, String(value)]];
    }),
  );
}

/** Identifiers are told apart by their beginning; a whole one would hide the rest of the sentence. */
function inWords(value: Json | undefined): string {
  if (value === undefined || value === null) return 'absent';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length > 40 ? `${text.slice(0, 12)}…` : text;
}
