const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

type Unit = keyof typeof unitMs;

/** `30s`, `5m`, `2h`, `90d`, `12w` in milliseconds; `null` for anything else. One number and one unit: there is one way to write a duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * unitMs[match[2] as Unit];
}

/** The shortest text that `parseDuration` reads back to the same number: `90m`, never `5400s`. Whole seconds only. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const unit = (['w', 'd', 'h', 'm'] as const).find((candidate) => ms % unitMs[candidate] === 0) ?? 's';
  return `${Math.round(ms / unitMs[unit])}${unit}`;
}
