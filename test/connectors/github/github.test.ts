/**
 * Goal: a dispatch is sent once, and its end is one of accepted, rejected, lost; the token stays inside. Method: the stand-in with its
 * faults, counting the requests.
 */
import { expect, test } from 'vitest';
import { startGitHubStandIn } from '../../../sandbox/github/github.ts';
import { createGitHub } from '../../../src/connectors/github/github.ts';
import { systemClock } from '../../../src/support/clock.ts';
import { stockService } from '../../sandbox/github/repository.ts';

const token = 'ghp_very-secret-token';
const repository = { owner: 'example', name: 'stock-service' };
const dispatch = { repository, workflow: 'deploy.yml', ref: 'main', inputs: { environment: 'staging' } };

// Wider than what the stand-in has, so that also GitHub's own refusals are seen.
const allowed = ['deploy.yml', 'none.yml'].map((workflow) => ({ repository, workflow, refs: ['main', 'nowhere'], inputs: ['environment', 'force'] }));

async function startOne(deadlineMs = 300) {
  const standIn = await startGitHubStandIn({ clock: systemClock, repositories: [stockService] });
  return { standIn, github: createGitHub({ apiUrl: standIn.url, token, deadlineMs, allowed }) };
}

test('a dispatch says which run it became, and the run can be followed', async () => {
  const { standIn, github } = await startOne(5_000);
  await using _ = standIn;
  const before = systemClock.now();
  const receipt = await github.dispatch(dispatch);
  expect(receipt).toMatchObject({ status: 'accepted', runId: standIn.dispatched[0]?.id });
  const runId = receipt.status === 'accepted' ? receipt.runId : 0;
  expect(await github.run(repository, runId)).toMatchObject({ status: 'found', value: { id: runId, status: 'queued', conclusion: null } });
  standIn.finish(runId, 'failure');
  expect(await github.runs(repository, 'deploy.yml', before)).toMatchObject({ status: 'found', value: [{ id: runId, status: 'completed', conclusion: 'failure' }] });
  expect(await github.runs(repository, 'deploy.yml', new Date(systemClock.now().getTime() + 60_000))).toEqual({ status: 'found', value: [] });
  expect(await github.run(repository, 1)).toEqual({ status: 'not found' });
});

for (const [what, request, reason] of [
  ['an unknown input', { ...dispatch, inputs: { ...dispatch.inputs, force: 'yes' } }, 'GitHub answered 422: Unexpected inputs provided: ["force"]'],
  ['an unknown workflow', { ...dispatch, workflow: 'none.yml' }, 'GitHub answered 404: Not Found'],
  ['an unknown branch', { ...dispatch, ref: 'nowhere' }, 'GitHub answered 422: No ref found for: nowhere'],
] as const) {
  test(`${what} is rejected, in GitHub's words`, async () => {
    const { standIn, github } = await startOne(5_000);
    await using _ = standIn;
    expect(await github.dispatch(request)).toEqual({ status: 'rejected', reason });
  });
}

for (const [what, changes] of [
  ['another repository', { repository: { owner: 'example', name: 'payments' } }],
  ['another owner', { repository: { owner: 'evil', name: 'stock-service' } }],
  ['another workflow', { workflow: 'test.yml' }],
  ['another branch', { ref: 'evil' }],
  ['an input that nobody listed', { inputs: { environment: 'staging', script: 'curl evil' } }],
] as const) {
  test(`${what} is refused before GitHub is asked (T-20)`, async () => {
    const { standIn, github } = await startOne(5_000);
    await using _ = standIn;
    expect(await github.dispatch({ ...dispatch, ...changes })).toMatchObject({ status: 'rejected', reason: expect.stringMatching(/^This workflow /) as string });
    expect(standIn.dispatchRequests()).toBe(0);
  });
}

for (const [fault, runs] of [
  ['answers 502', 0],
  ['loses the answer', 1],
  ['never answers', 0],
] as const) {
  test(`when GitHub ${fault}, the dispatch is lost, was sent once, and tells no secret`, async () => {
    const { standIn, github } = await startOne();
    await using _ = standIn;
    standIn.fault(fault);
    const receipt = await github.dispatch(dispatch);
    expect(receipt.status).toBe('lost');
    expect(standIn.dispatchRequests()).toBe(1);
    expect(standIn.dispatched).toHaveLength(runs);
    expect(JSON.stringify(receipt)).not.toContain(token);
  });
}

test('a GitHub that is not there fails the reading, without the address or the token in the reason', async () => {
  const { standIn, github } = await startOne();
  await standIn.stop();
  expect(await github.run(repository, 1)).toEqual({ status: 'failed', reason: 'The connection to GitHub broke.' });
});
