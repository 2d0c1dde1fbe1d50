/**
 * Goal: every odd case of the five services is said by data; no sixth system needs code for one of them.
 * Method: the two systems least like the others in full, then a line or two for each other case, all through the loader.
 */
import { expect, test } from 'vitest';
import type { PrimitiveSummary } from '../../src/catalog/system.ts';
import { catalogOf, changed, files, load, problemsOf, systemOf, type Files } from './catalog-directory.ts';
import { primitives } from './primitives.ts';

/** Primitives that later procedures use; the catalog only needs to hear of them. */
const later: readonly [string, PrimitiveSummary][] = [
  ['k8s.patch', { effect: 'write', target: 'workload' }],
  ['k8s.job', { effect: 'write', target: 'workload' }],
  ['sql.exec', { effect: 'write', target: 'workload' }],
  ['dns.change', { effect: 'write', target: 'url' }],
  ['docker.exec', { effect: 'read', target: 'compose' }],
  ['host.processes', { effect: 'read', target: 'compose' }],
  ['compose.up', { effect: 'write', target: 'compose' }],
  ['compose.recover', { effect: 'write', target: 'compose' }],
  ['script.run', { effect: 'write', target: 'compose' }],
];
const known = new Map([...primitives, ...later]);

const head = `description: An odd one.
owner: lead
access: {viewers: [everyone], operators: [oncall], approvers: [lead], owners: [lead]}
runbook: {url: "https://git.example.com/odd.md", sections: {down: "#down"}}
pagerduty: {routingKeySetting: PAGERDUTY_ROUTING_KEY_ODD}
`;

const crypto = `id: crypto
name: Crypto
${head}
environments:
  production:
    platform: compose
    compose: {host: "ssh://crypto-host", file: docker/compose.yaml, project: crypto, directory: /srv/crypto, stickyVariables: [MODEL_VARIANT]}
    baseUrl: http://crypto-host.example.com:8000
    prometheusUrl: http://crypto-host.example.com:9090
components:
  api: {default: true, service: api, containerName: volatility-api}
  kafka: {service: kafka, containerName: kafka, stateful: true}
  prometheus: {service: prometheus}
  pipeline: {processes: [ws_ingest.py, featurizer.py], logs: {featurizer: "logs/featurizer_*.log"}}
checks:
  api-health: {use: http.probe, url: "{baseUrl}/health", okStatuses: [200, 503], expectJson: {status: healthy, model_loaded: true, kafka_connected: true}, every: 30s, failures: 2}
  version: {use: http.probe, url: "{baseUrl}/version", expectVariable: {model_variant: MODEL_VARIANT}, every: 5m}
  kafka-ready: {use: docker.exec, component: kafka, argv: [kafka-broker-api-versions, --bootstrap-server, "localhost:9092"]}
  topics: {use: docker.exec, component: kafka, argv: [kafka-topics, --list], expectLines: [ticks.raw, ticks.features]}
  processes: {use: host.processes, component: pipeline, count: 2}
metrics:
  p95: {expression: "histogram_quantile(0.95, sum by (le) (rate(latency_bucket[5m]))) * 1000", unit: ms, thresholds: {slo: 800, warn: 800, alert: 1000}}
  lag: {expression: sum by (topic) (kafka_consumer_lag), unit: messages, thresholds: {alert: 1000}}
slos: [{metric: p95, target: "<= 800", aspirational: true}]
alerts:
  attribution: {anyOf: [{label: job, equals: volatility-api}]}
  synthetic:
    - {name: ModelNotLoaded, check: api-health, field: model_loaded, verb: immediate, section: down, buttons: [restart, model]}
    - {name: P95High, metric: p95, above: alert, for: 5m, verb: investigate}
    - {name: ErrorRateHigh, metric: lag, above: 0.02, for: 5m, verb: investigate}
    - {name: ModelVariantDrift, check: version, verb: investigate}
actions:
  pods: {title: Containers, use: compose.ps, components: [api, kafka], risk: read}
  restart: {title: Restart, use: compose.restart, component: api, risk: low}
procedures:
  kafka-recovery:
    title: Recover Kafka
    risk: low
    steps:
      - {use: compose.recover, component: kafka}
      - {wait: {check: kafka-ready, min: 20s, max: 90s}}
      - {action: restart}
      - branch:
          check: processes
          bad: [{use: script.run, component: pipeline, with: {script: scripts/start_pipeline.sh}}]
      - {check: api-health}
  model:
    title: Switch the model
    risk: high
    parameters: {variant: {type: choice, choices: [baseline, ml]}}
    steps:
      - {use: compose.up, component: api, sticky: {MODEL_VARIANT: "{variant}"}}
      - {wait: {check: version, min: 10s, max: 60s}}
chaos: {enabled: false}
disabled: [{seed: "docker exec volatility-api rm model.pkl", reason: irreversible}]
`;

