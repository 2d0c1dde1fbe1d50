import { beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { primitives } from '../../src/actions/registry.ts';
import { rolesOf } from '../../src/actions/roles.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { roleFiles } from '../../src/commands/rbac.ts';
import { readSettings, secretSettings } from '../../src/config/settings.ts';
import { filesMatching, textOf } from './source-files.ts';

/** Goal: what an operator applies says what the code does: the rights it uses, the settings it reads, the calls it makes. */
let catalog: Catalog;
beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  catalog = loaded.catalog;
});

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly rules?: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[]; readonly resourceNames?: readonly string[] }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

const objectsIn = (path: string): Role[] => parseAllDocuments(textOf(path)).map((document) => document.toJS() as Role);
const rightsFiles = filesMatching('manifests/rights/*/*.yaml').filter((file) => !file.endsWith('/kustomization.yaml'));

const rolesShipped = (): Role[] => rightsFiles.flatMap(objectsIn).filter(({ kind }) => kind === 'Role');

test('manifests/rights/ holds what `stockops rbac` makes of the catalog, to the letter (T-18)', () => {
  const shipped = Object.fromEntries(filesMatching('manifests/rights/*/*.yaml').map((file) => [file.slice('manifests/rights/'.length), textOf(file)]));
  expect(shipped).toEqual(Object.fromEntries(roleFiles(rolesOf(catalog, primitives))));
});

test('no Role gives everything, nor rights to give rights, and what can be named is named (T-18, M-22)', () => {
  for (const { metadata, rules = [] } of rolesShipped()) {
    for (const { apiGroups, resources, verbs, resourceNames } of rules) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
      expect(verbs.filter((verb) => ['deletecollection', 'escalate', 'bind', 'impersonate', 'watch'].includes(verb))).toEqual([]);
      expect(resources.filter((resource) => ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/eviction', 'serviceaccounts/token', 'nodes/proxy'].includes(resource) || resource.startsWith('roles'))).toEqual([]);
      const cannotBeNamed = verbs.every((verb) => verb === 'list') || ['secrets', 'pods/log'].includes(resources[0] ?? '');
      expect(resourceNames !== undefined && resourceNames.length > 0, `${metadata.namespace}: ${verbs.join(', ')} ${resources.join(', ')}`).toBe(!cannotBeNamed);
    }
  }
  expect(filesMatching('manifests/**/*.yaml').filter((file) => /\bkind: ClusterRole/.test(textOf(file)))).toEqual([]);
});

test('who looks can change nothing, and Secrets are open only where a system uses Helm (T-18)', () => {
  const usesHelm = new Set(catalog.systems.filter((system) => [...system.actions.values()].some(({ use }) => use.startsWith('helm.'))).flatMap((system) => [...system.environments.values()].map((environment) => (environment.platform === 'kubernetes' ? environment.namespace : ''))));
  for (const { metadata, rules = [] } of rolesShipped()) {
    if (metadata.name === 'stockops-read') expect(rules.flatMap(({ verbs }) => verbs).filter((verb) => verb !== 'get' && verb !== 'list')).toEqual([]);
    if (rules.some(({ resources }) => resources.includes('secrets'))) expect([...usesHelm]).toContain(metadata.namespace);
  }
});

test('each Role is bound to its own identity in the same namespace, and both identities are in manifests/identity', () => {
  for (const file of rightsFiles) {
    const objects = objectsIn(file);
    const roles = objects.filter(({ kind }) => kind === 'Role');
    expect(objects.length).toBe(2 * roles.length);
    for (const { metadata } of roles) {
      expect(objects.find((object) => object.kind === 'RoleBinding' && object.metadata.name === metadata.name)).toMatchObject({
        metadata: { namespace: metadata.namespace },
        roleRef: { kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: 'stockops' }],
      });
    }
  }
  const accounts = objectsIn('manifests/identity/service-account.yaml').filter(({ kind }) => kind === 'ServiceAccount');
  expect(accounts.map(({ metadata }) => metadata.name).toSorted()).toEqual([...new Set(rolesShipped().map(({ metadata }) => metadata.name))].toSorted());
});

