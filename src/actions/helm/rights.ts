import type { Right } from '../define-primitive.ts';
import { logRights, workloadRights } from '../kubernetes/rights.ts';
import { rolloutRights } from '../kubernetes/rollout.ts';

/**
 * Helm keeps its records in Secrets, and their names hold a number that grows with each revision. A Role can name neither a pattern nor a
 * label, so where Helm's actions are offered, every Secret of the namespace can be read by whoever holds this identity.
 */
export const helmReadRights: readonly Right[] = [{ group: '', resource: 'secrets', verbs: ['get', 'list'] }];

/**
 * One program looks, writes its record and changes the chart's objects, all as one identity. The objects are those with the workload's name,
 * as `helm create` names them, and those that the component lists as `helm.objects`.
 */
export const helmWriteRights: readonly Right[] = [
  ...helmReadRights,
  { group: '', resource: 'secrets', verbs: ['get', 'list', 'create', 'update', 'delete'], by: 'write' },
  ...rolloutRights(null),
  ...logRights,
  ...workloadRights(['get', 'patch']).map((right): Right => ({ ...right, by: 'write' })),
  { group: '', resource: 'configmaps', verbs: ['get', 'patch'], named: true, by: 'write' },
  { group: '', resource: 'services', verbs: ['get', 'patch'], named: true, by: 'write' },
  // Values switch it on and off. Helm applies it by its name, so that also its creation can be named.
  { group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: ['get', 'create', 'patch', 'delete'], named: true, by: 'write' },
];