const analysis = `id: analysis
name: Analysis
${head}
environments:
  production: {platform: kubernetes, kube: {context: prod, namespace: analysis}, baseUrl: "https://api.analysis.example.com", protected: true}
  dr: {platform: kubernetes, kube: {context: dr, namespace: analysis-dr}, baseUrl: "https://dr.analysis.example.com", protected: true}
severities:
  - {label: P0, rank: 1, page: immediate, respondWithin: 15m, criteria: [Complete system outage]}
  - {label: P1, rank: 2, page: immediate, respondWithin: 1h}
  - {label: P2, rank: 3, page: business_hours, respondWithin: 4h}
  - {label: P3, rank: 4, page: next_business_day, respondWithin: 24h}
severityMap: {byValue: {critical: P1, warning: P2}, default: P2}
escalation:
  steps:
    - {after: 0m, role: oncall, until: acknowledged}
    - {after: 120m, role: lead, until: resolved, onlySeverities: [P0]}
comms:
  space: {default: thread, P0: channel, P1: channel}
  updatesEvery: {P0: 30m}
  deadlines: [{id: postmortem, after: 48h, from: resolved, severities: [P0, P1], remind: [24h, 44h]}]
components:
  api: {default: true, workload: {kind: Deployment, name: analysis-api}, selector: app=analysis-api, replicas: {min: 3, max: 10, normal: 3}, autoscaler: analysis-api, perPod: {databaseConnections: 50}}
  worker: {workload: {kind: Deployment, name: celery-worker}, selector: app=celery-worker, replicas: {min: 3, max: 10, normal: 3}}
  database: {workload: {kind: StatefulSet, name: postgresql}, selector: app=postgresql, stateful: true, sql: {database: analysis, user: analysis, adminDatabase: postgres, host: postgresql-service}}
alerts: {attribution: {anyOf: [{label: namespace, equals: analysis}]}}
checks:
  api-health: {use: http.probe, url: "{baseUrl}/health", every: 60s, failures: 5}
actions:
  pods: {title: Pods, use: k8s.pods, component: api, risk: read}
  scale: {title: Scale, use: k8s.scale, components: [api, worker], risk: low, riskWhen: [{when: fewer_replicas, risk: high}], parameters: {replicas: {type: integer, from: component.replicas}}}
  scale-database:
    title: Scale the database
    use: k8s.patch
    component: database
    risk: high
    requires: window
    fixed: {group: acid.zalan.do, version: v1, kind: postgresql, name: analysis-db, path: spec.numberOfInstances}
    parameters: {instances: {type: integer, minimum: 1, maximum: 5}}
sql:
  slow-queries:
    risk: read
    component: database
    variants:
      - {minVersion: 13, text: "SELECT query, mean_exec_time FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT {limit}"}
      - {maxVersion: 12, text: "SELECT query, mean_time FROM pg_stat_statements ORDER BY mean_time DESC LIMIT {limit}"}
    parameters: {limit: {type: integer, minimum: 1, maximum: 20, default: 10}}
  reindex: {risk: destructive, requires: window, text: REINDEX DATABASE CONCURRENTLY analysis, timeout: 4h}
checklists:
  pre-maintenance: [{text: Notify users 48 hours in advance}, {text: Backup all critical data, owner: lead}]
schedules:
  - {id: backup-watch, cron: "30 3 * * *", check: api-health, expect: {maxAge: 26h}}
  - {id: maintenance, cron: "0 2 * * 0#1", window: 4h, notifyBefore: 48h, checklist: pre-maintenance}
  - {id: access-review, cron: "0 9 1 1,4,7,10 *", checklist: pre-maintenance, owner: lead}
  - {id: primary-probe, every: 60s, check: api-health, failures: 5, alert: PrimarySiteDown}
procedures:
  db-restore:
    title: Restore the database
    risk: destructive
    gates: [backup-fresh-or-waiver]
    parameters: {env: {type: choice, choices: [production, dr]}, backup: {type: choice, from: s3.list}}
    onError: stop
    steps:
      - {saveState: [replicas.api, replicas.worker]}
      - {use: k8s.scale, component: api, environment: "{env}", with: {replicas: 0}, waitForZero: 3m}
      - {use: sql.exec, component: database, environment: "{env}", with: {statement: rename-old-database}}
      - {use: k8s.job, environment: "{env}", with: {job: pg-restore, backup: "{backup}"}, timeout: 4h}
      - {restoreState: [replicas.api, replicas.worker]}
      - {check: api-health, environment: "{env}"}
      - {manual: "Compare row counts, then drop the renamed database", confirm: typed}
  dr-activate:
    title: Activate the other site
    risk: destructive
    steps:
      - {procedure: db-restore, with: {env: dr, backup: latestVerified}}
      - {action: scale, component: api, environment: dr, with: {replicas: 5}}
      - {wait: {check: api-health, environment: dr, min: 60s, max: 10m}}
      - {approve: true}
      - {use: dns.change, with: {changeSet: failover}}
dr: {rto: 4h, rpo: 1h, rpoScope: database, backupCheck: backup-watch}
capacity: {growth: {users: 0.2}, plan: [{item: api pods, now: 3, months6: 5, months12: 8}]}
`;

