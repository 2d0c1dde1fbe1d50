import type { ReleaseTarget, Target, WorkloadTarget } from '../actions/plan.ts';
import { code, mrkdwn, type Mrkdwn } from './mrkdwn.ts';

/** Every part of a target that tells it from another one, in the words of its platform. */
export function targetLine(target: Target): Mrkdwn {
  switch (target.kind) {
    case 'workload':
      return mrkdwn`${workload(target)} · cluster ${code(target.context)}, namespace ${code(target.namespace)}`;
    case 'release':
      return mrkdwn`Helm release ${code(target.release)} of chart ${code(target.chart)}, which rolls out ${workload(target.workload)}${elsewhere(target)} · cluster ${code(target.context)}, namespace ${code(target.namespace)}`;
    case 'compose':
      return mrkdwn`Compose service ${code(target.service)} (container ${code(target.containerName)}) · host ${code(target.host)}, project ${code(target.project)}, file ${code(target.file)}`;
    case 'url':
      return mrkdwn`${target.method} ${code(target.url)}`;
    case 'query':
      return mrkdwn`${target.name}: ${code(target.expression)} on ${code(target.prometheusUrl)}`;
  }
}

function workload({ workload: kind, name, container, selector }: WorkloadTarget): Mrkdwn {
  return mrkdwn`${kind} ${code(name)}, container ${code(container)}, pods ${code(selector)}`;
}

/** A release rolls out a workload of its own place; where a plan says otherwise, that is seen. */
function elsewhere({ context, namespace, workload: rolledOut }: ReleaseTarget): Mrkdwn | null {
  return rolledOut.context === context && rolledOut.namespace === namespace ? null : mrkdwn` in cluster ${code(rolledOut.context)}, namespace ${code(rolledOut.namespace)}`;
}

/** The two things a person checks first: `cluster prod, namespace stock-service`. */
export function targetPlace(target: Target): Mrkdwn | null {
  switch (target.kind) {
    case 'workload':
    case 'release':
      return mrkdwn`cluster ${code(target.context)}, namespace ${code(target.namespace)}`;
    case 'compose':
      return mrkdwn`host ${code(target.host)}, project ${code(target.project)}`;
    case 'url':
    case 'query':
      return null;
  }
}
