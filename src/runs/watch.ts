import type { ProgressInput, Progress, WritePrimitive } from '../actions/define-primitive.ts';
import type { Target } from '../actions/plan.ts';
import { duration } from '../actions/wording.ts';
import { addDuty } from '../storage/duties.ts';
import type { Tx } from '../storage/database.ts';
import type { RunState } from '../storage/tables.ts';
import { StockOpsError } from '../support/errors.ts';
import { failpoint } from '../support/failpoints.ts';
import { announceRun } from './announce.ts';
import { blindForMs, readDeadlineMs, within, type RunDependencies } from './dependencies.ts';
import { lookWhetherItHelpedEveryMs } from './look-whether-it-helped.ts';
import type { Outcome } from './outcome.ts';
import { addOverdueDuty } from './overdue.ts';
import { read } from './read.ts';
import type { Run } from './run.ts';
import { changeRun, findRun } from './store.ts';

/** How often a running change is looked at. */
const watchEveryMs = 5_000;

/**
 * Looks at a running change, any process at any time: waiting only reads, so it can be resumed (F-29). Comes again until it has settled or its
 * time is up.
 */
export async function watchRun(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  const primitive = run && writePrimitive(dependencies, run);
  if (run === undefined || run.state !== 'started' || primitive === undefined) return;
  const now = dependencies.clock.now();
  const progress = await look(dependencies, run, primitive, now);
  failpoint('watch.after-look');
  const lateMs = now.getTime() - (run.startedAt ?? now).getTime() - run.plan.draft.settleWithinMs;
  switch (progress.status) {
    case 'running':
      if (lateMs > 0) return finish(dependencies, run, 'failed', { status: 'failed', reason: `It did not finish within ${duration(run.plan.draft.settleWithinMs)}.`, lines: [progress.line], log: null });
      return comeAgain(dependencies, run, progress.line, now);
    case 'notSeen':
      if (lateMs > blindForMs)
        return finish(dependencies, run, 'failed', { status: 'failed', reason: 'It was sent and taken, but nobody could see how it went on.', lines: [progress.why, 'Look at the target yourself, then press Look again.'], log: null });
      return comeAgain(dependencies, run, `Not seen: ${progress.why}`, now);
    case 'failed':
      return finish(dependencies, run, 'failed', failedOutcome(progress));
    case 'succeeded':
      return finish(dependencies, run, 'succeeded', { status: 'succeeded', lines: progress.lines, checks: await verify(dependencies, run) });
  }
}

/** Pressed by a person, or due by itself: what can be seen now of a run that is over or not known. Sends nothing. */
export async function lookAgain(dependencies: RunDependencies, runId: string): Promise<void> {
  const run = await findRun(dependencies.db, runId);
  const primitive = run && writePrimitive(dependencies, run);
  if (run === undefined || primitive === undefined) return;
  if (run.state === 'unknown') return lookForEvidence(dependencies, run, primitive);
  if (run.state === 'failed' && run.receipt?.status === 'accepted' && (run.outcome?.status === 'failed' || run.outcome?.status === 'notWatched')) return lookAtFailed(dependencies, run, primitive, run.outcome);
}

/** Clear evidence closes it by itself; what is not clear yet is looked at again, less and less often, and is for people meanwhile. */
async function lookForEvidence(dependencies: RunDependencies, run: Run, primitive: WritePrimitive): Promise<void> {
  const now = dependencies.clock.now();
  failpoint('evidence.before-look');
  const evidence = await within(dependencies, readDeadlineMs, (context) => primitive.evidence(context, progressInput(run, now) as never)).catch((error: unknown) => {
    if (error instanceof StockOpsError) return { verdict: 'unclear' as const, lines: [error.message] };
    throw error;
  });
  failpoint('evidence.after-look');
  await dependencies.db.transaction().execute(async (tx) => {
    if (evidence.verdict === 'happened') {
      // How it goes on can be watched like any other run.
      if (await changeRun(tx, run.id, ['unknown'], { state: 'started', by: 'stockops', at: now, receipt: { status: 'accepted', answer: null }, progress_line: evidence.lines[0] ?? null })) {
        await addDuty(tx, { kind: 'run.watch', key: run.id, dueAt: now });
        await addOverdueDuty(tx, run, now);
        await announceRun(tx, run, now, { actor: 'stockops', text: `it did happen: ${evidence.lines.join('; ')}` });
      }
      return;
    }
    if (evidence.verdict === 'didNotHappen') {
      const outcome: Outcome = { status: 'failed', reason: 'It did not happen.', lines: evidence.lines, log: null };
      if (await changeRun(tx, run.id, ['unknown'], { state: 'failed', by: 'stockops', at: now, finished_at: now, outcome })) await announceRun(tx, run, now, { actor: 'stockops', text: `it did not happen: ${evidence.lines.join('; ')}` });
      return;
    }
    const before = run.outcome?.status === 'unknown' ? run.outcome : { reason: 'The answer was lost.', lostAt: now.toISOString() };
    const outcome: Outcome = { status: 'unknown', reason: before.reason, lostAt: before.lostAt, lines: evidence.lines, verdict: 'unclear' };
    if (!(await changeRun(tx, run.id, ['unknown'], { outcome }))) return;
    await announceRun(tx, run, now);
    const againAt = nextLookAt(run.startedAt ?? now, now);
    if (againAt !== null) await addDuty(tx, { kind: 'run.look', key: run.id, dueAt: againAt });
  });
  failpoint('evidence.after-commit');
}