const destructive: Files = { ...files, 'policies.yaml': `${files['policies.yaml']}  - {id: destructive, risk: destructive, mayAsk: [operators], mayApprove: [approvers, owners], approvals: 2, expiresAfter: 15m}\n` };
const odd = (id: string, text: string): Files => ({ ...destructive, [`${id}/system.yaml`]: text, [`${id}/runbook.md`]: files['shop/runbook.md']! });

test('a system on Compose, without severities, with a sticky variable and alerts from a health check (CV-58, CV-107, CV-114)', async () => {
  const system = systemOf(await catalogOf(odd('crypto', crypto), known), 'crypto');
  expect(system.environments.get('production')).toMatchObject({ platform: 'compose', host: 'ssh://crypto-host', stickyVariables: ['MODEL_VARIANT'] });
  expect(system.components.get('kafka')).toMatchObject({ service: 'kafka', containerName: 'kafka', stateful: true });
  expect(system.components.get('kafka')?.replicas).toBeUndefined();
  expect(system.severities.map(({ label }) => label)).toEqual(['Critical', 'High', 'Medium']);
  expect(system.declared.alerts.synthetic[0]).toMatchObject({ check: 'api-health', field: 'model_loaded', verb: 'immediate' });
  expect(system.declared.checks['version']?.expectVariable).toEqual({ model_variant: 'MODEL_VARIANT' });
  expect(system.declared.procedures['model']?.steps[0]).toMatchObject({ use: 'compose.up', sticky: { MODEL_VARIANT: '{variant}' } });
});

test('a system with P0 to P3, several components, SQL by version, a window and a restore for either site (SA)', async () => {
  const system = systemOf(await catalogOf(odd('analysis', analysis), known), 'analysis');
  expect(system.severities.map(({ label, rank }) => `${label}=${rank}`)).toEqual(['P0=1', 'P1=2', 'P2=3', 'P3=4']);
  expect(system.escalation.steps.at(-1)).toMatchObject({ afterMs: 7_200_000, role: 'lead', until: 'resolved', onlySeverities: ['P0'] });
  expect(system.escalation.appliesTo).toEqual(['P0', 'P1']);
  expect(system.actions.get('scale')?.components).toEqual(['api', 'worker']);
  expect(system.actions.get('scale-database')?.fixed).toMatchObject({ path: 'spec.numberOfInstances' });
  expect(system.declared.schedules[1]).toMatchObject({ cron: '0 2 * * 0#1', window: 14_400_000, notifyBefore: 172_800_000 });
  expect(system.declared.sql['slow-queries']?.variants).toHaveLength(2);
  expect(system.declared.procedures['db-restore']?.steps).toHaveLength(7);
});

