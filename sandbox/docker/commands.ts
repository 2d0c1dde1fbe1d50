import { renderTemplate } from '../helm/template.ts';
import type { Invocation } from './command-line.ts';
import { changeDockerState, healthOf, readDockerState, type Container, type DockerState, type LogLine } from './docker-state.ts';

/** What a command leaves behind. Effects are in the state file when it returns. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface Host {
  readonly stateFile: string;
  readonly environment: { readonly [name: string]: string | undefined };
  now(): Date;
}

const done = (stdout: string, stderr = '', exitCode = 0): CommandResult => ({ stdout, stderr, exitCode });
const failed = (message: string, stdout = ''): CommandResult => ({ stdout, stderr: `${message}\n`, exitCode: 1 });

export function runCommand(invocation: Invocation, host: Host): CommandResult {
  const state = readDockerState(host.stateFile);
  const address = invocation.text('host') ?? host.environment['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const isCompose = invocation.command.startsWith('compose ');
  if (invocation.command === 'compose version') return done(invocation.flag('short') ? '5.5.0\n' : 'Docker Compose version v5.5.0\n');
  if (isCompose) {
    const refusal = whyNotThisFile(invocation, state);
    if (refusal) return failed(refusal);
  }
  if (state.engine === 'down') return failed(unreachable(address));
  switch (invocation.command) {
    case 'compose ps': return composePs(invocation, state, host);
    case 'compose logs': return composeLogs(invocation, state, host);
    case 'compose start':
    case 'compose stop':
    case 'compose restart':
    case 'compose up': return changeServices(invocation, state, host);
    case 'inspect': return inspect(invocation, state, host);
    case 'logs': return logs(invocation, state, host);
    case 'stats': return stats(invocation, state);
    default: return done('Docker version 28.2.2, build e6534b4\n');
  }
}

function unreachable(address: string): string {
  const ssh = /^ssh:\/\/(.+)$/.exec(address);
  return ssh
    ? `error during connect: Get "http://docker.example.com/v1.50/containers/json": command [ssh -o ConnectTimeout=30 -T -- ${ssh[1]} docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=ssh: connect to host ${ssh[1]?.split('@').at(-1)} port 22: Connection refused`
    : `Cannot connect to the Docker daemon at ${address}. Is the docker daemon running?`;
}

function whyNotThisFile(invocation: Invocation, state: DockerState): string | undefined {
  const file = invocation.text('file');
  if (file === undefined) return 'no configuration file provided: not found';
  return file === state.composeFile || file.endsWith(`/${state.composeFile}`) ? undefined : `open ${file}: no such file or directory`;
}

/** Without a name Compose calls the project after the directory of the file. */
function projectOf(invocation: Invocation): string {
  return invocation.text('project-name') ?? (invocation.text('file') ?? '').split('/').at(-2) ?? 'docker';
}

/** The containers of the services that are named, in the order of the file; throws for a service that is not in the file. */
function selected(invocation: Invocation, state: DockerState): readonly Container[] {
  const unknown = invocation.positional.find((name) => !state.containers.some((one) => one.service === name));
  if (unknown !== undefined) throw new Error(`no such service: ${unknown}`);
  return invocation.positional.length === 0 ? state.containers : state.containers.filter((one) => invocation.positional.includes(one.service));
}

function composePs(invocation: Invocation, state: DockerState, host: Host): CommandResult {
  const statuses = invocation.text('status');
  const shown = selected(invocation, state).filter((one) => (statuses !== undefined ? one.state === statuses : invocation.flag('all') || one.state !== 'exited'));
  if (invocation.flag('quiet')) return done(shown.map((one) => `${one.id}\n`).join(''));
  if (invocation.flag('services')) return done(shown.map((one) => `${one.service}\n`).join(''));
  if (invocation.text('format') !== 'json') {
    const rows = [['NAME', 'IMAGE', 'COMMAND', 'SERVICE', 'CREATED', 'STATUS', 'PORTS'], ...shown.map((one) => [one.name, one.image, JSON.stringify(one.command), one.service, ago(one.createdAt, host.now()), statusText(state, one, host.now()), portsText(one)])];
    const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
    return done(rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] as number)).join('   ').trimEnd()}\n`).join(''));
  }
  return done(shown.map((one) => `${JSON.stringify({
    Command: JSON.stringify(one.command), CreatedAt: `${one.createdAt.slice(0, 19).replace('T', ' ')} +0000 UTC`, ExitCode: one.exitCode, Health: healthOf(state, one, host.now()), ID: one.id.slice(0, 12), Image: one.image,
    Labels: `com.docker.compose.project=${projectOf(invocation)},com.docker.compose.service=${one.service}`, LocalVolumes: '0', Mounts: '', Name: one.name, Names: one.name, Networks: `${projectOf(invocation)}_default`, Ports: portsText(one), Project: projectOf(invocation),
    Publishers: one.ports.map((port) => ({ URL: '0.0.0.0', TargetPort: port.target, PublishedPort: port.published, Protocol: 'tcp' })),
    RunningFor: `${ago(one.createdAt, host.now())}`, Service: one.service, Size: '0B', State: one.state, Status: statusText(state, one, host.now()),
  })}\n`).join(''));
}

function statusText(state: DockerState, container: Container, now: Date): string {
  if (container.state === 'exited') return `Exited (${container.exitCode}) ${ago(container.finishedAt ?? container.startedAt, now)}`;
  if (container.state === 'restarting') return `Restarting (${container.exitCode}) ${ago(container.startedAt, now)}`;
  const health = healthOf(state, container, now);
  return `Up ${ago(container.startedAt, now).replace(' ago', '')}${health === '' ? '' : ` (${health === 'starting' ? 'health: starting' : health})`}`;
}

function ago(time: string, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(time)) / 1000));
  if (seconds < 1) return 'Less than a second ago';
  if (seconds < 60) return `${seconds} second${seconds === 1 ? '' : 's'} ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 2) return 'About a minute ago';
  if (minutes < 60) return `${minutes} minutes ago`;
  const hours = Math.round(minutes / 60);
  if (hours === 1) return 'About an hour ago';
  return hours < 48 ? `${hours} hours ago` : `${Math.floor(hours / 24)} days ago`;
}

