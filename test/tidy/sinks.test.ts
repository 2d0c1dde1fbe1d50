import { expect, test } from 'vitest';
import { filesMatching, importsOf, linesWith, textOf } from './source-files.ts';

/**
 * Goal: no program, no path and no address is reached by a text that nobody checked (T-06, P-1 to P-3). The types `CommandLine`, `Path` and `URL` say so; here is what the types cannot say:
 * that each is made in one place, and that nothing goes around them.
 */
const src = filesMatching('src/**/*.ts');
const connectors = filesMatching('src/connectors/**/*.ts');

const callsOf = (name: string, files: readonly string[]) => files.flatMap((file) => [...textOf(file).matchAll(new RegExp(`(?<![.\\w])(?:await )?${name}\\(([^\\n]*)`, 'g'))].filter(([whole]) => !whole.includes('function')).map(([, rest = '']) => ({ file, rest })));

test('P-3: every program is started with a command line that was checked, and with an environment of its own', () => {
  const started = callsOf('execa', connectors);
  expect(started.map(({ file }) => file)).toEqual(['src/connectors/compose/compose.ts', 'src/connectors/helm/helm.ts']);
  for (const { file, rest } of started) expect(rest, file).toMatch(/^options\.program \?\? '[a-z]+', commandLine\(/);
  for (const { file } of started) expect(textOf(file), file).toMatch(/extendEnv: false/);
  expect(linesWith(/\bas CommandLine\b/, src)).toEqual([expect.stringMatching(/^src\/support\/command-line\.ts:/)]);
});

test('P-1, P-2: paths of the Kubernetes API are made in one file, of checked names, and the client’s own calls are not used', () => {
  expect(linesWith(/\bas Path\b/, src).every((line) => line.startsWith('src/connectors/kubernetes/api.ts:'))).toBe(true);
  expect(linesWith(/\bas Path\b/, src)).toHaveLength(2);
  const taken = [...textOf('src/connectors/kubernetes/api.ts').matchAll(/\{ ([\w, ]+) \} = await import\('@kubernetes\/client-node'\)/g)].flatMap(([, names = '']) => names.split(', '));
  expect([...new Set(taken)].toSorted()).toEqual(['HttpMethod', 'KubeConfig', 'RequestContext']);
  const importing = src.filter((file) => importsOf(file).some(({ target, kind }) => target === '@kubernetes/client-node' && kind !== 'type'));
  expect(importing).toEqual(['src/connectors/kubernetes/api.ts']);
});

test('T-11: whoever asks an address asks one that was parsed, and follows nobody elsewhere', () => {
  const asked = [...callsOf('request', connectors), ...callsOf('send', connectors.filter((file) => file.startsWith('src/connectors/kubernetes/api')))];
  const undici = connectors.filter((file) => importsOf(file).some(({ target, kind }) => target === 'undici' && kind !== 'type'));
  for (const file of undici) expect(asked.filter((call) => call.file === file).every(({ rest }) => rest.startsWith('url, ')), file).toBe(true);
  expect(undici).toEqual(['src/connectors/http/http.ts', 'src/connectors/kubernetes/api.ts', 'src/connectors/prometheus/prometheus.ts']);
  expect(linesWith(/maxRedirections|interceptors\.redirect/, src)).toEqual([]);
});
