import { randomInt } from 'node:crypto';

/** How many inputs each fuzz test makes: `STOCKOPS_FUZZ_RUNS`, or what fits into everyday. */
export function fuzzRuns(everyday: number): number {
  const given = process.env['STOCKOPS_FUZZ_RUNS'];
  return given === undefined ? everyday : Number(given);
}

/** What `fc.assert` is told. A new seed each time, printed, so that `STOCKOPS_FUZZ_SEED` repeats what was found. */
export function fuzz(name: string, everyday: number): { readonly numRuns: number; readonly seed: number } {
  const given = process.env['STOCKOPS_FUZZ_SEED'];
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  const numRuns = fuzzRuns(everyday);
  console.log(`fuzz ${name}: ${numRuns} runs, STOCKOPS_FUZZ_SEED=${seed}`);
  return { numRuns, seed };
}
