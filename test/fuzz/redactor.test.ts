import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, redactAll } from '../../src/support/redact/redact.ts';
import { canariesIn, makeCanaries } from '../harness/canaries.ts';
import { fuzz } from './runs.ts';

/**
 * Goal: whatever text comes, the redactor takes it, hides the secret in it, and hides it once (GUARANTEES T-09, M-16).
 * Method: texts of pieces that its own rules look for, complete, cut and in the wrong places, with a canary somewhere among them.
 */
const pieces = [
  'password=', 'password: ', '"password":"', "passwd='", '--password ', 'token=', 'Bearer ', 'Authorization: ', 'Cookie: ', 'api_key', 'name: ', 'value: ', '"name":"', '","value":"', 'secret: |\n  ', '=>', ':=', '==', ': ', '=',
  '-----BEGIN ', '-----END ', 'PRIVATE KEY-----', '-----', 'eyJ', 'eyJhbGci.', 'gh', 'p_', 'xoxb-', 'AKIA', 'sk-', 'npm_', 'SG.', '$2b$', '[hidden: ', '[hidden: password]', '[', ']', '://', 'postgres://', 'https://u:p@h/', '@', 'u:', '@tcp(', '?key=', '&sig=',
  '"', "'", '`', '\\', '\\"', '\\\\\\"', '\n', '\r\n', '\\n', ' ', '\t', ',', ';', '&', '|', ')', '}', '<', '>', '<password>', '</password>', '%3D', '\u0000', '\ud800', '𝒳', '\u202e', '0123456789abcdef0123456789abcdef01234567', 'stock-api-7d9f8b6c5d-x2x4z', 'null', '***', '${X}', 'curl -u a:', 'mysql -p', 'identified by \'',
];
const noise = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'binary', maxLength: 8 }), fc.string({ maxLength: 12 }), fc.constantFrom('the', 'pod', 'of stock-api', 'failed')), { maxLength: 12 }).map((parts) => parts.join(''));

test('M-16, T-09: no text makes the redactor fail, and hiding twice is hiding once', () => {
  fc.assert(
    fc.property(noise, (text) => {
      const shown = redact(text);
      expect(shown.length).toBeLessThanOrEqual(8 * text.length + 40);
      expect(redact(shown)).toBe(shown);
      expect(redactAll({ a: [text], [text]: text })).toEqual(redactAll(redactAll({ a: [text], [text]: text })));
    }),
    fuzz('redactor', 3_000),
  );
});

test('M-16, M-21: a canary is gone wherever it stands', () => {
  const canaries = makeCanaries('fuzz');
  const between = fc.constantFrom(' ', '\n', '\n\n', '\t', ' - ', ' | ', '\r\n');
  fc.assert(
    fc.property(noise, between, fc.constantFrom(...canaries), between, noise, (before, gap, canary, otherGap, after) => {
      expect(canariesIn([canary], redact(`${before}${gap}${canary.line}${otherGap}${after}`))).toEqual([]);
    }),
    fuzz('canaries', 3_000),
  );
});

test('M-16: what is left of a text that holds no secret is the text', () => {
  const words = fc.array(fc.constantFrom('pod', 'stock-api-7d9f8b6c5d-x2x4z', 'restarted', '10.42.3.17:8080', '2026-03-02T02:13:07Z', '8a7f1c2d-33aa-4bcd-9e0f-0123456789ab', 'exit=137', 'took 12ms,', 'GET /v1/quotes?limit=5', '"level":"error"', 'KubePodCrashLooping', '\n', '(2 of 3)', 'v2.4.1'), { maxLength: 20 });
  fc.assert(
    fc.property(words, (given) => {
      expect(redact(given.join(' '))).toBe(given.join(' '));
    }),
    fuzz('harmless', 1_000),
  );
});
