/** Samples of one thing, in milliseconds. */
export interface Samples {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** Of fewer than a hundred samples the 99th percentile is the worst one. */
export function samplesOf(values: readonly number[]): Samples {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const seconds = (valueMs: number): string => `${(valueMs / 1_000).toFixed(1)} s`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
/** How many times the floor. */
export const times = (value: number, floor: number): string => `${(value / floor).toFixed(1)}×`;

export interface Row {
  readonly what: string;
  /** `null` where none is set. */
  readonly goal: string | null;
  readonly found: string;
  /** `null` where there is no goal to meet. */
  readonly met: boolean | null;
}

/** One table for all engines, in Markdown; a figure that misses its goal is marked. */
export function tableOf(columns: ReadonlyMap<string, readonly Row[]>): string {
  const engines = [...columns.keys()];
  const first = columns.get(engines[0] ?? '') ?? [];
  const lines = first.map(({ what, goal }) => [
    what,
    goal ?? '',
    ...engines.map((engine) => {
      const row = columns.get(engine)?.find((other) => other.what === what);
      return row === undefined ? '' : `${row.found}${row.met === false ? ' **missed**' : ''}`;
    }),
  ]);
  const all = [['what', 'goal', ...engines], ...lines];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0), 3));
  const text = (line: readonly string[]) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [text(all[0] ?? []), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.map(text)].join('\n');
}
