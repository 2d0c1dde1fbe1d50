import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { amount, queryReading } from '../../src/actions/prometheus/query.ts';
import type { QueryTarget } from '../../src/actions/plan.ts';
import type { Sample } from '../../src/actions/prometheus/samples.ts';
import { createPrometheusPort } from '../../src/connectors/prometheus/prometheus.ts';

const target: QueryTarget = { kind: 'query', prometheusUrl: 'http://127.0.0.1:1', expression: 'up', name: 'error ratio', unit: 'ratio', thresholds: { limit: 0.1 } };

async function query(status: number, body: unknown) {
  let form = '';
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (form += chunk.toString())).on('end', () => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    return { answer: await createPrometheusPort().query({ ...target, prometheusUrl: url }, AbortSignal.timeout(10_000)), form: new URLSearchParams(form) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('values come as text and become numbers, also those that JSON does not know', async () => {
  const result = ['0.12', 'NaN', '+Inf', '-Inf'].map((value, index) => ({ metric: { pod: `p${index}` }, value: [1_700_000_000.5, value] }));
  const { answer, form } = await query(200, { status: 'success', warnings: ['partial'], data: { resultType: 'vector', result } });
  expect(answer.samples.map((sample) => sample.value)).toEqual([0.12, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(answer.samples[0]?.at).toEqual(new Date(1_700_000_000_500));
  expect(answer.warnings).toEqual(['partial']);
  expect(form.get('query')).toBe('up');
});

for (const [why, status, body, message] of [
  ['an error', 422, { status: 'error', error: 'invalid expression' }, 'invalid expression'],
  ['something else at this address', 200, '<html>', 'not JSON'],
  ['a range', 200, { status: 'success', data: { resultType: 'matrix', result: [] } }, 'gives a matrix'],
] as const) {
  test(`${why} is said, not taken for no data`, async () => {
    await expect(query(status, body)).rejects.toMatchObject({ code: 'PROMETHEUS_UNREACHABLE', message: expect.stringContaining(message) as string });
  });
}

const sample = (value: number, labels = {}): Sample => ({ labels, value, at: new Date(0) });
for (const [why, samples, headline, state] of [
  ['above its limit', [sample(0.12)], 'error ratio 12 % (limit 10 %)', 'bad'],
  ['below its limit', [sample(0.003)], 'error ratio 0.3 % (limit 10 %)', 'good'],
  ['nothing', [], 'error ratio: no data', 'unknown'],
  ['only NaN', [sample(Number.NaN)], 'error ratio: not a number', 'unknown'],
  ['infinity', [sample(Number.POSITIVE_INFINITY)], 'error ratio infinite (limit 10 %)', 'bad'],
  ['several series, NaN among them', [sample(Number.NaN, { pod: 'a' }), sample(0.2, { pod: 'b' })], 'error ratio up to 20 % (limit 10 %)', 'bad'],
] as const) {
  test(`a query that gives ${why} reads “${headline}”, ${state}`, () => {
    expect(queryReading(target, { samples, warnings: [] })).toMatchObject({ headline, state });
  });
}

test('several series become a table, the pod first and the worst on top', () => {
  const { table } = queryReading(target, { samples: [sample(0.01, { job: 'x', zone: 'b', pod: 'p1' }), sample(0.2, { job: 'x', zone: 'a', pod: 'p2' })], warnings: [] });
  expect(table).toEqual({ columns: ['pod', 'zone', 'error ratio'], rows: [['p2', 'a', '20 %'], ['p1', 'b', '1 %']] });
});

for (const [value, unit, text] of [[0.18, 's', '180 ms'], [2.5, 'seconds', '2.5 s'], [1536, 'bytes', '1.5 KiB'], [0, 'bytes', '0 B'], [1234.5, 'RPS', '1235 RPS'], [3, '', '3'], [93.25, '%', '93.3 %']] as const) {
  test(`${value} ${unit} reads ${text}`, () => expect(amount(value, unit)).toBe(text));
}

test('an empty answer is zero only where the catalog says so, and states are told by their name', () => {
  expect(queryReading({ ...target, onEmpty: 'zero' }, { samples: [], warnings: [] })).toMatchObject({ headline: 'error ratio 0 % (limit 10 %)', state: 'good' });
  const breaker: QueryTarget = { ...target, name: 'circuit breaker', unit: '', thresholds: {}, values: { '0': 'closed', '2': 'open' } };
  expect(queryReading(breaker, { samples: [sample(0, { pod: 'a' }), sample(2, { pod: 'b' })], warnings: [] })).toMatchObject({
    headline: 'circuit breaker at worst open', table: { rows: [['b', 'open'], ['a', 'closed']] },
  });
});