test('each kustomization names every file beside it', () => {
  for (const file of filesMatching('manifests/**/kustomization.yaml')) {
    const folder = file.slice(0, -'kustomization.yaml'.length);
    const { resources } = parse(textOf(file)) as { resources: string[] };
    const beside = filesMatching(`${folder}*.yaml`).map((path) => path.slice(folder.length)).filter((name) => name !== 'kustomization.yaml');
    expect(resources.filter((resource) => resource.endsWith('.yaml')).toSorted(), file).toEqual(beside);
  }
});

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly { readonly securityContext: object; readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[] }[];
  readonly volumes: readonly object[];
}
const podSpec = (): PodSpec => (parse(textOf('manifests/bot/deployment.yaml')) as { spec: { template: { spec: PodSpec } } }).spec.template.spec;

test('the bot runs as nobody in particular, on a file system that it cannot change, and without a token of its own (T-27)', () => {
  const pod = podSpec();
  expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
  expect(pod.containers).toHaveLength(1);
  expect(pod.containers[0]?.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  expect(pod.containers[0]?.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual(['/tmp']);
});

test('the network policy opens listed ports and no others, both ways (T-27)', () => {
  interface Policy { readonly spec: { readonly podSelector: object; readonly policyTypes: string[]; readonly ingress: { from?: object[]; ports?: object[] }[]; readonly egress: { ports?: { port: number }[] }[] } }
  const { spec } = parse(textOf('manifests/bot/network-policy.yaml')) as Policy;
  expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(spec.podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'stockops' } });
  // A rule without `from` or without `ports` would mean everyone, or everything.
  expect(spec.ingress.filter(({ from = [], ports = [] }) => from.length === 0 || ports.length === 0)).toEqual([]);
  expect(spec.egress.filter(({ ports = [] }) => ports.length === 0)).toEqual([]);
  const used = (filesMatching('systems/*/system.yaml').map(textOf).join('\n').match(/\w:\/\/[\w.-]+:(\d+)/g) ?? []).map((url) => Number(url.split(':').at(-1)));
  // Names; https; Kubernetes; http; PostgreSQL; ssh to Docker's hosts.
  const known = new Set([53, 443, 6443, 80, 5432, 22, ...used]);
  expect(spec.egress.flatMap(({ ports = [] }) => ports.map(({ port }) => port)).filter((port) => !known.has(port))).toEqual([]);
});

test('the pod is given longer to end than the bot takes (F-45)', () => {
  const graceMs = Number(/graceMs = ([\d_]+)/.exec(textOf('src/commands/serve.ts'))?.[1]?.replaceAll('_', ''));
  expect(podSpec().terminationGracePeriodSeconds * 1_000).toBeGreaterThan(graceMs);
});

test('the settings that are shipped are settings that the bot takes, and no secret is among them', () => {
  const { data } = parse(textOf('manifests/bot/settings.yaml')) as { data: Record<string, string> };
  const routingKeys = catalog.systems.map((system) => system.escalation.routingKeySetting);
  expect(Object.keys(data).filter((name) => secretSettings.has(name) || name.startsWith('PAGERDUTY_ROUTING_KEY_')).filter((name) => !name.endsWith('_FILE'))).toEqual([]);

  const content: Record<string, string> = { 'database-url': 'postgres://stockops@db/stockops', 'alertmanager-token': 'x'.repeat(64) };
  const read = readSettings(data, (path) => content[path.split('/').at(-1) ?? ''] ?? `the content of ${path}`);
  expect(read.ok ? [] : read.problems).toEqual([]);
  if (read.ok) expect([...read.settings.routingKeys.keys()].toSorted()).toEqual(routingKeys.toSorted());
});

test('each file that a setting names is in a volume of the pod', () => {
  const { data } = parse(textOf('manifests/bot/settings.yaml')) as { data: Record<string, string> };
  const mounted = podSpec().containers[0]?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
  expect(Object.values(data).filter((value) => value.startsWith('/') && !mounted.some((path) => value.startsWith(`${path}/`)))).toEqual([]);
});

// Slack's documentation says of each method which scope it needs; the others need none.
const scopesOfMethod: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.info': ['channels:read', 'groups:read', 'im:read'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.open': ['im:write'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'pins.add': ['pins:write'],
  'pins.remove': ['pins:write'],
  'usergroups.list': ['usergroups:read'],
  'users.info': ['users:read', 'users:read.email'],
  'users.lookupByEmail': ['users:read', 'users:read.email'],
  'views.open': [],
  'views.publish': [],
  'views.push': [],
  'views.update': [],
};

