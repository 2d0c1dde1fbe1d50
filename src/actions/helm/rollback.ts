import { z } from 'zod';
import { StockOpsError } from '../../support/errors.ts';
import { defineWrite, type Context, type ProgressInput } from '../define-primitive.ts';
import type { Workload } from '../kubernetes/cluster.ts';
import { rolloutSettlesWithinMs } from '../kubernetes/rollout.ts';
import { Namespace, ReleaseName, Revision } from '../parameters.ts';
import type { Refusal, ReleaseTarget } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import { ago } from '../wording.ts';
import { currentRevision, isPending } from './current.ts';
import { evidenceOfRelease, helmEndsWithinMs, helmTimeout, progressOfRelease } from './follow.ts';
import { driftOf, manifestChanges, replicaConditions } from './manifest-changes.ts';
import type { HelmManifest, HelmMetadata, HelmRevision } from './release.ts';
import { helmWriteRights } from './rights.ts';

/** How far back a version with another image is looked for. Helm itself keeps ten revisions by default. */
const searchedRevisions = 10;

interface Observed {
  readonly history: readonly HelmRevision[];
  readonly workload: Workload;
  readonly metadata: HelmMetadata | null;
  /** Of the revision in force and of those that may be gone back to, as far as they were read. */
  readonly manifests: { readonly [revision: number]: HelmManifest };
  readonly now: Date;
}

/**
 * Takes a release back to a revision that was deployed once: the one asked for, or the last with another image. Never to
 * "the previous one", which may be a failed attempt or the very version that people want to leave.
 */
