import { request } from 'undici';
import type { PrometheusPort } from '../../actions/ports.ts';
import type { Sample } from '../../actions/prometheus/samples.ts';
import { StockOpsError } from '../../support/errors.ts';
import { redactTo } from '../../support/redact/redact.ts';
import { parseWebAddress } from '../../support/web-address.ts';

export interface PrometheusOptions {
  /** For servers behind a login, by base URL. */
  readonly bearerToken?: (prometheusUrl: string) => string | undefined;
  readonly timeoutMs?: number;
}

/** Instant queries over Prometheus's HTTP API. */
export function createPrometheusPort(options: PrometheusOptions = {}): PrometheusPort {
  const timeoutMs = options.timeoutMs ?? 10_000;
  return {
    query: async (target, signal) => {
      const url = parseWebAddress(`${target.prometheusUrl.replace(/\/$/, '')}/api/v1/query`);
      if (url === null) throw new StockOpsError('NOT_CONFIGURED', 'prometheusUrl begins with https:// or http://, and holds neither a user nor a password.');
      const token = options.bearerToken?.(target.prometheusUrl);
      let text: string;
      let status: number;
      try {
        const answer = await request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
          body: new URLSearchParams({ query: target.expression, timeout: `${Math.round(timeoutMs / 1000)}s` }).toString(),
          signal,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        status = answer.statusCode;
        text = await answer.body.text();
      } catch (error) {
        const { message, code } = error as { message?: string; code?: string };
        throw new StockOpsError('PROMETHEUS_UNREACHABLE', redactTo(message || code || '', 300), { cause: error });
      }
      return readAnswer(status, text);
    },
  };
}

interface RawAnswer {
  readonly status?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}

type RawValue = readonly [number, string];

function readAnswer(status: number, text: string) {
  let raw: RawAnswer;
  try {
    raw = JSON.parse(text) as RawAnswer;
  } catch (error) {
    throw new StockOpsError('PROMETHEUS_UNREACHABLE', `It answered ${status} with something that is not JSON.`, { cause: error });
  }
  if (raw.status !== 'success') throw new StockOpsError('PROMETHEUS_UNREACHABLE', `It answered ${status}: ${redactTo(raw.error ?? '', 300)}`);
  return { samples: readSamples(raw.data?.resultType, raw.data?.result), warnings: raw.warnings ?? [] };
}

function readSamples(type: string | undefined, result: unknown): Sample[] {
  switch (type) {
    case 'vector':
      return (result as { metric?: Record<string, string>; value: RawValue }[]).map(({ metric, value }) => readSample(metric ?? {}, value));
    case 'scalar':
      return [readSample({}, result as RawValue)];
    default:
      throw new StockOpsError('PROMETHEUS_UNREACHABLE', `The expression gives a ${type ?? 'result without a type'}, not values of one moment.`);
  }
}

/** Prometheus writes numbers as text, because JSON knows neither NaN nor infinity. */
function readSample(labels: Record<string, string>, [seconds, value]: RawValue): Sample {
  const infinities: Record<string, number> = { '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY };
  return { labels, value: infinities[value] ?? Number(value), at: new Date(seconds * 1000) };
}
