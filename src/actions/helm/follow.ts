/** What became of a Helm run: first as Helm's history tells it, then as its workload rolls out. */
import type { Context, Evidence, Progress, ProgressInput } from '../define-primitive.ts';
import { progressOfRollout } from '../kubernetes/rollout.ts';
import type { ReleaseTarget } from '../plan.ts';
import { duration, oneLine } from '../wording.ts';
import { isPending } from './current.ts';
import type { HelmRevision } from './release.ts';

/** Per operation on the cluster, as Helm counts; a run makes several. */
export const helmTimeout = '5m0s';
/** After this no Helm that we started is still at work: its own limit, and as much again. */
export const helmEndsWithinMs = 10 * 60_000;

export async function progressOfRelease(context: Context, input: ProgressInput<ReleaseTarget>): Promise<Progress> {
  const history = await context.ports.helm.history(input.target, context.signal);
  const ours = history.find((revision) => revision.revision === ourRevision(input));
  const last = history.at(-1);
  if (ours === undefined || last === undefined) return { status: 'running', line: 'Helm has not begun a new revision yet' };
  if (last.revision > ours.revision) {
    return { status: 'failed', because: 'superseded', reason: `Superseded: Helm is at revision ${last.revision} by now.`, lines: [revisionLine(last)] };
  }
  if (ours.status === 'failed') return { status: 'failed', reason: `Helm failed: ${oneLine(ours.description, 400)}`, lines: [revisionLine(ours)] };
  if (isPending(ours)) {
    if (input.now.getTime() - input.startedAt.getTime() <= helmEndsWithinMs) return { status: 'running', line: `Helm is at work on revision ${ours.revision}` };
    return {
      status: 'failed',
      reason: `Helm was stopped in the middle of revision ${ours.revision}, so parts of it may be in force.`,
      lines: [revisionLine(ours), historyLine(history), 'Roll back to a revision that was deployed before; until then Helm refuses to upgrade.'],
    };
  }
  const { guard } = input.plan;
  const rollout = await progressOfRollout(context, {
    ...input,
    target: input.target.workload,
    plan: { ...input.plan, guard: { uid: guard['workloadUid'] ?? null } },
    // Helm's answer does not tell the workload's generation, and a newer revision has been looked for above.
    receipt: null,
  });
  return rollout.status === 'succeeded' ? { ...rollout, lines: [...rollout.lines, revisionLine(ours)] } : rollout;
}

export async function evidenceOfRelease(context: Context, input: ProgressInput<ReleaseTarget>, isOurs: (revision: HelmRevision) => boolean): Promise<Evidence> {
  return decideReleaseEvidence(input, await context.ports.helm.history(input.target, context.signal), isOurs);
}

/** Pure. `isOurs` reads the description, which Helm keeps only for a revision that went well. */
export function decideReleaseEvidence(input: ProgressInput<ReleaseTarget>, history: readonly HelmRevision[], isOurs: (revision: HelmRevision) => boolean): Evidence {
  const seen = Number(input.plan.guard['revision']);
  const since = history.filter((revision) => revision.revision > seen);
  const lines = since.length === 0 ? [`Helm is still at revision ${seen}.`] : since.map(revisionLine);
  const ours = since.find(isOurs);
  if (ours !== undefined) return { verdict: 'happened', lines };
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  if (since.length > 0) {
    const pending = since.some(isPending) ? ['An operation of Helm has not ended, and until it has, Helm refuses to upgrade. If none is running any more, settle this; then roll back, which is a request of its own.'] : [];
    return { verdict: 'unclear', lines: [...lines, historyLine(history), ...pending] };
  }
  if (elapsedMs < helmEndsWithinMs) {
    return { verdict: 'unclear', lines: [...lines, `Probably it did not happen; certain after ${duration(helmEndsWithinMs - elapsedMs)} more.`] };
  }
  return { verdict: 'didNotHappen', lines: [...lines, 'No Helm that was started from here can still be at work.'] };
}

/** The number that Helm told us, or the next after the one that was seen. */
function ourRevision(input: ProgressInput<ReleaseTarget>): number {
  const answer = input.receipt as { readonly revision?: number } | null;
  return answer?.revision ?? Number(input.plan.guard['revision']) + 1;
}

export function revisionLine(revision: HelmRevision): string {
  return `Helm's revision ${revision.revision}: ${revision.status}, ${oneLine(revision.description, 200)}`;
}

/** `Helm's history: 7 superseded, 8 deployed, 9 pending-upgrade.` */
function historyLine(history: readonly HelmRevision[]): string {
  return `Helm's history: ${history.slice(-5).map(({ revision, status }) => `${revision} ${status}`).join(', ')}.`;
}
