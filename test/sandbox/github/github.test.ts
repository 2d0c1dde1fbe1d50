/** Goal: a dispatch that GitHub would refuse is refused here, and a run goes its way. Method: the REST API over loopback. */
import { expect, test } from 'vitest';
import { startGitHubStandIn } from '../../../sandbox/github/github.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { stockService } from './repository.ts';

const start = new Date('2026-11-22T02:14:00Z');
const access = { authorization: 'Bearer t' };

async function startOne() {
  const clock = manualClock(start);
  const github = await startGitHubStandIn({ clock, repositories: [stockService] });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = access) => {
    const response = await fetch(`${github.url}/repos/example/stock-service${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> };
  };
  const dispatch = (body: unknown, headers?: Record<string, string>, file = 'deploy.yml') => call('POST', `/actions/workflows/${file}/dispatches`, body, headers);
  return { clock, github, call, dispatch };
}

const good = { ref: 'main', inputs: { environment: 'staging' } };

for (const [why, body, complaint] of [
  ['without a ref', { inputs: good.inputs }, '"ref" wasn\'t supplied'],
  ['of a ref that is not there', { ...good, ref: 'nowhere' }, 'No ref found for: nowhere'],
  ['of a commit instead of a branch', { ...good, ref: 'a'.repeat(40) }, 'No ref found'],
  ['with an input that the workflow does not have', { ...good, inputs: { ...good.inputs, force: 'yes' } }, 'Unexpected inputs provided: ["force"]'],
  ['without an input that it needs', { ref: 'main' }, "Required input 'environment' not provided"],
  ['with a choice that is none', { ...good, inputs: { environment: 'moon' } }, 'not in the list of allowed values'],
  ['with more than 25 inputs', { ...good, inputs: Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`i${index}`, ''])) }, 'up to 25'],
  ['with a field that is not in the contract', { ...good, sha: 'x' }, '"sha" is not a permitted key'],
] as const) {
  test(`refuses a dispatch ${why} with 422`, async () => {
    const { github, dispatch } = await startOne();
    await using _ = github;
    const answer = await dispatch(body);
    expect(answer.status).toBe(422);
    expect(answer.body['message']).toContain(complaint);
    expect(github.dispatched).toEqual([]);
  });
}

test('refuses a workflow that nobody may start, one that is not there, and a caller without a token', async () => {
  const { github, dispatch } = await startOne();
  await using _ = github;
  expect((await dispatch(good, access, 'test.yml')).status).toBe(422);
  expect((await dispatch(good, access, 'none.yml')).status).toBe(404);
  expect((await dispatch(good, {})).status).toBe(401);
});

test('answers 204 unless the run is asked for, and always with the run from version 2026-03-10 on', async () => {
  const { github, dispatch } = await startOne();
  await using _ = github;
  const newer = { ...access, 'x-github-api-version': '2026-03-10' };
  expect((await dispatch(good)).status).toBe(204);
  expect((await dispatch({ ...good, return_run_details: true })).body).toMatchObject({ workflow_run_id: github.dispatched[1]?.id });
  expect((await dispatch(good, newer)).status).toBe(200);
  expect((await dispatch({ ...good, return_run_details: true }, newer)).status).toBe(422);
  expect((await dispatch(good, { ...access, 'x-github-api-version': '1999-01-01' })).status).toBe(400);
});

test('a run waits, runs and succeeds as time passes, or ends as it was told', async () => {
  const { clock, github, call, dispatch } = await startOne();
  await using _ = github;
  await dispatch(good);
  await dispatch(good);
  const [first, second] = github.dispatched;
  const stateOf = async (run: typeof first) => {
    const { body } = await call('GET', `/actions/runs/${run?.id}`);
    return [body['status'], body['conclusion']];
  };
  expect(await stateOf(first)).toEqual(['queued', null]);
  clock.moveTo(new Date(start.getTime() + 10_000));
  expect(await stateOf(first)).toEqual(['in_progress', null]);
  expect((await call('POST', `/actions/runs/${second?.id}/cancel`)).status).toBe(202);
  clock.moveTo(new Date(start.getTime() + 60_000));
  expect([await stateOf(first), await stateOf(second)]).toEqual([['completed', 'success'], ['completed', 'cancelled']]);
  expect((await call('POST', `/actions/runs/${first?.id}/cancel`)).status).toBe(409);
  expect((await call('GET', '/actions/runs?status=cancelled')).body).toMatchObject({ total_count: 1 });
});

test('reads a file and the checks of a branch', async () => {
  const { github, call } = await startOne();
  await using _ = github;
  const { body } = await call('GET', '/contents/charts/values.yaml');
  expect(Buffer.from(String(body['content']), 'base64').toString()).toBe('replicaCount: 3\n');
  // `printf 'replicaCount: 3\n' | git hash-object --stdin`
  expect(body['sha']).toBe('6bc803e90fcc6ac9d19380c3c01ae98c97c5c5fd');
  expect((await call('GET', '/contents/none')).status).toBe(404);
  expect((await call('GET', '/commits/main/check-runs')).body).toMatchObject({ total_count: 2, check_runs: [{ name: 'test', status: 'completed' }, { name: 'scan', status: 'in_progress' }] });
});
