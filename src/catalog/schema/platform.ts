/** Where a system runs and what it consists of: `environments`, `components`, `dependencies`. */
import { z } from 'zod';
import { AnchoredPattern, ContextName, Duration, Id, Line, ObjectName, Selector, SettingName, Url, byId, JsonValue } from './words.ts';

const commonEnvironment = {
  baseUrl: Url.optional(),
  prometheusUrl: Url.optional(),
  /** Writes here need the approvals of `policies.yaml`. */
  protected: z.boolean().default(false),
};

const KubernetesEnvironment = z.strictObject({
  platform: z.literal('kubernetes'),
  /** `context` is a context of the kubeconfig. */
  kube: z.strictObject({ context: ContextName, namespace: ObjectName }),
  ...commonEnvironment,
});

const ComposeEnvironment = z.strictObject({
  platform: z.literal('compose'),
  compose: z.strictObject({
    /** `local`, or `ssh://host`. */
    host: z.string().regex(/^(local|ssh:\/\/([a-z0-9_-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?)$/, 'Not a Docker host: write local or ssh://host.'),
    /** Relative to the checkout of the system. */
    file: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.ya?ml$/, 'Not a path of a Compose file, relative and without "..".'),
    project: ObjectName,
    /** Where scripts, processes and logs are on the host. */
    directory: z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'Not an absolute path.').optional(),
    /** Variables that every later `up` must be given again; otherwise it silently takes their effect back (CV-58). */
    stickyVariables: z.array(SettingName).default([]),
  }),
  ...commonEnvironment,
});

export const EnvironmentEntry = z.discriminatedUnion('platform', [KubernetesEnvironment, ComposeEnvironment]);

const Count = z.int('Not a whole number.').min(0, 'Must not be negative.').max(1000, 'At most 1000.');

export const ComponentEntry = z.strictObject({
  /** What `/stock scale 5` means when no component is named. One per system. */
  default: z.boolean().default(false),
  workload: z.strictObject({ kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']), name: ObjectName }).optional(),
  selector: Selector.optional(),
  container: ObjectName.optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** Compose: the service in the file, and the name of its container, which differs (`api`, `volatility-api`). */
  service: ObjectName.optional(),
  containerName: ObjectName.optional(),
  /** Programs on the host, outside of every container. */
  processes: z.array(Line).optional(),
  /** File patterns of their logs, relative to the directory of the environment. */
  logs: byId(Line).optional(),
  image: z.strictObject({ repository: z.string().regex(/^[a-z0-9][a-z0-9./:_-]*$/, 'Not an image repository.'), tagPattern: AnchoredPattern }).optional(),
  /** Absent: the component has no `scale`. */
  replicas: z
    .strictObject({ min: Count, max: Count, normal: Count, maxStep: Count.optional(), scaleBackReminder: Duration.optional() })
    .optional(),
  autoscaler: ObjectName.optional(),
  perPod: z.strictObject({ requestsPerSecond: z.number().optional(), cpu: Line.optional(), memory: Line.optional(), databaseConnections: z.number().optional() }).optional(),
  stateful: z.boolean().default(false),
  helm: z
    .strictObject({
      /** Environment → release. */
      releases: byId(ObjectName),
      chart: z.string().regex(/^(oci:\/\/[a-z0-9][a-z0-9./:_-]*|(\.\/)?[A-Za-z0-9_][A-Za-z0-9_./-]*)$/, 'Not a chart: ./path or oci://….'),
      /** Names of the chart's objects, where they differ from the workload's: the Roles name them. */
      objects: z.array(ObjectName).default([]),
      /** Values that `helm upgrade --set` may change; every other one is refused. */
      settable: z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$/, 'Not the name of a chart value.')).default([]),
    })
    .optional(),
  sql: z.strictObject({ database: Line, user: Line, adminDatabase: Line.optional(), host: ObjectName.optional() }).optional(),
});

export const ProbeEntry = z.strictObject({
  url: Url,
  method: z.enum(['GET', 'HEAD']).default('GET'),
  okStatuses: z.array(z.int().min(100).max(599)).min(1, 'Name at least one status.').default([200]),
  expectJson: z.record(z.string(), JsonValue).optional(),
  every: Duration.optional(),
});

export const DependencyEntry = z.strictObject({ name: Line, probe: ProbeEntry.optional(), vendor: Id.optional(), note: Line.optional() });
