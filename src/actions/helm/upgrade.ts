import { z } from 'zod';
import { StockOpsError } from '../../support/errors.ts';
import type { Json } from '../../support/json.ts';
import { defineWrite, type Context } from '../define-primitive.ts';
import type { Workload } from '../kubernetes/cluster.ts';
import { rolloutSettlesWithinMs } from '../kubernetes/rollout.ts';
import { HelmValue, ReleaseName, Namespace, ValuePath } from '../parameters.ts';
import type { Change, Refusal, ReleaseTarget } from '../plan.ts';
import type { RequestVia } from '../ports.ts';
import { currentRevision, isPending } from './current.ts';
import { evidenceOfRelease, helmTimeout, progressOfRelease } from './follow.ts';
import { driftOf, manifestChanges, replicaConditions, type Drift } from './manifest-changes.ts';
import type { HelmChart, HelmManifest, HelmMetadata, HelmRevision, HelmValues } from './release.ts';
import { helmWriteRights } from './rights.ts';
import { shown, valueAt } from './values.ts';

type Values = { readonly [path: string]: HelmValue };

/** `null` where no revision is deployed: there is nothing to keep. */
interface Observed {
  readonly history: readonly HelmRevision[];
  readonly deployed: {
    readonly metadata: HelmMetadata;
    readonly values: HelmValues;
    readonly manifest: HelmManifest;
    readonly chart: HelmChart;
    readonly workload: Workload;
  } | null;
  readonly dryRun: { readonly accepted: true; readonly manifest: HelmManifest } | { readonly accepted: false; readonly reason: string } | null;
}

/**
 * Changes values of a release and nothing else. Helm by itself forgets every earlier value as soon as one is given (SV-60), and
 * takes whatever version the chart has by now; this keeps both, or refuses.
 */
export const upgrade = defineWrite({
  id: 'helm.upgrade',
  target: 'release',
  params: z.strictObject({
    set: z.record(ValuePath, HelmValue).refine((values) => Object.keys(values).length > 0 && Object.keys(values).length <= 20, { error: 'must name 1 to 20 values' }),
  }),
  rights: helmWriteRights,

  observe: async (context: Context, target, params): Promise<Observed> => {
    const { helm, kubernetes } = context.ports;
    const history = await helm.history(target, context.signal);
    const current = currentRevision(history);
    if (current === null) return { history, deployed: null, dryRun: null };
    const [metadata, values, manifest, workload] = await Promise.all([
      helm.metadata(target, current.revision, context.signal),
      helm.values(target, current.revision, context.signal),
      helm.manifest(target, current.revision, context.signal),
      kubernetes.workload(target.workload, context.signal),
    ]);
    const chart = await helm.chart(target, metadata.version, context.signal);
    const deployed = { metadata, values, manifest, chart, workload };
    if (whyNot(target, history, deployed) !== null) return { history, deployed, dryRun: null };
    return { history, deployed, dryRun: await dryRun(context, target, request(target, metadata, params.set, false)) };
  },

  plan: ({ target, params, observed }) => {
    const { history, deployed, dryRun } = observed;
    const last = history.at(-1);
    const refusal = whyNot(target, history, deployed);
    if (refusal !== null) return refusal;
    if (deployed === null || last === undefined || dryRun === null) throw new StockOpsError('PLAN_UNREADABLE');
    const refused = `Not done: changing ${Object.keys(params.set).join(', ')} of ${target.release}.`;
    if (!dryRun.accepted) return { refused, rule: dryRun.reason, instead: 'Nothing was changed. Correct the value, or the chart.' };

    const { workload, manifest, metadata, chart } = deployed;
    const drift = driftOf(workload, manifest);
    const undone = drift.filter((difference) => isPutBack(difference, manifest, dryRun.manifest));
    if (undone.length > 0) {
      return {
        refused,
        rule: `Someone has changed ${target.workload.name} outside Helm, and this upgrade would put it back: ${undone.map(driftWords).join('; ')}.`,
        instead: 'Write that change into the release first (the same action with this value), or put it back on purpose.',
      };
    }
    const takesOver = drift.length > 0 || workload.managers.some(({ manager }) => manager.startsWith(ourManagers));
    const current = currentRevision(history);
    const changes = [...valueChanges(deployed.values, params.set), ...manifestChanges(workload, manifest, dryRun.manifest)];
    if (changes.every(({ before, after }) => before === after)) {
      return { refused, rule: 'Every value is set so already, and nothing on the cluster would change.', instead: 'Nothing needs to be done.' };
    }
    return {
      summary: `Set ${Object.entries(params.set).map(([path, value]) => `${path} to ${shown(path, value)}`).join(', ')} in release ${target.release}`,
      changes,
      warnings: [
        ...(last.status === 'failed' ? [`The last attempt, revision ${last.revision}, has failed; this starts from revision ${current?.revision}.`] : []),
        ...(drift.length > 0 ? [`${drift.map(driftWords).join('; ')}: Helm takes this over from whoever set it.`] : []),
      ],
      conditions: replicaConditions(workload, dryRun.manifest),
      request: request(target, metadata, params.set, takesOver),
      equivalent: ['helm', ...request(target, metadata, params.set, takesOver).arguments.filter((argument) => argument !== '--'), `--kube-context=${target.context}`],
      undo: { primitive: 'helm.rollback', params: { revision: current?.revision ?? last.revision } },
      guard: {
        revision: last.revision,
        status: last.status,
        chart: `${chart.name}-${chart.version}`,
        chartDigest: chart.digest,
        workloadUid: workload.uid,
        replicas: workload.replicas,
      },
      settleWithinMs: rolloutSettlesWithinMs,
    };
  },

  progress: progressOfRelease,
  evidence: (context, input) => evidenceOfRelease(context, input, (revision) => revision.description.includes(input.runId)),
});

