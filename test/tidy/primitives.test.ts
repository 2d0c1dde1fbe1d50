import { expect, test } from 'vitest';
import { primitives } from '../../src/actions/registry.ts';
import { filesMatching, importsOf, textOf } from './source-files.ts';

/** Goal: what docs/adding-a-primitive.md asks for holds for every primitive that there is. */
const files = filesMatching('src/actions/*/*.ts');
const families: Readonly<Record<string, string>> = { k8s: 'kubernetes', prom: 'prometheus', helm: 'helm', compose: 'compose', http: 'http' };

/** The files that define a primitive of this id; there must be one. */
const definedIn = (id: string): string[] => files.filter((file) => textOf(file).includes(`id: '${id}'`));

for (const [id, primitive] of primitives) {
  test(`${id} is a file of its own, named like it, in its family’s folder`, () => {
    const [family = '', verb = ''] = id.split('.');
    const kebab = verb.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(definedIn(id)).toEqual([`src/actions/${families[family]}/${kebab}.ts`]);
  });

  test(`${id} has tests`, () => {
    const [file = ''] = definedIn(id);
    const tests = filesMatching('test/actions/**/*.ts');
    const imported = tests.flatMap(importsOf).some(({ target }) => target === file || target === 'src/actions/registry.ts');
    expect(imported && tests.some((path) => textOf(path).includes(id) || importsOf(path).some(({ target }) => target === file))).toBe(true);
  });

  test(`${id} says which rights it needs, each as Kubernetes spells it`, () => {
    const reachesCluster = primitive.target === 'workload' || primitive.target === 'release';
    expect(primitive.rights.length > 0).toBe(reachesCluster);
    for (const { group, resource, verbs } of primitive.rights) {
      expect(group).toMatch(/^(?:[a-z0-9.]+)?$/);
      expect(resource).toMatch(/^[a-z]+(?:\/[a-z]+)?$/);
      expect(verbs.filter((verb) => !['get', 'list', 'create', 'update', 'patch', 'delete'].includes(verb))).toEqual([]);
    }
    if (primitive.effect === 'read' && primitive.target === 'workload') expect(primitive.rights.flatMap(({ verbs }) => verbs).filter((verb) => verb !== 'get' && verb !== 'list')).toEqual([]);
  });
}

test('the guide names the files that the checklist is about', () => {
  const guide = textOf('docs/adding-a-primitive.md');
  for (const path of ['src/actions/registry.ts', 'src/actions/ports.ts', 'test/contract/', 'CHANGELOG.md']) expect(guide).toContain(path);
});
