/**
 * Goal: no alert speaks for a place that its source does not reach, however it names it (T-07).
 * Method: every source × every namespace and environment of the five systems × every way to name one × a lie about the cluster; and each wrong line of `sources.yaml`.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/catalog/load.ts';
import { clusterOf, reachOf, whyNotReached } from '../../src/catalog/reach.ts';
import { attributeAlert } from '../../src/catalog/resolve.ts';
import { summarize } from '../../src/catalog/summary.ts';
import type { Catalog, Environment, Place, Source, System } from '../../src/catalog/system.ts';
import { sendersOf } from '../../src/commands/senders-of.ts';
import { catalogOf, files, problemsOf } from './catalog-directory.ts';
import { primitives } from './primitives.ts';

const source = (id: string, reach: 'everything' | readonly Place[]): [string, Source] => [id, { id, tokenSettings: [`ALERTMANAGER_TOKEN_${id.toUpperCase()}`], reach }];
const sources = new Map([
  source('alertmanager', 'everything'),
  source('staging', [{ environments: ['staging'] }]),
  source('dr', [{ clusters: ['dr'] }]),
  source('crypto', [{ systems: ['crypto-volatility'] }]),
  source('narrow', [{ systems: ['stock-service'], clusters: ['prod'], namespaces: ['stock-service'] }]),
  source('two', [{ systems: ['mystocks'] }, { namespaces: ['stock-api'] }]),
  source('nobody', [{ systems: ['stock-api'], environments: ['dr'] }]),
]);

let catalog: Catalog;
let places: { readonly system: System; readonly environment: Environment }[];
beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  catalog = { ...loaded.catalog, sources };
  places = catalog.systems.flatMap((system) => [...system.environments.values()].map((environment) => ({ system, environment })));
});

/** What the reach says, worked out a second way. */
function liesWithin(id: string, system: System, environment: Environment): boolean {
  const name = `${system.id}/${environment.name}`;
  const namespace = environment.platform === 'kubernetes' ? environment.namespace : '';
  switch (id) {
    case 'alertmanager':
      return true;
    case 'staging':
      return environment.name === 'staging';
    case 'dr':
      return clusterOf(environment) === 'dr';
    case 'crypto':
      return system.id === 'crypto-volatility';
    case 'narrow':
      return name === 'stock-service/production';
    case 'two':
      return system.id === 'mystocks' || namespace === 'stock-api';
    default:
      return false;
  }
}

/** Every way in which labels can name a place, and the lies that may stand beside it. */
function waysToName(system: System, environment: Environment): Record<string, string>[] {
  const namespace = environment.platform === 'kubernetes' ? { namespace: environment.namespace } : {};
  const claims = system.alerts.attribution.map(({ label, equals }) => ({ [label]: equals }));
  return [{ system: system.id }, ...claims].flatMap((claim) => [
    { ...claim },
    { ...claim, ...namespace },
    { ...claim, environment: environment.name },
    { ...claim, ...namespace, environment: environment.name },
  ]).flatMap((labels) => [labels, { ...labels, cluster: 'prod' }, { ...labels, cluster: clusterOf(environment), source: 'alertmanager' }, { ...labels, namespace: 'kube-system' }]);
}

for (const id of sources.keys())
  test(`T-07: alerts of the source ${id} never speak for a place out of its reach`, () => {
    let asked = 0;
    let reached = 0;
    for (const { system, environment } of places)
      for (const labels of waysToName(system, environment)) {
        const found = attributeAlert(catalog, { alertname: 'Odd', ...labels }, reachOf(catalog, id));
        asked += 1;
        if (found === null || !('system' in found)) continue;
        reached += 1;
        expect(liesWithin(id, found.system, found.environment), `${JSON.stringify(labels)} → ${found.system.id}/${found.environment.name}`).toBe(true);
        if (labels['environment'] !== undefined) expect(found.environment.name).toBe(labels['environment']);
      }
    expect(asked).toBeGreaterThan(200);
    expect(reached > 0).toBe(id !== 'nobody');
  });

test('T-07: what is out of reach is named with its place, so that the card can say so', () => {
  expect(attributeAlert(catalog, { alertname: 'Odd', namespace: 'staging', system: 'stock-service' }, reachOf(catalog, 'dr'))).toEqual({ outOfReach: 'Stock Service (staging)' });
});

