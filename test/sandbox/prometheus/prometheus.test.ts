/**
 * Goal: what would be refused by Prometheus is refused, what it would not find is an empty answer, and a number that the sandbox bends is
 * seen to bend, also afterwards. Method: the HTTP API over loopback.
 */
import { expect, test } from 'vitest';
import { readExpression } from '../../../sandbox/prometheus/expression.ts';
import { startPrometheusStandIn } from '../../../sandbox/prometheus/prometheus.ts';
import { createSeries } from '../../../sandbox/prometheus/series.ts';
import { manualClock } from '../../../src/support/clock.ts';

const start = new Date('2026-11-22T02:00:00Z');
const seconds = start.getTime() / 1000;
const errorRatio = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';

async function startOne() {
  const clock = manualClock(start);
  const prometheus = await startPrometheusStandIn({ clock });
  const series = createSeries('error-ratio', 0.003);
  prometheus.register({ scope: 'stock-service/production', expression: errorRatio, series });
  const get = async (path: string, parameters: Record<string, string>) => {
    const response = await fetch(`${prometheus.url}${path}?${new URLSearchParams(parameters).toString()}`);
    return { status: response.status, body: (await response.json()) as { status: string; errorType?: string; error?: string; data?: { resultType: string; result: { metric: Record<string, string>; value?: unknown; values?: unknown[] }[] } } };
  };
  return { clock, prometheus, series, get };
}

for (const expression of [
  'up',
  'up{job="a"} == 0',
  errorRatio,
  'histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) * 1000',
  'sum(rate(a[5m])) by (pod) > bool 1',
  'a / on (pod) group_left b',
  'rate(a[5m:1m]) - a offset 1h',
  'label_replace(a, "x", "$1", "y", "(.*)") or vector(1)',
  '{__name__="x",}',
]) {
  test(`takes ${expression} for PromQL`, () => {
    expect(readExpression(expression)).toEqual({ status: 'well-formed' });
  });
}

for (const [expression, reason] of [
  ['', 'no expression found'],
  ['up{', 'unclosed left brace'],
  ['foo bar', 'unexpected "bar"'],
  ['rate(a[5m)', 'unexpected character'],
  ['a +', 'unexpected end of input'],
  ['a == == b', 'unexpected "=="'],
  ['up)', 'unexpected ")"'],
  ['select * from x', 'unexpected'],
  ['a[]', 'unexpected "[]"'],
  ['up; drop', 'unexpected character'],
] as const) {
  test(`refuses ${expression === '' ? 'an empty query' : expression} as bad_data`, async () => {
    const { prometheus, get } = await startOne();
    await using _ = prometheus;
    const answer = await get('/api/v1/query', { query: expression });
    expect(answer).toMatchObject({ status: 400, body: { status: 'error', errorType: 'bad_data' } });
    expect(answer.body.error).toContain(reason);
  });
}

test('answers a known query, however it is spaced, as text and with the moment', async () => {
  const { prometheus, get } = await startOne();
  await using _ = prometheus;
  const answer = await get('/api/v1/query', { query: errorRatio.replaceAll(' ', '\n  ').replace('{', ' { ') });
  expect(answer.body.data).toEqual({ resultType: 'vector', result: [{ metric: {}, value: [seconds, '0.003'] }] });
});

test('a difference inside of quotes is another query, and gives an empty vector', async () => {
  const { prometheus, get } = await startOne();
  await using _ = prometheus;
  expect((await get('/api/v1/query', { query: errorRatio.replace('5..', '4..') })).body).toEqual({ status: 'success', data: { resultType: 'vector', result: [] } });
});