interface AppManifest {
  readonly features: { readonly slash_commands: readonly { readonly command: string }[]; readonly app_home: { readonly home_tab_enabled: boolean } };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: { readonly event_subscriptions: { readonly bot_events: readonly string[] }; readonly socket_mode_enabled: boolean };
}

test('the Slack app asks for the scopes of the calls that the bot makes, and for no other', () => {
  const app = parse(textOf('manifests/slack-app.yaml')) as AppManifest;
  const code = filesMatching('src/connectors/slack/*.ts').map(textOf).join('\n');
  const called = new Set([...code.matchAll(/\b(?:paced|prompt|client)(?:\(\))?\.(\w+)\.(\w+)\(/g)].map(([, family, method]) => `${family}.${method}`));
  expect([...called].filter((method) => scopesOfMethod[method] === undefined)).toEqual([]);
  const needed = new Set([...called].flatMap((method) => scopesOfMethod[method] ?? []));
  if (/\bapp\.command\(/.test(code)) needed.add('commands');
  expect(app.oauth_config.scopes.bot).toEqual([...needed].toSorted());
});

// GitHub's documentation says of each call which permission of an App it needs.
const permissionOfCall: Readonly<Record<string, string>> = {
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': 'Actions: read and write',
  'actions.getWorkflowRun': 'Actions: read',
  'actions.listWorkflowRuns': 'Actions: read',
};

test('the GitHub App is given the permissions of the calls that the bot makes, and no other (T-20)', () => {
  const code = textOf('src/connectors/github/github.ts');
  const called = [...code.matchAll(/octokit\.(?:rest\.(\w+\.\w+)\(|request\('([^']+)')/g)].map(([, method, path]) => method ?? path ?? '');
  expect(called.length).toBeGreaterThan(0);
  expect(called.filter((call) => permissionOfCall[call] === undefined)).toEqual([]);
  const needed = new Set(called.map((call) => permissionOfCall[call] ?? ''));
  const widest = [...needed].filter((permission) => !needed.has(`${permission} and write`));
  const shown = /\| permission of the App \| for \|\n\|[-|]+\n((?:\|.*\n)+)/.exec(textOf('docs/operating.md'))?.[1] ?? '';
  expect([...shown.matchAll(/^\| ([^|]+) \| \S/gm)].map(([, permission]) => permission)).toEqual(widest.toSorted());
});

test('the Slack app is told of the events that the bot listens to, and of no other', () => {
  const app = parse(textOf('manifests/slack-app.yaml')) as AppManifest;
  const heard = [...textOf('src/connectors/slack/receive.ts').matchAll(/\bapp\.event\('(\w+)'/g)].map(([, name]) => name);
  expect(app.settings.event_subscriptions.bot_events).toEqual(heard);
  expect(app.features.slash_commands.map(({ command }) => command)).toEqual(['/stock']);
  expect(app.settings.socket_mode_enabled).toBe(true);
});

test('each scope stands with what it is for', () => {
  const scopes = textOf('manifests/slack-app.yaml').split('\n').filter((line) => /^\s+- [a-z]+[a-z.:]*:[a-z.]+|^\s+- commands/.test(line) && !line.includes('command:'));
  expect(scopes.length).toBeGreaterThan(10);
  expect(scopes.filter((line) => !/ # \S/.test(line))).toEqual([]);
});

test('Alertmanager sends to the path that the bot listens on, resolved alerts too, without a limit', () => {
  const { receivers } = parse(textOf('manifests/alertmanager.yaml')) as { receivers: { name: string; webhook_configs?: { url: string; send_resolved: boolean; max_alerts: number }[] }[] };
  const webhook = receivers.find(({ name }) => name === 'stockops')?.webhook_configs?.[0];
  expect(webhook).toMatchObject({ send_resolved: true, max_alerts: 0 });
  expect(textOf('src/handlers/intake.ts').includes(`'${new URL(webhook?.url ?? '').pathname}'`)).toBe(true);
});

test('the rules about StockOps itself ask for metrics that it has', () => {
  const asked = [...textOf('manifests/stockops-rules.yaml').matchAll(/\bstockops_\w+/g)].map(([name]) => name);
  const had = textOf('src/handlers/metrics.ts') + textOf('src/handlers/metrics-of-rows.ts');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name) => !had.includes(`'${name}'`))).toEqual([]);
});
