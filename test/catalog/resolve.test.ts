import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { loadCatalog } from '../../src/catalog/load.ts';
import { attributeAlert, checkParameters, findAction, findSystem, parametersFor, probeFor, resolveTarget, riskOf, severityFor } from '../../src/catalog/resolve.ts';
import type { Action, Catalog, System } from '../../src/catalog/system.ts';
import { primitives } from './primitives.ts';
import { systemOf } from './catalog-directory.ts';

let catalog: Catalog;
/** For a source that reaches everything. */
const attributed = (labels: Readonly<Record<string, string>>) => {
  const found = attributeAlert(catalog, labels, () => true);
  return found !== null && 'system' in found ? found : null;
};
let service: System;
let analysis: System;
let crypto: System;
let api: System;

beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives, { overrides: { 'stock-service/production': { baseUrl: 'http://127.0.0.1:7001/', prometheusUrl: 'http://127.0.0.1:7002' } } });
  if (!loaded.ok) throw new Error('the systems do not load');
  catalog = loaded.catalog;
  [service, analysis, crypto, api] = ['stock-service', 'stock-analysis', 'crypto-volatility', 'stock-api'].map((id) => systemOf(catalog, id)) as [System, System, System, System];
});

function action(system: System, id: string): Action {
  const found = system.actions.get(id);
  if (found === undefined) throw new Error(`no action ${id}`);
  return found;
}

describe('words', () => {
  for (const [typed, id] of [['stock-service', 'stock-service'], ['svc', 'stock-service'], ['Stock Analysis', 'stock-analysis'], ['CRYPTO', 'crypto-volatility']] as const) {
    test(`"${typed}" is ${id}`, () => {
      expect(findSystem(catalog, typed)).toMatchObject({ id });
    });
  }

  test('a word for no system is answered with the nearest', () => {
    expect(findSystem(catalog, 'cryto')).toEqual({ didYouMean: ['crypto'] });
  });

  for (const [typed, expected] of [
    ['scale 5', { component: null, environment: null, given: { replicas: '5' }, unknown: [] }],
    ['scale worker 8', { component: 'worker', environment: null, given: { replicas: '8' }, unknown: [] }],
    ['scale dr api replicas=4', { component: 'api', environment: 'dr', given: { replicas: '4' }, unknown: [] }],
    ['logs --tail 50 --grep=ERROR', { component: null, environment: null, given: { tail: '50', grep: 'ERROR' }, unknown: [] }],
    ['roll back', { component: null, environment: null, given: {}, unknown: [] }],
    ['scale 5 now', { component: null, environment: null, given: { replicas: '5' }, unknown: ['now'] }],
    ['scale --force 5', { component: null, environment: null, given: { replicas: '5' }, unknown: ['--force'] }],
  ] as const) {
    test(`reads "${typed}"`, () => {
      expect(findAction(analysis, typed.split(' '))).toMatchObject(expected);
    });
  }

  test('a word for no action is answered with the nearest', () => {
    expect(findAction(analysis, ['sacle', '5'])).toEqual({ didYouMean: ['scale'] });
  });
});

