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

/** `run.after-effect` dies there the first time, `run.after-effect:3` the third. */
const armed = new Map((process.env['STOCKOPS_FAILPOINTS'] ?? '').split(',').map((word) => [word.split(':')[0], Number(word.split(':')[1] ?? 1)]));

export function failpoint(name: Failpoint): void {
  const left = armed.get(name);
  if (left === undefined) return;
  armed.set(name, left - 1);
  if (left <= 1) process.kill(process.pid, 'SIGKILL');
}
