import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { loadChart, objectsOf, renderChart } from '../helm/chart.ts';
import { toSecret, withStatus, type Release } from '../helm/release.ts';
import type { Values } from '../helm/values.ts';
import type { LogProgram } from './logs.ts';
import { administrator } from './rights.ts';
import type { Chapter, ClusterSeed, Manifest, Seed } from './seed.ts';
import type { Timing } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A rollout that a person can watch: some seconds a pod. */
export const sandboxTiming: Partial<Timing> = { startMs: 1500, readyMs: 4000, stopMs: 2500, crashMs: 3000, backOffMs: 12_000 };

export const stockServiceChart = fileURLToPath(new URL('../charts/stock-service', import.meta.url));

export const reader = 'system:serviceaccount:stockops:stockops-read';
export const writer = 'system:serviceaccount:stockops:stockops-write';

/** The bot may do in a cluster of the sandbox what the manifests that are shipped would let it do there, and nothing else. */
function shippedRights(context: 'prod' | 'dr'): readonly Manifest[] {
  const folder = fileURLToPath(new URL(`../../manifests/rights/${context}`, import.meta.url));
  const files = readdirSync(folder).filter((name) => name !== 'kustomization.yaml');
  return files.flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as Manifest));
}

/**
 * The two clusters of the sandbox with what the five services run there, and a past: revisions to roll back to, releases that Helm
 * knows, and events of the last hour. `dr` is a cluster of its own, as a place to fail over to must be.
 */
export function sandboxClusters(now: Date): Seed {
  const nowMs = now.getTime();
  return {
    clusters: { production: production(nowMs), recovery: recovery(nowMs) },
    contexts: {
      prod: { cluster: 'production', user: reader, writer, namespace: 'stock-service' },
      staging: { cluster: 'production', user: reader, writer, namespace: 'staging' },
      dr: { cluster: 'recovery', user: reader, writer, namespace: 'stock-service' },
      outsider: { cluster: 'production', user: 'outsider', namespace: 'default' },
      admin: { cluster: 'production', user: 'admin', namespace: 'default' },
    },
    grants: { admin: administrator },
  };
}

function production(nowMs: number): ClusterSeed {
  return {
    rights: shippedRights('prod'),
    logs: logPrograms,
    loads: {
      'stock-service/stock-service': 400,
      'stock-analysis-system/stock-analysis-api': 400,
    },
    chapters: [
      // Stock API: applied from a manifest.
      ...versions('kubectl', [[12 * DAY, 'v1.8.0'], [5 * DAY, 'v1.8.1'], [26 * HOUR, 'v1.8.2']], (tag) => [
        deployment('stock-api', 'stock-api', { replicas: 2, image: `registry.example.com/stock-api:${tag}`, port: 8000, requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '1Gi' } }),
        service('stock-api', 'stock-api', 8000),
        ...(['stock-api', 'stock-api-db', 'stock-api-key'].map((name) => secret('stock-api', name, name === 'stock-api-key' ? { API_KEY: 'not-a-real-key' } : { PASSWORD: 'not-a-real-password' }))),
      ]),
      // Stock Service: a Helm release in production and one in staging.
      ...helmReleases(nowMs, 'stock-service', 'stock-service', [
        [20 * DAY, 'v2.3.0', '512Mi', 60, 'Install complete'],
        [13 * DAY, 'v2.3.1', '512Mi', 60, 'Upgrade complete'],
        [9 * DAY, 'v2.3.2', '512Mi', 60, 'Upgrade complete'],
        [8 * DAY, 'v2.3.3', '512Mi', 60, 'Upgrade complete'],
        [6 * DAY, 'v2.3.4', '512Mi', 90, 'Upgrade complete'],
        [4 * DAY, 'v2.3.5', '512Mi', 90, 'Upgrade complete'],
        [2 * DAY, 'v2.4.0', '512Mi', 90, 'Upgrade complete'],
        [16 * MINUTE, 'v2.4.1', '256Mi', 60, 'Upgrade complete'],
      ]),
      ...helmReleases(nowMs, 'stock-service-staging', 'staging', [[2 * DAY, 'v2.4.0', '512Mi', 90, 'Install complete'], [3 * HOUR, 'v2.4.1', '256Mi', 60, 'Upgrade complete']]),
      // MyStocks: `kubectl set image`, as its runbook does it.
      ...versions('kubectl', [[30 * DAY, 'v0.9.9'], [7 * DAY, 'v1.0.0'], [28 * HOUR, 'v1.0.1']], (tag) => [
        deployment('mystocks', 'mystocks-api', { replicas: 3, image: `mystocks/api:${tag}`, port: 8080, requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } }),
        service('mystocks', 'mystocks-api', 8080),
      ]),
      ...versions('kubectl', [[40 * DAY, '4.1.0'], [10 * DAY, '4.1.3'], [3 * DAY, '4.2.0']], (tag) => stockAnalysis('stock-analysis-system', tag, { api: 3, worker: 3, frontend: 2, autoscaled: true })),
    ],
  };
}