const portsText = (container: Container): string => container.ports.map((port) => `0.0.0.0:${port.published}->${port.target}/tcp`).join(', ');

// ---- logs ---------------------------------------------------------------------------

function wantedLines(invocation: Invocation, lines: readonly LogLine[], now: Date): readonly LogLine[] {
  const since = invocation.text('since');
  const until = invocation.text('until');
  const from = since === undefined ? undefined : moment(since, now);
  const to = until === undefined ? undefined : moment(until, now);
  const recent = lines.filter((line) => (from === undefined || Date.parse(line.at) >= from) && (to === undefined || Date.parse(line.at) <= to));
  const tail = invocation.text('tail');
  if (tail === undefined || tail === 'all') return recent;
  return Number(tail) === 0 ? [] : recent.slice(-Number(tail));
}

/** `10m`, or a time. */
function moment(text: string, now: Date): number {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  if (match) return now.getTime() - Number(match[1]) * { s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 's' | 'm' | 'h'];
  return Date.parse(text);
}

/** Compose puts what a container wrote to either stream on its own standard output. */
function composeLogs(invocation: Invocation, state: DockerState, host: Host): CommandResult {
  const chosen = selected(invocation, state);
  const width = Math.max(...chosen.map((one) => one.name.length));
  return done(chosen.flatMap((one) => wantedLines(invocation, one.log, host.now()).map((line) => {
    const prefix = invocation.flag('no-log-prefix') ? '' : `${one.name.padEnd(width)}  | `;
    return `${prefix}${invocation.flag('timestamps') ? `${line.at} ` : ''}${line.text}\n`;
  })).join(''));
}

/** `docker logs` keeps the two streams apart. */
function logs(invocation: Invocation, state: DockerState, host: Host): CommandResult {
  const [name] = invocation.positional;
  if (name === undefined || invocation.positional.length > 1) return failed(`docker: 'docker logs' requires 1 argument\n\nUsage:  docker logs [OPTIONS] CONTAINER\n\nSee 'docker logs --help' for more information`);
  const container = state.containers.find((one) => one.name === name || one.id.startsWith(name));
  if (!container) return failed(`Error response from daemon: No such container: ${name}`);
  const lines = wantedLines(invocation, container.log, host.now());
  const of = (stream: LogLine['stream']) => lines.filter((line) => line.stream === stream).map((line) => `${invocation.flag('timestamps') ? `${line.at} ` : ''}${line.text}\n`).join('');
  return done(of('stdout'), of('stderr'));
}

// ---- what changes something -----------------------------------------------------------

