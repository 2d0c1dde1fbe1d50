/** The command line of Helm 4, as far as the stand-in speaks it: what is not here is refused as Helm refuses it. */

/** `optional`: may stand without a value, and then means the text given here; a value needs `=`. */
interface Flag {
  readonly type: 'bool' | 'string' | 'int' | 'duration' | 'list' | 'format';
  readonly short?: string;
  readonly optional?: string;
}
type Flags = { readonly [name: string]: Flag };

const bool: Flag = { type: 'bool' };
const string: Flag = { type: 'string' };
const int: Flag = { type: 'int' };
const list: Flag = { type: 'list' };
const output: Flag = { type: 'format', short: 'o' };
const duration: Flag = { type: 'duration' };
const dryRun: Flag = { type: 'string', optional: 'unset' };
const wait: Flag = { type: 'string', optional: 'watcher' };

const GLOBAL: Flags = {
  'burst-limit': int, color: string, colour: string, 'content-cache': string, debug: bool, 'kube-apiserver': string, 'kube-as-group': list, 'kube-as-user': string,
  'kube-ca-file': string, 'kube-context': string, 'kube-insecure-skip-tls-verify': bool, 'kube-tls-server-name': string, 'kube-token': string, kubeconfig: string,
  namespace: { type: 'string', short: 'n' }, qps: string, 'registry-config': string, 'repository-cache': string, 'repository-config': string, help: { type: 'bool', short: 'h' },
};

const CHANGING: Flags = {
  'cleanup-on-fail': bool, 'dry-run': dryRun, 'force-conflicts': bool, 'force-replace': bool, force: bool, 'history-max': int, 'no-hooks': bool, 'server-side': string, timeout: duration, wait, 'wait-for-jobs': bool,
};

export const COMMANDS: { readonly [command: string]: { readonly flags: Flags; readonly use: string; readonly least: number; readonly most: number } } = {
  upgrade: {
    use: 'upgrade [RELEASE] [CHART]', least: 2, most: 2,
    flags: {
      ...CHANGING, atomic: bool, 'ca-file': string, 'cert-file': string, 'create-namespace': bool, 'dependency-update': bool, description: string, devel: bool, 'disable-openapi-validation': bool, 'enable-dns': bool,
      'hide-notes': bool, 'hide-secret': bool, 'insecure-skip-tls-verify': bool, install: { type: 'bool', short: 'i' }, 'key-file': string, keyring: string, labels: { type: 'string', short: 'l' }, output, 'pass-credentials': bool,
      password: string, 'plain-http': bool, 'render-subchart-notes': bool, repo: string, 'reset-then-reuse-values': bool, 'reset-values': bool, 'reuse-values': bool, 'rollback-on-failure': bool,
      set: list, 'set-file': list, 'set-json': list, 'set-literal': list, 'set-string': list, 'skip-crds': bool, 'skip-schema-validation': bool, 'take-ownership': bool, username: string,
      values: { type: 'list', short: 'f' }, verify: bool, version: string,
    },
  },
  rollback: { use: 'rollback <RELEASE> [REVISION]', least: 1, most: Number.POSITIVE_INFINITY, flags: CHANGING },
  history: { use: 'history RELEASE_NAME', least: 1, most: 1, flags: { max: int, output } },
  status: { use: 'status RELEASE_NAME', least: 1, most: 1, flags: { output, revision: int } },
  list: {
    use: 'list', least: 0, most: 0,
    flags: {
      'all-namespaces': { type: 'bool', short: 'A' }, date: { type: 'bool', short: 'd' }, deployed: bool, failed: bool, pending: bool, superseded: bool, uninstalled: bool, uninstalling: bool,
      filter: { type: 'string', short: 'f' }, max: { type: 'int', short: 'm' }, 'no-headers': bool, offset: int, output, reverse: { type: 'bool', short: 'r' }, selector: { type: 'string', short: 'l' }, short: { type: 'bool', short: 'q' }, 'time-format': string,
    },
  },
  'get values': { use: 'get values RELEASE_NAME', least: 1, most: 1, flags: { all: { type: 'bool', short: 'a' }, output, revision: int } },
  'get metadata': { use: 'get metadata RELEASE_NAME', least: 1, most: 1, flags: { output, revision: int } },
  'get manifest': { use: 'get manifest RELEASE_NAME', least: 1, most: 1, flags: { revision: int } },
  'show chart': { use: 'show chart [CHART]', least: 1, most: 1, flags: { devel: bool, repo: string, verify: bool, version: string } },
  version: { use: 'version', least: 0, most: 0, flags: { short: bool, template: string } },
};

