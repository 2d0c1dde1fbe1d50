import { expect, test } from 'vitest';
import type { HelmManifest, HelmRevision } from '../../src/actions/helm/release.ts';
import type { Revision, Workload } from '../../src/actions/kubernetes/cluster.ts';
import type { ReleaseTarget, WorkloadTarget } from '../../src/actions/plan.ts';
import type { Ports } from '../../src/actions/ports.ts';
import type { Action, ActionParameter, System } from '../../src/catalog/system.ts';
import { hasFacts, isChosenFromHistory, parameterFacts } from '../../src/runs/parameter-facts.ts';
import { manualClock } from '../../src/support/clock.ts';
import { ago, now, workload } from '../actions/samples.ts';

/** Goal: beside a question stands how it is now and what there is to choose, and nothing that helps nobody. Method: one action on a Deployment of a Helm release, and what the cluster and Helm answer. */
type From = NonNullable<ActionParameter['from']>;
const parameter = (name: string, from?: From) => ({ name, kind: 'text', label: name, required: true, deny: [], ...(from === undefined ? {} : { from }) }) as ActionParameter;

const component = { name: 'api', isDefault: true, stateful: false, workload: { kind: 'Deployment', name: 'stock-service' }, selector: 'app=stock-service', container: 'api', helm: { releases: new Map([['production', 'stock-service-live']]), chart: './chart', objects: [], settable: [] } };
const system = {
  id: 'stock-service', name: 'Stock Service', components: new Map([['api', component]]),
  environments: new Map([['production', { name: 'production', platform: 'kubernetes', context: 'prod', namespace: 'stock-service', baseUrl: 'https://stock.example.com', prometheusUrl: null, protected: true }]]),
} as unknown as System;
const action = (target: Action['target'], ...parameters: ActionParameter[]) => ({ id: 'change', title: 'Change', target, component: 'api', components: ['api'], environments: [], parameters, probe: { url: '{baseUrl}/health', method: 'GET', okStatuses: [200] }, metric: null }) as unknown as Action;

const revision = (number: number, image: string, createdAt: string | null = ago(3_600)) => ({ number, containers: [{ name: 'api', image }], createdAt }) as unknown as Revision;
const released = (number: number, status: string): HelmRevision => ({ revision: number, updatedAt: ago(7_200), status, chart: 'stock-service-1.4.0', appVersion: '1', description: `description ${number}` });
const manifestOf = (image: string): HelmManifest => ({ workload: { replicas: 3, containers: [{ name: 'api', image, limits: {}, requests: {} }] }, objects: [] });

interface Answers {
  readonly workload?: Partial<Workload>;
  readonly revisions?: readonly Revision[];
  readonly history?: readonly HelmRevision[];
  readonly manifest?: (revision: number) => Promise<HelmManifest>;
}
async function facts(of: Action, { workload: change = {}, revisions = [], history = [], manifest = async () => manifestOf('r/stock:v1') }: Answers = {}, environment = 'production') {
  const ports = {
    kubernetes: { workload: async (target: WorkloadTarget) => (expect(target.name).toBe('stock-service'), workload(change)), revisions: async () => revisions },
    helm: { history: async (target: ReleaseTarget) => (expect(target.release).toBe('stock-service-live'), history), manifest: (_: ReleaseTarget, number: number) => manifest(number) },
  } as unknown as Ports;
  return Object.fromEntries(await parameterFacts({ ports, clock: manualClock(now) }, { system, action: of, environment, component: null }));
}

const scale = action('workload', parameter('replicas', 'component.replicas'));
for (const [why, change, expected] of [
  ['how many pods are wanted now', { replicas: 3 }, { current: '3 now' }],
  ['that none is wanted now', { replicas: 0 }, { current: '0 now' }],
  ['nothing where every node has one', { replicas: null }, {}],
] as const)
  test(`beside a number of pods stands ${why}`, async () => expect(await facts(scale, { workload: change })).toEqual({ replicas: expected }));

const setImage = action('workload', parameter('tag', 'component.image'));
for (const [image, expected] of [
  ['registry.example.com:5000/shop/stock:v2.4.1', 'v2.4.1 now'],
  ['stock:v2', 'v2 now'],
  ['registry.example.com:5000/stock', 'stock now'],
] as const)
  test(`beside a tag stands the one of ${image}: ${expected}`, async () => {
    expect(await facts(setImage, { workload: { containers: [{ name: 'proxy', image: 'proxy:v9' }, { name: 'api', image }] } })).toEqual({ tag: { current: expected } });
  });

test('beside a tag stands nothing where the workload has no such container', async () => {
  expect(await facts(setImage, { workload: { containers: [{ name: 'proxy', image: 'proxy:v9' }] } })).toEqual({ tag: {} });
});

