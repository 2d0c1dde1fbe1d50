import type { ProgressInput, WritePrimitive } from '../actions/define-primitive.ts';
import type { Target } from '../actions/plan.ts';
import type { Outcome } from './outcome.ts';
import type { Run } from './run.ts';
import { addDuty } from '../storage/duties.ts';
import type { RunState } from '../storage/tables.ts';
import { messageOf } from '../support/log.ts';
import { announceRun } from './announce.ts';
import { contextFor, readDeadlineMs, type RunDependencies } from './dependencies.ts';
import { read } from './read.ts';
import { watchEveryMs } from './start.ts';
import { changeRun, findRun, lockRun } from './store.ts';

/**
 * Looks at a running change, any process at any time: waiting only reads, so it can be resumed (F-29). Comes again until it has settled or its
 * time is up.
 */
export async function watchRun(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  const primitive = run && dependencies.primitives.get(run.plan.primitive);
  if (run === undefined || run.state !== 'started' || primitive === undefined || primitive.effect !== 'write') return;
  const now = dependencies.clock.now();
  const input = progressInput(run, now);
  const progress = await primitive.progress(contextFor(dependencies, readDeadlineMs), input as never).catch((error: unknown) => ({ status: 'running' as const, line: messageOf(error) }));

  if (progress.status === 'running') {
    if (now.getTime() - input.startedAt.getTime() > run.plan.draft.settleWithinMs)
      return finish(dependencies, run, 'failed', { status: 'failed', reason: `It did not finish within ${Math.round(run.plan.draft.settleWithinMs / 60_000)} min.`, lines: [progress.line], log: null });
    await dependencies.db.transaction().execute(async (tx) => {
      if (run.progressLine !== progress.line && (await changeRun(tx, runId, ['started'], { progress_line: progress.line }))) await announceRun(tx, run, now);
      await addDuty(tx, { kind: 'run.watch', key: runId, dueAt: new Date(now.getTime() + watchEveryMs) });
    });
    return;
  }
  if (progress.status === 'failed') return finish(dependencies, run, 'failed', { status: 'failed', reason: progress.reason, lines: progress.lines, log: progress.log ?? null });
  return finish(dependencies, run, 'succeeded', { status: 'succeeded', lines: progress.lines, checks: await verify(dependencies, run) });
}

/** Looks for evidence of a run of which nobody knows whether it happened. Clear evidence closes it by itself; the rest is for people. */
export async function lookAgain(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  const primitive = run && dependencies.primitives.get(run.plan.primitive);
  if (run === undefined || run.state !== 'unknown' || primitive === undefined || primitive.effect !== 'write') return;
  const now = dependencies.clock.now();
  const evidence = await seek(dependencies, primitive, progressInput(run, now));
  await dependencies.db.transaction().execute(async (tx) => {
    if (evidence.verdict === 'happened') {
      // It did happen, so how it goes on can be watched like any other run.
      if (await changeRun(tx, runId, ['unknown'], { state: 'started', receipt: { status: 'accepted', answer: null } })) {
        await addDuty(tx, { kind: 'run.watch', key: runId, dueAt: now });
        await announceRun(tx, run, now, { actor: 'stockops', text: `it did happen: ${evidence.lines.join('; ')}` });
      }
      return;
    }
    if (evidence.verdict === 'didNotHappen') {
      const outcome: Outcome = { status: 'failed', reason: 'It did not happen.', lines: evidence.lines, log: null };
      if (await changeRun(tx, runId, ['unknown'], { state: 'failed', finished_at: now, outcome })) await announceRun(tx, run, now, { actor: 'stockops', text: `it did not happen: ${evidence.lines.join('; ')}` });
      return;
    }
    const reason = run.outcome?.status === 'unknown' ? run.outcome.reason : 'The answer was lost.';
    if (await changeRun(tx, runId, ['unknown'], { outcome: { status: 'unknown', reason, lines: evidence.lines, verdict: 'unclear' } })) await announceRun(tx, run, now);
  });
}

/** A person who looked says what is so. */
export async function settleByPerson(dependencies: RunDependencies, runId: string, userId: string, happened: boolean, note: string): Promise<Run | null> {
  return dependencies.db.transaction().execute(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run === undefined || run.state !== 'unknown') return null;
    const now = dependencies.clock.now();
    const outcome: Outcome = happened
      ? { status: 'succeeded', lines: [note === '' ? 'A person saw that it happened.' : note], checks: [] }
      : { status: 'failed', reason: 'It did not happen.', lines: note === '' ? [] : [note], log: null };
    await changeRun(tx, runId, ['unknown'], { state: happened ? 'succeeded' : 'failed', finished_at: now, outcome });
    await announceRun(tx, run, now, { actor: userId, text: `says that it ${happened ? 'happened' : 'did not happen'}: ${note}` });
    return run;
  });
}

/** One by one, because each may be of the same overloaded service. */
async function verify(dependencies: RunDependencies, run: Run): Promise<Extract<Outcome, { status: 'succeeded' }>['checks']> {
  const system = dependencies.catalog().systems.find((candidate) => candidate.id === run.plan.systemId);
  const action = system?.actions.get(run.plan.actionId);
  if (system === undefined || action === undefined) return [];
  const checks = [];
  for (const id of action.verify) {
    const check = system.actions.get(id);
    if (check === undefined || (check.environments.length > 0 && !check.environments.includes(run.plan.environment))) continue;
    const answer = await read(dependencies, { system, action: check, environment: run.plan.environment, component: null, given: {} });
    if (answer.kind === 'read') checks.push({ title: check.title, headline: answer.reading.headline, good: answer.reading.state === 'good' || answer.reading.state === 'neutral' });
    else checks.push({ title: check.title, headline: answer.kind === 'trouble' ? answer.reason : answer.refusal.rule, good: false });
  }
  return checks;
}

async function finish(dependencies: RunDependencies, run: Run, state: RunState, outcome: Outcome): Promise<void> {
  const now = dependencies.clock.now();
  await dependencies.db.transaction().execute(async (tx) => {
    if (!(await changeRun(tx, run.id, ['started'], { state, finished_at: now, outcome, progress_line: null }))) return;
    await announceRun(tx, run, now, { actor: 'stockops', text: `${state}: ${run.plan.draft.summary}` });
  });
}

async function seek(dependencies: RunDependencies, primitive: WritePrimitive, input: ProgressInput<Target>) {
  try {
    return await primitive.evidence(contextFor(dependencies, readDeadlineMs), input as never);
  } catch (error) {
    return { verdict: 'unclear' as const, lines: [messageOf(error)] };
  }
}

function progressInput(run: Run, now: Date): ProgressInput<Target> {
  return {
    runId: run.id,
    target: run.plan.target,
    plan: run.plan.draft,
    receipt: run.receipt?.status === 'accepted' ? run.receipt.answer : null,
    startedAt: run.startedAt ?? now,
    now,
  };
}
