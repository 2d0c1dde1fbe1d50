import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { LabelSet } from './fingerprint.ts';

/** An alerting rule as Prometheus reads it from `alerts.yaml`. */
export interface Rule {
  readonly group: string;
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

const Texts = z.record(z.string(), z.coerce.string()).default({});
const RuleFile = z.object({
  groups: z.array(z.object({ name: z.string(), rules: z.array(z.object({ alert: z.string().optional(), expr: z.coerce.string(), for: z.string().default('0s'), labels: Texts, annotations: Texts })) })),
});

/** The alerting rules of one system; none where it has no file. */
export function readRules(systemsDirectory: string, systemId: string): readonly Rule[] {
  const file = join(systemsDirectory, systemId, 'alerts.yaml');
  if (!existsSync(file)) return [];
  const { groups } = RuleFile.parse(parse(readFileSync(file, 'utf8')));
  return groups.flatMap((group) => group.rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert, group: group.name }])));
}

/** The rule of this name that holds: where the runbook's own stands beside a corrected one, the corrected one. */
export function ruleNamed(rules: readonly Rule[], alert: string): Rule | undefined {
  const named = rules.filter((rule) => rule.alert === alert);
  return named.find(({ labels }) => labels['variant'] === 'corrected') ?? named[0];
}

/**
 * Fills the templates that our rules use: `$value` and `$labels.pod`, with or without a function, and a query for a total.
 * `total` stands for the answer to every such query.
 */
export function fillTemplate(text: string, labels: LabelSet, value: number, total = value): string {
  return text
    .replace(/\{\{ with query .*? \}\}(.*?)\{\{ end \}\}/g, (_whole, inner: string) => inner.replace(/\{\{ \. \| first \| value \}\}/g, String(total)))
    .replace(/\{\{ printf "%\.(\d)f" \$value \}\}/g, (_whole, digits: string) => value.toFixed(Number(digits)))
    .replace(/\{\{ \$value(?: \| (\w+))? \}\}/g, (_whole, format: string | undefined) => (formats[format ?? ''] ?? String)(value))
    .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_whole, name: string) => labels[name] ?? '');
}

/** Names of the labels that these texts speak of. */
export function labelsIn(texts: LabelSet): readonly string[] {
  return [...new Set(Object.values(texts).flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => name ?? '')))];
}

/** Prometheus's own, as far as small numbers need them. */
const formats: Readonly<Record<string, (value: number) => string>> = {
  humanizePercentage: (value) => `${Number((value * 100).toPrecision(4))}%`,
  humanize: (value) => (Math.abs(value) >= 1000 ? `${Number((value / 1000).toPrecision(4))}k` : String(Number(value.toPrecision(4)))),
  humanizeDuration: humanDuration,
};

function humanDuration(seconds: number): string {
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(4))}ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(4))}s`;
  const whole = Math.floor(seconds);
  const parts = [[Math.floor(whole / 86_400), 'd'], [Math.floor(whole / 3_600) % 24, 'h'], [Math.floor(whole / 60) % 60, 'm'], [whole % 60, 's']] as const;
  return parts.slice(parts.findIndex(([count]) => count > 0)).map(([count, unit]) => `${count}${unit}`).join(' ');
}