describe('targets', () => {
  test('a workload is fully named by the catalog', () => {
    expect(resolveTarget(service, action(service, 'scale'), 'production')).toEqual({
      kind: 'workload', context: 'prod', namespace: 'stock-service', workload: 'Deployment', name: 'stock-service', selector: 'app.kubernetes.io/name=stock-service', container: 'stock-service',
    });
  });

  test('the staging release has its own name and namespace (SV-100)', () => {
    expect(resolveTarget(service, action(service, 'deploy'), 'staging')).toMatchObject({ kind: 'release', context: 'prod', namespace: 'staging', release: 'stock-service-staging' });
  });

  test('a component that is named is the target (SA-51)', () => {
    expect(resolveTarget(analysis, action(analysis, 'scale'), 'production', 'worker')).toMatchObject({ name: 'celery-worker', namespace: 'stock-analysis-system' });
    expect(resolveTarget(analysis, action(analysis, 'scale'), 'dr')).toMatchObject({ name: 'stock-analysis-api', context: 'dr', namespace: 'stock-analysis-system-dr' });
  });

  test('a Compose service and its container are two names (CV-28)', () => {
    expect(resolveTarget(crypto, action(crypto, 'restart-api'), 'production')).toEqual({ kind: 'compose', host: 'ssh://crypto-host', file: 'docker/compose.yaml', project: 'crypto-volatility', service: 'api', containerName: 'volatility-api' });
  });

  test('a probe and a query go to the environment that is asked, and an override points them elsewhere', () => {
    expect(resolveTarget(service, action(service, 'health'), 'production')).toMatchObject({ kind: 'url', url: 'http://127.0.0.1:7001/health' });
    expect(resolveTarget(service, action(service, 'health'), 'dr')).toMatchObject({ url: 'https://dr.stock.example.com/health' });
    expect(resolveTarget(service, action(service, 'error-ratio'), 'production')).toMatchObject({ prometheusUrl: 'http://127.0.0.1:7002' });
    expect(resolveTarget(service, action(service, 'error-ratio'), 'staging')).toMatchObject({ kind: 'query', expression: expect.stringContaining('namespace="staging"') as string, unit: 'ratio' });
    expect(probeFor(action(service, 'external'), service.environments.get('dr')!)?.url).toBe('https://api.polygon.io/v1/marketstatus/now');
    expect(probeFor(action(service, 'scale'), service.environments.get('dr')!)).toBeNull();
  });

  for (const [why, id, environment, component, rule] of [
    ['an environment that does not exist', 'scale', 'prod', null, 'Stock Analysis has no environment "prod".'],
    ['a component that it does not act on', 'scale', 'production', 'database', 'It does not act on "database".'],
    ['a component of nobody', 'scale', 'production', '../kube-system', 'It does not act on "../kube-system".'],
  ] as const) {
    test(`refuses ${why}, and says what would fit (T-06)`, () => {
      const answer = resolveTarget(analysis, action(analysis, id), environment, component);
      expect(answer).toMatchObject({ refused: 'Not done: “Scale” for Stock Analysis.', rule });
      expect('instead' in answer && answer.instead).toMatch(/^Name one of: /);
    });
  }

  test('refuses an action in an environment that does not offer it', () => {
    expect(resolveTarget(service, action(service, 'rollback'), 'dr')).toMatchObject({ rule: 'It is not offered in dr.', instead: 'Name one of: production, staging.' });
  });
});

