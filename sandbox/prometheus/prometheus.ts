import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../src/support/clock.ts';
import { listenOnLoopback, standInServer, type Loopback } from '../loopback.ts';
import { readExpression, sameShape } from './expression.ts';
import { printValue, readRange, readTime } from './parameters.ts';
import type { Series } from './series.ts';

type Labels = Readonly<Record<string, string>>;

/** An expression that the stand-in knows the answer to. */
export interface KnownExpression {
  /** Which Prometheus it stands in, as `stock-service/production`; its queries come to `<url>/stock-service/production/api/v1/…`. */
  readonly scope: string;
  readonly expression: string;
  readonly series: Series;
  /** One sample per label set; read at each query, as pods come and go. Default: one without labels. */
  readonly labels?: () => readonly Labels[];
}

export interface Target {
  readonly labels: Labels;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface RuleState {
  readonly group: string;
  readonly name: string;
  readonly query: string;
  readonly durationMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly activeAt: Date | null;
}

export interface PrometheusStandIn extends Loopback {
  /** Address of the Prometheus of one scope. Without a scope in the address, every scope answers, the first to be registered first. */
  urlOf(scope: string): string;
  register(known: KnownExpression): void;
  showTargets(targets: () => readonly Target[]): void;
  showRules(rules: () => readonly RuleState[]): void;
  /** While it is broken every query is answered 503. */
  broken(isBroken: boolean): void;
  readonly queries: readonly { readonly at: string; readonly scope: string; readonly query: string; readonly status: number }[];
}

/**
 * Prometheus's HTTP API over a table of known expressions. It evaluates nothing: a query that is written like a known one, white space aside,
 * is answered from its series; another that could be PromQL gives an empty vector, as a query without matching series does; the rest is refused.
 */
export async function startPrometheusStandIn({ clock, port }: { readonly clock: Clock; readonly port?: number }): Promise<PrometheusStandIn> {
  const known: (KnownExpression & { readonly shape: string })[] = [];
  const queries: { at: string; scope: string; query: string; status: number }[] = [];
  let targets: () => readonly Target[] = () => [];
  let rules: () => readonly RuleState[] = () => [];
  let isBroken = false;
  const server = standInServer();

  server.get('/-/healthy', async (_request, reply) => reply.type('text/plain').send('Prometheus Server is Healthy.\n'));
  server.get('/-/ready', async (_request, reply) => (isBroken ? reply.code(503).type('text/plain').send('Service Unavailable') : reply.type('text/plain').send('Prometheus Server is Ready.\n')));
  for (const prefix of ['', '/:system/:environment']) {
    server.route({ method: ['GET', 'POST'], url: `${prefix}/api/v1/query`, handler: (request, reply) => answer(request, reply, instant) });
    server.route({ method: ['GET', 'POST'], url: `${prefix}/api/v1/query_range`, handler: (request, reply) => answer(request, reply, range) });
    server.get(`${prefix}/api/v1/targets`, async () => ({ status: 'success', data: { activeTargets: targets().map(targetJson), droppedTargets: [] } }));
    server.get(`${prefix}/api/v1/rules`, async () => ({ status: 'success', data: { groups: ruleGroups() } }));
  }

  type Answer = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: string };

  function answer(request: FastifyRequest, reply: FastifyReply, evaluate: (found: KnownExpression | undefined, parameters: URLSearchParams) => Answer) {
    const parameters = parametersOf(request);
    const query = parameters.get('query') ?? '';
    const { system, environment } = request.params as { system?: string; environment?: string };
    const scope = system === undefined ? '' : `${system}/${environment}`;
    const send = (status: number, body: unknown) => {
      queries.push({ at: clock.now().toISOString(), scope, query, status });
      return reply.code(status).send(body);
    };
    if (isBroken) return send(503, { status: 'error', errorType: 'unavailable', error: 'the server is shutting down' });
    const read = readExpression(query);
    if (read.status === 'broken') {
      const place = read.at === 0 ? 'unknown position' : `1:${read.at}`;
      return send(400, { status: 'error', errorType: 'bad_data', error: `invalid parameter "query": ${place}: parse error: ${read.reason}` });
    }
    const shape = sameShape(query);
    const result = evaluate(known.find((one) => one.shape === shape && (scope === '' || one.scope === scope)), parameters);
    return result.ok ? send(200, { status: 'success', data: result.data }) : send(400, { status: 'error', errorType: 'bad_data', error: result.error });
  }

