import { expect, test } from 'vitest';
import { filesMatching, importsOf } from './source-files.ts';

/**
 * Goal: nobody has to remember who may know whom. The arrows between the folders are this table, and no other.
 * Method: every import of every file below `src/` is looked up here. `A types` means: types of A, nothing that runs.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  support: [],
  config: ['support'],
  storage: ['support'],
  alerts: ['support'],
  // The record knows nobody's words, so that everybody may write into it.
  audit: ['storage', 'support'],
  // Targets are made from the catalog, so it knows their types; what primitives there are is handed in.
  catalog: ['support', 'actions types'],
  actions: ['catalog', 'support'],
  incidents: ['alerts', 'audit', 'catalog', 'storage', 'support'],
  approvals: ['actions', 'catalog', 'incidents', 'storage', 'support'],
  runs: ['actions', 'approvals', 'audit', 'catalog', 'incidents', 'storage', 'support'],
  escalation: ['catalog', 'incidents', 'storage', 'support'],
  // What is shown is data by then; a view that called the domain would decide something.
  views: ['actions types', 'alerts types', 'approvals types', 'audit types', 'catalog types', 'escalation types', 'incidents types', 'runs types', 'support'],
  // A connector implements a port; ports stand beside who needs them, and a person is something that Slack tells us.
  connectors: ['support', 'actions types', 'approvals types', 'escalation types', 'views types'],
  handlers: ['actions', 'alerts', 'approvals', 'audit', 'catalog', 'config', 'escalation', 'incidents', 'runs', 'storage', 'support', 'views'],
  'app.ts': ['actions', 'alerts', 'approvals', 'audit', 'catalog', 'config', 'connectors', 'escalation', 'handlers', 'incidents', 'runs', 'storage', 'support', 'views'],
  commands: ['actions', 'alerts', 'app.ts', 'approvals', 'audit', 'catalog', 'config', 'connectors', 'escalation', 'handlers', 'incidents', 'runs', 'storage', 'support', 'views'],
  'main.ts': ['commands', 'support'],
};

const folderOf = (path: string): string => path.split('/')[1] ?? '';
const sources = filesMatching('src/**/*.ts');
const imports = sources.flatMap(importsOf);
const inside = imports.filter(({ target }) => target.startsWith('src/'));

test('the table names every folder of src/ and none that is not there', () => {
  expect(Object.keys(mayImport).toSorted()).toEqual([...new Set(sources.map(folderOf))].toSorted());
});

for (const [folder, allowed] of Object.entries(mayImport)) {
  test(`${folder} imports ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`, () => {
    const others = inside.filter(({ file, target }) => folderOf(file) === folder && folderOf(target) !== folder);
    const wrong = others.filter(({ target, kind }) => !allowed.includes(folderOf(target)) && !(kind === 'type' && allowed.includes(`${folderOf(target)} types`)));
    expect(wrong.map(({ file, target, kind }) => `${file} imports ${kind === 'type' ? 'types' : 'code'} of ${target}`)).toEqual([]);
  });
}

test('connectors do not know each other', () => {
  const connector = (path: string) => path.split('/')[2];
  const between = inside.filter(({ file, target }) => folderOf(file) === 'connectors' && folderOf(target) === 'connectors' && connector(file) !== connector(target));
  expect(between.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

test('nothing in src/ reaches out of it, but for the command that starts the sandbox', () => {
  const outside = imports.filter(({ target }) => /^(?:sandbox|test|bench|systems|manifests|\.ci)\//.test(target) || target.startsWith('..'));
  expect(outside).toEqual([{ file: 'src/main.ts', target: 'sandbox/run.ts', kind: 'dynamic' }]);
});

test('the sandbox does not know the tests', () => {
  const wrong = filesMatching('sandbox/**/*.{ts,tsx}').flatMap(importsOf).filter(({ target }) => /^(?:test|bench)\//.test(target));
  expect(wrong).toEqual([]);
});

test('every import of ours names an existing file, with its ending', () => {
  const files = new Set(filesMatching('{src,sandbox,test,bench}/**/*', 'package.json', '*.ts'));
  const all = filesMatching('{src,sandbox,test,bench}/**/*.{ts,tsx}').flatMap(importsOf);
  expect(all.filter(({ target }) => /^(?:src|sandbox|test|bench)\//.test(target) && !files.has(target)).map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

test('no folder has an index that passes on what others export', () => {
  expect(filesMatching('{src,sandbox,test,bench}/**/index.{ts,tsx}')).toEqual([]);
});
