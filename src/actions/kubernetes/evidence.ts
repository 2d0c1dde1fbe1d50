/**
 * After a lost answer: did a write to a workload arrive? Two marks are ours alone, the annotation with the run and the field
 * manager named after it; whichever is there, the write happened. Their absence proves less: a later change may have taken
 * both away, and a request can be on its way for as long as the API server lets one run.
 */
import { fieldManagerOf, runAnnotation } from '../../support/kubernetes-names.ts';
import type { Evidence, ProgressInput } from '../define-primitive.ts';
import type { WorkloadTarget } from '../plan.ts';
import { duration } from '../wording.ts';
import type { Workload } from './cluster.ts';

/** The API server ends a request after 60 s; doubled for what lies between us and it. */
export const requestMayArriveWithinMs = 120_000;

/** Pure. */
export function decideEvidence(input: ProgressInput<WorkloadTarget>, workload: Workload): Evidence {
  const { uid, generation } = input.plan.guard;
  if (workload.uid !== uid) {
    return { verdict: 'unclear', lines: [`${workload.name} was deleted and created again, so it no longer tells.`] };
  }
  const manager = workload.managers.find((manager) => manager.manager === fieldManagerOf(input.runId));
  if (workload.annotations[runAnnotation] === input.runId || manager) {
    return { verdict: 'happened', lines: [`${workload.name} carries the mark of this run${manager?.at ? `, written at ${manager.at}` : ''}.`] };
  }
  if (workload.generation !== generation) {
    return {
      verdict: 'unclear',
      lines: [`${workload.name} has changed since (generation ${String(generation)} to ${workload.generation}) and does not carry the mark of this run; a later change may have removed it.`],
    };
  }
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  if (elapsedMs < requestMayArriveWithinMs) {
    return { verdict: 'unclear', lines: [`${workload.name} is unchanged so far. Probably it did not happen; certain after ${duration(requestMayArriveWithinMs - elapsedMs)} more.`] };
  }
  return { verdict: 'didNotHappen', lines: [`${workload.name} is unchanged (generation ${workload.generation}) and no request can still be on its way.`] };
}
