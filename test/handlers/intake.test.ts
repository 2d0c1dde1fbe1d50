import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../../sandbox/alertmanager/fingerprint.ts';
import { bodyLimitBytes, createIntake } from '../../src/handlers/intake.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { textOf } from '../harness/messages.ts';
import { alertmanagerToken, notificationOf, startTestBot, type TestBot } from '../harness/test-bot.ts';

const folder = fileURLToPath(new URL('../fixtures/alertmanager/', import.meta.url));

const captured = () =>
  readdirSync(`${folder}captured`).toSorted().map((name) => {
    const { _request: request, body } = JSON.parse(readFileSync(`${folder}captured/${name}`, 'utf8')) as { _request: { method: string }; body: { alerts?: { labels: Record<string, string>; fingerprint: string }[] } };
    return { name, method: request.method, body };
  });

let bot: TestBot;
beforeAll(async () => {
  bot = await startTestBot();
});
afterAll(() => bot[Symbol.asyncDispose]());

const stored = async () => (await bot.running.db.selectFrom('notifications').select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count;
const incidents = () => bot.running.db.selectFrom('incidents').selectAll().orderBy('id').execute();
/** Time for the cards to be posted, one a second. */
const shown = () => bot.advance({ seconds: 12 });
const cards = () => bot.slack.channel('alerts').messages().map((message) => textOf(message));
const post = (headers: Record<string, string>, path = '/webhooks/alertmanager', body = JSON.stringify(one('Unasked'))) => fetch(`${bot.running.intakeUrl}${path}`, { method: 'POST', body, headers });
const one = (alertname: string, overrides: Record<string, unknown> = {}) => notificationOf([{ labels: { alertname, severity: 'warning' }, startsAt: bot.clock.now(), endsAt: null }], { groupKey: `{}:{alertname="${alertname}"}`, ...overrides });

describe('what real Alertmanagers send is stored and applied', () => {
  test('own samples', async () => {
    const samples = readdirSync(folder).filter((file) => file.endsWith('.json'));
    expect(samples.length).toBeGreaterThan(5);
    for (const name of samples) {
      expect(await bot.send(readFileSync(`${folder}${name}`, 'utf8')), name).toBe(200);
      await bot.settle();
    }
    expect(await bot.running.db.selectFrom('notifications').select('id').where('state', '<>', 'applied').execute()).toEqual([]);
  });

  test('captured ones, in their order', async () => {
    const posted = captured().filter(({ method }) => method === 'POST');
    expect(posted.length).toBeGreaterThan(5);
    for (const { name, body } of posted) {
      expect(await bot.send(body), name).toBe(200);
      await bot.settle();
    }
    expect(await bot.running.db.selectFrom('notifications').select('id').where('state', '<>', 'applied').execute()).toEqual([]);
    expect((await incidents()).filter((incident) => incident.title.includes('[object'))).toEqual([]);
  });
});

describe('T-01: who may knock', () => {
  for (const [why, headers, path] of [
    ['no token', {}, undefined],
    ['a wrong token', { authorization: 'Bearer wrong-token-of-alertmanager-0123456789' }, undefined],
    ['a token that is the beginning of the right one', { authorization: `Bearer ${alertmanagerToken.slice(0, -1)}` }, undefined],
    ['an empty token', { authorization: 'Bearer ' }, undefined],
    ['the token as a password', { authorization: `Basic ${Buffer.from(`x:${alertmanagerToken}`).toString('base64')}` }, undefined],
    ['the token in the query', {}, `/webhooks/alertmanager?token=${alertmanagerToken}`],
    ['the name of a source instead of a token', { 'x-stockops-source': 'alertmanager' }, undefined],
  ] as const)
    test(`refuses ${why} with 401 and stores nothing`, async () => {
      const before = await stored();
      const answer = await post(headers as Record<string, string>, path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await stored()).toBe(before);
    });

  test('T-01: two tokens are none, in whatever order', async () => {
    const before = await stored();
    for (const tokens of [[alertmanagerToken, 'x'], ['x', alertmanagerToken], [alertmanagerToken, alertmanagerToken]]) {
      const head = `POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\n${tokens.map((token) => `authorization: Bearer ${token}\r\n`).join('')}content-length: 2\r\nconnection: close\r\n\r\n{}`;
      expect(await rawStatus(bot.running.intakeUrl, head)).toBe(401);
    }
    expect(await stored()).toBe(before);
  });

  test('T-25: no other method answers, on either door; the operator’s has its three paths and no more', async () => {
    const { intakeUrl, operationsUrl } = bot.running;
    for (const method of ['TRACE', 'OPTIONS', 'HEAD', 'PROPFIND'])
      for (const [url, path] of [[intakeUrl, '/webhooks/alertmanager'], [intakeUrl, '/slack/events'], [intakeUrl, '*'], [operationsUrl, '/metrics'], [operationsUrl, '/livez']] as const) {
        const status = await rawStatus(url, `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${alertmanagerToken}\r\nconnection: close\r\n\r\n`);
        expect([400, 404], `${method} ${url}${path}`).toContain(status);
      }
    expect(await rawStatus(intakeUrl, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n'), 'a tunnel').toBeNull();
    const answering = [];
    for (const path of ['/', '/livez', '/readyz', '/metrics', '/debug', '/debug/pprof', '/env', '/config', '/health', '/webhooks/alertmanager', '/slack/events', '/metrics/../env'])
      if ((await fetch(`${operationsUrl}${path}`)).status !== 404) answering.push(path);
    expect(answering).toEqual(['/livez', '/readyz', '/metrics']);
  });

  test('T-25: only the declared routes answer, and nothing happens on the others', async () => {
    const before = await stored();
    const authorization = `Bearer ${alertmanagerToken}`;
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await fetch(`${bot.running.intakeUrl}/webhooks/alertmanager`, { method, headers: { authorization } })).status, method).toBe(404);
    for (const path of ['/', '/webhooks/alertmanager/', '/webhooks', '/webhooks/alertmanager2', '/livez', '/readyz', '/metrics', '/slack/events', '/..%2fwebhooks/alertmanager'])
      expect((await post({ authorization }, path)).status, path).toBe(404);
    expect(await stored()).toBe(before);
  });
});

describe('F-06: the content is never a reason for a 4xx', () => {
  test('what cannot be read is kept, and shown as an incident', async () => {
    for (const body of ['{"version":"4"', '', 'hello', JSON.stringify({ ...one('X'), version: '5' })]) expect(await bot.send(body)).toBe(200);
    expect((await post({ authorization: `Bearer ${alertmanagerToken}`, 'content-type': 'text/plain' }, undefined, '\u0000{')).status).toBe(200);
    await bot.advance({ minutes: 1 });
    const unreadable = (await incidents()).filter((incident) => incident.origin === 'intake');
    expect(unreadable).toHaveLength(1);
    expect(await bot.running.db.selectFrom('notifications').select('state').where('state', '=', 'unreadable').execute()).toHaveLength(5);
    expect(cards().filter((card) => card.includes('could not be read'))).toHaveLength(1);
  });

  test('one bad alert among twenty: nineteen are applied, the bad one is shown', async () => {
    const good = Array.from({ length: 20 }, (_, index) => ({ labels: { alertname: 'OneOfTwenty', index: String(index) }, startsAt: bot.clock.now(), endsAt: null }));
    const notification = notificationOf(good) as { alerts: { startsAt: string }[] };
    notification.alerts[7]!.startsAt = 'yesterday';
    expect(await bot.send(notification)).toBe(200);
    await shown();
    expect(await bot.running.db.selectFrom('alerts').select('id').where('labels', '@>', JSON.stringify({ alertname: 'OneOfTwenty' }) as never).execute()).toHaveLength(19);
    expect(cards().find((card) => card.includes('could not be read'))).toContain('alert 8 of 20');
    // What could not be read of it is for a person to look at, so it is not one of those that go when they are old.
    expect(await bot.running.db.selectFrom('notifications').select('state').where('body', 'like', '%OneOfTwenty%').execute()).toEqual([{ state: 'unreadable' }]);
  });

  test('what Alertmanager left out is said on the card', async () => {
    await bot.send(one('Truncated', { truncatedAlerts: 37 }));
    await shown();
    expect(cards().find((card) => card.includes('Truncated'))).toContain('37 more not sent');
  });

  test('T-24, T-08: hostile labels are text', async () => {
    const labels = { alertname: 'Hostile', severity: '<!channel>', constructor: 'c', summary: '*bold* `code` <https://evil.example.com|click>', nul: 'a\u0000b', half: '\ud800' };
    const body = JSON.stringify(notificationOf([{ labels, annotations: { summary: '<!everyone> & <@U0ONCALL>\u202e' }, startsAt: bot.clock.now(), endsAt: null }])).replaceAll('"constructor"', '"__proto__":"p","constructor"');
    expect(await bot.send(body)).toBe(200);
    await shown();
    const card = cards().find((text) => text.includes('Hostile'));
    expect(card).toContain('&lt;!everyone&gt;');
    expect(card).not.toMatch(/<!(?!date\^)|<@|<https:\/\/evil/);
    const [alert] = await bot.running.db.selectFrom('alerts').select('labels').where('labels', '@>', JSON.stringify({ alertname: 'Hostile' }) as never).execute();
    expect(Object.entries(alert!.labels)).toContainEqual(['__proto__', 'p']);
  });

  test('10,000 alerts in one body are one card', async () => {
    const alerts = Array.from({ length: 10_000 }, (_, index) => ({ labels: { alertname: 'Legion', index: String(index) }, startsAt: bot.clock.now(), endsAt: null }));
    expect(await bot.send(notificationOf(alerts))).toBe(200);
    await shown();
    expect(cards().filter((card) => card.includes('Legion'))).toEqual([expect.stringMatching(/10,?000 alerts firing/)]);
  });
});

describe('P-7, P-8: what cannot be taken now comes again', () => {
  test('a body above the limit is refused with 413, a card and a metric', async () => {
    const answer = await post({ authorization: `Bearer ${alertmanagerToken}` }, undefined, 'x'.repeat(bodyLimitBytes + 1)).catch((error: unknown) => error);
    if (answer instanceof Response) expect(answer.status).toBe(413);
    await shown();
    expect(cards().filter((card) => card.includes('was too large'))).toEqual([expect.stringContaining('16.0 MiB than fits (limit 16.0 MiB)')]);
    expect(await bot.running.app.bot.metrics.registry.getSingleMetricAsString('stockops_webhooks_total')).toContain('answer="413"} 1');
  });

  test('F-04: not ready is 503 with Retry-After, before the body is read', async () => {
    await using door = await openDoor(bot, { whyNotReady: () => 'the bot is stopping' });
    const before = await stored();
    const answer = await door.post('quiet');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    const beginning = `POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.token('quiet')}\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n{`;
    expect(await rawStatus(door.url, beginning), 'a body that never comes').toBe(503);
    expect(await stored()).toBe(before);
  });

  test('F-04: a database that cannot be reached is 503', async () => {
    const db = await openDatabase({ kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' });
    await using door = await openDoor({ ...bot, running: { ...bot.running, app: { ...bot.running.app, bot: { ...bot.running.app.bot, db } } } } as TestBot);
    const answer = await door.post('quiet');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    await db.destroy();
  });

  test('F-03: a database that does not answer within five seconds is 503', async () => {
    await using door = await openDoor(bot);
    const hold = holdDatabase(bot);
    await hold.held;
    let status: number | undefined;
    void door.post('quiet').then((answer) => (status = answer.status));
    // The request has to reach the door before its five seconds begin, and only the server knows when it has.
    await expect
      .poll(() => {
        bot.clock.moveTo(new Date(bot.clock.now().getTime() + 5_000));
        return status;
      }, { timeout: 30_000 })
      .toBe(503)
      .finally(hold.release);
  });

  test.skipIf(process.env['DATABASE_URL'] !== undefined)('T-21: one noisy source never takes the place of a quiet one', async () => {
    await using door = await openDoor(bot);
    const hold = holdDatabase(bot);
    await hold.held;
    let refused = 0;
    const noisy = Array.from({ length: 80 }, () =>
      door.post('noisy').then((answer) => {
        if (answer.status === 503) refused += 1;
        return answer.status;
      }),
    );
    await expect.poll(() => refused).toBe(80 - 32);
    const quiet = door.post('quiet');
    await hold.release();
    expect((await quiet).status).toBe(200);
    const answers = await Promise.all(noisy);
    expect(answers.filter((status) => status === 200)).toHaveLength(32);
    // A place is free again once its request is answered.
    expect((await door.post('noisy')).status).toBe(200);
  });

  test('T-21: a sender that stops in the middle of a request gives its place back', async () => {
    await using door = await openDoor(bot);
    const { hostname, port } = new URL(door.url);
    for (let index = 0; index < 40; index += 1) {
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) => socket.write(`POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.token('noisy')}\r\ncontent-length: 1000\r\n\r\n{`, () => resolve()));
      socket.destroy();
    }
    await expect.poll(async () => (await door.post('noisy')).status).toBe(200);
  });
});

describe('T-21, T-24: bodies that are meant to hurt', () => {
  const authorized = { authorization: `Bearer ${alertmanagerToken}` };
  const unreadable = async () => (await bot.running.db.selectFrom('notifications').select('id').where('state', '=', 'unreadable').execute()).length;
  /** Inside of a field that nothing reads, so that the notification itself is a good one. */
  const withUnread = (name: string, value: string) => JSON.stringify({ ...one(name), routeLabels: 0 }).replace('"routeLabels":0', `"routeLabels":${value}`);
  const keys = (count: number, nameOf: (index: number) => string) => `{${Array.from({ length: count }, (_, index) => `"${nameOf(index)}":0`).join(',')}}`;

  for (const [why, body, isRead] of [
    ['JSON 100,000 deep', () => withUnread('Deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`), true],
    ['JSON 100,000 deep that never ends', () => '['.repeat(100_000), false],
    ['a million keys', () => withUnread('Keys', keys(1_000_000, (index) => index.toString(36))), true],
    ['keys that all fall into one place of a bad table', () => withUnread('Collide', keys(50_000, (index) => String(index * 65_536))), true],
  ] as const)
    test(`${why}: taken, and ${isRead ? 'read' : 'shown as unreadable'}`, async () => {
      const before = await unreadable();
      expect((await post(authorized, undefined, body())).status).toBe(200);
      await bot.settle();
      expect(await unreadable()).toBe(before + (isRead ? 0 : 1));
      expect(await bot.running.db.selectFrom('notifications').select('id').where('state', 'not in', ['applied', 'unreadable']).execute()).toEqual([]);
    });

  test('what is packed is not unpacked, so nothing small becomes large', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '));
    const answer = await fetch(`${bot.running.intakeUrl}/webhooks/alertmanager`, { method: 'POST', body: bomb, headers: { ...authorized, 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(200);
    const { size } = await bot.running.db.selectFrom('notifications').select(sql<number>`length(body)`.as('size')).orderBy('id', 'desc').executeTakeFirstOrThrow();
    expect(size).toBeLessThanOrEqual(bomb.length);
    await bot.settle();
  });

  for (const contentType of [';;;', '/', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])
    test(`a body is taken whatever it says it is: ${contentType}`, async () => {
      const before = await stored();
      expect((await post({ ...authorized, 'content-type': contentType }, undefined, JSON.stringify(one('Typed')))).status).toBe(200);
      await bot.settle();
      expect(await stored()).toBe(before + 1);
      expect(await bot.running.db.selectFrom('notifications').select('state').orderBy('id', 'desc').limit(1).execute()).toEqual([{ state: 'applied' }]);
    });

  test('T-24: of a key that is there twice, the last counts, everywhere; keys of objects’ own are labels like others', async () => {
    const body = JSON.stringify(one('Twice', { groupKey: '{}:{twice}' }))
      .replace('"status":"firing","labels":{', '"status":"resolved","status":"firing","labels":{"alertname":"First","__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h",')
      .replace('"version":"4"', '"__proto__":{"polluted":"yes"},"version":"3","version":"4"');
    expect(await bot.send(body)).toBe(200);
    await bot.settle();
    const [alert] = await bot.running.db.selectFrom('alerts').select(['labels', 'status']).where('labels', '@>', JSON.stringify({ alertname: 'Twice' }) as never).execute();
    expect(alert?.status).toBe('firing');
    expect(Object.fromEntries(Object.entries(alert?.labels ?? {}).filter(([name]) => name !== 'severity'))).toEqual(Object.fromEntries([['alertname', 'Twice'], ['__proto__', 'p'], ['constructor', 'c'], ['toString', 't'], ['hasOwnProperty', 'h']]));
    expect({}).not.toHaveProperty('polluted');
  });

  test('T-21: senders that send a byte now and then keep no place from a quiet source', async () => {
    await using door = await openDoor(bot);
    const { hostname, port } = new URL(door.url);
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname).on('error', () => {}));
    for (const socket of sockets) socket.write(`POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.token('noisy')}\r\ncontent-length: 1000\r\n\r\n{`);
    const timesOf = async (source: string) => {
      const times: number[] = [];
      for (let asked = 0; asked < 100; asked += 1) {
        const began = process.hrtime.bigint();
        expect((await door.post(source)).status).toBe(200);
        times.push(Number(process.hrtime.bigint() - began) / 1e6);
      }
      return times.toSorted((a, b) => a - b)[98]!;
    };
    const during = await timesOf('quiet');
    for (const socket of sockets) socket.destroy();
    const alone = await timesOf('quiet');
    console.log(`T-21: p99 of a quiet source beside 200 slow senders is ${(during / alone).toFixed(1)} × its p99 alone`);
    await bot.settle();
  });
});

/** The status of the first answer to bytes as they are; `null`: the connection was closed without one. */
function rawStatus(url: string, bytes: string): Promise<number | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (part) => void (answer += String(part)));
    socket.once('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? Number.NaN) || null));
    socket.once('error', reject);
    socket.write(bytes);
  });
}