export const rollback = defineWrite({
  id: 'helm.rollback',
  target: 'release',
  params: z.strictObject({ revision: Revision.optional() }),
  rights: helmWriteRights,

  observe: async (context: Context, target, params): Promise<Observed> => {
    const { helm, kubernetes } = context.ports;
    const [history, workload] = await Promise.all([helm.history(target, context.signal), kubernetes.workload(target.workload, context.signal)]);
    const current = currentRevision(history);
    const manifests: Record<number, HelmManifest> = {};
    const readManifest = async (revision: HelmRevision) => (manifests[revision.revision] ??= await helm.manifest(target, revision.revision, context.signal));
    if (current !== null) await readManifest(current);
    for (const candidate of candidates(history, params.revision)) {
      const manifest = await readManifest(candidate);
      if (params.revision === undefined && hasOtherImages(manifest, workload)) break;
    }
    const last = history.at(-1);
    return { history, workload, manifests, now: context.clock.now(), metadata: last === undefined ? null : await helm.metadata(target, last.revision, context.signal) };
  },

  plan: ({ target, params, observed }) => {
    const { history, workload, manifests, metadata } = observed;
    const choice = chooseRevision(target, params.revision, observed);
    if ('refused' in choice) return choice;
    const last = history.at(-1);
    const after = manifests[choice.revision];
    if (last === undefined || after === undefined || metadata === null) throw new StockOpsError('PLAN_UNREADABLE');
    const current = currentRevision(history);
    const before = (current === null ? undefined : manifests[current.revision]) ?? after;
    const drift = driftOf(workload, before);
    const { arguments: argv } = request(target, choice.revision, metadata);
    return {
      summary: `Roll back ${target.release} to revision ${choice.revision}`,
      changes: [
        { what: 'revision', before: `${last.revision} (${last.status})`, after: `as ${choice.revision}, from ${ago(choice.updatedAt, observed.now)}` },
        { what: 'chart', before: current?.chart ?? last.chart, after: choice.chart },
        ...manifestChanges(workload, before, after),
      ],
      warnings: [
        ...(isPending(last) ? [`Helm's revision ${last.revision} is ${last.status}. If that Helm still runs somewhere, stop it first.`] : []),
        ...drift.map((difference) => `${difference.what} is ${difference.live} on the cluster, changed outside Helm (it recorded ${difference.recorded}); the rollback overwrites that.`),
        'In-memory caches of the pods start empty.',
      ],
      conditions: replicaConditions(workload, after),
      request: request(target, choice.revision, metadata),
      equivalent: ['helm', ...argv.filter((argument) => argument !== '--'), `--kube-context=${target.context}`],
      undo: current === null ? { impossible: 'No revision was deployed before.' } : { primitive: 'helm.rollback', params: { revision: current.revision } },
      guard: { revision: last.revision, status: last.status, goesTo: choice.revision, workloadUid: workload.uid, replicas: workload.replicas },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: progressOfRelease,

  /**
   * Where Helm takes a description for a rollback, the run stands in it. An older Helm lets nothing of a rollback be ours alone; but the very next
   * revision, that says so and began in the time that ours had, has done what this plan was for, and the target is locked meanwhile.
   */
  evidence: async (context, input) => {
    const isMarked = await context.ports.helm.marksRollbacks(context.signal);
    return evidenceOfRelease(context, input, isMarked ? (revision) => revision.description.includes(input.runId) : (revision) => looksLikeOurs(input, revision));
  },
});

function looksLikeOurs({ plan, startedAt }: ProgressInput<ReleaseTarget>, revision: HelmRevision): boolean {
  const afterMs = Date.parse(revision.updatedAt) - startedAt.getTime();
  return revision.description === `Rollback to ${String(plan.guard['goesTo'])}` && revision.revision === Number(plan.guard['revision']) + 1 && afterMs >= -5_000 && afterMs <= helmEndsWithinMs;
}

/** Revisions that worked once, newest first. After a failed attempt the one in force is among them. */
function candidates(history: readonly HelmRevision[], asked: number | undefined): HelmRevision[] {
  const last = history.at(-1);
  const worked = history.filter((revision) => revision.status === 'superseded' || (revision.status === 'deployed' && revision !== last)).reverse();
  return asked === undefined ? worked.slice(0, searchedRevisions) : worked.filter((revision) => revision.revision === asked);
}

/** Pure. */
function chooseRevision(target: ReleaseTarget, asked: number | undefined, { history, workload, manifests }: Observed): HelmRevision | Refusal {
  const refused = `Not done: rolling back ${target.release}${asked === undefined ? '' : ` to revision ${asked}`}.`;
  const worked = candidates(history, undefined);
  const instead = worked.length === 0 ? 'Deploy the version that you want.' : `Choose one that was deployed: ${worked.slice(0, 5).map(({ revision }) => revision).join(', ')}.`;
  if (asked === undefined) {
    const choice = worked.find(({ revision }) => manifests[revision] !== undefined && hasOtherImages(manifests[revision], workload));
    return choice ?? { refused, rule: `No revision that was deployed has another image than the one that runs now.`, instead };
  }
  const choice = candidates(history, asked)[0];
  if (choice !== undefined) return choice;
  const found = history.find(({ revision }) => revision === asked);
  const rule = found === undefined ? `Helm has no revision ${asked}.` : found.status === 'deployed' ? `Revision ${asked} is deployed now.` : `Revision ${asked} is ${found.status}: it was never in force.`;
  return { refused, rule, instead };
}

function hasOtherImages(manifest: HelmManifest, live: Workload): boolean {
  const images = new Map(live.containers.map(({ name, image }) => [name, image]));
  return manifest.workload !== null && manifest.workload.containers.some(({ name, image }) => images.get(name) !== image);
}

function request(target: ReleaseTarget, revision: number, metadata: HelmMetadata): RequestVia<'helm'> {
  return {
    via: 'helm',
    context: target.context,
    arguments: [
      'rollback',
      `--namespace=${Namespace.parse(target.namespace)}`,
      `--timeout=${helmTimeout}`,
      // Without it a number of replicas that was set by hand in the same incident would stop the rollback half way.
      ...(metadata.applyMethod === 'ssa' ? ['--force-conflicts'] : []),
      '--',
      ReleaseName.parse(target.release),
      String(revision),
    ],
  };
}
