import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { lastBytes } from '../../../src/support/last-bytes.ts';
import { canariesIn, makeCanaries } from '../../harness/canaries.ts';

/**
 * Goal: no text holds up the process, and no cut gives half a secret away (GUARANTEES T-09, G-8).
 * Method: each text is a mebibyte of whatever makes a rule begin and not end. If any rule were quadratic on one of them, its 10¹² steps would not end while
 * somebody waits; so they run in a process of their own, which is given up after minutes and not seconds.
 */
const beginnings = [
  'a', 'A1b', '/', '-', '=', ':', ' ', '\\n', '"', '\\\\"', "'", '\\\\', '{', '[', '<', 'password=', 'password="', "password='", 'password=\\\\"', 'password: |\\n', 'secret: >\\n  ', '--password ', '--a-', 'token: ', 'Bearer ', 'Authorization: ', 'Cookie:', 'name: x value', 'name: DB_PASSWORD\\n',
  'eyJ', 'eyJ.', 'AKIA', 'sk-', 'SG.', 'ya29.', 'hooks.slack.com/services/', '123456789:AA', 'aaaaaaaaaaaaaa.atlasv1.', '$2b$', '-----BEGIN ', '-----END ', '-----BEGIN X-----\\n', '-----', 'AAAA\\n', 'postgres://', 'postgres://a:', 'https://', '://a:b', 'a:b@tcp', 'jdbc:oracle:a:a/', '?key=', 'curl ', 'curl -u ', 'mysql ', 'redis-cli ', 'machine a login ', '<a', '[hidden: ', '[hidden: password]', 'password=[hidden: token]', 'pass', 'api key', '%3D', 'a.b-c_', 'password=a,', 'password=a;b',
  'password=[', 'password=["', 'password=[\\n', 'password={', 'password={"a":', 'password=a("', 'password="""', 'password=""a', "password=b'", 'password=a<b', 'password=a<b ',
  '\u001b', '\u001b]', '\u001b]8;;a', '\u001b[', '\u001b[1;', '\u001bP', '\u009d', '\u009d0;a', '\u001b(', '\u0007', '\u200b', '\ud83d',
];

test('T-09: a mebibyte of anything is done', async () => {
  const program = `
    import { redact } from ${JSON.stringify(new URL('../../../src/support/redact/redact.ts', import.meta.url).href)};
    const size = 1024 * 1024;
    for (const beginning of ${JSON.stringify(beginnings.map((text) => text.replaceAll('\\n', '\n').replaceAll('\\\\', '\\')))}) {
      redact(beginning.repeat(Math.ceil(size / beginning.length)));
      if (/["'=:]/.test(beginning)) redact(beginning + 'a'.repeat(size / 4));
      console.log(JSON.stringify(beginning));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 850_000, maxBuffer: 1024 * 1024 });
  expect(stdout.trim().split('\n')).toHaveLength(beginnings.length);
}, 900_000);

test('T-09, G-8: a log that is cut at 64 KiB shows no half of a secret, wherever the cut falls', () => {
  const canaries = makeCanaries('cut');
  for (const canary of canaries) {
    const { line, secret } = canary;
    // The cut falls into each part of the secret in turn.
    for (let into = 0; into <= line.length; into += Math.ceil(line.length / 5)) {
      const filler = 'x '.repeat(32 * 1024 - Math.floor((line.length - into) / 2) - 1);
      const shown = lastBytes(`before it\n${line} ${filler}`);
      expect(canariesIn([canary], shown)).toEqual([]);
      for (const half of [secret.slice(-Math.ceil(secret.length / 2)), secret.slice(-12)]) expect(half.length >= 8 && shown.includes(half), `${canary.form}, ${into}`).toBe(false);
    }
  }
});
