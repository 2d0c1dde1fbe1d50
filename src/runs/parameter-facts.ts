import type { HelmManifest } from '../actions/helm/release.ts';
import type { ContainerSpec, Workload } from '../actions/kubernetes/cluster.ts';
import type { ReleaseTarget, WorkloadTarget } from '../actions/plan.ts';
import type { Ports } from '../actions/ports.ts';
import { ago } from '../actions/wording.ts';
import { resolveTarget } from '../catalog/resolve.ts';
import type { Action, ActionParameter, System } from '../catalog/system.ts';
import { readDeadlineMs, within, type RunDependencies } from './dependencies.ts';

/** What a person should see beside a question: how it is now, and what there is to choose from. */
export interface ParameterFact {
  /** `3 now`, `v2.4.1 now`. */
  readonly current?: string;
  /** The most likely first. */
  readonly options?: readonly { readonly text: string; readonly value: string }[];
}

/** Whether the cluster has to be asked before this parameter can be chosen at all. */
export const isChosenFromHistory = ({ from }: ActionParameter): boolean => from === 'helm.history' || from === 'rollout.history';

/** Whether anything about these parameters is worth asking the cluster. */
export const hasFacts = (parameters: readonly ActionParameter[]): boolean => parameters.some(({ from }) => from !== undefined && from !== 's3.list');

const mostRevisions = 20;
/** Of so many Helm revisions the image is looked up; each costs a start of the program. */
const revisionsWithImage = 5;

/**
 * Reads what is so now for the parameters of an action, by name. Reads only.
 * @throws StockOpsError when the cluster does not answer
 */
export async function parameterFacts(
  dependencies: Pick<RunDependencies, 'ports' | 'clock'>,
  { system, action, environment, component }: { readonly system: System; readonly action: Action; readonly environment: string; readonly component: string | null },
): Promise<ReadonlyMap<string, ParameterFact>> {
  const target = resolveTarget(system, action, environment, component);
  if ('refused' in target || (target.kind !== 'workload' && target.kind !== 'release')) return new Map();
  const workloadTarget = target.kind === 'workload' ? target : target.workload;
  const now = dependencies.clock.now();
  return within(dependencies, readDeadlineMs, async ({ ports, signal }) => {
    const workload = await ports.kubernetes.workload(workloadTarget, signal);
    const facts = await Promise.all(
      action.parameters.map(async (parameter): Promise<readonly [string, ParameterFact]> => {
        switch (parameter.from) {
          case 'component.replicas':
            return [parameter.name, workload.replicas === null ? {} : { current: `${workload.replicas} now` }];
          case 'component.image':
            return [parameter.name, imageNow(workload.containers.find(({ name }) => name === workloadTarget.container))];
          case 'rollout.history':
            return [parameter.name, await rolloutRevisions(ports, workloadTarget, workload, now, signal)];
          case 'helm.history':
            return [parameter.name, target.kind === 'release' ? await helmRevisions(ports, target, now, signal) : {}];
          default:
            return [parameter.name, {}];
        }
      }),
    );
    return new Map(facts);
  });
}

/** Those with another image: to go back to the same one helps nobody (SV-47). */
async function rolloutRevisions(ports: Ports, target: WorkloadTarget, workload: Workload, now: Date, signal: AbortSignal): Promise<ParameterFact> {
  const revisions = await ports.kubernetes.revisions(target, signal);
  const others = revisions.filter(({ containers }) => imagesOf(containers) !== imagesOf(workload.containers));
  return {
    current: `${tags(workload.containers)} now`,
    options: others.slice(0, mostRevisions).map(({ number, containers, createdAt }) => ({ text: `${number} · ${tags(containers)} · ${ago(createdAt, now)}`, value: String(number) })),
  };
}

/** Those that were in force once. A failed attempt never was. */
async function helmRevisions(ports: Ports, target: ReleaseTarget, now: Date, signal: AbortSignal): Promise<ParameterFact> {
  const history = await ports.helm.history(target, signal);
  const deployed = history.findLast(({ status }) => status === 'deployed');
  const earlier = history.filter(({ status }) => status === 'superseded').reverse().slice(0, mostRevisions);
  const manifests = await Promise.all(earlier.slice(0, revisionsWithImage).map(({ revision }) => ports.helm.manifest(target, revision, signal).catch((): HelmManifest | null => null)));
  return {
    ...(deployed !== undefined && { current: `revision ${deployed.revision} now` }),
    options: earlier.map(({ revision, updatedAt, description }, index) => {
      const containers = manifests[index]?.workload?.containers;
      return { text: `${revision} · ${containers === undefined ? description : tags(containers)} · ${ago(updatedAt, now)}`.slice(0, 75), value: String(revision) };
    }),
  };
}

const imageNow = (container: ContainerSpec | undefined): ParameterFact => (container === undefined ? {} : { current: `${tagOf(container.image)} now` });
const imagesOf = (containers: readonly ContainerSpec[]) => containers.map(({ name, image }) => `${name}=${image}`).sort().join(' ');
const tags = (containers: readonly ContainerSpec[]) => containers.map(({ image }) => tagOf(image)).join(', ');

function tagOf(image: string): string {
  const last = image.split('/').at(-1) ?? image;
  return last.split(':')[1] ?? last;
}