test('T-07: of two clusters with a namespace of one name, the token decides', () => {
  const labels = { alertname: 'Odd', namespace: 'stock-service', cluster: 'prod' };
  expect(attributeAlert(catalog, labels, reachOf(catalog, 'dr'))).toMatchObject({ environment: { name: 'dr' } });
  expect(attributeAlert(catalog, labels, reachOf(catalog, 'narrow'))).toMatchObject({ environment: { name: 'production' } });
});

test('T-07: a source reaches every place that it is given, and no other', () => {
  const reachedBy = (id: string) => places.filter(({ system, environment }) => reachOf(catalog, id)(system, environment)).map(({ system, environment }) => `${system.id}/${environment.name}`);
  for (const id of sources.keys()) expect(reachedBy(id), id).toEqual(places.filter(({ system, environment }) => liesWithin(id, system, environment)).map(({ system, environment }) => `${system.id}/${environment.name}`));
  expect(reachedBy('gone')).toEqual([]);
});

test('T-07: the cluster of an environment is its context, or its Docker host', () => {
  const clusters = new Map(places.map(({ system, environment }) => [`${system.id}/${environment.name}`, clusterOf(environment)]));
  expect([clusters.get('stock-service/production'), clusters.get('stock-service/dr'), clusters.get('crypto-volatility/production')]).toEqual(['prod', 'dr', 'ssh://crypto-host']);
});

for (const [why, incident, environment, expected] of [
  ['no incident', null, 'production', null],
  ['one that a person declared', { id: 7, source: 'staging', origin: 'person' }, 'production', null],
  ['alerts of a source that reaches the place', { id: 7, source: 'narrow', origin: 'alertmanager' }, 'production', null],
  [
    'alerts of a source that does not',
    { id: 7, source: 'staging', origin: 'alertmanager' },
    'production',
    ['INC-7 comes from the source "staging", whose alerts have no say about Stock Service (production)', "Use /stock stock-service if it is needed all the same, or widen the source's reach in systems/sources.yaml."],
  ],
  [
    'alerts of a source that is gone',
    { id: 7, source: 'gone', origin: 'alertmanager' },
    'production',
    ['INC-7 comes from the source "gone", whose alerts have no say about Stock Service (production)', "Use /stock stock-service if it is needed all the same, or widen the source's reach in systems/sources.yaml."],
  ],
  ['alerts of a source that reaches everything, about a place that is gone', { id: 7, source: 'alertmanager', origin: 'alertmanager' }, 'given-up', ['Stock Service has no environment "given-up" any more', 'Use /stock stock-service, which says what there is.']],
] as const)
  test(`T-07: on the strength of ${why}: ${expected?.[0] ?? 'it may be done'}`, () => {
    const system = catalog.systems.find(({ id }) => id === 'stock-service')!;
    expect(whyNotReached(catalog, incident, system, environment, 'Restart')).toEqual(expected === null ? null : { refused: 'Restart', rule: expected[0], instead: expected[1] });
  });