const undo = action('workload', parameter('revision', 'rollout.history'));
test('a revision is chosen among those with another image (SV-47), and shows its tags and its age', async () => {
  const both = [{ name: 'api', image: 'r/stock:v2' }, { name: 'proxy', image: 'r/proxy:v9' }];
  const found = await facts(undo, {
    workload: { containers: both },
    revisions: [{ ...revision(4, ''), containers: both.toReversed() }, { ...revision(3, ''), containers: [{ name: 'api', image: 'r/stock:v1' }, both[1]!] }, revision(2, 'r/stock:v2', null)],
  });
  expect(found).toEqual({ revision: { current: 'v2, v9 now', options: [{ text: '3 · v1, v9 · 60 min ago', value: '3' }, { text: '2 · v2 · at an unknown time', value: '2' }] } });
});

test('containers of one image under other names are another revision', async () => {
  const found = await facts(undo, { workload: { containers: [{ name: 'api', image: 'r/stock:v2' }] }, revisions: [{ ...revision(1, ''), containers: [{ name: 'worker', image: 'r/stock:v2' }] }] });
  expect(found['revision']?.options?.map(({ value }) => value)).toEqual(['1']);
});

test('at most twenty revisions are offered, the newest first', async () => {
  const found = await facts(undo, { revisions: Array.from({ length: 25 }, (_, index) => revision(25 - index, 'r/stock:v1')) });
  expect(found['revision']?.options?.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, index) => String(25 - index)));
});

const rollback = action('release', parameter('revision', 'helm.history'));
test('a release goes back to what was in force once, with the image of the latest five', async () => {
  const asked: number[] = [];
  const history = [...[1, 2, 3, 4, 5, 6].map((number) => released(number, 'superseded')), released(7, 'failed'), released(8, 'deployed'), released(9, 'pending-upgrade')];
  const found = await facts(rollback, {
    history,
    manifest: async (number) => {
      asked.push(number);
      if (number === 5) throw new Error('Helm failed.');
      return number === 4 ? { workload: null, objects: [] } : manifestOf(`r/stock:v${number}`);
    },
  });
  expect(asked).toEqual([6, 5, 4, 3, 2]);
  expect(found).toEqual({
    revision: {
      current: 'revision 8 now',
      options: [
        { text: '6 · v6 · 2 h ago', value: '6' },
        { text: '5 · description 5 · 2 h ago', value: '5' },
        { text: '4 · description 4 · 2 h ago', value: '4' },
        { text: '3 · v3 · 2 h ago', value: '3' },
        { text: '2 · v2 · 2 h ago', value: '2' },
        { text: '1 · description 1 · 2 h ago', value: '1' },
      ],
    },
  });
});

test('of two that are deployed the last one is in force; where none is, nothing is said of now', async () => {
  expect((await facts(rollback, { history: [released(1, 'deployed'), released(2, 'deployed')] }))['revision']?.current).toBe('revision 2 now');
  expect(await facts(rollback, { history: [released(1, 'failed')] })).toEqual({ revision: { options: [] } });
});

test('what stands beside a revision is as short as Slack takes it', async () => {
  const found = await facts(rollback, { history: [{ ...released(1, 'superseded'), description: 'x'.repeat(200) }], manifest: () => Promise.reject(new Error('Helm failed.')) });
  expect(found['revision']?.options).toEqual([{ text: `1 · ${'x'.repeat(71)}`, value: '1' }]);
});

test('at most twenty revisions of a release are offered', async () => {
  const found = await facts(rollback, { history: Array.from({ length: 25 }, (_, index) => released(index + 1, 'superseded')) });
  expect(found['revision']?.options?.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, index) => String(25 - index)));
});

test('every parameter has its own facts, and one that depends on nothing has none', async () => {
  const found = await facts(action('release', parameter('replicas', 'component.replicas'), parameter('grep'), parameter('revision', 'helm.history')), { history: [released(1, 'deployed')] });
  expect(found).toEqual({ replicas: { current: '3 now' }, grep: {}, revision: { current: 'revision 1 now', options: [] } });
});

test('there is no history of a release where the action is on a workload', async () => {
  expect(await facts(action('workload', parameter('revision', 'helm.history')), { history: [released(1, 'deployed')] })).toEqual({ revision: {} });
});

test('nothing is asked where the catalog has no such target, or none with a history', async () => {
  expect(await facts(scale, {}, 'nowhere')).toEqual({});
  expect(await facts(action('url', parameter('replicas', 'component.replicas')))).toEqual({});
});

for (const [from, facts, chosen] of [
  ['component.replicas', true, false],
  ['component.image', true, false],
  ['helm.history', true, true],
  ['rollout.history', true, true],
  ['s3.list', false, false],
  [undefined, false, false],
] as const)
  test(`a parameter from ${from ?? 'nowhere'}: ${facts ? 'the cluster is asked' : 'nothing is asked'}${chosen ? ', and must answer' : ''}`, () => {
    expect(hasFacts([parameter('free'), parameter('it', from)])).toBe(facts);
    expect(isChosenFromHistory(parameter('it', from))).toBe(chosen);
  });
