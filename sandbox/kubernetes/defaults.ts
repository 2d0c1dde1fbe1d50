import { copy, type KubernetesObject, type PodTemplate } from './objects.ts';
import { isObject } from './patches.ts';
import type { Resource } from './resources.ts';

/** Fills in what the API server fills in, so that a template read back equals a template written. */
export function withDefaults(resource: Resource, object: KubernetesObject): KubernetesObject {
  const result = copy(object);
  switch (resource.kind) {
    case 'Deployment': {
      const spec = (result.spec ??= {});
      spec.replicas ??= 1;
      spec.revisionHistoryLimit ??= 10;
      spec.progressDeadlineSeconds ??= 600;
      spec.strategy ??= {};
      spec.strategy.type ??= 'RollingUpdate';
      if (spec.strategy.type === 'RollingUpdate') spec.strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy.rollingUpdate };
      defaultTemplate(spec.template);
      break;
    }
    case 'StatefulSet': {
      const spec = (result.spec ??= {});
      spec.replicas ??= 1;
      spec.podManagementPolicy ??= 'OrderedReady';
      spec.revisionHistoryLimit ??= 10;
      spec.updateStrategy ??= { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
      defaultTemplate(spec.template);
      break;
    }
    case 'ReplicaSet':
      result.spec ??= {};
      result.spec.replicas ??= 1;
      defaultTemplate(result.spec.template);
      break;
    case 'Pod':
      defaultTemplate(result as unknown as PodTemplate);
      break;
    case 'Service':
      result.spec ??= {};
      result.spec.type ??= 'ClusterIP';
      result.spec.sessionAffinity ??= 'None';
      for (const port of result.spec.ports ?? []) {
        port.protocol ??= 'TCP';
        port.targetPort ??= port.port;
      }
      break;
    case 'HorizontalPodAutoscaler':
      result.spec ??= {};
      result.spec.minReplicas ??= 1;
      break;
    case 'Secret':
      result.type ??= 'Opaque';
      if (isObject(result.stringData)) {
        result.data = { ...result.data, ...Object.fromEntries(Object.entries(result.stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])) };
        delete result.stringData;
      }
      break;
    case 'Namespace':
      result.spec = { finalizers: ['kubernetes'], ...result.spec };
      result.status = { phase: 'Active', ...result.status };
      break;
  }
  return result;
}

function defaultTemplate(template: PodTemplate | undefined): void {
  const spec = template?.spec;
  if (!isObject(spec)) return;
  for (const container of Array.isArray(spec.containers) ? spec.containers : []) {
    if (!isObject(container)) continue;
    container.imagePullPolicy ??= /:latest$|^[^:]+$/.test(String(container.image)) ? 'Always' : 'IfNotPresent';
    container.resources ??= {};
    container.terminationMessagePath ??= '/dev/termination-log';
    container.terminationMessagePolicy ??= 'File';
    for (const port of container.ports ?? []) port.protocol ??= 'TCP';
    for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
      if (!container[probe]) continue;
      container[probe] = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...container[probe] };
      if (container[probe].httpGet) container[probe].httpGet = { scheme: 'HTTP', ...container[probe].httpGet };
    }
  }
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.schedulerName ??= 'default-scheduler';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
}