describe('sources.yaml', () => {
  const withSources = (text: string) => ({ ...files, 'sources.yaml': `sources:\n${text}` });

  test('may be left out: one source then reaches everything', async () => {
    expect([...(await catalogOf(files)).sources.values()]).toEqual([{ id: 'alertmanager', tokenSettings: ['ALERTMANAGER_TOKEN'], reach: 'everything' }]);
  });

  test('is what check-config tells of who may send', async () => {
    const given = withSources('  shop: {tokenSettings: [ALERTMANAGER_TOKEN_SHOP], reach: [{systems: [shop], environments: [production]}, {clusters: [prod], namespaces: [shop]}]}\n  all: {tokenSettings: [ALERTMANAGER_TOKEN], everything: true}\n');
    const summary = summarize(await catalogOf(given));
    expect(summary).toContain('  shop         ALERTMANAGER_TOKEN_SHOP · shop in production · every system on prod in the namespace shop\n  all          ALERTMANAGER_TOKEN · everything\n');
  });

  for (const [why, text, says] of [
    ['a source without a token', '  a: {tokenSettings: [], everything: true}\n', 'Name the setting that holds its token.'],
    ['a token instead of a setting', `  a: {tokenSettings: ["${'0a1b2c3d'.repeat(8)}"], everything: true}\n`, 'Not the name of a setting for a token'],
    ['a setting of something else', '  a: {tokenSettings: [SLACK_BOT_TOKEN], everything: true}\n', 'Not the name of a setting for a token'],
    ['three tokens', '  a: {tokenSettings: [ALERTMANAGER_TOKEN, ALERTMANAGER_TOKEN_A, ALERTMANAGER_TOKEN_B], everything: true}\n', 'At most two'],
    ['a source that does not say where', '  a: {tokenSettings: [ALERTMANAGER_TOKEN]}\n', 'Say what its alerts may be about'],
    ['a source that says both', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], everything: true, reach: [{systems: [shop]}]}\n', 'Say what its alerts may be about'],
    ['a place that is everywhere', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{}]}\n', 'Say where: systems, environments, clusters or namespaces.'],
    ['an empty list, which would mean nowhere', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: []}\n', 'Name at least one place.'],
    ['a system that does not exist', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{systems: [shpo]}]}\n', 'There is no system "shpo".'],
    ['an environment that does not exist', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{environments: [prodution]}]}\n', 'There is no environment "prodution".'],
    ['a cluster that does not exist', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{clusters: [dr]}]}\n', 'There is no cluster "dr".'],
    ['a namespace that does not exist', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{namespaces: [kube-system]}]}\n', 'There is no namespace "kube-system".'],
    ['two sources with one setting', '  a: {tokenSettings: [ALERTMANAGER_TOKEN], everything: true}\n  b: {tokenSettings: [ALERTMANAGER_TOKEN], everything: true}\n', '"a" has this setting already'],
  ] as const)
    test(`names ${why}`, async () => {
      const problems = await problemsOf(withSources(text));
      expect(problems.map(({ message }) => message).join('\n')).toContain(says);
      expect(problems.every(({ file, line }) => file === 'sources.yaml' && line > 1)).toBe(true);
    });

  test('names a place that no environment is in, although each of its names exists', async () => {
    const other = files['shop/system.yaml']!.replace('id: shop', 'id: bank').replace('name: Shop', 'name: Bank').replace('[store]', '[]').replace('equals: shop', 'equals: bank').replace('namespace: shop}', 'namespace: bank}').replace('ShopDown', 'BankDown');
    const problems = await problemsOf({ ...withSources('  a: {tokenSettings: [ALERTMANAGER_TOKEN], reach: [{systems: [shop], namespaces: [bank]}]}\n'), 'bank/system.yaml': other, 'bank/runbook.md': files['shop/runbook.md']! });
    expect(problems.map(({ message }) => message)).toEqual(['No environment of any system is there, so nothing would be reached.']);
  });
});

describe('T-01: tokens and sources fit together, or the bot does not start', () => {
  const token = (letter: string) => [letter.repeat(40)];
  const problemsWith = (tokens: Record<string, readonly string[]>) => {
    const two = { ...catalog, sources: new Map([source('a', 'everything'), source('b', [{ systems: ['stock-api'] }])]) };
    const senders = sendersOf(two, new Map(Object.entries(tokens)));
    return senders.ok ? senders.sources : senders.problems.map(({ message }) => message);
  };

  test('each source knocks with its own token', () => {
    expect(problemsWith({ ALERTMANAGER_TOKEN_A: token('a'), ALERTMANAGER_TOKEN_B: token('b') })).toEqual([{ name: 'a', tokens: token('a') }, { name: 'b', tokens: token('b') }]);
  });
  for (const [why, tokens, says] of [
    ['a source without a token', { ALERTMANAGER_TOKEN_A: token('a') }, 'The source "b" has no token: set ALERTMANAGER_TOKEN_B, as systems/sources.yaml says.'],
    ['a token that no source has', { ALERTMANAGER_TOKEN_A: token('a'), ALERTMANAGER_TOKEN_B: token('b'), ALERTMANAGER_TOKEN: token('c') }, 'ALERTMANAGER_TOKEN is set, and no source has it: name it in systems/sources.yaml, or take it away.'],
    ['one token for two sources', { ALERTMANAGER_TOKEN_A: token('a'), ALERTMANAGER_TOKEN_B: token('a') }, '"a" and "b" have the same token: give each source one of its own.'],
  ] as const)
    test(`says ${why}`, () => expect(problemsWith(tokens)).toEqual([says]));
});
