import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Each program by the names under which distributions have it; Debian calls the second one `prometheus-alertmanager`. */
const names = {
  prometheus: ['prometheus'],
  alertmanager: ['prometheus-alertmanager', 'alertmanager'],
  promtool: ['promtool'],
} as const;
export type Program = keyof typeof names;

export function programPath(program: Program): string {
  const found = find(program);
  if (found === undefined) throw new Error(missing([program]));
  return found;
}

/** Run before the first test: without the programs there is nothing to test, and that must not look like success. */
export function setup(): void {
  const absent = (Object.keys(names) as Program[]).filter((program) => find(program) === undefined);
  if (absent.length > 0) throw new Error(missing(absent));
}

function find(program: Program): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.flatMap((directory) => names[program].map((name) => join(directory, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(programs: readonly Program[]): string {
  return `These tests run the real programs, and ${programs.join(', ')} cannot be found on PATH. On Debian or Ubuntu: apt-get install --no-install-recommends prometheus prometheus-alertmanager`;
}
