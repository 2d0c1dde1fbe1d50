/** What a run leaves on the objects that it changes, and how Kubernetes calls the kinds: who writes a request and who reads its traces say the same. */

/** Written on every object that is patched, with the run as its value: what proves afterwards that the patch arrived. */
export const runAnnotation = 'stockops.dev/run';

/** The manager, by the API server's record, of the fields that a run changed. */
export function fieldManagerOf(runId: string): string {
  return `stockops-${runId}`;
}

/** A segment of a JSON pointer. */
export function pointerSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The resource in a path of the API and in a rule of RBAC. */
export const plurals = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;
