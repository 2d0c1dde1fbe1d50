import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  ContainerName, ContextName, Grep, HelmValue, ImageTag, LabelName, Namespace, NoParameters, ReleaseName, Replicas, ResourceName, Revision, Selector, ServiceName, Tail, ValuePath,
} from '../../src/actions/parameters.ts';
import { fuzzRuns } from '../fuzz/runs.ts';

const names: readonly (readonly [string, z.ZodType])[] = [
  ['Namespace', Namespace], ['LabelName', LabelName], ['ResourceName', ResourceName], ['ContainerName', ContainerName], ['ReleaseName', ReleaseName],
  ['ImageTag', ImageTag], ['ServiceName', ServiceName], ['ValuePath', ValuePath], ['Selector', Selector], ['ContextName', ContextName],
];

const hostile: readonly (readonly [string, unknown])[] = [
  ['a flag', '--all'],
  ['a short flag with a selector', '-lapp=x'],
  ['a path that climbs', '../../kube-system/pods/etcd-0'],
  ['a path with a query', '../secrets/db?x='],
  ['an encoded slash', '..%2f..%2fsecrets'],
  ['a fragment', 'web#x'],
  ['an empty text, which would mean all', ''],
  ['white space alone', '   '],
  ['a second word', 'web daemonset/x'],
  ['a line break', 'web\n--all'],
  ['a trailing line break', 'web\n'],
  ['a NUL', 'web\0'],
  ['a command', '$(reboot)'],
  ['backticks', '`id`'],
  ['a comma, which begins a second value', 'x,image.repository=evil'],
  ['an impersonation', '--as=system:masters'],
  ['a homoglyph', 'wеb'],
  ['text from right to left', '\u202eweb'],
  ['64 KiB', 'a'.repeat(65_536)],
  ['a number', 7],
  ['nothing', undefined],
  ['a list', ['web']],
];

for (const [why, value] of hostile) {
  test(`no name of any kind is ${why} (T-06, P-1 to P-3)`, () => {
    for (const [kind, type] of names) expect(type.safeParse(value).success, kind).toBe(false);
  });
}

const label = 'must be a name of at most 63 lower-case letters, digits and hyphens, such as stock-service';
const object = 'must be a name of at most 253 lower-case letters, digits, hyphens and dots, such as stock-service-7d9f';
const release = 'must be a release name of at most 53 lower-case letters, digits, hyphens and dots, such as stock-service';
const selector = 'must be labels and values such as app=stock-api, joined by commas';
const context = 'must be the name of a context in the kubeconfig';
const tag = 'must be an image tag of at most 128 letters, digits, dots, hyphens and underscores, such as v2.4.1';
const latest = 'must be a tag that always means the same image; latest does not';
const service = 'must be a service of the Compose file: letters, digits, dots, hyphens and underscores';
const path = 'must be the path of a Helm value, such as image.tag';
const grep = 'must be up to 200 characters of text on one line';
const helmValue = 'must be text of up to 256 characters on one line, a number, or true or false';
const replicas = 'must be a whole number from 0 to 1000';
const revision = 'must be the number of a revision, 1 or higher';
const tail = 'must be a number of lines from 1 to 1000';

