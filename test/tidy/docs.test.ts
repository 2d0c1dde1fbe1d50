import { existsSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { primitives } from '../../src/actions/registry.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { readSettings, secretSettings, settingDocs, type SettingName } from '../../src/config/settings.ts';
import { errorTable } from '../../src/support/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { filesMatching, textOf } from './source-files.ts';

/** Goal: the documents say what is so. What can be compared with the code is compared. */
const documents = filesMatching('*.md', 'docs/**/*.md');

let catalog: Catalog;
beforeAll(async () => {
  const loaded = await loadCatalog('systems', primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  catalog = loaded.catalog;
});

/** Each path that a document gives in `code`, without those that hold a place (`<id>`) or a pattern. */
function pathsIn(document: string): string[] {
  const given = [...textOf(document).matchAll(/`((?:src|sandbox|test|systems|manifests|docs|bench|\.ci)\/[\w./-]*)`/g)].map(([, path = '']) => path);
  return given.filter((path) => !path.includes('*'));
}

test('every path that a document names is there', () => {
  const wrong = documents.flatMap((document) => pathsIn(document).filter((path) => !existsSync(path)).map((path) => `${document}: ${path}`));
  expect(documents.flatMap(pathsIn).length).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});

test('every link from one document to another, and to a heading in it, leads somewhere', () => {
  const anchorsOf = (path: string) => [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
  const wrong = documents.flatMap((document) =>
    [...textOf(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : posix.normalize(posix.join(dirname(document), path));
      if (!existsSync(target)) return [`${document}: ${link}`];
      return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [`${document}: ${link}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('every npm script that a document names is one, and the README names every script that people run', () => {
  const named = documents.flatMap((document) => [...textOf(document).matchAll(/`?npm (?:run )?([a-z][\w:]*)/g)].map(([, script = '']) => script)).filter((script) => !['ci', 'install', 'packages', 'scripts'].includes(script));
  expect(new Set(named).difference(new Set(Object.keys(packageJson.scripts)))).toEqual(new Set());
  const partOfCheck = ['typecheck', 'lint', 'tidy'];
  const readme = textOf('README.md');
  expect(Object.keys(packageJson.scripts).filter((script) => !partOfCheck.includes(script) && !new RegExp(`npm (?:run )?${script}\\b`).test(readme))).toEqual([]);
});

test('every file that an npm script starts is there', () => {
  const files = Object.values(packageJson.scripts).flatMap((script) => script.match(/(?:[\w.-]+\/)*[\w.-]+\.ts\b/g) ?? []);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

const errorRow = /^\| `([A-Z_]+)` \| (\w+) \| (.+?) \| (.+) \|$/gm;

test('docs/errors.md and the table of errors hold the same codes, kinds and texts', () => {
  const documented = Object.fromEntries([...textOf('docs/errors.md').matchAll(errorRow)].map(([, code = '', kind, text]) => [code, { kind, text }]));
  expect(documented).toEqual(errorTable);
});

/** The README's table, made of what the code says of each setting. */
function settingsTable(): string {
  const least = readSettings({ ALERTMANAGER_TOKEN: 'x'.repeat(32), SLACK_BOT_TOKEN: 'x', SLACK_APP_TOKEN: 'x' });
  if (!least.ok) throw new Error(least.problems.join('\n'));
  const needed: readonly string[] = ['ALERTMANAGER_TOKEN', 'SLACK_BOT_TOKEN'];
  const fallback = (name: SettingName): string => {
    const value = least.settings[name];
    if (name === 'SLACK_APP_TOKEN') return '**needed** (or `SLACK_SIGNING_SECRET`)';
    if (needed.includes(name)) return '**needed**';
    return value === undefined || (Array.isArray(value) && value.length === 0) ? '' : `\`${String(value)}\``;
  };
  return Object.entries(settingDocs)
    .map(([name, { purpose, example }]) => `| \`${name}\` | ${purpose}${secretSettings.has(name) ? ' (secret)' : ''}; for example \`${example}\` | ${fallback(name as SettingName)} |`)
    .join('\n');
}

test('the README’s table of settings is the one of the code', () => {
  const shown = /<!-- settings:[^>]*-->\n\| setting .*\n\|[-|]+\n([\s\S]*?)\n?<!-- \/settings -->/.exec(textOf('README.md'))?.[1];
  expect(shown?.split('\n')).toEqual(settingsTable().split('\n'));
});

test('the README names each system, where it runs, and the changes that it offers', () => {
  const rows = catalog.systems.map((system) => {
    const platform = [...system.environments.values()].some(({ platform }) => platform === 'kubernetes') ? 'Kubernetes' : 'Docker Compose';
    const changes = [...system.actions.values()].filter(({ effect }) => effect === 'write').map(({ id }) => id);
    return `| ${system.name} | ${platform} | ${changes.join(', ')} |`;
  });
  const readme = textOf('README.md');
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test('the README names each command of the command line', () => {
  const usage = textOf('src/main.ts');
  const commands = [...usage.matchAll(/^ {2}stockops ([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
  expect(commands.length).toBeGreaterThan(3);
  expect(commands.filter((name) => !new RegExp(`^\\| \`${name}\\b`, 'm').test(textOf('README.md')))).toEqual([]);
});

test('every id that the code or a document names is explained in docs/GUARANTEES.md, and none leads elsewhere', () => {
  const explained = new Set([...textOf('docs/GUARANTEES.md').matchAll(/^\| ([GPFTM]-\d+|I\d+) \|/gm)].map(([, id]) => id));
  const files = [...filesMatching('{src,sandbox,test,bench}/**/*.{ts,tsx}', '.ci/*'), ...documents];
  const unknown = files.flatMap((file) => [...new Set(textOf(file).match(/\b(?:[GPFTM]-\d{1,2}|I\d{1,2})\b/g))].filter((id) => !explained.has(id)).map((id) => `${file}: ${id}`));
  expect(unknown).toEqual([]);
  const elsewhere = new RegExp(['CONTRA' + 'CTS', '\\bX' + '-\\d{2}\\b', 'GUARANTEES' + ' \\d'].join('|'));
  expect(files.filter((file) => elsewhere.test(textOf(file)))).toEqual([]);
});

test('the changelog begins with what is not released, and has lines there', () => {
  const [first, second] = [...textOf('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(first).toBe('Unreleased');
  const unreleased = /## Unreleased\n([\s\S]*?)(?=\n## |$)/.exec(textOf('CHANGELOG.md'))?.[1] ?? '';
  const entries = unreleased.split('\n').filter((line) => line.trim() !== '');
  expect(entries.filter((line) => !/^- \[(?:FEATURE|CHANGE|BUGFIX|SECURITY)\] /.test(line))).toEqual([]);
  // A new version comes with a heading under which its lines have moved. The first one was not released yet.
  expect(second ?? '0.1.0').toContain(packageJson.version);
});

test('decisions are numbered without a gap, and say what they cost', () => {
  const decisions = filesMatching('docs/adr/*.md');
  expect(decisions.map((path) => Number(path.slice('docs/adr/'.length, 'docs/adr/0000'.length)))).toEqual(decisions.map((_, index) => index + 1));
  for (const path of decisions) {
    for (const part of ['## Context', '## Decision', '## What it costs']) expect(textOf(path), path).toContain(part);
  }
});

test('no document or source names a registry’s host or a path of one machine', () => {
  const files = filesMatching('*.md', 'docs/**/*', '{src,sandbox,test,bench}/**/*.{ts,tsx}', 'manifests/**/*', 'systems/**/*', '.ci/*', 'package.json', 'package-lock.json', 'Dockerfile').filter((path) => !/\.(?:png|svg)$/.test(path) && existsSync(path) && path.includes('.'));
  const places = new RegExp(['registry\\.npm' + 'js', 'deb\\.deb' + 'ian', '/wo' + 'rk/', '/home/[a-z]', '/ro' + 'ot/'].join('|'));
  expect(files.filter((path) => places.test(textOf(path)))).toEqual([]);
  // What lies beside the project on some machines is used where it is there, and its absence is said.
  const mayLookBeside = ['.ci/run', 'test/sandbox/slack/block-kit/validate.test.ts'];
  expect(files.filter((path) => textOf(path).includes('../sha' + 'red/')).toSorted()).toEqual(mayLookBeside);
});

const threatRow = /^\| (T-\d\d) \| .+ \| .+ \| `([^`]+)` \| (.+) \|$/gm;

test('SECURITY.md names for each threat where its guard sits and tests that exist', () => {
  const rows = [...textOf('SECURITY.md').matchAll(threatRow)].map(([, id = '', guard = '', proofs = '']) => ({ id, guard, proofs }));
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 28 }, (_, index) => `T-${String(index + 1).padStart(2, '0')}`));
  expect(rows.filter(({ guard }) => !existsSync(guard)).map(({ id, guard }) => `${id}: ${guard}`)).toEqual([]);
  const missing = rows.flatMap(({ id, proofs }) => {
    const named = [...proofs.matchAll(/`([^`]+\.ts)` “([^”]+)”/g)];
    if (named.length === 0) return proofs === 'not yet' ? [] : [`${id} names no test`];
    return named.filter(([, file = '', title = '']) => !existsSync(file) || !textOf(file).includes(title)).map(([, file, title]) => `${id}: ${file} has no test “${title}”`);
  });
  expect(missing).toEqual([]);
});