for (const [why, from, to, says] of [
  ['a step of no kind', '- {approve: true}', '- {aprove: true}', 'A step has one of these keys'],
  ['a step with a key of another kind', '- {approve: true}', '- {approve: true, timeout: 5m}', 'There is no "timeout" here.'],
  ['a step for a parameter that the procedure does not have', 'component: api, environment: "{env}"', 'component: api, environment: "{place}"', 'The procedure has no parameter "place".'],
  ['a step that names a procedure that does not exist', 'procedure: db-restore,', 'procedure: db-restoer,', 'There is no procedure "db-restoer".'],
  ['two statements in one', 'REINDEX DATABASE CONCURRENTLY analysis', 'VACUUM; REINDEX DATABASE analysis', 'One statement only'],
  ['a schedule without a time', 'id: primary-probe, every: 60s,', 'id: primary-probe,', 'Give either cron or every.'],
  ['a backup check that no schedule does', 'backupCheck: backup-watch', 'backupCheck: backup-wach', 'There is no schedule "backup-wach".'],
] as const) {
  test(`refuses ${why}`, async () => {
    const problems = await problemsOf(changed('analysis/system.yaml', from, to, odd('analysis', analysis)), known);
    expect(problems.map(({ message }) => message).join('\n')).toContain(says);
  });
}

test('business hours decide when the second level pages (SV-15)', async () => {
  const system = systemOf(await catalogOf(files), 'shop');
  expect(system.severities.map(({ page }) => page)).toEqual(['immediate', 'immediate', 'business_hours']);
  expect(system.businessHours).toEqual({ days: ['mon', 'tue'], from: '09:00', to: '17:00' });
});

test('a system without alert rules has only attribution and a default severity (AP-31)', async () => {
  const system = systemOf(await catalogOf(changed('shop/system.yaml', '    - {name: ShopDown, severity: Critical, section: down, buttons: [restart, scale], diagnostics: [pods]}\n', '    []\n')), 'shop');
  expect(system.alerts).toEqual({ attribution: [{ label: 'namespace', equals: 'shop' }], rules: [] });
  expect(system.severityMap.default).toBe('Medium');
});

test('only secrets that are listed have a name here, and a password is never one of the fields (AP-14)', async () => {
  const given = changed('shop/system.yaml', 'pagerduty:', 'secrets: [{name: shop-db, purpose: Database}]\npagerduty:');
  expect(systemOf(await catalogOf(given), 'shop').declared.secrets).toEqual([{ name: 'shop-db', purpose: 'Database', keys: [] }]);
  const wrong = changed('shop/system.yaml', 'pagerduty:', 'secrets: [{name: shop-db, purpose: Database, value: hunter22}]\npagerduty:');
  expect((await problemsOf(wrong)).map(({ message }) => message)).toEqual(['There is no "value" here.']);
});

test('stop, hard restart and emergency stop are three actions of one primitive or several (AP-04, AP-05)', async () => {
  const given = changed('shop/system.yaml', 'actions:\n', `actions:
  stop: {title: Stop, use: k8s.scale, component: web, risk: destructive, fixed: {replicas: 0}}
  start: {title: Start, use: k8s.scale, component: web, risk: low, parameters: {replicas: {type: integer, from: component.replicas, default: resume}}}
`, destructive);
  const system = systemOf(await catalogOf(given), 'shop');
  expect(system.actions.get('stop')?.fixed).toEqual({ replicas: 0 });
  expect(system.actions.get('start')?.parameters[0]).toMatchObject({ name: 'replicas', default: 'resume' });
});

test('a Helm release may have another name in another namespace (SV-100)', async () => {
  let given = changed('shop/system.yaml', 'components:\n', '  staging: {platform: kubernetes, kube: {context: prod, namespace: staging}, baseUrl: "http://staging.example.com"}\ncomponents:\n');
  given = changed('shop/system.yaml', '    default: true\n', '    default: true\n    helm: {releases: {production: shop, staging: shop-staging}, chart: ./charts/shop, settable: [replicaCount]}\n', given);
  const component = systemOf(await catalogOf(given), 'shop').components.get('web');
  expect([...component!.helm!.releases]).toEqual([['production', 'shop'], ['staging', 'shop-staging']]);
});

test('what a system leaves out comes from the defaults, and the loader says what', async () => {
  const loaded = await load(files);
  expect(loaded.ok && loaded.fromDefaults).toEqual(['shop: timezone, businessHours, severities, severityMap, verbSeverity, escalation, comms.channels, runbook.reviewEvery']);
});
