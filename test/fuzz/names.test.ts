/**
 * Goal: whatever an alert or a person writes, every command line, path and address that comes of it lies inside a grammar (T-06, T-07, P-1 to P-3, M-16).
 * Method: labels and values from a grammar of everything that ever got out of somewhere, through attribution, targets, parameters and plans to the sinks; what comes out is held to
 * patterns that are written here anew.
 */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { composeRequest } from '../../src/actions/compose/container-of.ts';
import type { EffectRequest, ReleaseTarget, Target } from '../../src/actions/plan.ts';
import { primitives } from '../../src/actions/registry.ts';
import { upgrade } from '../../src/actions/helm/upgrade.ts';
import { scale } from '../../src/actions/kubernetes/scale.ts';
import { setImage } from '../../src/actions/kubernetes/set-image.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import { reachOf } from '../../src/catalog/reach.ts';
import { attributeAlert, checkParameters, resolveTarget } from '../../src/catalog/resolve.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { apiPath, writePath } from '../../src/connectors/kubernetes/api.ts';
import { commandLine } from '../../src/support/command-line.ts';
import { parseWebAddress } from '../../src/support/web-address.ts';
import { workload } from '../actions/samples.ts';
import { fuzz, fuzzRuns } from './runs.ts';

const pieces = [
  '../', '..', '/', '%2f', '%2e%2e%2f', '%00', '?', '#', '&', ';', '|', '\u0000', '\n', '\r\n', '\t', ' ', '--all', '-l', '-A', '--', '-', '--kubeconfig=/tmp/x', '--as=system:masters', '--post-renderer=/bin/sh', '--set=', '--namespace=kube-system', '--context=', '-f',
  '$(id)', '`id`', '${IFS}', '"', "'", '\\', '*', '{', '}', ',', '=', '@', ':', 'аpi', 'ｐｏｄ', '\u202e', '\u200b', '\ufeff', '\ud800', '𝒳', 'kube-system', 'stock-service', 'stock-api', 'production', 'secrets/db', 'etcd-0', 'http://169.254.169.254/', 'oci://evil.example.com/x', 'a', '0', '', 'A', '.', '__proto__', 'constructor',
] as const;
const hostile = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', 'x'.repeat(64 * 1024), '-'.repeat(300), `${'a'.repeat(253)}.`, 'a..b', 'a/b', 'A', 'stock-service') },
);
const labelNames = ['alertname', 'namespace', 'system', 'job', 'release', 'environment', 'component', 'deployment', 'statefulset', 'container', 'pod', 'cluster', 'service', 'severity'] as const;
const labelSets = fc.dictionary(fc.constantFrom(...labelNames), fc.oneof(hostile, fc.constantFrom('stock-service', 'stock-api', 'staging', 'dr', 'production', 'volatility-api', 'HighErrorRate')), { maxKeys: 8 });

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const grammar = {
  name: new RegExp(`^${label}(\\.${label})*$`),
  apiPath: new RegExp(`^/apis/apps/v1/namespaces/${label}/(deployments|statefulsets|daemonsets)/${label}(\\.${label})*(/scale)?$`),
  word: /^[a-z][a-z-]*$/,
  flag: /^--[a-z][a-z-]*(=\P{Cc}*)?$/u,
  positional: /^(?!-)\P{Cc}+$/u,
  address: /^https?:\/\/(?!.*@)[a-zA-Z0-9.:[\]-]+(\/[!-~]*)?$/,
};

function expectInside(argv: readonly string[]): void {
  const end = argv.indexOf('--');
  const front = end === -1 ? argv : argv.slice(0, end);
  if (!front.every((argument) => grammar.word.test(argument) || grammar.flag.test(argument))) throw new Error(`outside: ${JSON.stringify(argv)}`);
  if (end !== -1 && !argv.slice(end + 1).every((argument) => grammar.positional.test(argument))) throw new Error(`outside: ${JSON.stringify(argv)}`);
}
function expectRequestInside(request: EffectRequest): void {
  if (request.via === 'kubernetes') expect(request.path).toMatch(grammar.apiPath);
  else expectInside(commandLine(request.arguments));
}
/** What comes of something, or `undefined` where it is refused. */
function ifTaken<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

