import { z } from 'zod';
import { StockOpsError } from '../../support/errors.ts';
import { lastBytes } from '../../support/last-bytes.ts';
import { defineRead, type Context, type Reading } from '../define-primitive.ts';
import { ContainerName, Grep, ResourceName, Tail } from '../parameters.ts';
import type { WorkloadTarget } from '../plan.ts';
import { count } from '../wording.ts';
import type { Pod } from './cluster.ts';
import { logRights, podRights } from './rights.ts';
import { isReady } from './trouble.ts';

const readPods = 10;
const readAtOnce = 5;

/** The last lines that each pod of the target has written; with `previous`, those of the container before the last restart. */
export const logs = defineRead({
  id: 'k8s.logs',
  target: 'workload',
  params: z.strictObject({
    tail: Tail.default(100),
    previous: z.boolean({ error: 'must be true or false' }).default(false),
    grep: Grep.optional(),
    /** One pod instead of all. Must be one that the selector picks. */
    pod: ResourceName.optional(),
    container: ContainerName.optional(),
  }),
  rights: [...podRights, ...logRights],
  read: async (context, target, params): Promise<Reading> => {
    const container = params.container ?? target.container;
    const all = await context.ports.kubernetes.pods(target, context.signal);
    const wanted = all
      .filter((pod) => params.pod === undefined || pod.name === params.pod)
      .filter((pod) => !params.previous || hasPrevious(pod, container))
      .sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || a.name.localeCompare(b.name));
    if (wanted.length === 0) return nothingToRead(all, params.previous, params.pod);

    const chosen = wanted.slice(0, readPods);
    const read = await readAll(context, target, chosen, container, params.previous, params.tail);
    const matching = read.map(({ pod, text }) => ({ pod, lines: text.split('\n').filter((line) => line !== '' && (params.grep === undefined || line.includes(params.grep))) }));
    const total = matching.reduce((sum, { lines }) => sum + lines.length, 0);
    return {
      headline: `${count(total, 'line')}${params.grep === undefined ? '' : ` with “${params.grep}”`} from ${count(chosen.length, 'pod')}${params.previous ? ', before the last restart' : ''}`,
      state: 'neutral',
      lines: wanted.length > chosen.length ? [`${count(wanted.length - chosen.length, 'more pod')} left out`] : [],
      text: {
        title: `Log of ${container}${params.previous ? ' before the last restart' : ''}`,
        body: lastBytes(matching.map(({ pod, lines }) => `--- ${pod}\n${lines.join('\n')}`).join('\n')),
      },
    };
  },
});

async function readAll(context: Context, target: WorkloadTarget, pods: readonly Pod[], container: string, previous: boolean, tailLines: number) {
  const read: { pod: string; text: string }[] = [];
  for (let start = 0; start < pods.length; start += readAtOnce) {
    const part = pods.slice(start, start + readAtOnce).map(async (pod) => {
      const request = { context: target.context, namespace: target.namespace, pod: pod.name, container, previous, tailLines };
      const text = await context.ports.kubernetes.log(request, context.signal).catch((error: unknown) => {
        // One pod that is starting or gone must not hide what the others say. A cluster that does not answer is another matter.
        if (error instanceof StockOpsError && error.code !== 'KUBERNETES_UNREACHABLE') return `(no log: ${error.message})`;
        throw error;
      });
      return { pod: pod.name, text };
    });
    read.push(...(await Promise.all(part)));
  }
  return read;
}

function hasPrevious(pod: Pod, container: string): boolean {
  return pod.containers.some((candidate) => candidate.name === container && candidate.restarts > 0);
}

function nothingToRead(all: readonly Pod[], previous: boolean, pod: string | undefined): Reading {
  if (all.length === 0) return { headline: 'No pods, so no log', state: 'bad', lines: [] };
  if (pod !== undefined && !all.some((candidate) => candidate.name === pod)) {
    return { headline: `No pod ${pod} here`, state: 'unknown', lines: [`There are ${all.slice(0, 5).map((candidate) => candidate.name).join(', ')}.`] };
  }
  return { headline: previous ? 'No container has restarted, so there is no earlier log' : 'No log', state: 'neutral', lines: [] };
}
