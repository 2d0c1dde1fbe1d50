import { z } from 'zod';
import { defineWrite, type Evidence, type Progress } from '../define-primitive.ts';
import { Revision as RevisionNumber } from '../parameters.ts';
import type { Refusal, WorkloadTarget } from '../plan.ts';
import { ago, oneLine } from '../wording.ts';
import type { ContainerSpec, Revision, Workload } from './cluster.ts';
import { decideEvidence } from './evidence.ts';
import { dryRun, helmReleaseOf, refusedByCluster, type ObservedChange } from './observe.ts';
import { differenceAsPatch, workloadPatch } from './patch.ts';
import { progressOfRollout, rolloutRights, rolloutSettlesWithinMs } from './rollout.ts';
import { templateChanges } from './template-changes.ts';

interface Observed extends ObservedChange {
  readonly revisions: readonly Revision[];
  readonly now: Date;
}

/**
 * Goes back to an earlier version, as `kubectl rollout undo` does, with one difference: kubectl takes the revision before, which
 * after a restart has the same image and helps nobody; this looks for the last one whose image differs (SV-47), says which image
 * that is, and never "goes back" to the image that runs.
 */
export const undo = defineWrite({
  id: 'k8s.undo',
  target: 'workload',
  params: z.strictObject({ revision: RevisionNumber.optional() }),
  rights: rolloutRights('patch'),

  observe: async (context, target, params): Promise<Observed> => {
    const [workload, revisions] = await Promise.all([
      context.ports.kubernetes.workload(target, context.signal),
      context.ports.kubernetes.revisions(target, context.signal),
    ]);
    const choice = chooseRevision(target, workload, revisions, params.revision);
    const accepted = 'refused' in choice ? ({ accepted: true, object: null } as const) : await dryRun(context, request(target, workload, choice));
    return { workload, revisions, dryRun: accepted, now: context.clock.now() };
  },

  plan: ({ target, params, observed }) => {
    const { workload, revisions } = observed;
    const choice = chooseRevision(target, workload, revisions, params.revision);
    if ('refused' in choice) return choice;
    if (!observed.dryRun.accepted) return refusedByCluster(`rolling back ${target.name} to revision ${choice.number}`, observed.dryRun.reason);
    const current = revisions[0];
    return {
      summary: `Roll back ${target.name} to revision ${choice.number} (${imageSummary(choice.containers)}, from ${ago(choice.createdAt, observed.now)})`,
      changes: [
        { what: 'revision', before: current === undefined ? 'not known' : String(current.number), after: `as ${choice.number}` },
        ...templateChanges(workload.template, choice.template),
      ],
      warnings: warnings(workload),
      request: request(target, workload, choice),
      equivalent: [
        'kubectl', 'rollout', 'undo', `--context=${target.context}`, `--namespace=${target.namespace}`,
        `--to-revision=${choice.number}`, `${target.workload.toLowerCase()}/${target.name}`,
      ],
      undo: current === undefined ? { impossible: 'The revision that runs now is not in the history.' } : { primitive: 'k8s.undo', params: { revision: current.number } },
      guard: { uid: workload.uid, generation: workload.generation, revision: choice.number, revisionName: choice.name },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: (context, input): Promise<Progress> => progressOfRollout(context, input),
  evidence: async (context, input): Promise<Evidence> =>
    decideEvidence(input, await context.ports.kubernetes.workload(input.target, context.signal)),
});

/** The revision that was asked for, or the last one with another image. Pure. */
function chooseRevision(target: WorkloadTarget, workload: Workload, revisions: readonly Revision[], asked: number | undefined): Revision | Refusal {
  const refused = `Not done: rolling back ${target.name}${asked === undefined ? '' : ` to revision ${asked}`}.`;
  const hasOtherImages = (revision: Revision) => imageKey(revision.containers) !== imageKey(workload.containers);
  const others = revisions.filter(hasOtherImages);
  const choices = others.length === 0 ? 'No revision in the history has another image; deploy the version that you want.' : `Choose ${others.slice(0, 5).map((revision) => `${revision.number} (${imageSummary(revision.containers)})`).join(', ')}.`;
  if (workload.paused) return { refused, rule: 'Its rollout is paused, so no pod would be replaced.', instead: 'Resume it first (kubectl rollout resume).' };
  if (asked === undefined) {
    return others[0] ?? { refused, rule: `Every revision in the history has the image that runs now (${imageSummary(workload.containers)}).`, instead: choices };
  }
  const revision = revisions.find((revision) => revision.number === asked);
  if (revision === undefined) return { refused, rule: `The history has no revision ${asked}.`, instead: choices };
  if (!hasOtherImages(revision)) {
    return { refused, rule: `Revision ${asked} has the image that runs now (${imageSummary(workload.containers)}).`, instead: choices };
  }
  return revision;
}

function request(target: WorkloadTarget, workload: Workload, revision: Revision) {
  return workloadPatch(target, workload, differenceAsPatch(workload.template, revision.template, '/spec/template'));
}

function imageKey(containers: readonly ContainerSpec[]): string {
  return containers.map((container) => `${container.name}=${container.image}`).sort().join(' ');
}

/** `v2.4.0`, or the whole image where it has no tag; several containers joined. */
function imageSummary(containers: readonly ContainerSpec[]): string {
  return containers.map((container) => oneLine(container.image.split('/').at(-1) ?? container.image, 80)).join(', ');
}

function warnings(workload: Workload): string[] {
  const release = helmReleaseOf(workload);
  return [
    'Only the pods go back: what ConfigMaps and Secrets hold stays as it is now.',
    ...(release === null ? [] : [`Helm's release ${release} will still record the version of now, and its next upgrade brings that back. Rather roll back with Helm.`]),
    ...(workload.strategy === 'Recreate' ? ['All pods stop before new ones start: nothing answers meanwhile.'] : []),
    ...(workload.strategy === 'OnDelete' ? ['Pods are replaced only when someone deletes them (update strategy OnDelete).'] : []),
  ];
}
