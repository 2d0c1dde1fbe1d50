import { primitives } from '../actions/registry.ts';
import { loadCatalog } from '../catalog/load.ts';
import { formatProblems, summarize } from '../catalog/summary.ts';
import { explainPolicy, type PolicyQuestion } from './explain-policy.ts';

/**
 * Prints everything that is wrong with the catalog; else what each system offers or, with a question, which rule decides over an action.
 * @returns 0 or 2
 */
export async function checkConfig(directory: string, question: PolicyQuestion | null = null, isReadOnly = false): Promise<number> {
  const loaded = await loadCatalog(directory, primitives);
  if (!loaded.ok) {
    console.error(formatProblems(loaded.problems));
    return 2;
  }
  if (question === null) {
    console.log(summarize(loaded.catalog));
    if (isReadOnly) console.log('Read-only: STOCKOPS_READ_ONLY is set, so none of these changes would be made.\n');
    return 0;
  }
  const explained = explainPolicy(loaded.catalog, question);
  if (explained.ok) console.log(explained.text);
  else console.error(explained.problem);
  return explained.ok ? 0 : 2;
}
