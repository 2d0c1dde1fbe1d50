import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the engine on the host knows of one container. Times are ISO 8601. */
export interface Container {
  readonly id: string;
  /** `volatility-api`: what `docker` calls it. */
  readonly name: string;
  /** `api`: what the compose file calls it. */
  readonly service: string;
  readonly image: string;
  readonly command: string;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly state: 'running' | 'exited' | 'restarting';
  readonly exitCode: number;
  readonly restartCount: number;
  /** Whether its image has a health check; without one its health is empty. */
  readonly hasHealthCheck: boolean;
  /** Set to make a running container unhealthy. */
  readonly isBroken: boolean;
  /** Services without which it is not healthy. */
  readonly needs: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly ports: readonly { readonly target: number; readonly published: number }[];
  readonly cpuPercent: number;
  readonly memoryMiB: number;
  readonly log: readonly LogLine[];
}

export interface LogLine {
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface DockerState {
  readonly engine: 'up' | 'down';
  /** Directory part and name of the compose file that is there; any other is "no such file". */
  readonly composeFile: string;
  readonly containers: readonly Container[];
}

/**
 * `hang-before`, `hang-after`: stands still before or after the effect. `die-before`, `die-after`: as if killed there.
 * `fail`: exit 1 with `message`, and nothing happens.
 */
export interface DockerFault {
  readonly mode: 'hang-before' | 'hang-after' | 'die-before' | 'die-after' | 'fail';
  /** Such as `compose restart` or `logs`; without it every command. */
  readonly command?: string;
  readonly message?: string;
  /** How often; without it once. */
  readonly times?: number;
}

export interface DockerCall {
  readonly at: string;
  readonly argv: readonly string[];
  /** Names only. */
  readonly environment: readonly string[];
}

const HEALTHY_AFTER_MS = 4000;

export function readDockerState(stateFile: string): DockerState {
  return JSON.parse(readFileSync(stateFile, 'utf8')) as DockerState;
}

export function writeDockerState(stateFile: string, state: DockerState): void {
  writeFileSync(`${stateFile}.draft`, JSON.stringify(state, null, 1));
  renameSync(`${stateFile}.draft`, stateFile);
}

/**
 * Changes the state while nobody else does: the sandbox and several programs may want to at once. A lock that a killed program left
 * behind is broken after two seconds.
 */
export function changeDockerState(stateFile: string, change: (state: DockerState) => DockerState): void {
  const lock = `${stateFile}.lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, '', { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 400) throw error;
      if (attempt === 400) rmSync(lock, { force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  try {
    writeDockerState(stateFile, change(readDockerState(stateFile)));
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Changes one container, found by the name of its service. */
export function updateContainer(stateFile: string, service: string, change: Partial<Container>): void {
  changeDockerState(stateFile, (state) => {
    if (!state.containers.some((one) => one.service === service)) throw new Error(`no service ${service}`);
    return { ...state, containers: state.containers.map((one) => (one.service === service ? { ...one, ...change } : one)) };
  });
}

export function setEngine(stateFile: string, engine: DockerState['engine']): void {
  changeDockerState(stateFile, (state) => ({ ...state, engine }));
}

/** Makes the stand-in live at `now`: what starts or is logged from here on carries that time. */
export function setDockerClock(stateFile: string, now: Date, machineNow: Date): void {
  writeFileSync(`${stateFile}.clock.json`, JSON.stringify({ offsetMs: now.getTime() - machineNow.getTime() }));
}

/** What is added to the time of the machine. */
export function dockerClockOffsetMs(stateFile: string): number {
  try {
    return (JSON.parse(readFileSync(`${stateFile}.clock.json`, 'utf8')) as { offsetMs: number }).offsetMs;
  } catch {
    return 0;
  }
}

export function setDockerFault(stateFile: string, fault: DockerFault): void {
  writeFileSync(`${stateFile}.fault.json`, JSON.stringify({ times: 1, ...fault }));
}

export function clearDockerFault(stateFile: string): void {
  rmSync(`${stateFile}.fault.json`, { force: true });
}

/** Takes the fault that applies to this command, if there is one, and counts it down. */
export function takeDockerFault(stateFile: string, command: string): DockerFault | undefined {
  const file = `${stateFile}.fault.json`;
  if (!existsSync(file)) return undefined;
  const fault = JSON.parse(readFileSync(file, 'utf8')) as DockerFault & { times: number };
  if (fault.command !== undefined && fault.command !== command) return undefined;
  if (fault.times <= 1) clearDockerFault(stateFile);
  else writeFileSync(file, JSON.stringify({ ...fault, times: fault.times - 1 }));
  return fault;
}

/** Every start of the program, oldest first. */
export function dockerCalls(stateFile: string): readonly DockerCall[] {
  const file = `${stateFile}.calls.jsonl`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as DockerCall);
}

export function recordDockerCall(stateFile: string, call: DockerCall): void {
  appendFileSync(`${stateFile}.calls.jsonl`, `${JSON.stringify(call)}\n`);
}

/** `healthy`, `unhealthy`, `starting`, or empty where there is no health check or the container does not run. */
export function healthOf(state: DockerState, container: Container, now: Date): string {
  if (!container.hasHealthCheck || container.state !== 'running') return '';
  const lacks = container.needs.some((service) => state.containers.find((one) => one.service === service)?.state !== 'running');
  if (container.isBroken || lacks) return 'unhealthy';
  return now.getTime() - Date.parse(container.startedAt) < HEALTHY_AFTER_MS ? 'starting' : 'healthy';
}

/**
 * Writes a launcher named `docker` into `directory` that knows where the state is, so that a caller who starts it with an empty
 * environment still finds it. Returns its path: what DOCKER_BIN is set to.
 */
export function installDocker(directory: string, stateFile: string): string {
  const program = fileURLToPath(new URL('docker.ts', import.meta.url));
  const compileCache = fileURLToPath(new URL('../../node_modules/.cache/stand-ins', import.meta.url));
  const path = join(directory, 'docker');
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  writeFileSync(path, `#!/bin/sh\n# exec keeps the process id: what kills "docker" kills the stand-in.\nexport STOCKOPS_DOCKER_STATE=${quoted(stateFile)} NODE_COMPILE_CACHE=${quoted(compileCache)}\nexec ${quoted(process.execPath)} ${quoted(program)} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The host of Crypto Volatility as it runs on a good day. */
export function cryptoVolatilityHost(now: Date): DockerState {
  const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
  const container = (service: string, name: string, image: string, more: Partial<Container>): Container => ({
    id: Buffer.from(`${name}-container`).toString('hex').padEnd(64, '0').slice(0, 64), name, service, image, command: 'docker-entrypoint.sh', createdAt: ago(4320), startedAt: ago(4320), finishedAt: null,
    state: 'running', exitCode: 0, restartCount: 0, hasHealthCheck: false, isBroken: false, needs: [], environment: {}, ports: [], cpuPercent: 2, memoryMiB: 128, log: [], ...more,
  });
  const lines = (stream: LogLine['stream'], everyMinutes: number, texts: readonly string[]): LogLine[] =>
    texts.map((text, index) => ({ at: ago((texts.length - index) * everyMinutes), stream, text }));
  return {
    engine: 'up',
    composeFile: 'docker/compose.yaml',
    containers: [
      container('api', 'volatility-api', 'crypto-volatility/api:1.6.2', {
        command: 'uvicorn app.main:app --host 0.0.0.0', hasHealthCheck: true, needs: ['kafka'], ports: [{ target: 8000, published: 8000 }], environment: { MODEL_VARIANT: 'ml' }, cpuPercent: 11.4, memoryMiB: 611,
        // Python writes its log to stderr.
        log: lines('stderr', 1, [
          'INFO:     Started server process [1]', 'INFO:     model_variant=ml loaded in 3.4 s', 'INFO:     Uvicorn running on http://0.0.0.0:8000', 'INFO:     127.0.0.1:40122 - "GET /health HTTP/1.1" 200 OK',
          'INFO:     172.20.0.1:51876 - "POST /predict HTTP/1.1" 200 OK', 'WARNING:  prediction took 912 ms (limit 800 ms)', 'INFO:     172.20.0.1:51880 - "POST /predict HTTP/1.1" 200 OK', 'INFO:     127.0.0.1:40130 - "GET /health HTTP/1.1" 200 OK',
        ]),
      }),
      container('kafka', 'kafka', 'confluentinc/cp-kafka:7.6.1', {
        command: '/etc/confluent/docker/run', hasHealthCheck: true, ports: [{ target: 9092, published: 9092 }], cpuPercent: 4.2, memoryMiB: 842,
        log: lines('stdout', 7, ['[KafkaServer id=1] started', '[GroupCoordinator 1]: Stabilized group volatility-features generation 4 with 1 members', '[Log partition=ticks.raw-0] Rolled new log segment at offset 482133 in 2 ms']),
      }),
      container('prometheus', 'prometheus', 'prom/prometheus:v2.53.0', {
        command: '/bin/prometheus --config.file=/etc/prometheus/prometheus.yml', ports: [{ target: 9090, published: 9090 }], cpuPercent: 0.9, memoryMiB: 164,
        log: lines('stderr', 30, ['level=info msg="Server is ready to receive web requests."', 'level=info msg="Head GC completed" duration=2.1ms']),
      }),
      container('grafana', 'grafana', 'grafana/grafana:11.1.0', {
        command: '/run.sh', ports: [{ target: 3000, published: 3000 }], cpuPercent: 0.4, memoryMiB: 97, log: lines('stdout', 60, ['logger=http.server level=info msg="HTTP Server Listen" address=[::]:3000']),
      }),
    ],
  };
}