let catalog: Catalog;
let targets: ReadonlySet<string>;
beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  catalog = { ...loaded.catalog, sources: new Map([...loaded.catalog.sources, ['staging', { id: 'staging', tokenSettings: [], reach: [{ environments: ['staging'] }] }]]) };
  targets = new Set(
    catalog.systems.flatMap((system) => [...system.actions.values()].flatMap((action) => [...system.environments.keys()].flatMap((environment) => [null, ...system.components.keys()].map((component) => JSON.stringify(resolveTarget(system, action, environment, component)))))),
  );
});

test('M-16, T-06, T-07: labels choose among the targets of the catalog and never make one', () => {
  let attributed = 0;
  let made = 0;
  fc.assert(
    fc.property(labelSets, fc.constantFrom('alertmanager', 'staging', '__proto__'), fc.nat(), (labels, source, choice) => {
      const found = attributeAlert(catalog, labels, reachOf(catalog, source));
      if (found === null || !('system' in found)) return;
      attributed += 1;
      if (source !== 'alertmanager' && found.environment.name !== 'staging') throw new Error(`${source} reached ${found.environment.name} with ${JSON.stringify(labels)}`);
      const actions = [...found.system.actions.values()];
      const target = resolveTarget(found.system, actions[choice % actions.length]!, found.environment.name, found.component?.name);
      if ('refused' in target) return;
      made += 1;
      if (!targets.has(JSON.stringify(target))) throw new Error(`not of the catalog: ${JSON.stringify(target)}`);
      if (target.kind === 'url' && !grammar.address.test(target.url)) throw new Error(`outside: ${target.url}`);
    }),
    fuzz('labels → targets', 5_000),
  );
  console.log(`labels → targets: ${fuzzRuns(5_000)} label sets, ${attributed} of a system, ${made} targets`);
});

test('M-16, T-06: a hostile name in a target or a parameter becomes no command line and no path outside of the grammar', () => {
  let taken = 0;
  fc.assert(
    fc.property(hostile, hostile, fc.nat({ max: 5 }), (first, second, which) => {
      const workloadTarget = { kind: 'workload', context: 'prod', namespace: first, workload: 'Deployment', name: second, selector: 'app=x', container: 'api' } as const;
      const release: ReleaseTarget = { kind: 'release', context: 'prod', namespace: first, release: second, chart: './chart', workload: workloadTarget };
      const request = ifTaken((): EffectRequest | undefined => {
        switch (which) {
          case 0: {
            const plan = scale.plan({ target: workloadTarget, params: { replicas: 5 }, observed: { workload: workload(), autoscaler: { is: 'none' }, dryRun: { accepted: true, object: null } } as never });
            return 'request' in plan ? plan.request : undefined;
          }
          case 1: {
            const params = setImage.params.safeParse({ tag: first });
            const plan = params.success ? setImage.plan({ target: { ...workloadTarget, namespace: 'shop', name: 'shop' }, params: params.data, observed: { workload: workload(), dryRun: { accepted: true, object: null } } }) : undefined;
            return plan !== undefined && 'request' in plan ? plan.request : undefined;
          }
          case 2:
          case 3: {
            const params = upgrade.params.safeParse({ set: which === 2 ? { 'image.tag': first } : { [first]: second } });
            if (!params.success) return undefined;
            const manifest = (replicas: number) => ({ workload: { replicas, containers: [] }, objects: [] });
            const observed = { history: [{ revision: 8, status: 'deployed', updatedAt: '', chart: 'a-1', appVersion: '', description: '' }], deployed: { metadata: { revision: 8, status: 'deployed', chart: 'a', version: '1', applyMethod: null }, values: {}, manifest: manifest(3), chart: { name: 'a', version: '1', digest: 'sha256:1' }, workload: workload() }, dryRun: { accepted: true, manifest: manifest(5) } };
            const plan = upgrade.plan({ target: which === 2 ? { ...release, namespace: 'shop', release: 'shop' } : release, params: params.data, observed: observed as never });
            return 'request' in plan ? plan.request : undefined;
          }
          case 4:
            return composeRequest({ kind: 'compose', host: 'local', file: 'compose.yaml', project: first, service: second, containerName: 'x' }, 'restart');
          default:
            return { via: 'helm', context: 'prod', arguments: commandLine(['history', `--namespace=${first}`, '--output=json', '--', second]) };
        }
      });
      if (request === undefined) return;
      taken += 1;
      expectRequestInside(request);
    }),
    fuzz('names → command lines', 5_000),
  );
  console.log(`names → command lines: ${fuzzRuns(5_000)} pairs, ${taken} became a request, all inside the grammar`);
});