/** Half as long again as it has been unknown, between 15 s and 10 min; after a day it is for people alone. */
export function nextLookAt(startedAt: Date, now: Date): Date | null {
  const unknownForMs = now.getTime() - startedAt.getTime();
  if (unknownForMs > 24 * 60 * 60_000) return null;
  return new Date(now.getTime() + Math.min(10 * 60_000, Math.max(15_000, unknownForMs / 2)));
}

/** A rollout that took too long may have come to its end since. */
async function lookAtFailed(dependencies: RunDependencies, run: Run, primitive: WritePrimitive, before: Extract<Outcome, { status: 'failed' | 'notWatched' }>): Promise<void> {
  const now = dependencies.clock.now();
  const progress = await look(dependencies, run, primitive, now);
  if (progress.status === 'succeeded') {
    const checks = await verify(dependencies, run);
    return dependencies.db.transaction().execute((tx) => conclude(tx, run, ['failed'], 'succeeded', { status: 'succeeded', lines: ['It finished after all.', ...progress.lines], checks }, now));
  }
  const outcome: Outcome =
    progress.status === 'failed'
      ? failedOutcome(progress)
      : { ...before, lines: [progress.status === 'running' ? progress.line : progress.why] };
  await dependencies.db.transaction().execute(async (tx) => {
    if (await changeRun(tx, run.id, ['failed'], { outcome })) await announceRun(tx, run, now);
  });
}

function failedOutcome({ reason, lines, log, because }: Extract<Progress, { status: 'failed' }>): Outcome {
  return { status: 'failed', reason, lines, log: log ?? null, ...(because !== undefined && { because }) };
}

type Seen = Progress | { readonly status: 'notSeen'; readonly why: string };

async function look(dependencies: RunDependencies, run: Run, primitive: WritePrimitive, now: Date): Promise<Seen> {
  try {
    return await within(dependencies, readDeadlineMs, (context) => primitive.progress(context, progressInput(run, now) as never));
  } catch (error) {
    if (error instanceof StockOpsError && error.kind === 'upstream') return { status: 'notSeen', why: error.message };
    throw error;
  }
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
    const component = check.component === null && run.plan.component !== null && check.components.includes(run.plan.component) ? run.plan.component : null;
    const answer = await read(dependencies, { system, action: check, environment: run.plan.environment, component, given: {} });
    if (answer.kind === 'read') checks.push({ title: check.title, headline: answer.reading.headline, good: answer.reading.state === 'good' || answer.reading.state === 'neutral' });
    else checks.push({ title: check.title, headline: `not known: ${answer.kind === 'trouble' ? answer.reason : answer.refusal.rule}`, good: false });
  }
  return checks;
}

async function comeAgain({ db }: RunDependencies, run: Run, line: string, now: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (run.progressLine !== line && (await changeRun(tx, run.id, ['started'], { progress_line: line }))) await announceRun(tx, run, now);
    await addDuty(tx, { kind: 'run.watch', key: run.id, dueAt: new Date(now.getTime() + watchEveryMs) });
  });
}

async function finish({ db, clock }: RunDependencies, run: Run, state: RunState, outcome: Outcome): Promise<void> {
  failpoint('run.before-outcome');
  await db.transaction().execute((tx) => conclude(tx, run, ['started'], state, outcome, clock.now()));
  failpoint('run.after-outcome');
}

async function conclude(tx: Tx, run: Run, from: readonly RunState[], state: RunState, outcome: Outcome, now: Date): Promise<void> {
  if (!(await changeRun(tx, run.id, from, { state, by: 'stockops', at: now, finished_at: now, outcome, progress_line: null }))) return;
  await announceRun(tx, run, now, { actor: 'stockops', text: `${state}: ${run.plan.draft.summary}` });
  if (state === 'succeeded' && run.plan.incidentId !== null) await addDuty(tx, { kind: 'run.helped', key: run.id, dueAt: new Date(now.getTime() + lookWhetherItHelpedEveryMs) });
}

function writePrimitive(dependencies: RunDependencies, run: Run): WritePrimitive | undefined {
  const primitive = dependencies.primitives.get(run.plan.primitive);
  return primitive?.effect === 'write' ? primitive : undefined;
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
