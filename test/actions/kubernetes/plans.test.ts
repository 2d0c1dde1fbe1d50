/** What the writes to a workload plan, from what was seen. No cluster: planning is pure. */
import { expect, test } from 'vitest';
import { restart } from '../../../src/actions/kubernetes/restart.ts';
import { scale } from '../../../src/actions/kubernetes/scale.ts';
import { setImage } from '../../../src/actions/kubernetes/set-image.ts';
import { undo } from '../../../src/actions/kubernetes/undo.ts';
import { accepted, autoscaler, noAutoscaler, now, planned, revision, target, templateOf, workload } from '../samples.ts';

const scaling = (replicas: number, observed: Partial<Parameters<typeof scale.plan>[0]['observed'] & object> = {}) =>
  scale.plan({ target, params: { replicas }, observed: { workload: workload(), autoscaler: noAutoscaler, dryRun: accepted, ...observed } });

test('the request of a scale is the whole truth: who it is for, what it expects, what it sets (G-6)', () => {
  expect(planned(scaling(5))).toMatchObject({
    summary: 'Scale stock-service from 3 to 5',
    request: {
      via: 'kubernetes', context: 'prod', method: 'PATCH', path: '/apis/apps/v1/namespaces/stock-service/deployments/stock-service/scale', contentType: 'application/json-patch+json',
      body: [{ op: 'test', path: '/metadata/uid', value: 'uid-1' }, { op: 'test', path: '/spec/replicas', value: 3 }, { op: 'replace', path: '/spec/replicas', value: 5 }],
    },
    equivalent: ['kubectl', 'scale', '--context=prod', '--namespace=stock-service', '--current-replicas=3', '--replicas=5', 'deployment/stock-service'],
    guard: { uid: 'uid-1', generation: 7, replicas: 3 },
  });
});

for (const [why, replicas, observed, warning, conditions] of [
  ['up, within the autoscaler', 5, { autoscaler }, 'may change this again', []],
  ['above the autoscaler', 30, { autoscaler }, 'keeps between 3 and 20 and will undo this', ['outside_autoscaler']],
  ['below the autoscaler', 2, { autoscaler }, 'keeps between 3 and 20', ['fewer_replicas', 'outside_autoscaler']],
  ['to zero, which switches the autoscaler off', 0, { autoscaler }, 'switch the autoscaler stock-hpa off', ['fewer_replicas', 'outside_autoscaler', 'to_zero']],
  ['to zero without an autoscaler', 0, {}, 'nothing answers until someone scales up again', ['fewer_replicas', 'to_zero']],
  ['without the right to see autoscalers', 5, { autoscaler: { is: 'unknown', why: 'forbidden' } as const }, 'It is not known whether an autoscaler', []],
  ['of what Helm manages', 5, { workload: workload({ labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'stock' } }) }, "Helm's release stock still says otherwise", []],
] as const) {
  test(`a scale ${why} warns and names its risk (SV-45)`, () => {
    const plan = planned(scaling(replicas, observed));
    expect(plan.warnings.join(' ')).toContain(warning);
    expect(plan.conditions).toEqual(conditions);
  });
}

test('up from zero the number is added, because a scale of nothing has none to test', () => {
  const plan = planned(scaling(3, { workload: workload({ replicas: 0 }), autoscaler }));
  expect(plan.request).toMatchObject({ body: [{ op: 'test', path: '/metadata/uid', value: 'uid-1' }, { op: 'add', path: '/spec/replicas', value: 3 }] });
  expect(plan.warnings.join()).toContain('switches the autoscaler stock-hpa (3 to 20) on again');
});

for (const [why, refusal, rule] of [
  ['to the number that is set', scaling(3), 'It is set to 3 already.'],
  ['of a DaemonSet', scaling(5, { workload: workload({ kind: 'DaemonSet', replicas: null }) }), 'one pod on every node'],
  ['that the cluster refuses', scaling(5, { dryRun: { accepted: false, reason: 'The cluster refused. exceeded quota' } }), 'exceeded quota'],
] as const) {
  test(`a scale ${why} is refused in three parts`, () => {
    expect(refusal).toMatchObject({ refused: expect.stringMatching(/^Not done: scaling stock-service to \d\.$/) as string, rule: expect.stringContaining(rule) as string, instead: expect.stringMatching(/.+/) as string });
  });
}

const restarting = (changes = {}) => restart.plan({ target, params: {}, observed: { workload: workload(changes), dryRun: accepted, at: '2026-01-05T02:20:00Z' } });

