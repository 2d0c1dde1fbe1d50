import { stringify } from 'yaml';
import type { Release } from './release.ts';
import { sorted } from './values.ts';

/** `Sun Nov 22 16:17:26 2026`, as Go writes ANSIC. */
export function ansic(time: string): string {
  const date = new Date(time);
  const name = (names: string, index: number) => names.slice(index * 3, index * 3 + 3);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${name('SunMonTueWedThuFriSat', date.getUTCDay())} ${name('JanFebMarAprMayJunJulAugSepOctNovDec', date.getUTCMonth())} ${String(date.getUTCDate()).padStart(2)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${date.getUTCFullYear()}`;
}

/** `2026-11-22 16:17:28.648287426 +0000 UTC`, which only `list` writes. */
export const goTime = (time: string): string => time.replace('T', ' ').replace('Z', ' +0000 UTC');

export const chartName = ({ chart }: Release): string => `${chart.metadata.name}-${chart.metadata.version}`;

/** A release with its fields in the order in which Helm writes them. */
export function inOrder({ name, info, chart, config, manifest, version, namespace, apply_method }: Release): object {
  return { name, info, chart: { ...chart, values: sorted(chart.values) }, config: sorted(config), manifest, version, namespace, apply_method };
}

/** Columns of equal width, separated by tabs. */
export function table(records: readonly (readonly string[])[]): string {
  // A cell of several lines makes several rows.
  const rows = records.flatMap((record) => {
    const cells = record.map((cell) => cell.split('\n'));
    return Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, line) => cells.map((lines) => lines[line] ?? ''));
  });
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] as number)).join('\t')}\n`).join('');
}

export function formatted(format: string | undefined, value: unknown, text: () => string): string {
  if (format === 'json') return `${JSON.stringify(value)}\n`;
  if (format === 'yaml') return stringify(value, { lineWidth: 0 });
  return text();
}

/** What `status` and a successful `upgrade` print. */
export function statusText(release: Release, manifest?: string): string {
  return [
    `NAME: ${release.name}`, `LAST DEPLOYED: ${ansic(release.info.last_deployed)}`, `NAMESPACE: ${release.namespace}`, `STATUS: ${release.info.status}`, `REVISION: ${release.version}`,
    `DESCRIPTION: ${release.info.description}`, 'TEST SUITE: None', ...(manifest === undefined ? [] : ['HOOKS:', 'MANIFEST:', manifest.trimEnd()]), ...(release.info.notes ? ['NOTES:', release.info.notes] : []),
  ].join('\n').concat('\n');
}