/** Under server-side apply Helm stops at a field that a change of ours has set, even where the value is its own again. */
const ourManagers = 'stockops-';

async function dryRun(context: Context, target: ReleaseTarget, request: RequestVia<'helm'>): Promise<Observed['dryRun']> {
  try {
    return { accepted: true, manifest: await context.ports.helm.dryRun(request, target, context.signal) };
  } catch (error) {
    if (error instanceof StockOpsError && error.code === 'HELM_FAILED') return { accepted: false, reason: error.message };
    throw error;
  }
}

/** Pure. What stands in the way before any value is looked at. */
function whyNot(target: ReleaseTarget, history: readonly HelmRevision[], deployed: Observed['deployed']): Refusal | null {
  const refused = `Not done: upgrading ${target.release}.`;
  const last = history.at(-1);
  if (last !== undefined && isPending(last)) {
    return {
      refused,
      rule: `Helm's revision ${last.revision} is ${last.status}: an operation is running, or was killed in the middle.`,
      instead: 'Wait a few minutes; if it stays so, roll back to a revision that was deployed.',
    };
  }
  if (deployed === null) return { refused, rule: 'No revision of it is deployed.', instead: 'Install it, or roll back to a revision that worked.' };
  const { metadata, chart } = deployed;
  if (chart.name !== metadata.chart || chart.version !== metadata.version) {
    return {
      refused,
      rule: `Deployed is ${metadata.chart} ${metadata.version}, but ${target.chart} holds ${chart.name} ${chart.version}; a new chart is a deployment, not a change of values.`,
      instead: `Put ${metadata.chart} ${metadata.version} there, or deploy the new chart with your pipeline.`,
    };
  }
  // The same version may be other bytes at the start: without a digest nobody could tell (T-12).
  if (chart.digest === null) return { refused, rule: `nothing says which bytes ${target.chart} is`, instead: 'Name the chart as a folder (./charts/…), or as oci://… in a registry that says its digest.' };
  return null;
}

/** Flags first, then `--`, then the names: no value can become a flag, and no comma a second value (T-12). */
function request(target: ReleaseTarget, metadata: HelmMetadata, set: Values, takesOver: boolean): RequestVia<'helm'> {
  const isFolder = /^\.{0,2}\//.test(target.chart);
  return {
    via: 'helm',
    context: target.context,
    arguments: [
      'upgrade',
      `--namespace=${Namespace.parse(target.namespace)}`,
      ...(isFolder ? [] : [`--version=${metadata.version}`]),
      '--reset-then-reuse-values',
      ...Object.entries(set).map(([path, value]) => setFlag(ValuePath.parse(path), value)),
      `--timeout=${helmTimeout}`,
      // Under server-side apply Helm stops at a field that somebody else has set since, even to the same end.
      ...(takesOver && metadata.applyMethod === 'ssa' ? ['--force-conflicts'] : []),
      '--',
      ReleaseName.parse(target.release),
      target.chart,
    ],
  };
}

/** Text goes literally; numbers, true and false as JSON, because as text "false" would count as true in a template. */
function setFlag(path: ValuePath, value: HelmValue): string {
  return typeof value === 'string' ? `--set-literal=${path}=${value}` : `--set-json=${path}=${JSON.stringify(value)}`;
}

function valueChanges(values: HelmValues, set: Values): Change[] {
  return Object.entries(set).map(([path, value]) => {
    const before = valueAt(values, path);
    return { what: path, before: before === undefined ? "the chart's default" : shown(path, before), after: shown(path, value as Json) };
  });
}

/** Whether the new manifest says what the old one said about something that differs on the cluster. */
function isPutBack(drift: Drift, before: HelmManifest, after: HelmManifest): boolean {
  const says = (manifest: HelmManifest) =>
    drift.what === 'replicas' ? String(manifest.workload?.replicas) : manifest.workload?.containers.find(({ name }) => `image of ${name}` === drift.what)?.image;
  return says(after) === says(before);
}

function driftWords(drift: Drift): string {
  return `${drift.what} ${drift.live} on the cluster, ${drift.recorded} in the release`;
}
