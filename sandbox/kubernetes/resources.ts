/** Which kinds the stand-in serves, in the words of the discovery documents. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** `kubectl get all` asks for these. */
  readonly inAll: boolean;
  readonly subresources: readonly string[];
  /** `metadata.generation` counts changes of the spec. */
  readonly countsGenerations: boolean;
  readonly verbs: readonly string[];
}

const EVERY_VERB = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resource(groupVersion: string, plural: string, kind: string, more: Partial<Resource> = {}): Resource {
  const [group, version] = groupVersion.includes('/') ? (groupVersion.split('/') as [string, string]) : ['', groupVersion];
  return {
    group,
    version,
    plural,
    kind,
    singular: kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    inAll: false,
    subresources: [],
    countsGenerations: false,
    verbs: EVERY_VERB,
    ...more,
  };
}

const workload = { inAll: true, countsGenerations: true, subresources: ['scale', 'status'] };
const clusterWide = { namespaced: false };

export const NAMESPACES = resource('v1', 'namespaces', 'Namespace', { ...clusterWide, shortNames: ['ns'], subresources: ['status'] });
export const NODES = resource('v1', 'nodes', 'Node', { ...clusterWide, shortNames: ['no'], subresources: ['status'] });
export const PODS = resource('v1', 'pods', 'Pod', { shortNames: ['po'], inAll: true, countsGenerations: true, subresources: ['eviction', 'log', 'status'] });
export const SERVICES = resource('v1', 'services', 'Service', { shortNames: ['svc'], inAll: true, subresources: ['status'] });
export const ENDPOINTS = resource('v1', 'endpoints', 'Endpoints', { shortNames: ['ep'] });
export const EVENTS = resource('v1', 'events', 'Event', { shortNames: ['ev'] });
export const SECRETS = resource('v1', 'secrets', 'Secret');
export const CONFIG_MAPS = resource('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] });
export const DEPLOYMENTS = resource('apps/v1', 'deployments', 'Deployment', { ...workload, shortNames: ['deploy'] });
export const REPLICA_SETS = resource('apps/v1', 'replicasets', 'ReplicaSet', { ...workload, shortNames: ['rs'] });
export const STATEFUL_SETS = resource('apps/v1', 'statefulsets', 'StatefulSet', { ...workload, shortNames: ['sts'] });
export const DAEMON_SETS = resource('apps/v1', 'daemonsets', 'DaemonSet', { inAll: true, countsGenerations: true, shortNames: ['ds'], subresources: ['status'] });
export const CONTROLLER_REVISIONS = resource('apps/v1', 'controllerrevisions', 'ControllerRevision');
export const AUTOSCALERS = resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', { inAll: true, shortNames: ['hpa'], subresources: ['status'] });
export const ENDPOINT_SLICES = resource('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice');
export const DISRUPTION_BUDGETS = resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { countsGenerations: true, shortNames: ['pdb'], subresources: ['status'] });
export const LEASES = resource('coordination.k8s.io/v1', 'leases', 'Lease');
export const ROLES = resource('rbac.authorization.k8s.io/v1', 'roles', 'Role');
export const ROLE_BINDINGS = resource('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding');
export const CLUSTER_ROLES = resource('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', clusterWide);
export const CLUSTER_ROLE_BINDINGS = resource('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', clusterWide);
/** The same events as `EVENTS`, in the newer group's form. Kept in one place, shown in two. */
export const NEW_EVENTS = resource('events.k8s.io/v1', 'events', 'Event', { shortNames: ['ev'] });
export const ACCESS_REVIEWS = resource('authorization.k8s.io/v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', { ...clusterWide, verbs: ['create'] });
const metrics = (version: string) => [
  resource(`metrics.k8s.io/${version}`, 'nodes', 'NodeMetrics', { ...clusterWide, singular: '', verbs: ['get', 'list'] }),
  resource(`metrics.k8s.io/${version}`, 'pods', 'PodMetrics', { singular: '', verbs: ['get', 'list'] }),
];

export const RESOURCES: readonly Resource[] = [
  NAMESPACES, NODES, PODS, SERVICES, ENDPOINTS, EVENTS, SECRETS, CONFIG_MAPS,
  DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, CONTROLLER_REVISIONS, AUTOSCALERS, ENDPOINT_SLICES, DISRUPTION_BUDGETS, LEASES,
  ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, NEW_EVENTS, ACCESS_REVIEWS, ...metrics('v1'), ...metrics('v1beta1'),
];

export const groupVersion = (resource: Pick<Resource, 'group' | 'version'>): string => (resource.group === '' ? resource.version : `${resource.group}/${resource.version}`);
export const resourceKey = (resource: Pick<Resource, 'group' | 'plural'>): string => (resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`);

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return RESOURCES.find((one) => one.group === group && one.version === version && one.plural === plural);
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return RESOURCES.find((one) => groupVersion(one) === apiVersion && one.kind === kind);
}

/** `/api`, `/apis`, `/apis/apps`, `/apis/apps/v1`, `/version`: what kubectl and client libraries ask first; `undefined` for anything else. */
export function discovery(path: string): object | undefined {
  const groups = [...new Set(RESOURCES.map((one) => one.group))].filter((group) => group !== '');
  const describeGroup = (name: string) => {
    const versions = [...new Set(RESOURCES.filter((one) => one.group === name).map((one) => one.version))].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  };
  if (path === '/version') {
    return { major: '1', minor: '35', gitVersion: 'v1.35.0', gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z', goVersion: '', compiler: 'gc', platform: 'linux/amd64' };
  }
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(describeGroup) };
  const match = /^\/(?:api|apis\/([^/]+))(?:\/([^/]+))?$/.exec(path);
  if (!match) return undefined;
  const [, group = '', version] = match;
  if (version === undefined) return groups.includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) } : undefined;
  const served = RESOURCES.filter((one) => one.group === group && one.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion({ group, version }),
    resources: served.flatMap((one) => [
      {
        name: one.plural, singularName: one.singular, namespaced: one.namespaced, kind: one.kind, verbs: one.verbs,
        ...(one.shortNames.length > 0 && { shortNames: one.shortNames }), ...(one.inAll && { categories: ['all'] }),
      },
      ...one.subresources.map((name) => ({ name: `${one.plural}/${name}`, singularName: '', namespaced: one.namespaced, ...describeSubresource(one, name) })),
    ]),
  };
}

function describeSubresource(of: Resource, name: string): object {
  switch (name) {
    case 'scale': return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    case 'log': return { kind: 'Pod', verbs: ['get'] };
    case 'eviction': return { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    default: return { kind: of.kind, verbs: ['get', 'patch', 'update'] };
  }
}
