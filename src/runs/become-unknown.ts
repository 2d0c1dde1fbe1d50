import type { Receipt } from '../actions/ports.ts';
import type { Tx } from '../storage/database.ts';
import { addDuty } from '../storage/duties.ts';
import { announceRun } from './announce.ts';
import type { Run } from './run.ts';
import { changeRun } from './store.ts';
import { nextStep } from './transitions.ts';

export interface Loss {
  readonly reason: string;
  /** What was seen of it last. */
  readonly lines?: readonly string[];
  /** For the timeline: what nobody knows now. */
  readonly notKnown: 'whether it happened' | 'how it ended';
  /** What came back instead of an answer. */
  readonly receipt?: Receipt;
}

/**
 * Nobody knows how a run went that was started: it is never tried again, and what can be seen from outside is looked for at once. Returns whether it was
 * still `started`; if not, nothing was changed.
 */
export async function becomeUnknown(tx: Tx, run: Run, { reason, lines = [], notKnown, receipt }: Loss, now: Date): Promise<boolean> {
  const step = nextStep(run, { is: 'lose' }, now);
  if (step.kind !== 'moves') return false;
  const outcome = { status: 'unknown' as const, reason, lostAt: now.toISOString(), lines, verdict: 'unclear' as const };
  if (!(await changeRun(tx, run.id, [run.state], { state: step.to, by: 'stockops', at: now, outcome, progress_line: null, ...(receipt !== undefined && { receipt }) }))) return false;
  await announceRun(tx, run, now, { actor: 'stockops', text: `not known ${notKnown}: ${run.plan.draft.summary}` });
  await addDuty(tx, { kind: 'run.look', key: run.id, dueAt: now });
  return true;
}