function recovery(nowMs: number): ClusterSeed {
  return {
    rights: shippedRights('dr'),
    logs: logPrograms,
    loads: {},
    chapters: [
      ...helmReleases(nowMs, 'stock-service', 'stock-service', [[2 * DAY, 'v2.4.0', '512Mi', 90, 'Install complete']]),
      ...versions('kubectl', [[3 * DAY, '4.2.0']], (tag) => stockAnalysis('stock-analysis-system-dr', tag, { api: 1, worker: 1, frontend: 1, autoscaled: false })),
    ],
  };
}

function versions(manager: string, steps: readonly (readonly [agoMs: number, tag: string])[], manifests: (tag: string) => readonly Manifest[]): Chapter[] {
  return steps.map(([agoMs, tag]) => ({ agoMs, manager, manifests: manifests(tag) }));
}

interface WorkloadShape {
  readonly replicas: number;
  readonly image: string;
  readonly port?: number;
  readonly container?: string;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits?: { readonly cpu: string; readonly memory: string };
}

function podTemplate(name: string, shape: WorkloadShape): object {
  return {
    metadata: { labels: { app: name } },
    spec: {
      containers: [{
        name: shape.container ?? name, image: shape.image,
        ...(shape.port !== undefined && { ports: [{ name: 'http', containerPort: shape.port }], readinessProbe: { httpGet: { path: '/health', port: 'http' } } }),
        resources: { requests: shape.requests, ...(shape.limits && { limits: shape.limits }) },
      }],
    },
  };
}

function deployment(namespace: string, name: string, shape: WorkloadShape): Manifest {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels: { app: name } },
    spec: { replicas: shape.replicas, progressDeadlineSeconds: 120, selector: { matchLabels: { app: name } }, template: podTemplate(name, shape) },
  };
}

function statefulSet(namespace: string, name: string, shape: WorkloadShape): Manifest {
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name, namespace, labels: { app: name } },
    spec: { replicas: shape.replicas, serviceName: `${name}-service`, selector: { matchLabels: { app: name } }, template: podTemplate(name, shape) },
  };
}

function service(namespace: string, app: string, port: number, name = app): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: { app }, ports: [{ name: 'http', port, targetPort: port }] } };
}

function secret(namespace: string, name: string, data: { [key: string]: string }): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])) };
}

function stockAnalysis(namespace: string, tag: string, counts: { api: number; worker: number; frontend: number; autoscaled: boolean }): Manifest[] {
  const image = `registry.example.com/stock-analysis:${tag}`;
  return [
    deployment(namespace, 'stock-analysis-api', { replicas: counts.api, image, container: 'api', port: 8000, requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } }),
    deployment(namespace, 'celery-worker', { replicas: counts.worker, image, requests: { cpu: '300m', memory: '512Mi' }, limits: { cpu: '1', memory: '1Gi' } }),
    deployment(namespace, 'stock-analysis-frontend', { replicas: counts.frontend, image: `registry.example.com/stock-analysis-frontend:${tag}`, container: 'frontend', port: 3000, requests: { cpu: '50m', memory: '64Mi' } }),
    deployment(namespace, 'postgresql', { replicas: 1, image: 'registry.example.com/postgres:15', requests: { cpu: '500m', memory: '1Gi' } }),
    statefulSet(namespace, 'redis', { replicas: 1, image: 'registry.example.com/redis:7', requests: { cpu: '100m', memory: '256Mi' } }),
    service(namespace, 'stock-analysis-api', 80),
    service(namespace, 'postgresql', 5432, 'postgresql-service'),
    service(namespace, 'redis', 6379, 'redis-service'),
    ...(counts.autoscaled
      ? [{
          apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'stock-analysis-api-hpa', namespace },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'stock-analysis-api' }, minReplicas: 3, maxReplicas: 10,
            metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
          },
        }]
      : []),
  ];
}