  function instant(found: KnownExpression | undefined, parameters: URLSearchParams): Answer {
    const time = readTime('time', parameters.get('time'), clock.now());
    if (!time.ok) return time;
    const result = labelsOf(found).map((metric) => ({ metric, value: [time.value / 1000, printValue(found?.series.valueAt(time.value) ?? NaN)] }));
    return { ok: true, data: { resultType: 'vector', result } };
  }

  function range(found: KnownExpression | undefined, parameters: URLSearchParams): Answer {
    const read = readRange(parameters);
    if (!read.ok) return read;
    const { startMs, endMs, stepMs } = read.value;
    const times = Array.from({ length: Math.floor((endMs - startMs) / stepMs) + 1 }, (_, index) => startMs + index * stepMs);
    const result = labelsOf(found).map((metric) => ({ metric, values: times.map((atMs) => [atMs / 1000, printValue(found?.series.valueAt(atMs) ?? NaN)]) }));
    return { ok: true, data: { resultType: 'matrix', result } };
  }

  function labelsOf(found: KnownExpression | undefined): readonly Labels[] {
    return found ? (found.labels?.() ?? [{}]) : [];
  }

  function targetJson(target: Target) {
    return { discoveredLabels: target.labels, labels: target.labels, scrapePool: target.labels['job'] ?? '', scrapeUrl: '', globalUrl: '', lastError: target.lastError, lastScrape: clock.now().toISOString(), lastScrapeDuration: 0.01, health: target.health, scrapeInterval: '15s', scrapeTimeout: '10s' };
  }

  function ruleGroups() {
    return [...Map.groupBy(rules(), (rule) => rule.group)].map(([name, inGroup]) => ({
      name,
      file: `${name}.yaml`,
      interval: 15,
      limit: 0,
      evaluationTime: 0.001,
      lastEvaluation: clock.now().toISOString(),
      rules: inGroup.map((rule) => ({
        type: 'alerting',
        state: rule.state,
        name: rule.name,
        query: rule.query,
        duration: rule.durationMs / 1000,
        keepFiringFor: 0,
        labels: rule.labels,
        annotations: rule.annotations,
        health: 'ok',
        evaluationTime: 0.001,
        lastEvaluation: clock.now().toISOString(),
        alerts: rule.activeAt === null ? [] : [{ state: rule.state, labels: { alertname: rule.name, ...rule.labels }, annotations: rule.annotations, activeAt: rule.activeAt.toISOString(), value: '1e+00' }],
      })),
    }));
  }

  const loopback = await listenOnLoopback(server, port);
  return {
    ...loopback,
    urlOf: (scope) => `${loopback.url}/${scope}`,
    register: (expression) => {
      known.push({ ...expression, shape: sameShape(expression.expression) });
    },
    showTargets: (shown) => {
      targets = shown;
    },
    showRules: (shown) => {
      rules = shown;
    },
    broken: (broken) => {
      isBroken = broken;
    },
    queries,
  };
}

/** Of the address, and of a form where there is one. */
function parametersOf(request: FastifyRequest): URLSearchParams {
  const parameters = new URL(request.url, 'http://prometheus').searchParams;
  if (request.method !== 'POST' || !request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return parameters;
  for (const [name, value] of new URLSearchParams(String(request.body))) parameters.set(name, value);
  return parameters;
}
