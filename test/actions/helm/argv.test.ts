/** The command lines that Helm gets, and what they can never become (T-06, T-12). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideReleaseEvidence } from '../../../src/actions/helm/follow.ts';
import type { HelmManifest, HelmRevision } from '../../../src/actions/helm/release.ts';
import { rollback } from '../../../src/actions/helm/rollback.ts';
import { upgrade } from '../../../src/actions/helm/upgrade.ts';
import { shown } from '../../../src/actions/helm/values.ts';
import type { PlanDraft, ReleaseTarget } from '../../../src/actions/plan.ts';
import { now, planned, target as workloadTarget, workload } from '../samples.ts';

const target: ReleaseTarget = { kind: 'release', context: 'prod', namespace: 'stock-service', release: 'stock-service', chart: 'oci://registry.example.com/charts/stock-service', workload: workloadTarget };

const manifest = (image: string, replicas: number | null = 3): HelmManifest => ({ workload: { replicas, containers: [{ name: 'api', image, limits: {}, requests: {} }] }, objects: [] });
const entry = (revision: number, status: string, description = 'Upgrade complete'): HelmRevision => ({ revision, updatedAt: now.toISOString(), status, chart: 'stock-1.4.0', appVersion: '2', description });
const metadata = { revision: 8, status: 'deployed', chart: 'stock', version: '1.4.0', applyMethod: 'ssa' };

function upgrading(set: { [path: string]: string | number | boolean }, changes: { history?: HelmRevision[]; after?: HelmManifest; live?: ReturnType<typeof workload>; chartVersion?: string; digest?: null } = {}) {
  const params = upgrade.params.parse({ set });
  return upgrade.plan({
    target,
    params,
    observed: {
      history: changes.history ?? [entry(7, 'superseded'), entry(8, 'deployed')],
      deployed: { metadata, values: { image: { tag: 'v2' } }, manifest: manifest('r/stock:v2'), chart: { name: 'stock', version: changes.chartVersion ?? '1.4.0', digest: changes.digest === null ? null : 'sha256:1' }, workload: changes.live ?? workload() },
      dryRun: { accepted: true, manifest: changes.after ?? manifest('r/stock:v2', 5) },
    },
  });
}

test('an upgrade keeps values and chart version, names its namespace, and ends its flags before the names (SV-60, P-3)', () => {
  const plan = planned(upgrading({ replicaCount: 5, 'image.tag': 'v2', 'autoscaling.enabled': false }));
  expect(plan.request).toEqual({
    via: 'helm', context: 'prod',
    arguments: [
      'upgrade', '--namespace=stock-service', '--version=1.4.0', '--reset-then-reuse-values',
      '--set-json=replicaCount=5', '--set-literal=image.tag=v2', '--set-json=autoscaling.enabled=false', '--timeout=5m0s',
      '--', 'stock-service', 'oci://registry.example.com/charts/stock-service',
    ],
  });
  expect(plan.undo).toEqual({ primitive: 'helm.rollback', params: { revision: 8 } });
  expect(plan.guard).toMatchObject({ revision: 8, status: 'deployed', chart: 'stock-1.4.0', workloadUid: 'uid-1' });
});

for (const [why, refusal, rule] of [
  ['while another operation is pending (F-30)', upgrading({ replicaCount: 5 }, { history: [entry(8, 'deployed'), entry(9, 'pending-upgrade')] }), 'revision 9 is pending-upgrade'],
  ['to another version of the chart', upgrading({ replicaCount: 5 }, { chartVersion: '1.5.0' }), 'holds stock 1.5.0'],
  ['with a chart of which nobody knows the bytes (T-12)', upgrading({ replicaCount: 5 }, { digest: null }), 'nothing says which bytes'],
  ['that would change nothing', upgrading({ 'image.tag': 'v2' }, { after: manifest('r/stock:v2') }), 'nothing on the cluster would change'],
  ['that would put back what was scaled by hand', upgrading({ 'image.tag': 'v3' }, { live: workload({ replicas: 9 }), after: manifest('r/stock:v3') }), 'replicas 9 on the cluster, 3 in the release'],
] as const) {
  test(`no upgrade ${why}`, () => expect(refusal).toMatchObject({ rule: expect.stringContaining(rule) as string }));
}

test('whatever a value holds, it is one argument and never a flag or a second value (T-12)', () => {
  const text = fc.array(fc.constantFrom(',', '=', '-', '"', '{', '}', '\\', ' ', 'a', '$', '`')).map((characters) => characters.join(''));
  fc.assert(
    fc.property(text, (value) => {
      if (!upgrade.params.safeParse({ set: { 'image.tag': value } }).success) return;
      const { arguments: argv } = planned(upgrading({ 'image.tag': value, replicaCount: 5 })).request as Extract<PlanDraft['request'], { via: 'helm' }>;
      const end = argv.indexOf('--');
      expect(argv.slice(0, end).filter((argument) => argument.startsWith('--set'))).toEqual([`--set-literal=image.tag=${value}`, '--set-json=replicaCount=5']);
      expect(argv.slice(end)).toEqual(['--', 'stock-service', target.chart]);
    }),
    { numRuns: 5_000 },
  );
});

function rollingBack(history: HelmRevision[], asked?: number) {
  const images: { [revision: number]: HelmManifest } = { 5: manifest('r/stock:v0'), 6: manifest('r/stock:v1'), 7: manifest('r/stock:v2'), 8: manifest('r/stock:v2') };
  return rollback.plan({ target, params: asked === undefined ? {} : { revision: asked }, observed: { history, workload: workload(), metadata, manifests: images, now } });
}

test('a rollback names its revision and passes over those that failed or have the same image', () => {
  const plan = planned(rollingBack([entry(5, 'superseded'), entry(6, 'superseded'), entry(7, 'superseded'), entry(8, 'deployed'), entry(9, 'failed')]));
  expect(plan.summary).toBe('Roll back stock-service to revision 6');
  expect(plan.request).toMatchObject({ arguments: ['rollback', '--namespace=stock-service', '--timeout=5m0s', '--force-conflicts', '--', 'stock-service', '6'] });
});

for (const [why, asked, rule] of [
  ['that failed', 9, 'Revision 9 is failed: it was never in force.'],
  ['that is not there', 4, 'Helm has no revision 4.'],
] as const) {
  test(`no rollback to a revision ${why}`, () => {
    expect(rollingBack([entry(8, 'deployed'), entry(9, 'failed')], asked)).toMatchObject({ rule });
  });
}

test('out of pending-upgrade a rollback is the way, with a warning (F-30)', () => {
  const plan = planned(rollingBack([entry(6, 'superseded'), entry(8, 'deployed'), entry(9, 'pending-upgrade')]));
  expect(plan.warnings.join()).toContain('revision 9 is pending-upgrade');
});

const input = { runId: 'run_1', target, plan: planned(upgrading({ replicaCount: 5 })), receipt: null, startedAt: now, now };
for (const [why, since, minutes, verdict] of [
  ['a revision with our run', [entry(9, 'deployed', 'StockOps run_1')], 0, 'happened'],
  ['a revision that is not ours', [entry(9, 'deployed')], 0, 'unclear'],
  ['a pending one', [entry(9, 'pending-upgrade', 'Preparing upgrade')], 0, 'unclear'],
  ['none, a Helm may be at work', [], 5, 'unclear'],
  ['none for long enough', [], 11, 'didNotHappen'],
] as const) {
  test(`after a lost Helm, ${why}: ${verdict} (F-26, F-30)`, () => {
    const later = { ...input, now: new Date(now.getTime() + minutes * 60_000) };
    expect(decideReleaseEvidence(later, [entry(8, 'superseded'), ...since], (revision) => revision.description.includes('run_1')).verdict).toBe(verdict);
  });
}

test('a value that is named like a secret is not shown (T-09)', () => {
  for (const path of ['db.password', 'auth.apiKey', 'smtp.PASSWD', 'github.token', 'database.dsn']) expect(shown(path, 'canary')).toBe('(not shown)');
  expect(shown('image.tag', 'v2')).toBe('v2');
});
