import { expect, test } from 'vitest';
import { filesMatching, importsOf, linesWith, textOf } from './source-files.ts';

/** Goal: the rules that a reviewer would have to repeat hold by themselves. Each exception stands here with its reason. */
const src = filesMatching('src/**/*.ts');
const sandbox = filesMatching('sandbox/**/*.{ts,tsx}');
const tests = filesMatching('test/**/*.ts');
const everything = [...src, ...sandbox, ...tests, ...filesMatching('bench/**/*.ts', '.ci/*.ts', '*.ts')];

const except = (files: readonly string[], exceptions: Readonly<Record<string, string>>): string[] =>
  files.filter((file) => !Object.keys(exceptions).some((exception) => file === exception || (exception.endsWith('/') && file.startsWith(exception))));

const rawTime = /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bhrtime\b|\bset(?:Timeout|Interval|Immediate)\(|node:timers/;

test('time is read and waited for in one file', () => {
  const exceptions = {
    'src/support/clock.ts': 'the one place',
    'src/storage/data-directory-lock.ts': 'a limit of a socket, before there is a clock',
    'src/connectors/http/http.ts': 'how long an answer took is measured, not decided by; the clock of a test does not move while it waits for a server',
  };
  expect(linesWith(rawTime, except(src, exceptions))).toEqual([]);
});

test('the stand-ins live on the clock that they are given', () => {
  const exceptions = {
    'sandbox/page/': 'runs in a browser',
    'sandbox/helm/': 'a program of its own, with a process’s own clock',
    'sandbox/docker/': 'a program of its own, with a process’s own clock',
    'sandbox/kubernetes/stand-in.ts': 'gives way to the event loop between two steps, for no length of time',
  };
  expect(linesWith(rawTime, except(sandbox, exceptions))).toEqual([]);
});

test('randomness comes from the port that is handed in', () => {
  expect(linesWith(/\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/, except(src, { 'src/support/ids.ts': 'the one place' }))).toEqual([]);
});

test('SQL is given the time and never asks for it', () => {
  const exceptions = { 'src/storage/database-clock.ts': 'asks PostgreSQL how far our clock is off, which is what it is for' };
  expect(linesWith(/\bcurrent_(?:timestamp|date|time)\b|\bclock_timestamp\(|\bstatement_timestamp\(|(?<![.\w])now\(\)(?!\s*[:{])|\blocaltimestamp\b/i, except(src, exceptions))).toEqual([]);
});

test('only connectors start programs', () => {
  const wrong = src.filter((file) => !file.startsWith('src/connectors/')).flatMap(importsOf).filter(({ target }) => /^(?:node:)?(?:child_process|cluster|worker_threads|vm)$|^execa$/.test(target));
  expect(wrong).toEqual([]);
});

test('nothing is ever given to a shell', () => {
  expect(linesWith(/\bshell\s*:(?!\s*false\b)|\bexecSync\b|(?<![.\w])exec\(|\bexecaCommand\b/, everything)).toEqual([]);
});

test('only connectors use the network, and handlers listen', () => {
  const exceptions = {
    'src/connectors/': 'the edges out',
    'src/handlers/intake.ts': 'the door for outside systems',
    'src/handlers/operations.ts': 'the door for the operator',
    'src/storage/data-directory-lock.ts': 'a socket inside the data directory, which the kernel frees when its owner is gone',
  };
  const rest = except(src, exceptions);
  const network = /^(?:node:)?(?:https?|http2|net|tls|dgram|dns|dns\/promises)$|^(?:undici|ws|fastify|@slack\/|@octokit\/|@pagerduty\/|@kubernetes\/)/;
  expect(rest.flatMap(importsOf).filter(({ target, kind }) => network.test(target) && kind !== 'type')).toEqual([]);
  expect(linesWith(/[^.\w]fetch\(|\bnew WebSocket\(/, rest)).toEqual([]);
});

test('settings come from the environment in one place', () => {
  const exceptions = {
    'src/main.ts': 'hands it to the command',
    'src/support/failpoints.ts': 'for tests that let a process of its own die; not a setting of the bot',
    'src/connectors/helm/helm.ts': 'passes on a named few to the program that it starts, and no other',
    'src/connectors/compose/compose.ts': 'passes on a named few to the program that it starts, and no other',
  };
  expect(linesWith(/\bprocess\.env\b/, except(src, exceptions))).toEqual([]);
});

test('messages of the log are constant, so that they can be searched for; facts go into fields', () => {
  expect(linesWith(/\blog\.(?:debug|info|warn|error)\(\s*`/, src)).toEqual([]);
});

test('there are no default exports, but in the settings of tools that ask for one', () => {
  expect(linesWith(/^\s*export default\b/, [...src, ...sandbox, ...tests])).toEqual([]);
});

test('files are named in kebab-case', () => {
  const named = filesMatching('{src,sandbox,test,bench,systems,manifests}/**/*.*').filter((file) => !/\/(?:Chart\.yaml|README\.md)$/.test(file) && !file.startsWith('test/fixtures/'));
  const kebab = /^(?:[a-z0-9.]+(?:-[a-z0-9]+)*)(?:\.[a-z0-9-]+)*$/;
  expect(named.filter((file) => !file.split('/').every((part) => kebab.test(part)))).toEqual([]);
});

test('no folder is a place for whatever had no place', () => {
  expect(src.filter((file) => /\/(?:utils?|helpers?|services?|managers?|common|misc|lib)(?:\/|\.ts$)/.test(file))).toEqual([]);
});

test('a file of src/ is one idea: at most 350 lines', () => {
  expect(src.filter((file) => textOf(file).split('\n').length > 350)).toEqual([]);
});

test('the tests say what they mean: none is skipped, alone, to do, or true by definition', () => {
  expect(linesWith(/\b(?:test|it|describe)\.(?:skip|only|todo|fails)\b|\bexpect\((?:true|1)\)/, except(tests, { 'test/tidy/conventions.test.ts': 'names them' }))).toEqual([]);
});

test('nothing is left for later in the code', () => {
  expect(src.concat(sandbox).filter((file) => /\b(?:TODO|FIXME|XXX)\b/.test(textOf(file)))).toEqual([]);
});