test('a restart tests uid and generation, sets what kubectl sets, and makes the maps that are missing', () => {
  expect(planned(restarting({ annotations: {} })).request).toMatchObject({
    body: [
      { op: 'test', path: '/metadata/uid', value: 'uid-1' },
      { op: 'test', path: '/metadata/generation', value: 7 },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/spec/template/metadata/annotations', value: {} },
      { op: 'add', path: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', value: '2026-01-05T02:20:00Z' },
    ],
  });
});

for (const [why, changes, rule] of [
  ['while another rollout is under way (AP-19)', { status: { desired: 3, current: 4, updated: 1, ready: 3, available: 3, updateRevision: null } }, '1 of 3 pods new'],
  ['while it is paused', { paused: true }, 'paused'],
  ['without pods', { replicas: 0, status: { desired: 0, current: 0, updated: 0, ready: 0, available: 0, updateRevision: null } }, 'scaled to 0'],
] as const) {
  test(`no restart ${why}`, () => expect(restarting(changes)).toMatchObject({ rule: expect.stringContaining(rule) as string }));
}

test('pods that crash after their rollout are restarted: that is what it is for', () => {
  expect(planned(restarting({ status: { desired: 3, current: 3, updated: 3, ready: 0, available: 0, updateRevision: null } })).summary).toBe('Restart stock-service');
});

const history = [revision(4, 'r/stock:v2'), revision(3, 'r/stock:v2'), revision(2, 'r/stock:v1'), revision(1, 'r/stock:v0')];
const undoing = (asked?: number, revisions = history, changes = {}) =>
  undo.plan({ target, params: asked === undefined ? {} : { revision: asked }, observed: { workload: workload(changes), revisions, dryRun: accepted, now } });

test('undo passes over the restart and takes the last revision with another image (SV-47)', () => {
  const plan = planned(undoing());
  expect(plan.summary).toBe('Roll back stock-service to revision 2 (stock:v1, from 17 min ago)');
  expect(plan.changes).toEqual([{ what: 'revision', before: '4', after: 'as 2' }, { what: 'image of api', before: 'r/stock:v2', after: 'r/stock:v1' }]);
  expect(plan.undo).toEqual({ primitive: 'k8s.undo', params: { revision: 4 } });
  expect(plan.request).toMatchObject({ body: expect.arrayContaining([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'r/stock:v1' }]) as unknown });
});

for (const [why, refusal, rule] of [
  ['to a revision with the image that runs', undoing(3), 'Revision 3 has the image that runs now (stock:v2).'],
  ['to a revision that is not there', undoing(9), 'The history has no revision 9.'],
  ['when every revision has the image that runs', undoing(undefined, history.slice(0, 2)), 'Every revision in the history has the image that runs now'],
  ['of a paused deployment', undoing(undefined, history, { paused: true }), 'paused'],
] as const) {
  test(`no undo ${why}`, () => expect(refusal).toMatchObject({ rule: expect.stringContaining(rule) as string }));
}

test('an undo shows that an environment variable changes, and never its value (T-09)', () => {
  const secret = (value: string) => ({ env: [{ name: 'TOKEN', value }] });
  const plan = planned(undoing(2, [revision(2, 'r/stock:v1', { template: templateOf('r/stock:v1', secret('canary-old')) })], { template: templateOf('r/stock:v2', secret('canary-new')) }));
  expect(plan.changes).toContainEqual({ what: 'environment variable TOKEN of api', before: 'set (not shown)', after: 'set differently (not shown)' });
  expect(JSON.stringify([plan.summary, plan.changes, plan.warnings])).not.toContain('canary');
});

test('undo of what Helm manages names the better way', () => {
  const managed = { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'stock' } };
  expect(planned(undoing(undefined, history, managed)).warnings.join()).toContain('Rather roll back with Helm.');
});

const stored = { accepted: true, object: {} } as const;
const imaging = (image: string, tag: string, changes = {}) =>
  setImage.plan({ target, params: setImage.params.parse({ tag }), observed: { workload: workload({ containers: [{ name: 'api', image }], ...changes }), dryRun: stored } });

for (const [why, before, after] of [
  ['a tag', 'r/stock:v2', 'r/stock:v3'],
  ['no tag', 'r/stock', 'r/stock:v3'],
  ['a registry with a port', 'localhost:5000/stock', 'localhost:5000/stock:v3'],
  ['a port and a tag', 'localhost:5000/stock:v2', 'localhost:5000/stock:v3'],
  ['a digest', 'r/stock@sha256:abc', 'r/stock:v3'],
  ['a tag and a digest', 'r/stock:v2@sha256:abc', 'r/stock:v3'],
] as const) {
  test(`set image keeps the repository of an image with ${why}`, () => {
    expect(planned(imaging(before, 'v3')).changes).toEqual([{ what: 'image of api', before, after }]);
  });
}

test('set image tests that the container is still at its place, and undoes to the tag of now', () => {
  const plan = planned(imaging('r/stock:v2', 'v3'));
  expect(plan.request).toMatchObject({ body: expect.arrayContaining([{ op: 'test', path: '/spec/template/spec/containers/0/name', value: 'api' }]) as unknown });
  expect(plan.undo).toEqual({ primitive: 'k8s.setImage', params: { tag: 'v2' } });
  expect(planned(imaging('r/stock:latest', 'v3')).undo).toHaveProperty('impossible');
});

test('set image refuses the tag that is set, a container that is not there, and a tag outside the pattern of the catalog', () => {
  expect(imaging('r/stock:v2', 'v2')).toMatchObject({ rule: 'It is set to v2 already.' });
  expect(imaging('r/stock:v2', 'v3', { containers: [{ name: 'other', image: 'r/x:1' }] })).toMatchObject({ rule: 'stock-service has no container api.' });
  expect(setImage.params.safeParse({ tag: 'v3-x', tagPattern: 'v\\d+' }).error?.issues[0]?.message).toBe('must be a tag that matches v\\d+');
  expect(setImage.params.safeParse({ tag: 'v3', tagPattern: 'v\\d+' }).success).toBe(true);
});

test('parameters that an action does not have are refused, not ignored', () => {
  expect(scale.params.safeParse({ replicas: 3, force: true }).success).toBe(false);
  expect(restart.params.safeParse({ force: true }).success).toBe(false);
});