type HelmStep = readonly [agoMs: number, tag: string, memoryLimit: string, cacheTtlSeconds: number, description: string];

/** Each revision as Helm would have left it: its objects applied, its Secret written, the one before superseded. */
function helmReleases(nowMs: number, name: string, namespace: string, steps: readonly HelmStep[]): Chapter[] {
  const chart = loadChart(stockServiceChart);
  const isProduction = name === 'stock-service';
  const firstMs = nowMs - (steps[0]?.[0] ?? 0);
  let previous: Release | undefined;
  return steps.map(([agoMs, tag, memory, cacheTtlSeconds, description], index) => {
    const config: Values = {
      image: { tag },
      ...(isProduction ? { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 20, targetCPUUtilizationPercentage: 70 } } : { replicaCount: 1 }),
      resources: { limits: { cpu: '500m', memory }, requests: { cpu: '200m', memory: '128Mi' } },
      config: { cacheTtlSeconds },
    };
    const version = index + 1;
    const manifest = renderChart(chart, { name, namespace, revision: version, isInstall: version === 1 }, config);
    const at = new Date(nowMs - agoMs);
    const release: Release = {
      name, namespace, version, chart, config, manifest, apply_method: 'ssa',
      info: { first_deployed: new Date(firstMs).toISOString(), last_deployed: at.toISOString(), description, status: 'deployed' },
    };
    const objects = objectsOf(manifest).map((object): Manifest => ({
      ...object,
      metadata: {
        ...(object.metadata as Manifest['metadata']), namespace,
        labels: { ...(object.metadata.labels as { [name: string]: string } | undefined), 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { ...(object.metadata.annotations as { [name: string]: string } | undefined), 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
      },
    }));
    const secrets = [...(previous ? [toSecret(withStatus(previous, 'superseded'), at)] : []), toSecret(release, at)];
    previous = release;
    return { agoMs, manager: 'helm', manifests: [...objects, ...(secrets as unknown as Manifest[])] };
  });
}

/** What the containers of the five services say, by container name. */
const logPrograms: { readonly [container: string]: LogProgram } = {
  'stock-api': {
    everyMs: 1700,
    startup: ['INFO:     Started server process [1]', 'INFO:     Waiting for application startup.', 'INFO:     model loaded from /app/models/latest.pkl in 2.1 s', 'INFO:     Uvicorn running on http://0.0.0.0:8000'],
    lines: [
      'INFO:     10.64.0.7:51{n} - "GET /api/v1/predict?symbol=AAPL HTTP/1.1" 200 OK', 'INFO:     10.64.0.9:40{n} - "GET /health HTTP/1.1" 200 OK', 'INFO:     10.64.0.7:51{n} - "GET /api/v1/quote?symbol=MSFT HTTP/1.1" 200 OK',
      'INFO:     10.64.0.8:33{n} - "GET /api/v1/predict?symbol=NVDA HTTP/1.1" 200 OK', 'WARNING:  prediction took 1840 ms for TSLA', 'INFO:     10.64.0.9:40{n} - "GET /health HTTP/1.1" 200 OK',
    ],
    crash: ['ERROR:    could not connect to database "stock" at 10.0.4.12:5432: connection refused', 'ERROR:    Application startup failed. Exiting.'],
  },
  'stock-service': {
    everyMs: 1200,
    startup: ['{"level":"info","msg":"config loaded","cache_ttl_seconds":60}', '{"level":"info","msg":"circuit breaker ready","provider":"polygon","state":"closed"}', '{"level":"info","msg":"listening","port":8080}'],
    lines: [
      '{"level":"info","msg":"GET /api/v1/stock","symbol":"AAPL","status":200,"ms":14,"cache":"hit"}', '{"level":"info","msg":"GET /api/v1/stock","symbol":"AMZN","status":200,"ms":212,"cache":"miss"}', '{"level":"info","msg":"GET /health","status":200,"ms":1}',
      '{"level":"info","msg":"GET /api/v1/stock","symbol":"GOOG","status":200,"ms":11,"cache":"hit"}', '{"level":"warn","msg":"upstream is slow","provider":"polygon","ms":1874}', '{"level":"info","msg":"GET /api/v1/stock","symbol":"META","status":200,"ms":16,"cache":"hit"}',
    ],
    crash: ['{"level":"error","msg":"upstream timeout","provider":"polygon","ms":2000}', '{"level":"error","msg":"circuit breaker","provider":"polygon","state":"open"}', '{"level":"fatal","msg":"cache warm-up failed, giving up"}'],
  },
  'mystocks-api': {
    everyMs: 1500,
    startup: ['{"level":"info","msg":"mystocks-api starting"}', '{"level":"info","msg":"connected to postgres","pool":10}', '{"level":"info","msg":"listening","port":8080}'],
    lines: [
      '{"level":"info","msg":"GET /portfolio","status":200,"ms":38}', '{"level":"info","msg":"GET /health","status":200,"ms":2}', '{"level":"info","msg":"POST /orders","status":201,"ms":91}',
      '{"level":"info","msg":"GET /quotes","status":200,"ms":44}', '{"level":"error","msg":"GET /quotes","status":502,"ms":3001,"error":"market data provider timed out"}', '{"level":"info","msg":"GET /portfolio","status":200,"ms":35}',
    ],
    crash: ['{"level":"error","msg":"connect ECONNREFUSED postgres:5432"}', '{"level":"fatal","msg":"no database after 5 attempts"}'],
  },
  api: {
    everyMs: 1800,
    startup: ['INFO gunicorn.error: Starting gunicorn 22.0', 'INFO gunicorn.error: Listening at: http://0.0.0.0:8000', 'INFO app.db: connected to postgresql-service'],
    lines: [
      'INFO app.access: GET /api/v1/analysis/AAPL 200 118ms', 'INFO app.access: GET /health 200 2ms', 'INFO app.access: GET /api/v1/screen 200 402ms', 'WARNING app.db: 18 of 20 connections in use', 'INFO app.access: POST /api/v1/backtest 202 27ms',
    ],
    crash: ['ERROR app.db: FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute', 'ERROR gunicorn.error: Worker failed to boot.'],
  },
  'celery-worker': {
    everyMs: 2600,
    startup: ['[INFO/MainProcess] Connected to redis://redis-service:6379/0', '[INFO/MainProcess] celery@worker ready.'],
    lines: ['[INFO/ForkPoolWorker-1] Task analysis.refresh[{n}] succeeded in 1.8s', '[INFO/MainProcess] Task analysis.backtest[{n}] received', '[INFO/ForkPoolWorker-2] Task analysis.backtest[{n}] succeeded in 12.4s'],
    crash: ['[CRITICAL/MainProcess] Unrecoverable error: ConnectionError: Error 111 connecting to redis-service:6379. Connection refused.'],
  },
  frontend: { everyMs: 4000, startup: ['ready - started server on 0.0.0.0:3000'], lines: ['GET / 200 in 21ms', 'GET /dashboard 200 in 34ms'] },
  postgresql: { everyMs: 30_000, startup: ['LOG:  database system is ready to accept connections'], lines: ['LOG:  checkpoint starting: time', 'LOG:  checkpoint complete: wrote 128 buffers (0.8%)'] },
  redis: { everyMs: 60_000, startup: ['* Ready to accept connections tcp'], lines: ['* 100 changes in 300 seconds. Saving...', '* Background saving terminated with success'] },
};
