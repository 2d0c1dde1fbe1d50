import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { sql } from 'kysely';
import { watchCredentialFiles } from '../../src/commands/renew-credentials.ts';
import { readSettings, type Settings } from '../../src/config/settings.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { manualClock } from '../../src/support/clock.ts';

const used = { ALERTMANAGER_TOKEN_FILE: '/run/alertmanager', SLACK_BOT_TOKEN_FILE: '/run/bot', SLACK_APP_TOKEN: 'xapp-1', PAGERDUTY_ROUTING_KEY_STOCK_API_FILE: '/run/key' };
const withMore = { ...used, DATABASE_URL_FILE: '/run/database', ALERTMANAGER_TOKEN_STAGING_FILE: '/run/staging' };

function arrange(files: Record<string, string>, environment: Record<string, string> = used) {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };
  const read = readSettings(environment, readFile);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const clock = manualClock(new Date('2026-03-02T02:13:00Z'));
  const renewed: Settings[] = [];
  const errors: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (message: string, fields = {}) => void errors.push(`${message} ${JSON.stringify(fields)}`) };
  const watch = watchCredentialFiles({ environment, settings: read.settings, clock, log, renew: async (settings) => void renewed.push(settings), readFile });
  const after = async (seconds: number) => {
    clock.moveTo(new Date(clock.now().getTime() + seconds * 1_000));
    await watch.look();
  };
  return { files, renewed, errors, watch, after };
}

test('T-17: a changed file is noticed by its content and handed on once', async () => {
  const { files, renewed, watch, after } = arrange({ '/run/alertmanager': 'a'.repeat(32), '/run/bot': 'xoxb-1', '/run/key': 'k'.repeat(32) });
  await after(60);
  expect(renewed).toEqual([]);
  files['/run/bot'] = 'xoxb-2\n';
  await after(6);
  await after(60);
  expect(renewed.map(({ SLACK_BOT_TOKEN }) => SLACK_BOT_TOKEN)).toEqual(['xoxb-2']);
  files['/run/key'] = 'm'.repeat(32);
  await after(6);
  expect(renewed.at(-1)?.routingKeys.get('PAGERDUTY_ROUTING_KEY_STOCK_API')).toBe('m'.repeat(32));
  watch.stop();
});

test('T-17, T-10: a file that is gone or holds nonsense changes nothing, is said once, and never by its value', async () => {
  const { files, renewed, errors, watch, after } = arrange({ '/run/alertmanager': 'a'.repeat(32), '/run/bot': 'xoxb-1', '/run/key': 'k'.repeat(32) });
  files['/run/alertmanager'] = 'tooshort-secret';
  await after(6);
  await after(6);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain('ALERTMANAGER_TOKEN');
  expect(errors[0]).not.toContain('tooshort-secret');
  delete files['/run/alertmanager'];
  await after(6);
  expect(errors).toHaveLength(2);
  files['/run/alertmanager'] = 'b'.repeat(32);
  await after(6);
  expect(renewed).toHaveLength(1);
  watch.stop();
});

test('T-17: an address of the database with a lone % changes nothing either, and does not end the process', async () => {
  const { renewed, errors, watch, files, after } = arrange({ '/run/alertmanager': 'a'.repeat(32), '/run/bot': 'xoxb-1', '/run/key': 'k'.repeat(32), '/run/staging': 's'.repeat(32), '/run/database': 'postgres://bot:old@db/stockops' }, withMore);
  files['/run/database'] = 'postgres://bot:100%@db/stockops';
  await after(6);
  expect(errors.join()).toContain('DATABASE_URL a % in it must be written as %25');
  expect(renewed).toEqual([]);
  files['/run/database'] = 'postgres://bot:100%25@db/stockops';
  await after(6);
  expect(renewed).toHaveLength(1);
  watch.stop();
});

test('T-17: a file that others can read or change is named', () => {
  const open = (mode: number) => {
    const read = readSettings({ ...withMore, DATABASE_URL_FILE: '' }, () => 'a'.repeat(40), () => 0o100000 | mode);
    return read.ok ? read.openFiles : [];
  };
  expect(open(0o400)).toEqual([]);
  expect(open(0o440)).toEqual([]);
  expect(open(0o600)).toEqual([]);
  for (const mode of [0o444, 0o644, 0o660, 0o777, 0o404]) expect(open(mode), mode.toString(8)).toEqual(['/run/alertmanager', '/run/bot', '/run/key', '/run/staging']);
});

test('T-17: new connections to PostgreSQL use the address of now', async () => {
  const users: string[] = [];
  // As much of a server as says who knocks: the first message names the user.
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      users.push(/user\0([^\0]*)\0/.exec(first.toString('latin1'))?.[1] ?? '');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let user = 'before';
  const db = await openDatabase({
    kind: 'postgres',
    get url() {
      return `postgres://${user}:x@127.0.0.1:${port}/stockops`;
    },
  });
  for (const next of ['before', 'after']) {
    user = next;
    await expect(sql`select 1`.execute(db)).rejects.toThrow();
  }
  expect(users).toEqual(['before', 'after']);
  await db.destroy();
  await new Promise((resolve) => server.close(resolve));
});