test('M-16, P-1, P-2: a path of the Kubernetes API holds names and nothing else', () => {
  let taken = 0;
  fc.assert(
    fc.property(hostile, hostile, (namespace, name) => {
      const path = ifTaken(() => apiPath`/api/v1/namespaces/${namespace}/pods/${name}/log`);
      const written = ifTaken(() => writePath(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`));
      if (path !== undefined) {
        taken += 1;
        if (!grammar.name.test(namespace) || !grammar.name.test(name) || path.split('/').length !== 8) throw new Error(`outside: ${path}`);
      }
      if (written !== undefined && !grammar.apiPath.test(written)) throw new Error(`outside: ${written}`);
    }),
    fuzz('names → paths', 5_000),
  );
  console.log(`names → paths: ${fuzzRuns(5_000)} pairs, ${taken} became a path, all inside the grammar`);
});

test('M-16, T-06: a parameter that a person types is taken whole within its bounds, or refused', () => {
  let taken = 0;
  const asked = [...new Set(['stock-service', 'stock-api', 'mystocks', 'crypto-volatility', 'stock-analysis'])];
  fc.assert(
    fc.property(fc.constantFrom(...asked), fc.nat(), hostile, (systemId, choice, value) => {
      const system = catalog.systems.find(({ id }) => id === systemId)!;
      const actions = [...system.actions.values()].filter(({ parameters }) => parameters.length > 0);
      const action = actions[choice % actions.length]!;
      const checked = checkParameters(system, action, action.component, Object.fromEntries(action.parameters.map(({ name }) => [name, value])));
      if ('refused' in checked) return;
      const params = primitives.get(action.use)!.params.safeParse(checked.params);
      if (!params.success) return;
      taken += 1;
      for (const text of Object.values(params.data as Record<string, unknown>)) if (typeof text === 'string' && /[\p{Cc}]/u.test(text)) throw new Error(`a control character in ${JSON.stringify(text)} of ${action.id}`);
    }),
    fuzz('texts → parameters', 5_000),
  );
  console.log(`texts → parameters: ${fuzzRuns(5_000)} texts, ${taken} fitted`);
});

test('M-16, T-11: an address is printable, without a user, and means the host that stands in it', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.constantFrom('http://', 'https://', 'HTTPS://', 'file://', '//', ''), fc.constantFrom('api.example.com', '127.0.0.1', ''), hostile, (scheme, host, tail) => {
      const text = `${scheme}${host}${tail}`;
      const url = parseWebAddress(text);
      if (url === null) return;
      taken += 1;
      const between = /^https?:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
      if (!/^[!-~]+$/.test(text) || /[\\]/.test(text) || url.username !== '' || between.includes('@') || !['http:', 'https:'].includes(url.protocol)) throw new Error(`outside: ${JSON.stringify(text)}`);
    }),
    fuzz('texts → addresses', 5_000),
  );
  console.log(`texts → addresses: ${fuzzRuns(5_000)} texts, ${taken} addresses`);
});

test('every kind of target is among those that the labels may choose', () => {
  const kinds = new Set([...targets].map((target) => (JSON.parse(target) as Partial<Target>).kind).filter((kind) => kind !== undefined));
  expect([...kinds].toSorted()).toEqual(['compose', 'query', 'release', 'url', 'workload']);
});
