/**
 * Goal: the five systems say what their runbooks say, and nothing personal.
 * Method: the real files through the real loader, read as the rest of the bot reads them.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCatalog } from '../../src/catalog/load.ts';
import { formatProblems, summarize } from '../../src/catalog/summary.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { systemOf } from './catalog-directory.ts';
import { primitives } from './primitives.ts';

const minutes = (count: number) => count * 60_000;
let catalog: Catalog;

beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  catalog = loaded.catalog;
});

test('all five load', () => {
  expect(catalog.systems.map(({ id }) => id)).toEqual(['crypto-volatility', 'mystocks', 'stock-analysis', 'stock-api', 'stock-service']);
});

for (const [id, steps, appliesTo] of [
  ['stock-service', [[0, 'sre-lead'], [5, 'platform-team'], [15, 'engineering-manager']], ['P1']],
  ['stock-analysis', [[0, 'on-call-engineer'], [30, 'devops-lead'], [60, 'engineering-manager'], [120, 'cto']], ['P0', 'P1']],
  ['mystocks', [[0, 'on-call-engineer'], [5, 'platform-team'], [15, 'engineering-manager']], ['P1 Critical', 'P2 High']],
  ['stock-api', [[0, 'on-call-engineer'], [5, 'platform-team'], [15, 'engineering-manager']], ['Critical', 'High']],
  ['crypto-volatility', [[0, 'on-call-engineer'], [5, 'platform-team'], [15, 'engineering-manager']], ['Critical', 'High']],
] as const) {
  test(`${id} escalates at ${steps.map(([after]) => after).join(', ')} min`, () => {
    const { escalation } = systemOf(catalog, id);
    expect(escalation.steps.map(({ afterMs, role }) => [afterMs, role])).toEqual(steps.map(([after, role]) => [minutes(after), role]));
    expect(escalation.appliesTo).toEqual(appliesTo);
  });
}

test('the CTO is paged for P0 only (SA-101)', () => {
  expect(systemOf(catalog, 'stock-analysis').escalation.steps.filter(({ onlySeverities }) => onlySeverities.length > 0).map(({ role, onlySeverities }) => [role, onlySeverities])).toEqual([['cto', ['P0']]]);
});

for (const [id, severities] of [
  ['stock-service', ['P1=1', 'P2=3', 'P3=4']],
  ['mystocks', ['P1 Critical=1', 'P2 High=2', 'P3 Medium=3', 'P4 Low=4']],
  ['stock-analysis', ['P0=1', 'P1=2', 'P2=3', 'P3=4']],
  ['stock-api', ['Critical=1', 'High=2', 'Medium=3', 'Low=4']],
  ['crypto-volatility', ['Critical=1', 'High=2', 'Medium=3', 'Low=4']],
] as const) {
  test(`${id} has severities of its own words with comparable ranks`, () => {
    expect(systemOf(catalog, id).severities.map(({ label, rank }) => `${label}=${rank}`)).toEqual(severities);
  });
}

test('P1 of Stock Service must be acknowledged within 5 minutes (SV-34); MyStocks and Stock Analysis respond within their times', () => {
  expect(systemOf(catalog, 'stock-service').severities[0]?.acknowledgeWithinMs).toBe(minutes(5));
  expect(systemOf(catalog, 'mystocks').severities.map(({ respondWithinMs }) => respondWithinMs)).toEqual([15, 60, 240, 1440].map(minutes));
  expect(systemOf(catalog, 'stock-analysis').severities.map(({ respondWithinMs }) => respondWithinMs)).toEqual([15, 60, 240, 1440].map(minutes));
});

test('a deployment that finishes is an event and no incident (SV-29)', () => {
  const events = catalog.systems.flatMap(({ alerts }) => alerts.rules).filter(({ mode }) => mode === 'event');
  expect(events.map(({ name }) => name)).toEqual(['DeploymentCompleted']);
});

test('replicas are bounded as the runbooks and autoscalers say, and Crypto has none (CV-114)', () => {
  const bounds = catalog.systems.flatMap(({ id, components }) => [...components.values()].flatMap(({ name, replicas }) => (replicas === undefined ? [] : [`${id}/${name} ${replicas.min}..${replicas.max}`])));
  expect(bounds.sort()).toEqual(['mystocks/api 1..10', 'stock-analysis/api 3..10', 'stock-analysis/frontend 1..6', 'stock-analysis/worker 3..10', 'stock-api/api 1..10', 'stock-service/api 3..20']);
  expect([...systemOf(catalog, 'crypto-volatility').actions.values()].filter(({ use }) => use.startsWith('k8s.') || use.startsWith('helm.'))).toEqual([]);
});

test('Stock API stops by scaling to 0 and starts with the number that ran (AP-04)', () => {
  const { actions } = systemOf(catalog, 'stock-api');
  expect(actions.get('stop')).toMatchObject({ use: 'k8s.scale', fixed: { replicas: 0 }, risk: 'destructive' });
  expect(actions.get('start')?.parameters).toMatchObject([{ name: 'replicas', default: 'resume' }]);
});

test('each seed procedure of this kind has its action', () => {
  const writes = Object.fromEntries(catalog.systems.map(({ id, actions }) => [id, [...actions.values()].filter(({ effect }) => effect === 'write').map((action) => `${action.id}:${action.use}`)]));
  expect(writes).toEqual({
    'stock-api': ['restart:k8s.restart', 'scale:k8s.scale', 'stop:k8s.scale', 'start:k8s.scale'],
    'stock-service': ['restart:k8s.restart', 'scale:k8s.scale', 'scale-permanently:helm.upgrade', 'autoscaling:helm.upgrade', 'deploy:helm.upgrade', 'rollback:helm.rollback'],
    mystocks: ['restart:k8s.restart', 'scale:k8s.scale', 'rollback:k8s.undo', 'deploy:k8s.setImage'],
    'crypto-volatility': ['restart:compose.restart', 'restart-api:compose.restart', 'restart-kafka:compose.restart', 'start:compose.start', 'stop:compose.stop'],
    'stock-analysis': ['restart:k8s.restart', 'restart-database:k8s.restart', 'scale:k8s.scale', 'rollback:k8s.undo'],
  });
});

test('at most five buttons fit on a card, and acknowledge is one of them', () => {
  for (const rule of catalog.systems.flatMap(({ alerts }) => alerts.rules)) expect(rule.buttons.length, rule.name).toBeLessThanOrEqual(4);
});

test('rank 1 and 2 look at something by themselves when they open (SV-18, SV-33)', () => {
  for (const { severities, alerts } of catalog.systems) {
    const worst = severities.filter(({ rank }) => rank <= 2).map(({ label }) => label);
    for (const rule of alerts.rules) if (rule.severity !== null && worst.includes(rule.severity) && rule.mode === 'incident') expect(rule.diagnostics, rule.name).not.toEqual([]);
  }
});

test('every section says in a sentence what it is about', () => {
  for (const { id, runbook } of catalog.systems) for (const section of runbook.sections.values()) expect(section.lead, `${id} ${section.anchor}`).toMatch(/\w.*[.:]$/);
});

test('the section of the first P1 reads as the card quotes it', () => {
  const section = systemOf(catalog, 'stock-service').runbook.sections.get('p1-service-down')!;
  expect(`${section.title}. ${section.lead}`).toBe('P1: Service down. Check pod status, logs and external dependencies. If pods crash, restart; if overloaded, scale; if after a deploy, roll back.');
  expect(section.commands.filter(({ action }) => action !== undefined).map(({ action }) => action)).toEqual(['pods', 'describe', 'logs', 'previous-logs', 'external', 'circuit-breaker', 'top', 'history', 'releases', 'restart', 'scale', 'rollback']);
});

test('Polygon without a key is reachable when it says 401 or 403 (SV-38)', () => {
  expect(systemOf(catalog, 'stock-service').actions.get('external')?.probe).toMatchObject({ method: 'HEAD', okStatuses: [200, 401, 403] });
});

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert: string; readonly expr: string; readonly for?: string; readonly labels: Record<string, string>; readonly annotations: Record<string, string> }[] }[];
}
const ruleFile = async (id: string) => parse(await readFile(`systems/${id}/alerts.yaml`, 'utf8')) as RuleFile;

for (const id of ['stock-api', 'stock-service', 'mystocks', 'crypto-volatility', 'stock-analysis']) {
  test(`every alert that Prometheus may send for ${id} is one that its card knows, with value, unit and a section that exists`, async () => {
    const system = systemOf(catalog, id);
    const anchors = [...system.runbook.sections.values()].map(({ anchor }) => anchor);
    for (const { alert, labels, annotations } of (await ruleFile(id)).groups.flatMap(({ rules }) => rules)) {
      expect(system.alerts.rules.map(({ name }) => name), alert).toContain(alert);
      expect(labels['severity'], alert).toMatch(/^(critical|error|warning|info)$/);
      for (const key of ['summary', 'description', 'value']) expect(annotations[key], `${alert} ${key}`).toMatch(/\S/);
      expect(anchors, alert).toContain(new URL(annotations['runbook_url']!).hash);
      expect(annotations['runbook_url']!.startsWith(`${system.runbook.url}#`), alert).toBe(true);
    }
  });

  test(`the rules of ${id} are beside each other as written and corrected`, async () => {
    const { groups } = await ruleFile(id);
    const written = groups.find(({ name }) => name === `${id}-seed`)?.rules ?? [];
    const corrected = groups.find(({ name }) => name === id)?.rules ?? [];
    const seeds = systemOf(catalog, id).declared.alerts.rules.flatMap(({ name, seed }) => (seed === undefined ? [] : [{ name, expression: seed.expression }]));
    expect(written.map(({ alert, expr }) => ({ name: alert, expression: expr })).sort(byName)).toEqual(seeds.map(({ name, expression }) => ({ name, expression })).sort(byName));
    for (const { name } of seeds) expect(corrected.map(({ alert }) => alert)).toContain(name);
    for (const rule of corrected) expect(rule.labels['system'], rule.alert).toBe(id);
  });
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);

test('the summary names each system with what it can do', () => {
  const summary = summarize(catalog);
  expect(summary).toContain('Stock Service (stock-service, service, svc)');
  expect(summary).toContain('scale api|worker|frontend (low)');
  expect(summary).toContain('at once on-call-engineer · 30m devops-lead · 1h engineering-manager · 2h cto (P0 only)');
  expect(summary.trimEnd().split('\n').at(-1)).toMatch(/^5 systems, \d+ roles, 8 policy rules · version [0-9a-f]{12}$/);
});

test('problems are printed where an editor finds them', () => {
  expect(formatProblems([{ file: 'a/system.yaml', line: 3, column: 5, path: 'actions.x', message: 'Wrong.', suggestion: 'did you mean "y"?' }])).toBe('a/system.yaml:3:5: actions.x: Wrong.\n    did you mean "y"?\n\n1 problem in 1 file\n');
});
