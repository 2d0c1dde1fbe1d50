import { defineRead, type Reading } from '../define-primitive.ts';
import type { Json } from '../../support/json.ts';
import { NoParameters } from '../parameters.ts';
import { count, cpu, memory } from '../wording.ts';
import type { Pod, PodUsage, Workload } from './cluster.ts';
import { parseQuantity } from './quantity.ts';
import { podRights, usageRights, workloadRights } from './rights.ts';

/** A container this near to its memory limit is about to be killed. */
const highShare = 0.9;

/** How much processor and memory each pod uses, beside its limit. */
export const top = defineRead({
  id: 'k8s.top',
  target: 'workload',
  params: NoParameters,
  rights: [...workloadRights(['get']), ...podRights, ...usageRights],
  read: async (context, target): Promise<Reading> => {
    const { kubernetes } = context.ports;
    const [workload, pods, usage] = await Promise.all([
      kubernetes.workload(target, context.signal),
      kubernetes.pods(target, context.signal),
      kubernetes.usage(target, context.signal),
    ]);
    return topReading(workload, pods, usage);
  },
});

/** Pure. The pod with the fullest memory comes first. */
export function topReading(workload: Workload, pods: readonly Pod[], usage: readonly PodUsage[] | null): Reading {
  if (usage === null) return { headline: 'No data: this cluster measures nothing', state: 'unknown', lines: ['The metrics API is not there; see the graphs instead.'] };
  if (usage.length === 0) return { headline: 'No data yet', state: 'unknown', lines: ['Pods are measured about a minute after they start.'] };
  const limits = limitsOf(workload.template);
  const rows = usage
    .map((pod) => {
      const cpuCores = pod.containers.reduce((sum, container) => sum + parseQuantity(container.cpu), 0);
      const memoryBytes = pod.containers.reduce((sum, container) => sum + parseQuantity(container.memory), 0);
      const fullest = Math.max(0, ...pod.containers.map((container) => share(parseQuantity(container.memory), limits.get(container.name)?.memoryBytes ?? null)));
      return { pod: pod.pod, cpuCores, memoryBytes, fullest };
    })
    .sort((a, b) => b.fullest - a.fullest || b.memoryBytes - a.memoryBytes || a.pod.localeCompare(b.pod));
  const limit = total(limits);
  const full = rows.filter((row) => row.fullest >= highShare);
  const unmeasured = pods.filter((pod) => !pod.isBeingDeleted && !usage.some((measured) => measured.pod === pod.name));
  const [most] = rows;
  return {
    headline: `CPU ${cpu(rows.reduce((sum, row) => sum + row.cpuCores, 0))}, memory ${memory(rows.reduce((sum, row) => sum + row.memoryBytes, 0))} over ${count(rows.length, 'pod')}`,
    state: full.length > 0 ? 'bad' : 'neutral',
    lines: [
      ...full.map((row) => `${row.pod} uses ${Math.round(row.fullest * 100)} % of its memory limit`),
      ...(full.length === 0 && most !== undefined && most.fullest > 0 ? [`Fullest: ${most.pod}, ${Math.round(most.fullest * 100)} % of its memory limit`] : []),
      ...(limit.memoryBytes === null ? ['No memory limit is set'] : []),
      ...(unmeasured.length > 0 ? [`${count(unmeasured.length, 'pod')} not measured yet`] : []),
    ],
    table: {
      columns: ['pod', 'CPU', 'CPU limit', 'memory', 'memory limit'],
      rows: rows.slice(0, 20).map((row) => [row.pod, cpu(row.cpuCores), limit.cpuCores === null ? 'none' : cpu(limit.cpuCores), memory(row.memoryBytes), limit.memoryBytes === null ? 'none' : memory(limit.memoryBytes)]),
    },
  };
}

interface Limits {
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
}

function limitsOf(template: Json): ReadonlyMap<string, Limits> {
  type Template = { spec?: { containers?: { name: string; resources?: { limits?: { cpu?: string; memory?: string } } }[] } };
  const containers = (template as Template).spec?.containers ?? [];
  return new Map(containers.map(({ name, resources }) => [name, { cpuCores: quantityOrNull(resources?.limits?.cpu), memoryBytes: quantityOrNull(resources?.limits?.memory) }]));
}

/** Of the whole pod; one container without a limit makes it unlimited. */
function total(limits: ReadonlyMap<string, Limits>): Limits {
  const sum = (values: (number | null)[]) => values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
  const all = [...limits.values()];
  return { cpuCores: sum(all.map((limit) => limit.cpuCores)), memoryBytes: sum(all.map((limit) => limit.memoryBytes)) };
}

function quantityOrNull(quantity: string | undefined): number | null {
  return quantity === undefined ? null : parseQuantity(quantity);
}

function share(used: number, limit: number | null): number {
  return limit === null || limit === 0 ? 0 : used / limit;
}
