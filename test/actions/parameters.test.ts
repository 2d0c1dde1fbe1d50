import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  ContainerName, ContextName, Grep, HelmValue, ImageTag, LabelName, Namespace, ReleaseName, Replicas, ResourceName, Revision, Selector, ServiceName, Tail, ValuePath,
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

for (const [type, value, why] of [
  [ResourceName, 'stock-service-7d9f.example', 'a subdomain'],
  [Namespace, 'a'.repeat(63), 'the longest label'],
  [ImageTag, 'v2.4.1_rc-1', 'a tag with every kind of character'],
  [ImageTag, '_x', 'a tag that begins with an underscore'],
  [ValuePath, 'autoscaling.minReplicas', 'a path of values'],
  [Selector, 'app.kubernetes.io/name=stock-service,tier=web', 'two labels'],
  [Grep, '.*[a-z]+ "quoted"', 'text that looks like a pattern'],
  [Replicas, 0, 'zero replicas'],
  [HelmValue, '60,image.repository=evil', 'a comma in a value, which is passed literally'],
] as const) {
  test(`accepts ${why}`, () => expect(type.parse(value)).toBe(value));
}

for (const [type, value, wouldFit] of [
  [ImageTag, 'latest', 'latest does not'],
  [ImageTag, 'LATEST', 'latest does not'],
  [ImageTag, 'a b', 'such as v2.4.1'],
  [Replicas, -1, 'from 0 to 1000'],
  [Replicas, 2.5, 'whole number'],
  [Replicas, '5', 'whole number'],
  [Tail, 0, 'from 1 to 1000'],
  [Revision, 0, '1 or higher'],
  [Namespace, 'Stock', 'lower-case letters'],
  [Namespace, 'a'.repeat(64), 'at most 63'],
  [ValuePath, 'image[0]', 'such as image.tag'],
  [HelmValue, { a: 1 }, 'true or false'],
] as const) {
  test(`the refusal of ${JSON.stringify(value).slice(0, 20)} says what would fit: ${wouldFit}`, () => {
    const parsed = type.safeParse(value);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(wouldFit);
  });
}

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
