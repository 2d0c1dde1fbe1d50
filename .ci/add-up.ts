/**
 * Adds up what vitest's JSON reports say: `node .ci/add-up.ts <file> …` prints one line per report, and last
 * `N passed, N failed, N skipped` over all. A report that is missing or broken, and a file that could not even be loaded, count as failed.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const counted = count(file);
  console.log(`  ${basename(file, '.json').padEnd(14)} ${line(counted)}`);
  total.passed += counted.passed;
  total.failed += counted.failed;
  total.skipped += counted.skipped;
}
console.log(line(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function count(file: string): typeof total {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const notLoaded = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((result) => result.status === 'failed'));
    return { passed: report.numPassedTests, failed: report.numFailedTests + notLoaded.length, skipped: report.numPendingTests + report.numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function line({ passed, failed, skipped }: typeof total): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
