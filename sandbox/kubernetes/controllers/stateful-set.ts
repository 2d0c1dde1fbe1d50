import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../../../src/support/json.ts';
import { controllerOf, ownedBy, type KubernetesObject, type StatefulSet } from '../objects.ts';
import { CONTROLLER_REVISIONS, PODS, STATEFUL_SETS } from '../resources.ts';
import { askToStop, create, nameSuffix, recordEvent, update, type World } from '../world.ts';
import { activePods, allPods, createPod, isReady } from './pods-of.ts';

const REVISION_LABEL = 'controller-revision-hash';

/** Pods with fixed names, one at a time: up in order, and replaced from the last one down when the template changed. */
export function reconcileStatefulSet(world: World, set: StatefulSet): void {
  const revision = revisionOf(world, set);
  const pods = new Map(allPods(world, set).map((pod) => [pod.metadata.name, pod]));
  const names = Array.from({ length: set.spec.replicas }, (_, index) => `${set.metadata.name}-${index}`);

  const surplus = [...pods.values()].filter((pod) => !names.includes(pod.metadata.name)).at(-1);
  const missing = names.find((name) => !pods.has(name));
  const unready = names.map((name) => pods.get(name)).find((pod) => pod !== undefined && !isReady(pod));
  const outdated = names.map((name) => pods.get(name)).findLast((pod) => pod !== undefined && pod.metadata.labels?.[REVISION_LABEL] !== revision);
  if (surplus && !surplus.metadata.deletionTimestamp) {
    askToStop(world, PODS, surplus);
    recordEvent(world, set, 'Normal', 'SuccessfulDelete', `delete Pod ${surplus.metadata.name} in StatefulSet ${set.metadata.name} successful`, 'statefulset-controller');
  } else if (missing !== undefined && (!unready || names.indexOf(unready.metadata.name) > names.indexOf(missing))) {
    const template = structuredClone(set.spec.template);
    template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [REVISION_LABEL]: revision, 'statefulset.kubernetes.io/pod-name': missing } };
    createPod(world, set, missing, template);
    recordEvent(world, set, 'Normal', 'SuccessfulCreate', `create Pod ${missing} in StatefulSet ${set.metadata.name} successful`, 'statefulset-controller');
  } else if (outdated && missing === undefined && (!unready || unready === outdated) && !outdated.metadata.deletionTimestamp) {
    askToStop(world, PODS, outdated);
    recordEvent(world, set, 'Normal', 'SuccessfulDelete', `delete Pod ${outdated.metadata.name} in StatefulSet ${set.metadata.name} successful`, 'statefulset-controller');
  }

  const left = activePods(world, set);
  const updated = left.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length;
  update(world, STATEFUL_SETS, set, (draft) => {
    const ready = left.filter(isReady).length;
    const done = updated === set.spec.replicas && ready === set.spec.replicas;
    const current = done ? revision : (set.status?.currentRevision ?? revision);
    draft.status = {
      observedGeneration: set.metadata.generation ?? 1, replicas: left.length, readyReplicas: ready, availableReplicas: ready,
      currentReplicas: left.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === current).length, updatedReplicas: updated,
      currentRevision: current, updateRevision: revision, collisionCount: 0,
    };
  });
}

/** The name of the ControllerRevision that holds the present template; made when there is none yet. */
function revisionOf(world: World, set: StatefulSet): string {
  const revisions = world.store.list<KubernetesObject>(CONTROLLER_REVISIONS, set.metadata.namespace).filter((one) => controllerOf(one)?.uid === set.metadata.uid);
  const hash = nameSuffix(createHash('sha256').update(canonicalJson(set.spec.template as unknown as Json)).digest().subarray(0, 10));
  const name = `${set.metadata.name}-${hash}`;
  const highest = Math.max(0, ...revisions.map((one) => one.revision as number));
  const same = revisions.find((one) => one.metadata.name === name);
  if (!same) {
    create<KubernetesObject>(world, CONTROLLER_REVISIONS, {
      kind: 'ControllerRevision', apiVersion: 'apps/v1',
      metadata: { name, namespace: set.metadata.namespace as string, labels: { ...set.spec.template.metadata?.labels, [REVISION_LABEL]: hash }, ownerReferences: [ownedBy(set)] },
      data: { spec: { template: { ...set.spec.template, $patch: 'replace' } } }, revision: highest + 1,
    });
  } else if (same.revision !== highest) {
    update(world, CONTROLLER_REVISIONS, same, (draft) => void (draft.revision = highest + 1));
  }
  return name;
}
