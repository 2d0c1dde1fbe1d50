import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadCatalog, type LoadedCatalog } from '../../src/catalog/load.ts';
import type { Problem } from '../../src/catalog/problem.ts';
import type { Catalog, Primitives, System } from '../../src/catalog/system.ts';
import { primitives } from './primitives.ts';

/** A directory of systems as text: one small system on Kubernetes and what all systems share. Tests change a word or a line of it. */
export type Files = Readonly<Record<string, string>>;

export const files: Files = {
  'roles.yaml': `roles:
  everyone: {name: Everyone, slackGroup: everyone}
  oncall: {name: On call, slackGroup: oncall}
  lead: {name: Lead, slackGroup: leads}
`,
  'policies.yaml': `rules:
  - {id: read, risk: read, mayAsk: [viewers], approvals: 0, confirm: false, expiresAfter: 15m}
  - {id: low, risk: low, mayAsk: [operators], approvals: 0, expiresAfter: 15m}
  - {id: high, risk: high, mayAsk: [operators], mayApprove: [approvers], approvals: 1, expiresAfter: 15m}
`,
  'defaults.yaml': `timezone: UTC
businessHours: {days: [mon, tue], from: "09:00", to: "17:00"}
severities:
  - {label: Critical, rank: 1, page: immediate, acknowledgeWithin: 5m}
  - {label: High, rank: 2, page: immediate}
  - {label: Medium, rank: 3, page: business_hours}
severityMap: {byValue: {critical: Critical}, default: Medium}
verbSeverity: {immediate: 1, investigate: 3}
escalation:
  steps:
    - {after: 0m, role: oncall, until: acknowledged}
    - {after: 5m, role: lead, until: resolved}
comms:
  channels: {alerts: "#alerts", incidents: "#incidents", stakeholders: "#stakeholders"}
reviewEvery: 90d
cooldown: 5m
`,
  'shop/runbook.md': `# Shop

## Down

Look at the pods. Then restart.

<!-- action: pods -->
\`\`\`bash
kubectl get pods
\`\`\`
`,
  'shop/system.yaml': `id: shop
name: Shop
aliases: [store]
description: Sells things.
owner: lead
access: {viewers: [everyone], operators: [oncall], approvers: [lead], owners: [lead]}
runbook:
  url: https://git.example.com/shop.md
  sections:
    down: "#down"
environments:
  production:
    platform: kubernetes
    kube: {context: prod, namespace: shop}
    baseUrl: https://shop.example.com
    prometheusUrl: http://prometheus.example.com:9090
    protected: true
components:
  web:
    default: true
    workload: {kind: Deployment, name: shop-web}
    selector: app=shop-web
    image: {repository: registry.example.com/shop, tagPattern: "^v\\\\d+$"}
    replicas: {min: 2, max: 9, normal: 3}
  cache:
    workload: {kind: StatefulSet, name: shop-cache}
    selector: app=shop-cache
pagerduty: {routingKeySetting: PAGERDUTY_ROUTING_KEY_SHOP}
metrics:
  errors: {expression: 'sum(rate(errors{namespace="{namespace}"}[5m]))', unit: errors per second, thresholds: {alert: 1}}
alerts:
  attribution: {anyOf: [{label: namespace, equals: shop}]}
  rules:
    - {name: ShopDown, severity: Critical, section: down, buttons: [restart, scale], diagnostics: [pods]}
checks:
  health: {use: http.probe, url: "{baseUrl}/health"}
actions:
  pods: {title: Pods, use: k8s.pods, component: web, risk: read}
  health: {title: Health, use: http.probe, check: health, risk: read}
  errors: {title: Errors, use: prom.query, metric: errors, risk: read}
  restart: {title: Restart, use: k8s.restart, component: web, risk: low, verify: [health]}
  scale:
    title: Scale
    use: k8s.scale
    component: web
    risk: low
    riskWhen: [{when: fewer_replicas, risk: high}]
    parameters:
      replicas: {type: integer, from: component.replicas}
`,
};

/** The files with one text replaced by another. The text must be there, once. */
export function changed(file: string, from: string, to: string, base: Files = files): Files {
  const text = base[file];
  if (text === undefined || text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} is not exactly once in ${file}`);
  return { ...base, [file]: text.replace(from, () => to) };
}

export async function load(given: Files, known: Primitives = primitives): Promise<LoadedCatalog> {
  const directory = await mkdtemp(join(tmpdir(), 'catalog-'));
  try {
    for (const [file, text] of Object.entries(given)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    }
    return await loadCatalog(directory, known);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export async function problemsOf(given: Files, known?: Primitives): Promise<readonly Problem[]> {
  const loaded = await load(given, known);
  return loaded.ok ? [] : loaded.problems;
}

/** A catalog that must load; otherwise the problems are the failure's text. */
export async function catalogOf(given: Files, known?: Primitives): Promise<Catalog> {
  const loaded = await load(given, known);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ file, line, message }) => `${file}:${line} ${message}`).join('\n'));
  return loaded.catalog;
}

export function systemOf(catalog: Catalog, id: string): System {
  const system = catalog.systems.find((candidate) => candidate.id === id);
  if (system === undefined) throw new Error(`no system ${id}`);
  return system;
}