/** What Helm learned after 4.1: a rollback may be described like an upgrade. */
export const DESCRIBED_ROLLBACK: Flags = { description: string };

export class UsageError extends Error {}

export interface Invocation {
  readonly command: string;
  /** Of this command, without the global ones: what its help lists. */
  readonly knownFlags: readonly string[];
  readonly positional: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  number(name: string): number | undefined;
  /** Milliseconds of a duration. */
  duration(name: string, otherwise: number): number;
}

export function parseCommandLine(argv: readonly string[], describesRollbacks = false): Invocation {
  const first = argv.findIndex((word) => !word.startsWith('-'));
  if (first === -1) throw new UsageError('a command is needed');
  const two = `${argv[first]} ${argv[first + 1] ?? ''}`;
  const command = two in COMMANDS ? two : argv[first] === 'ls' ? 'list' : (argv[first] as string);
  const known = COMMANDS[command];
  if (!known) throw new UsageError(command === 'get' ? 'a subcommand of get is needed' : `unknown command ${JSON.stringify(command)} for "helm"\nRun 'helm --help' for usage.`);
  const flags: Flags = { ...GLOBAL, ...known.flags, ...(command === 'rollback' && describesRollbacks && DESCRIBED_ROLLBACK) };
  const given = new Map<string, string[]>();
  const positional: string[] = [];
  const words = [...argv.slice(0, first), ...argv.slice(first + command.split(' ').length)];

  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === '--') {
      positional.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [label, inline] = splitAtEquals(word);
    const name = word.startsWith('--') ? label.slice(2) : Object.keys(flags).find((one) => flags[one]?.short === word[1]);
    const flag = name === undefined ? undefined : flags[name];
    if (name === undefined || flag === undefined) throw new UsageError(word.startsWith('--') ? `unknown flag: ${label}` : `unknown shorthand flag: '${word[1]}' in ${word}`);
    const attached = word.startsWith('--') ? inline : word.length > 2 ? word.slice(word[2] === '=' ? 3 : 2) : undefined;
    const shown = flag.short ? `-${flag.short}, --${name}` : `--${name}`;
    let value = attached;
    if (value === undefined && flag.type === 'bool') value = 'true';
    else if (value === undefined && flag.optional !== undefined) value = flag.optional;
    else if (value === undefined) {
      value = words[++index];
      if (value === undefined) throw new UsageError(word.startsWith('--') ? `flag needs an argument: ${word}` : `flag needs an argument: '${word[1]}' in ${word}`);
    }
    check(flag, shown, value);
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  const last = (name: string) => given.get(name)?.at(-1);
  const invocation: Invocation = {
    command,
    knownFlags: Object.keys(flags).filter((name) => !(name in GLOBAL)).toSorted(),
    positional,
    flag: (name) => last(name) === 'true',
    text: last,
    list: (name) => given.get(name) ?? [],
    number: (name) => (last(name) === undefined ? undefined : Number(last(name))),
    duration: (name, otherwise) => (last(name) === undefined ? otherwise : milliseconds(last(name) as string)),
  };
  if (!invocation.flag('help') && (positional.length < known.least || positional.length > known.most)) {
    const count = known.most === known.least ? String(known.least) : `at least ${known.least}`;
    throw new UsageError(known.most === 0
      ? `"helm ${command}" accepts no arguments\n\nUsage:  helm ${known.use} [flags]`
      : `"helm ${command}" requires ${count} argument${known.least === 1 ? '' : 's'}\n\nUsage:  helm ${known.use} [flags]`);
  }
  return invocation;
}

function splitAtEquals(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function check(flag: Flag, shown: string, value: string): void {
  const refuse = (reason: string): never => {
    throw new UsageError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: ${reason}`);
  };
  if (flag.type === 'bool' && !['true', 'false', '1', '0', 't', 'f'].includes(value)) refuse(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (flag.type === 'int' && !/^-?\d+$/.test(value)) refuse(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (flag.type === 'format' && !['table', 'json', 'yaml'].includes(value)) refuse('invalid format type');
  if (flag.type === 'duration' && !/^((\d+(\.\d+)?(ms|s|m|h))+|0)$/.test(value)) refuse(/^\d+$/.test(value) ? `time: missing unit in duration ${JSON.stringify(value)}` : `time: invalid duration ${JSON.stringify(value)}`);
}

function milliseconds(text: string): number {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, match) => sum + Number(match[1]) * units[match[2] as keyof typeof units], 0);
}
