import type { ComposeContainer } from '../../actions/compose/container.ts';
import type { BeforeSending, ComposePort, Receipt, RequestVia } from '../../actions/ports.ts';
import type { ComposeTarget } from '../../actions/plan.ts';
import { commandLine, whyNotCommandLine } from '../../support/command-line.ts';
import { StockOpsError } from '../../support/errors.ts';
import { lastBytes } from '../../support/last-bytes.ts';
import { redactTo } from '../../support/redact/redact.ts';

/** A Compose project that the systems' files name. */
export interface ComposeProject {
  readonly host: string;
  readonly project: string;
  readonly file: string;
}

export interface ComposeOptions {
  /** What may be reached at all. Without it, and where no system runs on Compose, nothing: Docker is never started. */
  readonly projects?: () => readonly ComposeProject[];
  /** The docker program, with its compose plugin. */
  readonly program?: string;
  /** The agent that holds the key for `ssh://` hosts. */
  readonly sshAuthSock?: string;
}

/**
 * `docker compose` by argv, on this machine or over ssh. Whoever can talk to Docker is root on that host, so this knows six
 * commands and no other (GUARANTEES T-19).
 */
export function createComposePort(options: ComposeOptions = {}): ComposePort {
  async function docker(host: string, argv: readonly string[], signal: AbortSignal, beforeSending?: BeforeSending) {
    // Loaded at the first use: the start of the bot does not wait for it.
    const { execa } = await import('execa');
    beforeSending?.();
    const result = await execa(options.program ?? 'docker', commandLine(argv), {
      env: environment(host, options),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      all: true,
      stripFinalNewline: false,
      maxBuffer: 16 * 1024 * 1024,
      cancelSignal: signal,
      forceKillAfterDelay: 5_000,
    });
    const complaint = redactTo(result.stderr.trim().split('\n').at(-1) || result.shortMessage || '', 1000);
    const ended = result.exitCode === 0 ? 'well' : result.exitCode === undefined ? (result.code === 'ENOENT' || result.code === 'EACCES' ? 'neverBegan' : 'cutOff') : 'badly';
    return { ended, output: result.stdout, all: result.all, complaint } as const;
  }

  const isListed = (wanted: ComposeProject): boolean => (options.projects?.() ?? []).some(({ host, project, file }) => host === wanted.host && project === wanted.project && file === wanted.file);

  /** The flags that name a project, if it is one that may be reached. */
  function projectOf(target: ComposeTarget): readonly string[] {
    if (!isListed(target)) throw new StockOpsError('NOT_CONFIGURED', `No system has a Compose project ${JSON.stringify(target.project.slice(0, 80))} with this file on ${target.host.slice(0, 80)}.`);
    return ['compose', `--project-name=${checked(target.project)}`, `--file=${target.file}`];
  }

  async function read(target: ComposeTarget, argv: readonly string[], signal: AbortSignal): Promise<string> {
    const result = await docker(target.host, argv, signal);
    if (result.ended !== 'well') throw new StockOpsError('COMPOSE_FAILED', result.complaint);
    return result.output;
  }

  return {
    run: async (request, _runId, signal, beforeSending): Promise<Receipt> => {
      const why = whyNotRun(request.arguments) ?? (isListed(projectIn(request)) ? null : 'The plan names a project that is in no system’s file.');
      if (why !== null) return { status: 'rejected', reason: why };
      const result = await docker(request.host, request.arguments, signal, beforeSending);
      switch (result.ended) {
        case 'well':
          return { status: 'accepted', answer: null };
        case 'neverBegan':
          return { status: 'rejected', reason: `Docker could not be started: ${result.complaint}` };
        case 'cutOff':
          return { status: 'lost', reason: 'Docker Compose was stopped before it had finished.' };
        case 'badly':
          return wasRefusedBefore(result.complaint)
            ? { status: 'rejected', reason: result.complaint }
            : { status: 'lost', reason: `Docker ended with: ${result.complaint}` };
      }
    },

    containers: async (target, signal) => {
      const output = await read(target, [...projectOf(target), 'ps', '--all', '--format=json'], signal);
      return readContainers(output);
    },

    times: async (target, containerId, signal) => {
      // Only the state: the whole answer would hold the environment of the container.
      const output = await read(target, ['inspect', '--type=container', '--format={{json .RestartCount}} {{json .State}}', '--', checked(containerId)], signal);
      const [, restarts = '0', state = '{}'] = /^(\d+) (.*)$/s.exec(output.trim()) ?? [];
      const { StartedAt, FinishedAt, OOMKilled } = parseJson(state) as { StartedAt?: string; FinishedAt?: string; OOMKilled?: boolean };
      return { startedAt: timeOrNull(StartedAt), finishedAt: timeOrNull(FinishedAt), restarts: Number(restarts), isOutOfMemory: OOMKilled ?? false };
    },

    log: async (target, tailLines, signal) => {
      const result = await docker(target.host, [...projectOf(target), 'logs', '--no-color', '--no-log-prefix', `--tail=${tailLines}`, '--', checked(target.service)], signal);
      if (result.ended !== 'well') throw new StockOpsError('COMPOSE_FAILED', result.complaint);
      // A service may write to both streams, and Compose keeps them apart.
      return lastBytes(result.all ?? result.output);
    },
  };
}

