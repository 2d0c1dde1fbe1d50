import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { redact, redactAll } from '../../../src/support/redact/redact.ts';
import { rememberSecrets } from '../../../src/support/redact/known-secrets.ts';
import { canariesIn, makeCanaries } from '../../harness/canaries.ts';

const seed = randomBytes(6).toString('hex');
const canaries = makeCanaries(seed);

describe(`T-09: a secret is hidden by its form or its name (canaries of seed ${seed})`, () => {
  test('there are more than 40 forms', () => expect(new Set(canaries.map(({ form }) => form)).size).toBeGreaterThan(40));
  for (const canary of canaries)
    test(canary.form, () => {
      expect(canariesIn([canary], canary.line)).toEqual([canary.form]);
      const shown = redact(canary.line);
      expect(canariesIn([canary], shown)).toEqual([]);
      expect(shown).toMatch(/\[hidden: [A-Za-z ]+\]/);
      expect(redact(shown)).toBe(shown);
    });
  test('all of them in one log', () => {
    const log = canaries.map(({ line }) => line).join('\n');
    expect(canariesIn(canaries, redact(log))).toEqual([]);
  });
});

const hex = (length: number) => randomBytes(length).toString('hex').slice(0, length);
const readable = [
  `2026-03-02T02:13:07.123456Z ERROR [pool-2-thread-15] c.e.stocks.QuoteService - request failed after 3 tries in 1204ms`,
  `stock-api-7d9f8b6c5d-x2x4z   0/1   CrashLoopBackOff   14 (2m11s ago)   53m`,
  `Successfully pulled image "ghcr.io/example/stock-api:v2.4.1@sha256:${hex(64)}" in 1.8s`,
  `Container docker-pullable://registry.internal:5000/stock-api@sha256:${hex(64)} restarted`,
  `deploy of commit ${hex(40)} (short ${hex(7)}) by CI`,
  `uid 8a7f1c2d-33aa-4bcd-9e0f-0123456789ab, resourceVersion 184467, generation 12`,
  `containerd://${hex(64)} exited with 137 (OOMKilled)`,
  `trace_id=${hex(32)} span_id=${hex(16)} traceparent=00-${hex(32)}-${hex(16)}-01`,
  `plan ${hex(64)} of run_${hex(16)}`,
  `/kubepods/burstable/pod8a7f1c2d-33aa-4bcd-9e0f-0123456789ab/${hex(64)}`,
  `10.42.3.17 - - [02/Mar/2026:02:13:07 +0000] "GET /api/v1/stocks/ACME/quotes?limit=50&from=2026-03-01T00:00:00Z HTTP/1.1" 502 157 "-" "kube-probe/1.33"`,
  `org.springframework.boot.autoconfigure.jdbc.DataSourceProperties$Hikari: com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure`,
  `at io.netty.channel.AbstractChannel$AnnotatedConnectException.finishConnect(NioSocketChannel.java:337)`,
  `OAuth2AuthorizationRequestRedirectFilter and Http2ServerStreamTimeoutMillis are configured`,
  `KubeHorizontalPodAutoscalerReplicasMismatch for namespace/stock-analysis-system since 14m59s`,
  `goroutine 4127 [select, 12 minutes]: github.com/example/stocks/v2/internal/quotes.(*Fetcher).Run(0xc0004a2d80, {0x1b2c3d8, 0xc000128000})`,
  `pq: password authentication failed for user "stocks"`,
  `error: invalid token: unexpected end of input at line 3`,
  `the access token has expired; refreshing`,
  `could not refresh token: connection refused`,
  `secretName: stock-api-db, tokens used: 1500, max_tokens: 4096, password_resets_total 17`,
  `Error: secret "stock-api-db" not found`,
  `PWD=/srv/app HOME=/root LANG=C.UTF-8`,
  `env: DB_PASSWORD=$(DB_PASSWORD) API_KEY=\${API_KEY}, password: ***`,
  `connecting to postgres://stocks@db.internal:5432/stocks and redis://cache:6379/0`,
  `ssh://deploy@host.internal:22 and git@github.com:example/stocks.git`,
  `http_requests_total{job="stock-api",instance="10.42.3.17:8080",code="500"} 12345 1772417587000`,
  `level=info ts=2026-03-02T02:13:07Z caller=main.go:120 msg="listening" address=0.0.0.0:8080 version=2.4.1-rc.3+build.20260301`,
  `Warning  FailedScheduling  0/6 nodes are available: 2 Insufficient memory, 4 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }`,
  `Readiness probe failed: Get "http://10.42.3.17:8080/health/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  `arn:aws:iam::123456789012:role/StockServiceRole assumed in eu-central-1 by i-${hex(17)}`,
  `Kafka: partition quotes-14 of consumer group stock-analysis-v2 lags 182334, offset 99182334`,
  `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, X509CertificateVerificationError, UTF8StringEncodingBase64`,
  `/var/lib/kubelet/pods/8a7f1c2d-33aa-4bcd-9e0f-0123456789ab/volumes/kubernetes.io~projected/kube-api-access-x7k2p`,
  `disk-pressure-eviction-threshold-exceeded-on-node ip-10-42-3-17.eu-central-1.compute.internal`,
];

describe('T-09: what a reader does not see keeps no secret from being known', () => {
  for (const [what, unseen] of [['a colour', '\u001b[31;1m'], ['a character without width', '\u200b'], ['a zero', '\0']] as const)
    test(`${what} in the midst of it`, () => {
      for (const { form, line, secret } of canaries) {
        const parted = line.replace(secret, `${secret.slice(0, 3)}${unseen}${secret.slice(3)}`);
        expect(canariesIn(canaries, redact(parted).replaceAll(unseen, '')), form).toEqual([]);
      }
    });
  test('around its name and around itself', () => expect(redact('\u001b[33mdb_password\u001b[0m=\u001b[36mhunter2\u001b[0m')).toBe('db_password=[hidden: password]'));
  test('hiding twice is hiding once, also where only what nobody sees was hidden', () => {
    const shown = redact('"password":"\0"\0==the');
    expect(redact(shown)).toBe(shown);
  });
  test('where there is none, colours stay', () => expect(redact('\u001b[32mok\u001b[0m')).toBe('\u001b[32mok\u001b[0m'));
});

describe('T-09: what an on-call engineer reads stays as it is', () => {
  for (const line of readable) test(line.slice(0, 70), () => expect(redact(line)).toBe(line));
});

describe('T-09: credentials of this installation are hidden by value', () => {
  const own = `${'word'}-${randomBytes(3).toString('hex')} of no form`;
  rememberSecrets([own, 'short', undefined]);
  for (const [how, text] of [
    ['as it is', `refused: ${own}!`],
    ['in a URL', `GET /x/${encodeURIComponent(own)}`],
    ['in JSON', JSON.stringify({ a: `"${own}"` })],
    ['as base64', `auth ${Buffer.from(own).toString('base64')}`],
  ] as const)
    test(how, () => {
      expect(redact(text)).toContain('[hidden: credential of StockOps]');
      expect(redact(text)).not.toContain(own);
    });
  test('a short word is no secret, or it would hide every word like it', () => expect(redact('a short log')).toBe('a short log'));
});

describe('T-09: inside values, keys tell', () => {
  test('by the name of a key, at any depth, of texts and numbers', () => {
    expect(redactAll({ db: { password: 'a', host: 'h', apiKey: 5 }, credentials: [{ user: 'u' }] })).toEqual({ db: { password: '[hidden: password]', host: 'h', apiKey: '[hidden: key]' }, credentials: [{ user: '[hidden: credential]' }] });
  });
  test('by a name beside the value', () => expect(redactAll([{ name: 'DB_PASSWORD', value: 'a' }, { name: 'LEVEL', value: 'info' }])).toEqual([{ name: 'DB_PASSWORD', value: '[hidden: password]' }, { name: 'LEVEL', value: 'info' }]));
  test('what holds no secret is the same object, and labels called __proto__ stay labels (T-24)', () => {
    const plain = { a: ['b', { c: 1, d: null, e: new Date(0) }] };
    expect(redactAll(plain)).toBe(plain);
    const labels = JSON.parse('{"__proto__":"p","password":"q"}') as object;
    expect(Object.entries(redactAll(labels))).toEqual([['__proto__', 'p'], ['password', '[hidden: password]']]);
  });
});

test('T-09: something that is masked already hides nothing that follows it on its line from being found', () => {
  expect(redact('Cookie: *** Set-Cookie: session=zvywuw003u1d; HttpOnly')).toBe('Cookie: [hidden: cookie]');
  expect(redact('password: *** token: 4f9a8b7c6d5e')).toBe('password: *** token: [hidden: token]');
});

test('T-09: of a list, an object or a call goes all of it, and nothing behind it', () => {
  for (const [text, shown] of [
    ['"X-Api-Key":["hunter2"],"retries":3', '"X-Api-Key":[hidden: key],"retries":3'],
    ['password: Some("hunter2"), retries: 3', 'password: [hidden: password], retries: 3'],
    ['"passwords": [\n  "a]b",\n  "c"\n], "retries": 3', '"passwords": [hidden: password], "retries": 3'],
    ['password = """hunter2""" # why', 'password = """[hidden: password]""" # why'],
    ["{'password': b'hunter2', 'retries': 3}", "{'password': b'[hidden: password]', 'retries': 3}"],
    ['credentials: [cut off\nretries: 3', 'credentials: [hidden: credential]\nretries: 3'],
    ['password=ab<cdefghij', 'password=[hidden: password]'],
    ['<td>password=abcdef</td>', '<td>password=[hidden: password]</td>'],
  ] as const) {
    expect(redact(text)).toBe(shown);
    expect(redact(shown)).toBe(shown);
  }
});

test('T-09: a value that is empty stays', () => {
  for (const text of ['secrets: {}', 'tokens: []', 'password="" next', '"password":"","retries":3', 'password: {{ .Values.password }}']) expect(redact(text)).toBe(text);
});

describe('T-09: a secret that was cut leaves no half', () => {
  const key = makeCanaries('cut').find(({ form }) => form === 'PEM private key')?.line ?? '';
  const lines = key.split('\n');
  test('a key without its end', () => expect(redact(`log\n${lines.slice(0, 3).join('\n')}`)).toBe('log\n[hidden: PEM block]'));
  test('a key without its beginning', () => expect(redact(`${lines.slice(1).join('\n')}\nlog`)).toBe('[hidden: PEM block]\nlog'));
  test('a key without its end, and another secret on the next line', () => {
    for (const [next, shown] of [['X-Api-Key: 4f9a8b7c6d5e', 'X-Api-Key: [hidden: key]'], ['\nBearer abcdefgh12345678', '\nBearer [hidden: authorization]'], ['token: 4f9a8b7c6d5e', 'token: [hidden: token]']] as const)
      expect(redact(`password=-----BEGIN RSA PRIVATE KEY-----\n${lines[1] ?? ''}\n${next}`)).toBe(`password=[hidden: PEM block]\n${shown}`);
  });
  test('a key in JSON', () => expect(redact(JSON.stringify({ a: key, b: 1 }))).toBe('{"a":"[hidden: PEM block]","b":1}'));
  test('a mention of a key hides nothing else', () => expect(redact('no -----BEGIN CERTIFICATE----- found in /etc/tls\nnext line')).toBe('no [hidden: PEM block] found in /etc/tls\nnext line'));
});