const ofLabels = { fit: ['a', '7', 'ab', 'stock-service', 'a--b', '0x9', 'a'.repeat(63)], misfit: ['a'.repeat(64), '-a', 'a-', 'Stock', 'stoCk', 'a_b', 'a.b', 'a b', 7], wouldFit: label };
for (const [kind, type, { fit, misfit, wouldFit }] of [
  ['a label', LabelName, ofLabels],
  ['a namespace', Namespace, ofLabels],
  ['a container', ContainerName, ofLabels],
  ['an object', ResourceName, { fit: ['a', 'ab', 'abcd', 'a.b', 'stock-service-7d9f.example', 'a1.b-2.c3d4.5', 'a'.repeat(253)], misfit: ['a'.repeat(254), '-a', 'a-', 'a.-b', 'a-.b', 'a.b-', 'a..b', '.a', 'a.', 'A', 'a.B', 'a_b', 'a.b c'], wouldFit: object }],
  ['a release', ReleaseName, { fit: ['a', 'stock-service', 'a.b', 'a'.repeat(53)], misfit: ['a'.repeat(54), '-a', 'a-', 'A', 'a_b'], wouldFit: release }],
  ['a selector', Selector, {
    fit: ['a=b', 'app=stock-service', 'app.kubernetes.io/name=stock-service,tier=web', 'a=b,c=d,e=f', 'A_b.c-D/E_f.g-H=I_j.k-L,M_n.o-P/Q_r.s-T=U_v.w-X', 'a/b=c,d/e=f', 'a1/b2=c3,d4/e5=f6'],
    misfit: [
      'a', '=b', 'a=', 'a=b,', ',a=b', 'a==b', 'a!=b', 'a=b=c', 'a in (b)', 'a=b c=d', 'a=b, c=d', '/a=b', 'a/=b', 'a/b/c=d', '-a=b', 'a-=b', 'a=-b', 'a=b-', 'x-/a=b', '-x/a=b', 'x/-a=b', 'x/a-=b', 'a=b,-c=d', 'a=b,c-=d', 'a=b,c=-d', 'a=b,c=d-', 'a=b,-x/c=d', 'a=b,x-/c=d',
      'a=b,x/-c=d', 'a=b,x/c-=d', 'a=b,c', 'a=b,c/d', 'a=é', 'é=a', 'a=b,é=d', 'a=b,c=é', 'aéa=b', 'a=béb', 'a=b,céc=d', 'a=b,c=déd', 'xéx/a=b', 'a=b,xéx/c=d', `a=${'b'.repeat(999)}`,
    ],
    wouldFit: selector,
  }],
  ['a context', ContextName, { fit: ['a', 'prod', 'arn:aws:eks:eu-west-1:1:cluster/prod', 'admin@prod_1.example-2', 'P', '1'], misfit: ['-prod', '_a', '@a', 'a b', 'a=b', 'a?b', 'a'.repeat(254)], wouldFit: context }],
  ['a tag', ImageTag, { fit: ['1', 'v2.4.1_rc-1', '_x', 'V2', 'latest-1', 'a'.repeat(128)], misfit: ['a b', '.a', '-a', 'a:b', 'a/b', 'a@b', 'é', 'aé', 'a'.repeat(129)], wouldFit: tag }],
  ['a tag that means another image tomorrow', ImageTag, { fit: ['latest1'], misfit: ['latest', 'LATEST', 'Latest'], wouldFit: latest }],
  ['a service', ServiceName, { fit: ['a', 'api', 'Api_2.x-y', '9'], misfit: ['-a', '.a', '_a', 'a b', 'a/b', 'a'.repeat(64)], wouldFit: service }],
  ['the path of a value', ValuePath, { fit: ['a', 'image', 'image.tag', 'a.b.c', 'autoscaling.minReplicas', 'A_1-b.C_2-d'], misfit: ['image[0]', 'a,b', 'a=b', '1a', 'a.1', 'a..b', '.a', 'a.', '-a', '_a', 'a.-b', 'a.b c', 'aé.b', 'a.bé', 'a'.repeat(201)], wouldFit: path }],
  ['a text to look for', Grep, { fit: ['.*[a-z]+ "quoted"', 'Zürich 東京', '-v', ' ', 'x'.repeat(200)], misfit: ['', 'a\nb', '\ta', 'a\u0000', 'a\u0085b', 'a\ud800', 'x'.repeat(201), 7], wouldFit: grep }],
  ['a value of the chart', HelmValue, { fit: ['', '60,image.repository=evil', 'x'.repeat(256), 0, -1.5, true, false], misfit: [{ a: 1 }, [1], null, undefined, 'a\nb', 'a\u0000', 'a\ud800', 'x'.repeat(257), Number.NaN], wouldFit: helmValue }],
  ['a number of pods', Replicas, { fit: [0, 3, 1_000], misfit: [-1, 1_001, 2.5, '5', null, Number.NaN, Number.POSITIVE_INFINITY], wouldFit: replicas }],
  ['a revision', Revision, { fit: [1, 2_147_483_647], misfit: [0, -1, 1.5, 2_147_483_648, '1'], wouldFit: revision }],
  ['a number of lines', Tail, { fit: [1, 1_000], misfit: [0, 1_001, 1.5, '1'], wouldFit: tail }],
] as const satisfies readonly (readonly [string, z.ZodType, { readonly fit: readonly unknown[]; readonly misfit: readonly unknown[]; readonly wouldFit: string }])[]) {
  test(`what fits ${kind} is taken as it is`, () => {
    for (const value of fit) expect(type.safeParse(value), JSON.stringify(value).slice(0, 40)).toEqual({ success: true, data: value });
  });

  test(`what does not fit ${kind} is refused: ${wouldFit}`, () => {
    for (const value of misfit) expect([...new Set(type.safeParse(value).error?.issues.map(({ message }) => message))], String(value).slice(0, 40)).toEqual([wouldFit]);
  });
}

test('a text of any size is refused for its length alone, before a pattern looks at it', () => {
  for (const [kind, type] of names) expect(type.safeParse('-'.repeat(65_536)).error?.issues.map(({ code }) => code), kind).toEqual(['too_big']);
});

test('an action that takes nothing takes nothing', () => {
  expect(NoParameters.safeParse({}).success).toBe(true);
  expect(NoParameters.safeParse({ force: true }).success).toBe(false);
});

test('of 100,000 texts made to break out, each is refused or harmless in a path and in a command line (T-06)', () => {
  const piece = fc.constantFrom('../', '%2f', '?', '#', '\0', '\n', '--all', '-l', '--kubeconfig=', '--post-renderer', '$(x)', '`', '\u202e', ' ', ',', '=', '/', 'а', 'web', 'a', '0', '-', '.', '_', ':');
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (value) => {
      for (const [, type] of names.slice(0, 8)) {
        if (!type.safeParse(value).success) continue;
        expect(value).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
        expect(value).not.toContain('/');
        expect(encodeURIComponent(value)).toBe(value);
      }
    }),
    { numRuns: fuzzRuns(100_000) },
  );
});
