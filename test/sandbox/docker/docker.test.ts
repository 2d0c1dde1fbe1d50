/**
 * Goal: the stand-in of docker answers as Compose 5 and the engine's command line do where it matters: one JSON object per line, two
 * streams, what a restart does not pick up, what a plain `up` quietly resets. Method: the program is started as a program.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cryptoVolatilityHost, dockerCalls, installDocker, readDockerState, setDockerFault, setEngine, updateContainer, writeDockerState } from '../../../sandbox/docker/docker-state.ts';

let directory: string;
let stateFile: string;
let dockerBin: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-'));
  stateFile = join(directory, 'docker.json');
  writeDockerState(stateFile, cryptoVolatilityHost(new Date()));
  dockerBin = installDocker(directory, stateFile);
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Result {
  readonly code: number | string | null;
  readonly out: string;
  readonly err: string;
}
function docker(argv: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Result> {
  return new Promise((resolve) => {
    execFile(dockerBin, argv, { env }, (error, out, err) => resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, out, err }));
  });
}
const compose = (...argv: string[]) => docker(['compose', '--file', 'docker/compose.yaml', ...argv]);
const rows = (out: string) => out.trimEnd().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
const container = (service: string) => readDockerState(stateFile).containers.find((one) => one.service === service);

test('ps gives one JSON object per line, and only what runs unless asked for all', async () => {
  const before = rows((await compose('ps', '--format', 'json')).out);
  expect(before.map((row) => [row.Service, row.Name, row.State, row.Health])).toEqual([['api', 'volatility-api', 'running', 'healthy'], ['kafka', 'kafka', 'running', 'healthy'], ['prometheus', 'prometheus', 'running', ''], ['grafana', 'grafana', 'running', '']]);

  expect(await compose('stop', 'kafka')).toEqual({ code: 0, out: '', err: ' Container kafka  Stopping\n Container kafka  Stopped\n' });
  const running = rows((await compose('ps', '--format', 'json')).out);
  expect(running.map((row) => [row.Service, row.Health])).toEqual([['api', 'unhealthy'], ['prometheus', ''], ['grafana', '']]);
  const all = rows((await compose('ps', '--all', '--format', 'json', 'kafka')).out);
  expect(all).toMatchObject([{ Service: 'kafka', State: 'exited', ExitCode: 143 }]);

  expect((await compose('start', 'kafka')).err).toBe(' Container kafka  Starting\n Container kafka  Started\n');
  expect(container('kafka')).toMatchObject({ state: 'running', exitCode: 0 });
});

test('a restart starts the same container anew, and takes no changed environment', async () => {
  const before = container('api');
  const result = await docker(['compose', '--file', 'docker/compose.yaml', 'restart', 'api'], { MODEL_VARIANT: 'baseline' });
  expect(result.code).toBe(0);
  expect(container('api')).toMatchObject({ createdAt: before?.createdAt, environment: { MODEL_VARIANT: 'ml' } });
  expect(Date.parse(container('api')?.startedAt ?? '')).toBeGreaterThan(Date.parse(before?.startedAt ?? ''));
});

test('up with a changed variable makes the container again, and up without it puts the default back (CV-58)', async () => {
  await docker(['compose', '--file', 'docker/compose.yaml', 'up', '-d', '--no-deps', 'api'], { MODEL_VARIANT: 'baseline' });
  expect(container('api')?.environment).toEqual({ MODEL_VARIANT: 'baseline' });
  expect((await compose('up', '--detach', 'api')).err).toMatch(/Recreated/);
  expect(container('api')?.environment).toEqual({ MODEL_VARIANT: 'ml' });
  expect((await compose('up', '--detach', 'api')).err).toBe(' Container volatility-api  Running\n');
});

test('docker keeps the two streams of a log apart, Compose does not (CV-39)', async () => {
  const engine = await docker(['logs', '--tail', '2', 'volatility-api']);
  expect([engine.out, engine.err.trimEnd().split('\n').length]).toEqual(['', 2]);
  const composed = await compose('logs', '--no-color', '--no-log-prefix', '--tail', '2', 'api');
  expect([composed.out, composed.err]).toEqual([engine.err, '']);
  expect((await compose('logs', '--tail', '1', 'api')).out).toMatch(/^volatility-api {2}\| INFO/);
});

test('inspect and stats say what evidence needs', async () => {
  updateContainer(stateFile, 'api', { isBroken: true });
  const state = JSON.parse((await docker(['inspect', '--format', '{{json .State}}', 'volatility-api'])).out);
  expect(state).toMatchObject({ Status: 'running', StartedAt: container('api')?.startedAt, Health: { Status: 'unhealthy' } });
  expect(rows((await docker(['stats', '--no-stream', '--format', 'json', 'volatility-api'])).out)).toMatchObject([{ Name: 'volatility-api', CPUPerc: '11.40%' }]);
});

test.each([
  ['a service that the file does not have', ['compose', '-f', 'docker/compose.yaml', 'restart', 'nope'], 1, 'no such service: nope\n'],
  ['a file that is not there', ['compose', '-f', '../compose.yaml', 'ps'], 1, 'open ../compose.yaml: no such file or directory\n'],
  ['no file at all', ['compose', 'ps'], 1, 'no configuration file provided: not found\n'],
  ['a flag that Compose does not have', ['compose', '-f', 'docker/compose.yaml', 'ps', '--bogus'], 1, /^unknown flag: --bogus\n/],
  ['a flag that docker does not have', ['logs', '--bogus', 'kafka'], 125, /^unknown flag: --bogus\n/],
  ['a container that is not there', ['logs', 'nope'], 1, 'Error response from daemon: No such container: nope\n'],
] as const)('refuses %s', async (_why, argv, code, message) => {
  const before = readDockerState(stateFile);
  const result = await docker(argv);
  expect(result).toMatchObject({ code, err: typeof message === 'string' ? message : expect.stringMatching(message) });
  expect(readDockerState(stateFile)).toEqual(before);
});

test('an engine that is down is told apart from a command that failed, and names its host', async () => {
  setEngine(stateFile, 'down');
  expect(await compose('ps')).toMatchObject({ code: 1, err: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n' });
  expect((await docker(['--host', 'ssh://crypto-host', 'compose', '-f', 'docker/compose.yaml', 'ps'])).err).toMatch(/^error during connect: .*ssh -o ConnectTimeout=30 -T -- crypto-host/);
});

test.each([
  ['die-before', false],
  ['die-after', true],
] as const)('with the fault %s the program is gone, and whether it happened is %s (F-48)', async (mode, happened) => {
  const before = container('api')?.startedAt;
  setDockerFault(stateFile, { mode, command: 'compose restart' });
  expect((await compose('restart', 'api')).code).toBe('SIGKILL');
  expect(container('api')?.startedAt !== before).toBe(happened);
  expect((await compose('restart', 'api')).code).toBe(0);
});

test('every start is recorded with its arguments and the names of its environment', async () => {
  await docker(['compose', '-f', 'docker/compose.yaml', 'ps'], { DOCKER_HOST: 'ssh://crypto-host' });
  expect(dockerCalls(stateFile)).toMatchObject([{ argv: ['compose', '-f', 'docker/compose.yaml', 'ps'], environment: expect.arrayContaining(['DOCKER_HOST']) }]);
});
