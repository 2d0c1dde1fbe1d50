/** The Compose primitives through the real connector, on the stand-in of `docker`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cryptoVolatilityHost, dockerCalls, installDocker, setDockerFault, updateContainer, writeDockerState } from '../../sandbox/docker/docker-state.ts';
import type { ComposeTarget, PlanDraft } from '../../src/actions/plan.ts';
import type { Ports } from '../../src/actions/ports.ts';
import { createComposePort } from '../../src/connectors/compose/compose.ts';
import { systemClock } from '../../src/support/clock.ts';
import { planned } from '../actions/samples.ts';
import { driver } from '../contract/drive.ts';

const target: ComposeTarget = { kind: 'compose', host: 'local', file: 'docker/compose.yaml', project: 'crypto', service: 'api', containerName: 'volatility-api' };
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function host() {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-compose-'));
  folders.push(folder);
  const state = join(folder, 'docker.json');
  const seed = cryptoVolatilityHost(systemClock.now());
  writeDockerState(state, seed);
  const compose = createComposePort({ program: installDocker(folder, state), projects: () => [target] });
  const service = seed.containers.find((container) => container.service === target.service) ?? seed.containers[0];
  if (service === undefined) throw new Error('the stand-in has no container');
  return { state, compose, driver: driver({ compose } as Ports), target: { ...target, service: service.service, containerName: service.name } };
}

test('restart starts the same container anew, and Docker’s own record proves it (F-26)', async () => {
  const { driver, target } = await host();
  const run = await driver.run('compose.restart', target);
  expect(run.plan.request).toMatchObject({ via: 'compose', host: 'local', arguments: ['compose', '--project-name=crypto', '--file=docker/compose.yaml', 'restart', '--', target.service] });
  expect(run.receipt).toEqual({ status: 'accepted', answer: null });
  expect(await run.settled()).toMatchObject({ status: 'succeeded' });
  expect(await run.evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
});

test('stop and start: each is refused when it is so already, and undoes the other', async () => {
  const { driver, target } = await host();
  expect(await driver.plan('compose.start', target)).toMatchObject({ rule: expect.stringContaining('It runs already') as string });
  const stop = await driver.run('compose.stop', target);
  expect(await stop.settled()).toMatchObject({ status: 'succeeded' });
  expect(await stop.evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
  expect((await driver.read('compose.ps', target)).state).toBe('bad');
  expect(await driver.plan('compose.stop', target)).toMatchObject({ rule: expect.stringContaining('It does not run') as string });
  const start = await driver.run('compose.start', target);
  expect(await start.settled()).toMatchObject({ status: 'succeeded' });
  expect(stop.plan.undo).toEqual({ primitive: 'compose.start', params: {} });
});

test('killed before or after the effect, the receipt is lost; Docker’s record tells the two apart (F-26)', async () => {
  const { state, driver, target } = await host();
  const plan = planned(await driver.plan('compose.restart', target));
  setDockerFault(state, { mode: 'die-before', command: 'compose restart' });
  const before = await driver.send(plan);
  expect(before.receipt).toMatchObject({ status: 'lost' });
  const unsent = driver.follow('compose.restart', before.id, target, plan, before.receipt);
  expect(await unsent.evidenceAfter(0)).toMatchObject({ verdict: 'unclear' });
  expect(await unsent.evidenceAfter(5 * 60_000)).toMatchObject({ verdict: 'didNotHappen' });
  setDockerFault(state, { mode: 'die-after', command: 'compose restart' });
  const after = await driver.send(plan);
  expect(after.receipt).toMatchObject({ status: 'lost' });
  expect(await driver.follow('compose.restart', after.id, target, plan, after.receipt).evidenceAfter(0)).toMatchObject({ verdict: 'happened' });
});

test('a command that fails is rejected with Docker’s words', async () => {
  const { state, driver, target } = await host();
  const plan = planned(await driver.plan('compose.restart', target));
  setDockerFault(state, { mode: 'fail', command: 'compose restart', message: 'Error response from daemon: no such container' });
  expect((await driver.send(plan)).receipt).toEqual({ status: 'rejected', reason: 'Error response from daemon: no such container' });
});

test('a container that Docker has restarted by itself proves nothing', async () => {
  const { state, driver, target } = await host();
  const plan = planned(await driver.plan('compose.restart', target));
  updateContainer(state, target.service, { restartCount: 3, startedAt: systemClock.now().toISOString() });
  expect(await driver.follow('compose.restart', 'run_1', target, plan, { status: 'lost', reason: '' }).evidenceAfter(0)).toMatchObject({ verdict: 'unclear' });
});

test('the log is the newest lines, and grep is literal', async () => {
  const { driver, target } = await host();
  const reading = await driver.read('compose.logs', target, { tail: 2 });
  expect(reading.headline).toBe(`2 lines from ${target.service}`);
  expect((await driver.read('compose.logs', target, { grep: '.*' })).headline).toMatch(/^0 lines/);
});

for (const [why, changes] of [
  ['up', ['compose', '--project-name=p', '--file=f', 'up', '--', 'api']],
  ['down with volumes', ['compose', '--project-name=p', '--file=f', 'down', '-v', '--', 'api']],
  ['exec', ['compose', '--project-name=p', '--file=f', 'exec', '--', 'api', 'sh']],
  ['a second service', ['compose', '--project-name=p', '--file=f', 'restart', '--', 'api', 'db']],
  ['a service that is a flag', ['compose', '--project-name=p', '--file=f', 'restart', '--', '--all']],
  ['no service, which would mean all', ['compose', '--project-name=p', '--file=f', 'restart', '--']],
  ['another program', ['run', '--privileged', '--', 'x']],
  ['a project that climbs', ['compose', '--project-name=../x', '--file=f', 'restart', '--', 'api']],
] as const) {
  test(`a stored plan with ${why} starts nothing (T-19)`, async () => {
    const { compose, state } = await host();
    expect(await compose.run({ via: 'compose', host: 'local', arguments: changes }, 'run_1', AbortSignal.timeout(10_000))).toMatchObject({ status: 'rejected' });
    expect(dockerCalls(state)).toEqual([]);
  });
}

for (const [why, changes] of [
  ['another project', { project: 'payments' }],
  ['a project that climbs', { project: '../crypto' }],
  ['a project that is a flag', { project: '--file=/etc/passwd' }],
  ['another file', { file: '/tmp/evil.yaml' }],
  ['another host', { host: 'ssh://payments.example.com' }],
] as const) {
  test(`${why} than the systems’ files name is neither looked at nor changed, and Docker is not started (T-19)`, async () => {
    const { compose, state, target } = await host();
    const elsewhere = { ...target, ...changes };
    const signal = AbortSignal.timeout(10_000);
    await expect(compose.containers(elsewhere, signal)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await expect(compose.log(elsewhere, 10, signal)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(await compose.run({ via: 'compose', host: elsewhere.host, arguments: ['compose', `--project-name=${elsewhere.project}`, `--file=${elsewhere.file}`, 'restart', '--', target.service] }, 'run_1', signal)).toMatchObject({ status: 'rejected' });
    expect(dockerCalls(state)).toEqual([]);
  });
}

test('where no system runs on Compose, Docker is never started (T-19)', async () => {
  const { state, target } = await host();
  const compose = createComposePort({ program: installDocker(dirname(state), state) });
  await expect(compose.containers(target, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  expect(dockerCalls(state)).toEqual([]);
});

test('Docker is only ever asked for what is on the list, by argument list (T-19)', async () => {
  const { state, driver, target } = await host();
  await driver.read('compose.ps', target);
  await driver.read('compose.logs', target);
  await (await driver.run('compose.restart', target)).settled();
  await (await driver.run('compose.stop', target)).settled();
  await (await driver.run('compose.start', target)).settled();
  const project = ['compose', '--project-name=crypto', '--file=docker/compose.yaml'];
  const verbs = dockerCalls(state).map(({ argv }) => (argv[0] === 'inspect' ? 'inspect' : (expect(argv.slice(0, 3)).toEqual(project), argv[3])));
  expect([...new Set(verbs)].toSorted()).toEqual(['inspect', 'logs', 'ps', 'restart', 'start', 'stop']);
});

test('another host than ssh is refused, and the environment holds nothing of ours (T-06)', async () => {
  const { compose: listed, state, driver, target } = await host();
  const wrong = { ...target, host: 'tcp://10.0.0.1:2375' };
  const compose = createComposePort({ program: installDocker(dirname(state), state), projects: () => [wrong] });
  await expect(listed.containers(wrong, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  await expect(compose.containers({ ...target, host: 'tcp://10.0.0.1:2375' }, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  process.env['SLACK_BOT_TOKEN_CANARY'] = 'canary';
  await driver.read('compose.ps', target);
  delete process.env['SLACK_BOT_TOKEN_CANARY'];
  expect(dockerCalls(state).flatMap((call) => call.environment)).not.toContain('SLACK_BOT_TOKEN_CANARY');
});

test('a service with no container is named as such', async () => {
  const { driver, target } = await host();
  const plan = await driver.plan('compose.restart', { ...target, service: 'absent', containerName: 'absent' });
  expect(plan).toMatchObject({ refused: 'Not done: restart absent.' } satisfies Partial<PlanDraft> | object);
});
