import { z } from 'zod';
import { defineWrite, type Evidence, type Progress } from '../define-primitive.ts';
import { ImageTag } from '../parameters.ts';
import type { PlanDraft, Refusal, WorkloadTarget } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import type { Workload } from './cluster.ts';
import { decideEvidence } from './evidence.ts';
import { dryRun, helmReleaseOf, imagesOf, refusedByCluster, type ObservedChange } from './observe.ts';
import { workloadPatch } from './patch.ts';
import { progressOfRollout, rolloutRights, rolloutSettlesWithinMs, rolloutStage } from './rollout.ts';

/**
 * Gives the target's container another tag of the image that it has, as `kubectl set image` does. The repository never changes
 * from a chat.
 */
export const setImage = defineWrite({
  id: 'k8s.setImage',
  target: 'workload',
  params: z
    .strictObject({
      tag: ImageTag,
      /** Fixed by the catalog: a regular expression that the whole tag must match. */
      tagPattern: z.string().max(200).optional(),
    })
    .refine(({ tag, tagPattern }) => tagPattern === undefined || new RegExp(`^(?:${tagPattern})$`).test(tag), {
      error: ({ input }) => `must be a tag that matches ${(input as { tagPattern?: string }).tagPattern}`,
      path: ['tag'],
    }),
  rights: rolloutRights('patch'),

  observe: async (context, target, params): Promise<ObservedChange> => {
    const workload = await context.ports.kubernetes.workload(target, context.signal);
    const change = planImage(target, workload, params.tag);
    return { workload, dryRun: 'refused' in change ? { accepted: true, object: null } : await dryRun(context, change.request) };
  },

  plan: ({ target, params, observed }) => {
    const { workload } = observed;
    const change = planImage(target, workload, params.tag);
    if ('refused' in change) return change;
    if (!observed.dryRun.accepted) return refusedByCluster(`setting ${target.name} to ${params.tag}`, observed.dryRun.reason);
    const stored = imagesOf(observed.dryRun.object).get(target.container) ?? change.image;
    const stage = rolloutStage(workload);
    const release = helmReleaseOf(workload);
    return {
      summary: `Set ${target.name} to ${params.tag}`,
      changes: [{ what: `image of ${target.container}`, before: change.before, after: stored }],
      warnings: [
        ...(stored === change.image ? [] : [`The cluster's own rules make ${stored} of ${change.image}.`]),
        ...(stage.stage === 'rolling' || stage.stage === 'deadlineExceeded' ? ['An earlier rollout has not finished; this one takes its place.'] : []),
        ...(release === null ? [] : [`Helm's release ${release} will still record the old version, and its next upgrade brings that back.`]),
        ...(workload.strategy === 'Recreate' ? ['All pods stop before new ones start: nothing answers meanwhile.'] : []),
      ],
      request: change.request,
      equivalent: [
        'kubectl', 'set', 'image', `--context=${target.context}`, `--namespace=${target.namespace}`,
        `${target.workload.toLowerCase()}/${target.name}`, `${target.container}=${change.image}`,
      ],
      undo: undoOf(change.before),
      guard: { uid: workload.uid, generation: workload.generation, image: change.before },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: (context, input): Promise<Progress> => progressOfRollout(context, input),
  evidence: async (context, input): Promise<Evidence> =>
    decideEvidence(input, await context.ports.kubernetes.workload(input.target, context.signal)),
});

interface ImageChange {
  readonly before: string;
  readonly image: string;
  readonly request: RequestVia<'kubernetes'>;
}

function planImage(target: WorkloadTarget, workload: Workload, tag: ImageTag): ImageChange | Refusal {
  const refused = `Not done: setting ${target.name} to ${tag}.`;
  const index = workload.containers.findIndex((container) => container.name === target.container);
  const before = workload.containers[index]?.image;
  if (before === undefined) {
    const names = workload.containers.map((container) => container.name).join(', ');
    return { refused, rule: `${target.name} has no container ${target.container}.`, instead: `It has ${names}; correct the component in the catalog.` };
  }
  if (workload.paused) return { refused, rule: 'Its rollout is paused, so no pod would be replaced.', instead: 'Resume it first (kubectl rollout resume).' };
  const image = `${repositoryOf(before)}:${tag}`;
  if (image === before) return { refused, rule: `It is set to ${tag} already.`, instead: 'Restart it if new pods are what you want.' };
  const path = `/spec/template/spec/containers/${index}`;
  const request = workloadPatch(target, workload, [
    { op: 'test', path: `${path}/name`, value: target.container },
    { op: 'replace', path: `${path}/image`, value: image },
  ]);
  return { before, image, request };
}

/** Everything before the tag and the digest; a colon before the last slash is a port. */
function repositoryOf(image: string): string {
  const [withoutDigest = image] = image.split('@');
  const lastSlash = withoutDigest.lastIndexOf('/');
  const colon = withoutDigest.indexOf(':', lastSlash + 1);
  return colon === -1 ? withoutDigest : withoutDigest.slice(0, colon);
}

function undoOf(before: string): PlanDraft['undo'] {
  const tag = ImageTag.safeParse(before.slice(repositoryOf(before).length + 1));
  return tag.success && !before.includes('@')
    ? { primitive: 'k8s.setImage', params: { tag: tag.data } }
    : { impossible: `The image of now (${before}) has no tag that always means the same; roll back instead.` };
}
