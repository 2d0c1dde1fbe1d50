import type { AlertRule, Metric, System } from '../../src/catalog/system.ts';

/**
 * What goes wrong in the world when an alert fires. The sandbox knows the alerts of its five systems by what their names say; for any
 * other, and for a sixth system, the metrics that the rule shows on its card go bad, and nothing else.
 */
export interface Trouble {
  /** Containers crash for want of memory: two of three, or as many of that share as there are. */
  readonly podsCrash: boolean;
  /** Names of metrics that pass their threshold. */
  readonly metrics: readonly string[];
  /** The vendors that the system depends on stop answering. */
  readonly vendorsFail: boolean;
}

const crashes = /Down|Absent|Crash|Unavailable|ErrorRate|NotLoaded|NotReady|Disconnected/;
const vendors = /CircuitBreaker|External|Polygon/;
const namedMetrics: readonly (readonly [RegExp, RegExp])[] = [
  [/Down|Absent|ErrorRate/, /^error/],
  [/Latency|P95|Slow/i, /^(p95|p99|latency)/],
  [/Memory/, /^memory/],
  [/Cache/, /^cache/],
  [/CircuitBreaker/, /^circuit/],
  [/Lag/, /lag/],
];

export function troubleOf(system: System, rule: AlertRule): Trouble {
  if (rule.mode === 'event') return { podsCrash: false, metrics: [], vendorsFail: false };
  const byName = namedMetrics.filter(([alert]) => alert.test(rule.name)).flatMap(([, metric]) => [...system.metrics.keys()].filter((name) => metric.test(name)));
  return { podsCrash: crashes.test(rule.name), metrics: [...new Set([...rule.show, ...byName])], vendorsFail: vendors.test(rule.name) };
}

/** Where numbers without a limit stand, by unit. */
const usual: Readonly<Record<string, { readonly good: number; readonly bad: number }>> = {
  ratio: { good: 0.2, bad: 0.8 },
  s: { good: 0.2, bad: 4 },
  ms: { good: 200, bad: 4_000 },
  bytes: { good: 310e6, bad: 930e6 },
};

export interface Level {
  readonly good: number;
  readonly bad: number;
  readonly wobble: number;
}

/** Where a metric stands on a good day, and where on a bad one: on either side of its thresholds. */
export function levelOf(metric: Metric): Level {
  const names = Object.entries(metric.thresholds);
  const floor = names.find(([name]) => name.includes('below'))?.[1];
  if (floor !== undefined) return { good: round(Math.min(floor * 1.8, floor + (1 - floor) * 0.85)), bad: round(floor * 0.5), wobble: 0.02 };
  const limits = names.map(([, value]) => value);
  const limit = metric.thresholds['alert'] ?? (limits.length > 0 ? Math.max(...limits) : undefined);
  const isCounted = metric.unit === 'state' || metric.values !== undefined;
  if (isCounted) return { good: 0, bad: limit ?? 1, wobble: 0 };
  const isError = /error/.test(metric.name);
  if (limit === undefined) return { ...(isError ? { good: 0.01, bad: 0.2 } : (usual[metric.unit] ?? { good: 12, bad: 60 })), wobble: 0.03 };
  // Errors are rare on a good day; everything else has its usual load.
  const good = isError ? Math.min(...limits) * 0.3 : limit * 0.45;
  const bad = metric.unit === 'ratio' ? Math.min(limit * 1.25, limit + (1 - limit) * 0.5) : limit * 1.6;
  return { good: round(good), bad: round(bad), wobble: 0.03 };
}

/** A number as the card's sentence wants it: `12.5 %`, `3.2 s`. */
export function printValue(value: number, unit: string): string {
  if (unit === 'ratio') return `${round(value * 100)} %`;
  return `${new Intl.NumberFormat('en-US').format(round(value))} ${unit}`.trim();
}

/** What a rule found: as the number of its expression, out of how many, and as a person would say it. */
export interface BadValue {
  readonly number: number;
  readonly total: number;
  readonly printed: string;
}

/**
 * The value of an alert: how many pods, where its sentence is about pods; else the number that is bad now; else one beyond the limit
 * that the sentence names; else 0, as `up` has it.
 */
export function badValueOf(rule: AlertRule, seen: { readonly shown: { readonly number: number; readonly unit: string } | undefined; readonly brokenPods: number; readonly desiredPods: number }): BadValue {
  const { shown, brokenPods, desiredPods } = seen;
  const someOf = { number: brokenPods, total: desiredPods, printed: `${brokenPods} of ${desiredPods}` };
  const sentence = rule.sentence ?? '';
  if (sentence.includes('{value} pods')) return someOf;
  if (shown?.unit === 'state') return { ...someOf, number: shown.number, printed: `${someOf.printed} pods` };
  if (shown !== undefined) return { number: shown.number, total: desiredPods, printed: printValue(shown.number, shown.unit) };
  const [, limitText, unit = ''] = sentence.match(/limit ([\d.,]+) ?(%|\w*)/) ?? [];
  if (limitText === undefined) return { number: 0, total: desiredPods, printed: `0 of ${desiredPods}` };
  const limit = Number(limitText.replaceAll(',', '')) / (unit === '%' ? 100 : 1);
  const number = round(unit === 'days' ? limit * 0.4 : unit === '%' ? Math.min(limit * 1.3, limit + (1 - limit) * 0.5) : limit * 1.4);
  // Of a certificate Prometheus knows the seconds that are left.
  if (unit === 'days') return { number: number * 86_400, total: desiredPods, printed: `${number} days` };
  return { number, total: desiredPods, printed: printValue(number, unit === '%' ? 'ratio' : unit) };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
