import type { Right } from '../define-primitive.ts';
import { rolloutRights } from '../kubernetes/rollout.ts';

/** Helm keeps its records in Secrets, so even a look at the history needs to read them. */
export const helmReadRights: readonly Right[] = [{ group: '', resource: 'secrets', verbs: ['get', 'list'] }];

/** And to write them; what the chart's objects need comes on top, and only the chart's owner knows it. */
export const helmWriteRights: readonly Right[] = [
  { group: '', resource: 'secrets', verbs: ['get', 'list', 'create', 'update', 'delete'] },
  { group: '', resource: 'configmaps', verbs: ['get', 'patch'] },
  { group: '', resource: 'services', verbs: ['get', 'patch'] },
  { group: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: ['get', 'create', 'patch', 'delete'] },
  ...rolloutRights('patch'),
];
