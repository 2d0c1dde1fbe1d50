import type { Target } from '../actions/plan.ts';

/**
 * What one change at a time may touch. A Helm release and the workload that it rolls out have the same key: changing both at once
 * would be two hands on one thing.
 */
export function targetKeyOf(target: Target): string {
  switch (target.kind) {
    case 'workload':
      return `kubernetes ${target.context} ${target.namespace} ${target.workload} ${target.name}`;
    case 'release':
      return targetKeyOf(target.workload);
    case 'compose':
      return `compose ${target.host} ${target.project} ${target.service}`;
    case 'url':
      return `url ${target.url}`;
    case 'query':
      return `query ${target.prometheusUrl} ${target.name}`;
  }
}
