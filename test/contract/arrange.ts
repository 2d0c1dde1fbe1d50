/** What a contract test puts into a cluster before it looks: with the official client, as an administrator would. */
import { AppsV1Api, AutoscalingV2Api, CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy, setHeaderOptions, type KubernetesObject } from '@kubernetes/client-node';
import type { WorkloadTarget } from '../../src/actions/plan.ts';

export interface Arrange {
  createNamespace(name: string): Promise<void>;
  deleteNamespace(name: string): Promise<void>;
  apply(objects: readonly KubernetesObject[]): Promise<void>;
  createDeployment(namespace: string, options?: DeploymentOptions): Promise<WorkloadTarget>;
  createStatefulSet(namespace: string): Promise<WorkloadTarget>;
  createAutoscaler(namespace: string, deployment: string, bounds: { min: number; max: number }): Promise<void>;
  /** A merge patch by somebody who is not us. */
  change(target: WorkloadTarget, patch: object): Promise<void>;
  deleteDeployment(target: WorkloadTarget): Promise<void>;
}

export interface DeploymentOptions {
  readonly replicas?: number;
  readonly tag?: string;
  readonly podAnnotations?: { readonly [key: string]: string };
  readonly progressDeadlineSeconds?: number;
}

export const repository = 'registry.example.com/stock-analysis';

export function arrangeWith(kubeconfigPath: string): Arrange {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  config.setCurrentContext('admin');
  const [core, apps, autoscaling] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api), config.makeApiClient(AutoscalingV2Api)];
  const objects = KubernetesObjectApi.makeApiClient(config);
  const labels = { app: 'web' };
  const target = (namespace: string, workload: WorkloadTarget['workload']): WorkloadTarget => ({
    kind: 'workload', context: 'prod', namespace, workload, name: 'web', selector: 'app=web', container: 'api',
  });
  const podTemplate = (options: DeploymentOptions) => ({
    metadata: { labels, ...(options.podAnnotations === undefined ? {} : { annotations: { ...options.podAnnotations } }) },
    spec: {
      containers: [
        {
          name: 'api',
          image: `${repository}:${options.tag ?? '4.2.0'}`,
          env: [{ name: 'DATABASE_PASSWORD', value: 'canary-not-a-real-password' }],
          resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
        },
      ],
    },
  });

  return {
    createNamespace: async (name) => void (await core.createNamespace({ body: { metadata: { name } } })),
    deleteNamespace: async (name) => void (await core.deleteNamespace({ name })),
    apply: async (list) => {
      for (const object of list) await objects.create(object);
    },
    createDeployment: async (namespace, options = {}) => {
      await apps.createNamespacedDeployment({
        namespace,
        body: {
          metadata: { name: 'web', labels },
          spec: { replicas: options.replicas ?? 2, progressDeadlineSeconds: options.progressDeadlineSeconds ?? 60, selector: { matchLabels: labels }, template: podTemplate(options) },
        },
      });
      return target(namespace, 'Deployment');
    },
    createStatefulSet: async (namespace) => {
      await apps.createNamespacedStatefulSet({
        namespace,
        body: { metadata: { name: 'web', labels }, spec: { replicas: 2, serviceName: 'web', selector: { matchLabels: labels }, template: podTemplate({}) } },
      });
      return target(namespace, 'StatefulSet');
    },
    createAutoscaler: async (namespace, deployment, { min, max }) =>
      void (await autoscaling.createNamespacedHorizontalPodAutoscaler({
        namespace,
        body: {
          metadata: { name: `${deployment}-hpa` },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment },
            minReplicas: min,
            maxReplicas: max,
            metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
          },
        },
      })),
    change: async ({ namespace, name }, body) =>
      void (await apps.patchNamespacedDeployment({ namespace, name, body, fieldManager: 'somebody-else' }, setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch))),
    deleteDeployment: async ({ namespace, name }) => void (await apps.deleteNamespacedDeployment({ namespace, name, propagationPolicy: 'Background' })),
  };
}
