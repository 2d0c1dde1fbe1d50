/** The flags of the commands that the stand-in knows. What is not here is refused, as docker refuses it. */
type Flags = { readonly [name: string]: { readonly takesValue: boolean; readonly short?: string } };

const yes = { takesValue: false };
const value = { takesValue: true };

const ENGINE: Flags = { config: value, context: { takesValue: true, short: 'c' }, debug: { takesValue: false, short: 'D' }, host: { takesValue: true, short: 'H' }, 'log-level': { takesValue: true, short: 'l' }, tls: yes };
const COMPOSE: Flags = {
  'all-resources': yes, ansi: value, compatibility: yes, 'dry-run': yes, 'env-file': value, file: { takesValue: true, short: 'f' }, parallel: value, profile: value, progress: value, 'project-directory': value,
  'project-name': { takesValue: true, short: 'p' },
};
const dryRun = { 'dry-run': yes };

const COMMANDS: { readonly [command: string]: Flags } = {
  'compose ps': { ...dryRun, all: { takesValue: false, short: 'a' }, filter: value, format: value, 'no-trunc': yes, orphans: yes, quiet: { takesValue: false, short: 'q' }, services: yes, status: value },
  'compose logs': {
    ...dryRun, follow: { takesValue: false, short: 'f' }, index: value, 'no-color': yes, 'no-log-prefix': yes, since: value, tail: { takesValue: true, short: 'n' }, timestamps: { takesValue: false, short: 't' }, until: value,
  },
  'compose start': { ...dryRun, wait: yes, 'wait-timeout': value },
  'compose stop': { ...dryRun, timeout: { takesValue: true, short: 't' } },
  'compose restart': { ...dryRun, 'no-deps': yes, timeout: { takesValue: true, short: 't' } },
  'compose up': {
    ...dryRun, detach: { takesValue: false, short: 'd' }, 'force-recreate': yes, 'no-deps': yes, 'no-recreate': yes, 'no-build': yes, 'quiet-pull': yes, pull: value, 'remove-orphans': yes, timeout: { takesValue: true, short: 't' }, wait: yes, 'wait-timeout': value,
  },
  'compose version': { format: value, short: yes },
  inspect: { format: { takesValue: true, short: 'f' }, size: { takesValue: false, short: 's' }, type: value },
  logs: { details: yes, follow: { takesValue: false, short: 'f' }, since: value, tail: { takesValue: true, short: 'n' }, timestamps: { takesValue: false, short: 't' }, until: value },
  stats: { all: { takesValue: false, short: 'a' }, format: value, 'no-stream': yes, 'no-trunc': yes },
  version: { format: { takesValue: true, short: 'f' } },
};

export class UsageError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Invocation {
  /** `compose ps`, `inspect` … */
  readonly command: string;
  readonly positional: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
}

export function parseCommandLine(argv: readonly string[]): Invocation {
  const given = new Map<string, string>();
  const rest = [...argv];
  const readFlags = (flags: Flags, usage: string, exitCode: number, untilWord: boolean): string[] => {
    const positional: string[] = [];
    while (rest.length > 0) {
      const word = rest.shift() as string;
      if (word === '--') return [...positional, ...rest.splice(0)];
      if (!word.startsWith('-')) {
        positional.push(word);
        if (untilWord) return positional;
        continue;
      }
      const at = word.indexOf('=');
      const label = at === -1 ? word : word.slice(0, at);
      const long = label.startsWith('--');
      const name = long ? label.slice(2) : Object.keys(flags).find((one) => flags[one]?.short === label[1]);
      const flag = name === undefined ? undefined : flags[name];
      if (name === undefined || !flag) {
        throw new UsageError(`${long ? `unknown flag: ${label}` : `unknown shorthand flag: '${label[1]}' in ${label}`}\n\nUsage:  ${usage}\n\nRun '${usage.split(' [')[0]} --help' for more information`, exitCode);
      }
      const inline = at !== -1 ? word.slice(at + 1) : !long && label.length > 2 ? label.slice(2) : undefined;
      const text = inline ?? (flag.takesValue ? rest.shift() : 'true');
      if (text === undefined) throw new UsageError(`flag needs an argument: ${long ? label : `'${label[1]}' in ${label}`}`, exitCode);
      given.set(name, text);
    }
    return positional;
  };

  const [first] = readFlags(ENGINE, 'docker [OPTIONS] COMMAND [ARG...]', 125, true);
  let command = first ?? '';
  if (first === 'compose') command = `compose ${readFlags(COMPOSE, 'docker compose [OPTIONS] COMMAND', 1, true)[0] ?? ''}`;
  const flags = COMMANDS[command];
  if (!flags) {
    throw first === 'compose'
      ? new UsageError(`unknown docker command: ${JSON.stringify(command)}`, 1)
      : new UsageError(`docker: unknown command: docker ${command}\n\nRun 'docker --help' for more information`, 1);
  }
  const positional = readFlags(flags, `docker ${command} [OPTIONS] ${first === 'compose' ? '[SERVICE...]' : 'CONTAINER'}`, first === 'compose' ? 1 : 125, false);
  return { command, positional, flag: (name) => given.get(name) === 'true', text: (name) => given.get(name) };
}