function changeServices(invocation: Invocation, state: DockerState, host: Host): CommandResult {
  const verb = invocation.command.slice('compose '.length);
  if (verb === 'up' && !invocation.flag('detach')) return failed('the stand-in has no foreground: use up --detach');
  const at = host.now().toISOString();
  const progress: string[] = [];
  const say = (container: Container, ...words: string[]) => progress.push(...words.map((word) => ` Container ${container.name}  ${word}\n`));
  const started = (container: Container, more: Partial<Container> = {}): Container => ({
    ...container, state: 'running', startedAt: at, finishedAt: null, exitCode: 0, ...more, log: [...container.log, { at, stream: 'stderr', text: `INFO:     ${container.service} starting` }],
  });
  const change = (container: Container): Container => {
    switch (verb) {
      case 'start':
        if (container.state === 'running') return container;
        say(container, 'Starting', 'Started');
        return started(container);
      case 'stop':
        if (container.state === 'exited') return container;
        say(container, 'Stopping', 'Stopped');
        return { ...container, state: 'exited', finishedAt: at, exitCode: container.service === 'kafka' ? 143 : 0 };
      case 'restart':
        say(container, 'Restarting', 'Started');
        // A restart takes neither a changed environment nor a changed file: the container stays the same one.
        return started(container);
      default: return bringUp(container);
    }
  };
  const bringUp = (container: Container): Container => {
    // What the compose file takes from the environment; absent, its default. So a plain `up` quietly puts the default back.
    const environment = 'MODEL_VARIANT' in container.environment ? { ...container.environment, MODEL_VARIANT: host.environment['MODEL_VARIANT'] ?? 'ml' } : container.environment;
    const differs = environment['MODEL_VARIANT'] !== container.environment['MODEL_VARIANT'];
    if (differs || invocation.flag('force-recreate')) {
      say(container, 'Recreate', 'Recreated', 'Starting', 'Started');
      return started(container, { environment, createdAt: at, isBroken: false, restartCount: 0, log: [] });
    }
    if (container.state === 'running') {
      say(container, 'Running');
      return container;
    }
    say(container, 'Starting', 'Started');
    return started(container);
  };
  const next = (current: DockerState): DockerState => {
    const chosen = selected(invocation, current);
    return { ...current, containers: current.containers.map((one) => (chosen.includes(one) ? change(one) : one)) };
  };
  if (invocation.flag('dry-run')) next(state);
  else changeDockerState(host.stateFile, next);
  return done('', progress.map((line) => (invocation.flag('dry-run') ? line.replace(' Container', ' DRY-RUN MODE -  Container') : line)).join(''));
}

// ---- engine commands that read --------------------------------------------------------

function inspect(invocation: Invocation, state: DockerState, host: Host): CommandResult {
  const found = invocation.positional.map((name) => [name, state.containers.find((one) => one.name === name || one.id.startsWith(name))] as const);
  const objects = found.flatMap(([, one]) => (one ? [inspection(state, one, host.now())] : []));
  const format = invocation.text('format');
  const stdout = format === undefined || format === 'json'
    ? `${JSON.stringify(objects, null, format === undefined ? 4 : 0)}\n`
    : objects.map((object) => `${renderTemplate(format.replaceAll(/\bjson\b/g, 'toJson'), object)}\n`).join('');
  const missing = found.filter(([, one]) => !one).map(([name]) => `Error: No such object: ${name}`);
  return missing.length > 0 ? failed(missing.join('\n'), stdout) : done(stdout);
}

function inspection(state: DockerState, one: Container, now: Date): { readonly [field: string]: unknown } {
  const health = healthOf(state, one, now);
  return {
    Id: one.id, Created: one.createdAt, Path: one.command.split(' ')[0], Args: one.command.split(' ').slice(1),
    State: {
      Status: one.state, Running: one.state === 'running', Paused: false, Restarting: one.state === 'restarting', OOMKilled: one.exitCode === 137, Dead: false, Pid: one.state === 'running' ? 4242 : 0, ExitCode: one.exitCode, Error: '',
      StartedAt: one.startedAt, FinishedAt: one.finishedAt ?? '0001-01-01T00:00:00Z', ...(health !== '' && { Health: { Status: health, FailingStreak: health === 'unhealthy' ? 3 : 0, Log: [] } }),
    },
    Name: `/${one.name}`, RestartCount: one.restartCount,
    Config: { Image: one.image, Env: Object.entries(one.environment).map(([name, value]) => `${name}=${value}`), Labels: { 'com.docker.compose.service': one.service } },
  };
}

function stats(invocation: Invocation, state: DockerState): CommandResult {
  if (!invocation.flag('no-stream')) return failed('the stand-in has no stream: use stats --no-stream');
  const unknown = invocation.positional.find((name) => !state.containers.some((one) => one.name === name));
  if (unknown !== undefined) return failed(`Error response from daemon: No such container: ${unknown}`);
  const shown = state.containers.filter((one) => (invocation.positional.length === 0 ? one.state === 'running' : invocation.positional.includes(one.name)));
  const rows = shown.map((one) => {
    const running = one.state === 'running';
    return {
      BlockIO: '0B / 0B', CPUPerc: `${(running ? one.cpuPercent : 0).toFixed(2)}%`, Container: one.name, ID: one.id.slice(0, 12), MemPerc: `${(running ? (one.memoryMiB / 8192) * 100 : 0).toFixed(2)}%`,
      MemUsage: running ? `${one.memoryMiB}MiB / 8GiB` : '0B / 0B', Name: one.name, NetIO: '0B / 0B', PIDs: running ? '12' : '0',
    };
  });
  const format = invocation.text('format');
  if (format === 'json' || format === '{{json .}}') return done(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  if (format !== undefined) return done(rows.map((row) => `${renderTemplate(format, row)}\n`).join(''));
  return done(['CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %', ...rows.map((row) => `${row.ID}   ${row.Name}   ${row.CPUPerc}   ${row.MemUsage}   ${row.MemPerc}`)].join('\n').concat('\n'));
}
