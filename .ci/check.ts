/** `npm run check`: everything that a change must pass, the quickest first, and for what fails the command that mends or shows it. */
import { spawnSync } from 'node:child_process';

const steps = [
  { what: 'types', script: ['typecheck'], mend: 'npm run typecheck   (shows them again; each names its line)' },
  { what: 'lint', script: ['lint'], mend: 'npm run lint -- --fix' },
  { what: 'tidy', script: ['tidy'], mend: 'npm run tidy   (the test’s title is the rule; exceptions stand in test/tidy/ with their reason)' },
  { what: 'tests', script: ['test', '--', '--exclude', 'test/tidy/**'], mend: 'npx vitest run <file>; for wanted changes of words: npm run golden:update' },
];

const failed = steps.filter(({ what, script }) => {
  console.log(`\n── ${what}`);
  return spawnSync('npm', ['run', '--silent', ...script], { stdio: ['ignore', 'inherit', 'inherit'], shell: false }).status !== 0;
});

console.log(failed.length === 0 ? '\nAll is well: types, lint, tidy, tests.' : `\nNot yet:\n${failed.map(({ what, mend }) => `  ${what.padEnd(6)} ${mend}`).join('\n')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