describe('parameters', () => {
  test('the refusal of a number names the bounds and where to change them', () => {
    const answer = checkParameters(service, action(service, 'scale'), null, { replicas: '500' });
    expect('rule' in answer && `${answer.rule} ${answer.instead}`).toBe('500 is more than stock-service may have (3–20). To change the bound: systems/stock-service/system.yaml, replicas.max.');
    expect(checkParameters(service, action(service, 'scale'), null, { replicas: '2' })).toMatchObject({ rule: '2 is fewer than stock-service may have (3–20).', instead: 'To change the bound: systems/stock-service/system.yaml, replicas.min.' });
    expect(checkParameters(analysis, action(analysis, 'scale'), 'frontend', { replicas: '7' })).toMatchObject({ rule: '7 is more than stock-analysis-frontend may have (1–6).', instead: 'To change the bound: systems/stock-analysis/system.yaml, components.frontend.replicas.max.' });
  });

  for (const [replicas, fits] of [['3', true], ['20', true], ['21', false], ['2', false], ['-5', false], ['5.5', false], ['5e1', false], ['0x5', false], ['', false], ['five', false], [' 5 ', true]] as const) {
    test(`${fits ? 'takes' : 'refuses'} "${replicas}" replicas`, () => {
      const answer = checkParameters(service, action(service, 'scale'), null, { replicas });
      expect('ok' in answer).toBe(fits);
      if ('ok' in answer) expect(answer.params).toEqual({ replicas: Number(replicas) });
    });
  }

  test('a chart value is set under its own name, beside those that are fixed (SV-60, SV-63)', () => {
    expect(checkParameters(service, action(service, 'scale-permanently'), null, { replicas: '10' })).toEqual({ ok: true, params: { set: { replicaCount: 10 } } });
    expect(checkParameters(service, action(service, 'autoscaling'), null, {})).toEqual({
      ok: true,
      params: { set: { 'autoscaling.enabled': true, 'autoscaling.minReplicas': 3, 'autoscaling.maxReplicas': 20, 'autoscaling.targetCPUUtilizationPercentage': 70 } },
    });
    expect(checkParameters(service, action(service, 'deploy'), null, { tag: 'v2.4.1' })).toEqual({ ok: true, params: { set: { 'image.tag': 'v2.4.1' } } });
  });

  for (const tag of ['latest', 'v2.4', '--set=x', 'v2.4.1\nx', 'v2.4.1,replicaCount=0', 'v1.0.0/../x'] as const) {
    test(`refuses the tag ${JSON.stringify(tag)} (T-12)`, () => {
      expect(checkParameters(service, action(service, 'deploy'), null, { tag })).toMatchObject({ instead: 'Give text that fits ^v?\\d+\\.\\d+\\.\\d+$.' });
    });
  }

  test('a default is taken where nothing is given, and nothing is made up where it cannot be known (AP-04)', () => {
    expect(checkParameters(service, action(service, 'logs'), null, {})).toEqual({ ok: true, params: { tail: 100 } });
    expect(checkParameters(api, action(api, 'start'), null, {})).toMatchObject({ rule: '"Replicas" is missing.', instead: 'Give a whole number from 1 to 10.' });
    expect(checkParameters(api, action(api, 'start'), null, { replicas: '2' })).toEqual({ ok: true, params: { replicas: 2 } });
  });

  test('a value that is denied is refused although it fits', () => {
    const deploy = { ...action(service, 'deploy'), parameters: [{ name: 'tag', kind: 'text', label: 'Version', required: true, maxLength: 20, deny: ['latest'] }] } satisfies Action;
    expect(checkParameters(service, deploy, null, { tag: 'v1' })).toEqual({ ok: true, params: { tag: 'v1' } });
    expect(checkParameters(service, deploy, null, { tag: 'latest' })).toMatchObject({ rule: '"latest" is not allowed for "Version".' });
  });

  test('what is fixed cannot be given', () => {
    expect(checkParameters(api, action(api, 'stop'), null, {})).toEqual({ ok: true, params: { replicas: 0 } });
    expect(checkParameters(api, action(api, 'stop'), null, { replicas: '5' })).toMatchObject({ rule: 'It has no parameter "replicas".', instead: 'It takes none.' });
  });

  test('a modal gets the bounds of the component that it is for', () => {
    expect(parametersFor(analysis, action(analysis, 'scale'), 'frontend')).toMatchObject([{ name: 'replicas', minimum: 1, maximum: 6 }]);
    expect(parametersFor(service, action(service, 'deploy'))).toMatchObject([{ name: 'tag', pattern: '^v?\\d+\\.\\d+\\.\\d+$' }]);
  });

  test('whatever is given as a number of replicas, what passes is within the bounds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (replicas) => {
        const answer = checkParameters(service, action(service, 'scale'), null, { replicas });
        if ('ok' in answer) {
          expect(Number(answer.params['replicas'])).toBeGreaterThanOrEqual(3);
          expect(Number(answer.params['replicas'])).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});

describe('risk', () => {
  for (const [conditions, risk] of [[[], 'low'], [['fewer_replicas'], 'high'], [['outside_autoscaler', 'fewer_replicas'], 'high'], [['to_zero'], 'low']] as const) {
    test(`scaling with ${conditions.join(' and ') || 'nothing special'} is ${risk} (SV-45, SV-61)`, () => {
      expect(riskOf(action(service, 'scale'), conditions)).toBe(risk);
    });
  }

  test('a condition never makes a stop less than destructive', () => {
    expect(riskOf({ ...action(api, 'stop'), riskWhen: [{ when: 'to_zero', risk: 'low' }] }, ['to_zero'])).toBe('destructive');
  });
});

describe('attribution', () => {
  for (const [why, labels, expected] of [
    ['the system goes before the namespace', { alertname: 'HighErrorRate', system: 'stock-analysis', namespace: 'stock-service' }, 'stock-analysis'],
    ['the namespace goes before the job', { alertname: 'HighErrorRate', namespace: 'stock-service', job: 'postgresql' }, 'stock-service'],
    ['the job tells where there is nothing better', { alertname: 'DatabaseDown', job: 'postgresql' }, 'stock-analysis'],
    ['one name in two systems goes by its labels', { alertname: 'HighMemoryUsage', namespace: 'stock-analysis-system' }, 'stock-analysis'],
    ['a name that only one system has, and no label at all', { alertname: 'LowCacheHitRate' }, 'stock-service'],
    ['a name that two systems have, and no label at all', { alertname: 'HighErrorRate' }, null],
    ['a known name in a namespace that is nobody\'s (SV-25)', { alertname: 'ServiceDown', namespace: 'kube-system' }, null],
    ['an unknown name in a known namespace (AP-31)', { alertname: 'Whatever', namespace: 'stock-api' }, 'stock-api'],
    ['a label called __proto__', { alertname: 'Whatever', ['__proto__']: 'stock-api' }, null],
    ['nothing', {}, null],
  ] as const) {
    test(why, () => {
      expect(attributed(labels)?.system.id ?? null).toBe(expected);
    });
  }

  test('names the environment by the namespace, the component by the rule or the labels, and the rule where it is known', () => {
    const staging = attributed({ alertname: 'HighErrorRate', namespace: 'staging' })!;
    expect([staging.environment.name, staging.component?.name, staging.rule?.name]).toEqual(['staging', 'api', 'HighErrorRate']);
    const worker = attributed({ alertname: 'Odd', namespace: 'stock-analysis-system-dr', deployment: 'celery-worker' })!;
    expect([worker.environment.name, worker.component?.name, worker.rule]).toEqual(['dr', 'worker', null]);
    expect(attributed({ alertname: 'DatabaseDown', job: 'postgresql' })!.component?.name).toBe('database');
    expect(attributed({ alertname: 'Odd', job: 'volatility-api' })!.environment.name).toBe('production');
  });

  for (const [labels, label, rank] of [
    [{ alertname: 'HighErrorRate', system: 'stock-service', severity: 'warning' }, 'P1', 1],
    [{ alertname: 'HighErrorRate', system: 'stock-analysis', severity: 'critical' }, 'P1', 2],
    [{ alertname: 'DatabaseDown', system: 'stock-analysis', severity: 'critical' }, 'P0', 1],
    [{ alertname: 'Odd', system: 'mystocks', severity: 'critical' }, 'P1 Critical', 1],
    [{ alertname: 'Odd', system: 'stock-api', severity: 'info' }, 'Low', 4],
    [{ alertname: 'Odd', system: 'stock-api' }, 'Medium', 3],
    [{ alertname: 'Odd', system: 'stock-api', severity: 'constructor' }, 'Medium', 3],
  ] as const) {
    test(`${labels.alertname} of ${labels.system} with severity ${'severity' in labels ? labels.severity : 'missing'} is ${label}, rank ${rank}`, () => {
      const { system, rule } = attributed(labels)!;
      expect(severityFor(system, rule, labels)).toMatchObject({ label, rank });
    });
  }
});
