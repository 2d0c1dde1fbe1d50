import { defineRead, type Reading } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import type { QueryTarget } from '../plan.ts';
import { count, oneLine } from '../wording.ts';
import type { QueryAnswer, Sample } from './samples.ts';

/** The present value of a metric of the catalog, beside its limits. An empty answer is no data, never good news. */
export const query = defineRead({
  id: 'prom.query',
  target: 'query',
  params: NoParameters,
  rights: [],
  read: async (context, target): Promise<Reading> => queryReading(target, await context.ports.prometheus.query(target, context.signal)),
});

/** Pure. */
export function queryReading(target: QueryTarget, answer: QueryAnswer): Reading {
  const warnings = answer.warnings.map((warning) => `Prometheus warns: ${oneLine(warning)}`);
  const isZero = answer.samples.length === 0 && target.onEmpty === 'zero';
  const samples = isZero ? [{ labels: {}, value: 0, at: new Date(0) }] : [...answer.samples].sort((a, b) => ranked(b) - ranked(a));
  const [worst] = samples;
  if (worst === undefined) return { headline: `${target.name}: no data`, state: 'unknown', lines: ['Nothing is measured under this name just now. That does not mean that all is well.', ...warnings] };
  const known = samples.filter((sample) => !Number.isNaN(sample.value));
  if (known.length === 0) return { headline: `${target.name}: not a number`, state: 'unknown', lines: ['Prometheus divided by zero: often there was no traffic at all.', ...warnings] };

  const limits = Object.entries(target.thresholds).sort(([, a], [, b]) => a - b);
  const exceeded = limits.filter(([, limit]) => worst.value > limit);
  const comparison = limits.length === 0 ? '' : ` (${limits.map(([name, limit]) => `${name} ${amount(limit, target.unit)}`).join(', ')})`;
  const labels = distinguishingLabels(samples);
  const said = (value: number) => target.values?.[String(value)] ?? amount(value, target.unit);
  return {
    headline: `${target.name} ${samples.length > 1 ? (target.values === undefined ? 'up to ' : 'at worst ') : ''}${said(worst.value)}${comparison}`,
    state: limits.length === 0 ? 'neutral' : exceeded.length > 0 ? 'bad' : 'good',
    lines: [
      ...exceeded.map(([name, limit]) => `Above ${name} (${amount(limit, target.unit)})`),
      ...(known.length < samples.length ? [`${count(samples.length - known.length, 'series', 'series')} without a number`] : []),
      ...warnings,
    ],
    ...(samples.length > 1
      ? { table: { columns: [...labels, target.name], rows: samples.slice(0, 50).map((sample) => [...labels.map((label) => oneLine(sample.labels[label] ?? '', 80)), said(sample.value)]) } }
      : {}),
  };
}

/** NaN sorts last: it says nothing. */
function ranked(sample: Sample): number {
  return Number.isNaN(sample.value) ? Number.NEGATIVE_INFINITY : sample.value;
}

/** The labels that tell the series apart, `pod` before all others. */
function distinguishingLabels(samples: readonly Sample[]): string[] {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))].filter((name) => name !== '__name__');
  const differing = names.filter((name) => new Set(samples.map((sample) => sample.labels[name])).size > 1);
  return differing.sort((a, b) => Number(b === 'pod') - Number(a === 'pod') || a.localeCompare(b)).slice(0, 4);
}

/** Ratios are told in per cent, times below a second in milliseconds, everything else with the unit as the catalog has it. */
export function amount(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'no number';
  if (!Number.isFinite(value)) return value > 0 ? 'infinite' : 'minus infinite';
  switch (unit) {
    case 'ratio':
      return `${rounded(value * 100)} %`;
    case 'percent':
    case '%':
      return `${rounded(value)} %`;
    case 's':
    case 'seconds':
      return Math.abs(value) < 1 ? `${rounded(value * 1000)} ms` : `${rounded(value)} s`;
    case 'bytes':
      return bytes(value);
    case '':
      return rounded(value);
    default:
      return `${rounded(value)} ${unit}`;
  }
}

function rounded(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)));
  return `${rounded(value / 1024 ** step)} ${units[step]}`;
}
