/** Parameters as Prometheus reads them, and the words with which it refuses them. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 };
const mostPoints = 11_000;

/** Seconds since 1970 with a fraction, or RFC 3339. */
export function readTime(name: string, text: string | null, fallback?: Date): Read<number> {
  if (text === null && fallback) return { ok: true, value: fallback.getTime() };
  if (text !== null && /^-?\d+(\.\d+)?$/.test(text)) return { ok: true, value: Number(text) * 1000 };
  if (text !== null && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))) return { ok: true, value: Date.parse(text) };
  return { ok: false, error: `invalid parameter "${name}": cannot parse "${text ?? ''}" to a valid timestamp` };
}

/** Seconds, or `1m30s`. */
export function readDuration(name: string, text: string | null): Read<number> {
  if (text !== null && /^-?\d+(\.\d+)?$/.test(text)) return { ok: true, value: Number(text) * 1000 };
  const parts = text === null ? [] : [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (text !== null && parts.length > 0 && parts.map(([whole]) => whole).join('') === text) {
    return { ok: true, value: parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 0) * 1000, 0) };
  }
  return { ok: false, error: `invalid parameter "${name}": cannot parse "${text ?? ''}" to a valid duration` };
}

export interface Range {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export function readRange(parameters: URLSearchParams): Read<Range> {
  const start = readTime('start', parameters.get('start'));
  if (!start.ok) return start;
  const end = readTime('end', parameters.get('end'));
  if (!end.ok) return end;
  if (end.value < start.value) return { ok: false, error: 'invalid parameter "end": end timestamp must not be before start time' };
  const step = readDuration('step', parameters.get('step'));
  if (!step.ok) return step;
  if (step.value <= 0) return { ok: false, error: 'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer' };
  if ((end.value - start.value) / step.value > mostPoints) return { ok: false, error: 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)' };
  return { ok: true, value: { startMs: start.value, endMs: end.value, stepMs: step.value } };
}

/** Numbers travel as text. */
export function printValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