test('takes a form by POST', async () => {
  const { prometheus } = await startOne();
  await using _ = prometheus;
  const response = await fetch(`${prometheus.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: errorRatio }) });
  expect(await response.json()).toMatchObject({ data: { result: [{ value: [seconds, '0.003'] }] } });
});

test('each environment has a Prometheus of its own', async () => {
  const { prometheus, get } = await startOne();
  await using _ = prometheus;
  prometheus.register({ scope: 'stock-service/dr', expression: errorRatio, series: createSeries('dr', 0.5) });
  expect((await get('/stock-service/dr/api/v1/query', { query: errorRatio })).body.data?.result[0]?.value).toEqual([seconds, '0.5']);
  expect((await get('/stock-service/production/api/v1/query', { query: errorRatio })).body.data?.result[0]?.value).toEqual([seconds, '0.003']);
  expect((await get('/stock-api/production/api/v1/query', { query: errorRatio })).body.data?.result).toEqual([]);
});

test('a bent number moves over the time it was given, and the past stays as it was', async () => {
  const { clock, prometheus, series, get } = await startOne();
  await using _ = prometheus;
  series.bend(0.203, start.getTime() + 60_000, 60_000);
  clock.moveTo(new Date(start.getTime() + 600_000));
  const answer = await get('/api/v1/query_range', { query: errorRatio, start: String(seconds), end: String(seconds + 150), step: '30' });
  expect(answer.body.data?.result[0]?.values?.map((value) => Number((value as [number, string])[1]).toFixed(3))).toEqual(['0.003', '0.003', '0.003', '0.103', '0.203', '0.203']);
});

test('what wobbles stays near its value and is the same at every look', () => {
  const series = createSeries('p95', 0.4, 0.02);
  const looks = Array.from({ length: 50 }, (_, index) => series.valueAt(start.getTime() + index * 15_000));
  expect(Math.max(...looks)).toBeLessThanOrEqual(0.408);
  expect(Math.min(...looks)).toBeGreaterThanOrEqual(0.392);
  expect(new Set(looks).size).toBeGreaterThan(10);
  expect(looks).toEqual(looks.map((_, index) => createSeries('p95', 0.4, 0.02).valueAt(start.getTime() + index * 15_000)));
});

for (const [why, parameters, complaint] of [
  ['without a start', { end: '10', step: '1' }, '"start"'],
  ['that ends before it starts', { start: '10', end: '5', step: '1' }, 'end timestamp must not be before start time'],
  ['with a step of nothing', { start: '1', end: '5', step: '0' }, 'zero or negative query resolution step'],
  ['with a step that is no duration', { start: '1', end: '5', step: '5 min' }, '"step"'],
  ['with more than 11,000 points', { start: '0', end: '11001', step: '1s' }, '11,000 points'],
] as const) {
  test(`refuses a range ${why}`, async () => {
    const { prometheus, get } = await startOne();
    await using _ = prometheus;
    const answer = await get('/api/v1/query_range', { query: errorRatio, ...parameters });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(complaint);
  });
}

test('says whether it is alive and ready, shows rules and targets, and can be broken', async () => {
  const { prometheus, get } = await startOne();
  await using _ = prometheus;
  prometheus.showRules(() => [{ group: 'stock-service', name: 'ServiceDown', query: 'up == 0', durationMs: 60_000, labels: { severity: 'critical' }, annotations: {}, state: 'firing', activeAt: start }]);
  prometheus.showTargets(() => [{ labels: { job: 'stock-service' }, health: 'down', lastError: 'connection refused' }]);
  expect(await (await fetch(`${prometheus.url}/-/ready`)).text()).toBe('Prometheus Server is Ready.\n');
  expect((await get('/api/v1/rules', { type: 'alert' })).body).toMatchObject({ data: { groups: [{ rules: [{ name: 'ServiceDown', state: 'firing', type: 'alerting', alerts: [{ activeAt: start.toISOString() }] }] }] } });
  expect((await get('/api/v1/targets', { state: 'active' })).body).toMatchObject({ data: { activeTargets: [{ health: 'down', labels: { job: 'stock-service' } }] } });
  prometheus.broken(true);
  expect((await get('/api/v1/query', { query: errorRatio })).status).toBe(503);
  expect(prometheus.queries.at(-1)).toMatchObject({ status: 503, query: errorRatio });
});
