import { readFileSync } from 'node:fs';

/**
 * Places where a test lets the process die, as `kill -9` would: between any two steps of which a crash may lie. Compiled in, so that what is tested is
 * what runs; without STOCKOPS_FAILPOINTS in the environment of the process they do nothing.
 */
export const failpoints = [
  'interaction.before-store',
  'interaction.after-store',
  'interaction.before-finish',
  'card.before-post',
  'card.after-post',
  'card.after-update',
  'run.before-started',
  'run.after-started',
  'run.after-effect',
  'run.after-receipt',
  'run.before-outcome',
  'run.after-outcome',
] as const;
export type Failpoint = (typeof failpoints)[number];

const setting = process.env['STOCKOPS_FAILPOINTS'] ?? '';

/** Armed by name: `run.after-effect,card.after-post`. With `@path`, by what that file says at the moment, so that one process can be armed while it runs. */
export function failpoint(name: Failpoint): void {
  if (setting === '') return;
  const armed = setting.startsWith('@') ? readFileSync(setting.slice(1), 'utf8') : setting;
  if (armed.split(',').includes(name)) process.kill(process.pid, 'SIGKILL');
}
