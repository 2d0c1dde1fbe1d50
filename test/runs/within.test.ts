import { expect, test } from 'vitest';
import { readDeadlineMs, within } from '../../src/runs/dependencies.ts';
import { manualClock } from '../../src/support/clock.ts';
import { canariesIn, makeCanaries } from '../harness/canaries.ts';

test('T-09: whatever a primitive brings from outside comes to the runner without secrets', async () => {
  const canaries = makeCanaries('within');
  const dependencies = { ports: {} as never, clock: manualClock(new Date('2026-03-02T02:13:00Z')) };
  const brought = await within(dependencies, readDeadlineMs, async () => ({ headline: 'as it is', lines: canaries.map(({ line }) => line), text: { title: 'log', body: canaries.map(({ line }) => line).join('\n') } }));
  expect(canariesIn(canaries, JSON.stringify(brought))).toEqual([]);
  expect(brought.headline).toBe('as it is');
});

test('F-27: what fails half way is stopped, so that nothing happens later that somebody looked for and did not see', async () => {
  const dependencies = { ports: {} as never, clock: manualClock(new Date('2026-03-02T02:13:00Z')) };
  let given: AbortSignal | undefined;
  const failing = within(dependencies, readDeadlineMs, async ({ signal }) => {
    given = signal;
    throw new Error('The answer could not be read.');
  });
  await expect(failing).rejects.toThrow('The answer could not be read.');
  expect(given?.aborted).toBe(true);
});
