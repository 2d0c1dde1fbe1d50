import { primitives } from '../actions/registry.ts';
import { loadCatalog } from '../catalog/load.ts';
import { formatProblems, summarize } from '../catalog/summary.ts';

/** Prints everything that is wrong with the catalog, or what each system offers. @returns 0 or 2 */
export async function checkConfig(directory: string, isReadOnly = false): Promise<number> {
  const loaded = await loadCatalog(directory, primitives);
  if (!loaded.ok) {
    console.error(formatProblems(loaded.problems));
    return 2;
  }
  console.log(summarize(loaded.catalog));
  if (isReadOnly) console.log('Read-only: STOCKOPS_READ_ONLY is set, so none of these changes would be made.\n');
  return 0;
}
