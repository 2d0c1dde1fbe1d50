import type { AlertRule } from '../catalog/system.ts';

const longestTitle = 300;

/**
 * What is wrong in one sentence: the rule's own words with the alert's value filled in, else the alert's summary, else its name.
 * Untrusted text all the same: the views escape it.
 */
export function titleOf(rule: AlertRule | null, labels: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>>): string {
  const value = annotations['value']?.trim();
  const fromRule = rule?.sentence ?? null;
  const summary = annotations['summary']?.trim() || annotations['message']?.trim() || annotations['description']?.trim();
  const text =
    fromRule !== null && !fromRule.includes('{value}') ? fromRule : fromRule !== null && value ? fromRule.replaceAll('{value}', value) : summary || labels['alertname'] || 'An alert without a name';
  return [...text.replace(/\s+/g, ' ')].slice(0, longestTitle).join('');
}