function environment(host: string, options: ComposeOptions): Record<string, string> {
  const { PATH, HOME, TMPDIR, DOCKER_CONFIG } = process.env;
  const kept = { PATH, HOME, TMPDIR, DOCKER_CONFIG, SSH_AUTH_SOCK: options.sshAuthSock ?? process.env['SSH_AUTH_SOCK'] };
  return {
    ...Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...(host === 'local' ? {} : { DOCKER_HOST: checkedHost(host) }),
  };
}

function checkedHost(host: string): string {
  if (/^ssh:\/\/(?:[a-z_][a-z0-9_-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?$/.test(host)) return host;
  throw new StockOpsError('NOT_CONFIGURED', `The host must be local or ssh://name, not ${JSON.stringify(host.slice(0, 80))}.`);
}

function projectIn({ host, arguments: [, project = '', file = ''] }: RequestVia<'compose'>): ComposeProject {
  return { host, project: project.slice('--project-name='.length), file: file.slice('--file='.length) };
}

function checked(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) return name;
  throw new StockOpsError('COMPOSE_FAILED', `${JSON.stringify(name.slice(0, 80))} is no name of a project, service or container.`);
}

/** A second look at a stored command line, independent of the code that built it. */
function whyNotRun(argv: readonly string[]): string | null {
  if (whyNotCommandLine(argv) !== null) return 'The plan holds what may not stand in a command line.';
  const [compose, project, file, verb, end, service, ...more] = argv;
  const isKnown =
    compose === 'compose' &&
    /^--project-name=[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(project ?? '') &&
    /^--file=[^\p{Cc}]+$/u.test(file ?? '') &&
    (verb === 'start' || verb === 'stop' || verb === 'restart') &&
    end === '--' &&
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(service ?? '') &&
    more.length === 0;
  return isKnown ? null : 'The plan holds a command that is never run.';
}

/**
 * Words that Docker, Compose and ssh have only for what ended before it touched a container. With any other words a container may have been stopped
 * and not come back, so those are not known (F-28, F-48).
 */
const refusals: readonly RegExp[] = [
  // Docker Compose, about its file.
  /^no such service: /i,
  /^no configuration file provided/i,
  /^open .*: no such file or directory/i,
  // The docker program, about its flags.
  /^unknown (?:shorthand )?flag/i,
  // Docker Compose, about the containers that it looks for first.
  /no such container/i,
  /has no container to (?:start|restart|stop)/i,
  // The docker program, before it has reached the daemon.
  /cannot connect to the docker daemon/i,
  /permission denied while trying to connect/i,
  // ssh, before it has reached the host or been let in.
  /connect to host \S+ port \d+: (?:connection refused|no route to host|operation timed out)/i,
  /could not resolve hostname/i,
  /host key verification failed/i,
  /permission denied \(publickey/i,
];

function wasRefusedBefore(complaint: string): boolean {
  return refusals.some((words) => words.test(complaint));
}

/** One JSON object a line, not a list. */
function readContainers(output: string): ComposeContainer[] {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const raw = parseJson(line) as Record<string, unknown>;
      const text = (field: string) => (typeof raw[field] === 'string' ? raw[field] : '');
      return { id: text('ID'), name: text('Name'), service: text('Service'), image: text('Image'), state: text('State'), health: text('Health'), exitCode: Number(raw['ExitCode'] ?? 0), status: text('Status') };
    });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StockOpsError('COMPOSE_FAILED', 'Its output is not JSON; Docker Compose 2.21 or newer is needed.', { cause: error });
  }
}

/** Docker writes the year 1 for "never". */
function timeOrNull(time: string | undefined): string | null {
  return time === undefined || time === '' || time.startsWith('0001-') ? null : time;
}