/** A door of its own with two sources, on the same bot. */
async function openDoor(of: TestBot, { whyNotReady = () => null }: { readonly whyNotReady?: () => string | null } = {}) {
  const token = (source: string) => `${source}-token-0123456789abcdef0123456789abcdef`;
  const server = createIntake(of.running.app.bot, { sources: () => ['noisy', 'quiet'].map((name) => ({ name, tokens: [token(name)] })), slack: null, whyNotReady });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    token,
    post: (source: string) => fetch(`${url}/webhooks/alertmanager`, { method: 'POST', body: JSON.stringify(one(`Of ${source}`)), headers: { authorization: `Bearer ${token(source)}` } }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Locks the table of notifications, so that whoever wants to store one waits. */
function holdDatabase(of: TestBot) {
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  const done = of.running.db.transaction().execute(async (tx) => {
    // PGlite has one connection, and any transaction has it; of a server's, this one must be waited for.
    await sql`lock table notifications in access exclusive mode`.execute(tx);
    hold();
    await free;
  });
  return {
    held,
    release: async () => {
      release();
      await done;
    },
  };
}

test('F-10: a notification that cannot be applied is set aside and shown, those of other groups go on, those of its own follow', async () => {
  bot.expectError('A notification could not be applied');
  await sql`create function refuse_poison() returns trigger language plpgsql as $$ begin
    if new.labels ? 'poison' then raise exception 'poison'; end if; return new; end $$`.execute(bot.running.db);
  await sql`create trigger refuse_poison before insert on alerts for each row execute function refuse_poison()`.execute(bot.running.db);
  const startsAt = bot.clock.now();
  const groupKey = '{}:{group="poisoned"}';
  await bot.send(notificationOf([{ labels: { alertname: 'Poison', poison: 'yes' }, startsAt, endsAt: null }], { groupKey }));
  await bot.send(notificationOf([{ labels: { alertname: 'AfterPoison' }, startsAt, endsAt: null }], { groupKey }));
  await bot.send(one('BesidePoison'));
  await bot.settle();
  const names = async () => (await incidents()).map((incident) => incident.alert_name);
  expect(await names()).toContain('BesidePoison');
  expect(await names()).not.toContain('AfterPoison');
  await bot.advance({ minutes: 1 });
  expect(await names()).toContain('AfterPoison');
  expect(await bot.running.db.selectFrom('notifications').select(['tries', 'last_error']).where('state', '=', 'quarantined').execute()).toEqual([{ tries: 5, last_error: 'poison' }]);
  expect(cards().find((card) => card.includes('could not be read'))).toContain('failed 5 times');
});

test('fingerprints of the harness are those of Alertmanager', () => {
  const alerts = captured().flatMap(({ body }) => body.alerts ?? []);
  expect(alerts.length).toBeGreaterThan(5);
  for (const alert of alerts) expect(fingerprint(alert.labels)).toBe(alert.fingerprint);
});
