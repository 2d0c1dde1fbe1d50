import { expect, test } from 'vitest';
import { readSettings, secretSettings, settingDocs } from '../../src/config/settings.ts';

const enough = { ALERTMANAGER_TOKEN: 'a'.repeat(32), SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };

function problemsOf(environment: Record<string, string>): string[] {
  const read = readSettings(environment, () => {
    throw new Error('no such file');
  });
  return read.ok ? [] : read.problems;
}

test('a minimal environment is enough, and everything else has its default', () => {
  const read = readSettings(enough);
  expect(read).toMatchObject({ ok: true, settings: { PORT: 8080, OPS_HOST: '127.0.0.1', OPS_PORT: 9090, STOCKOPS_DATA_DIR: './data', ALERTMANAGER_TOKEN: ['a'.repeat(32)] } });
});

test('all missing and wrong settings are said at once, each with its purpose and an example', () => {
  const problems = problemsOf({ PORT: 'eighty', SLACK_BOT_TOKEN: '', LOG_LEVEL: 'loud' });
  expect(problems).toHaveLength(4);
  for (const name of ['PORT', 'ALERTMANAGER_TOKEN', 'SLACK_BOT_TOKEN', 'LOG_LEVEL'] as const) {
    const line = problems.find((problem) => problem.startsWith(name));
    expect(line, name).toContain(settingDocs[name].purpose);
    expect(line, name).toContain(settingDocs[name].example);
  }
});

for (const [why, environment, named] of [
  ['a token that can be guessed (T-01)', { ALERTMANAGER_TOKEN: 'short' }, 'ALERTMANAGER_TOKEN'],
  ['an empty signing secret (T-02)', { SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: '' }, 'SLACK_APP_TOKEN'],
  ['a database of another kind', { DATABASE_URL: 'mysql://db/x' }, 'DATABASE_URL'],
  ['an address that is none', { PAGERDUTY_EVENTS_URL: 'events' }, 'PAGERDUTY_EVENTS_URL'],
  ['an address of another kind', { SLACK_API_URL: 'file:///etc/passwd' }, 'SLACK_API_URL'],
  ['a name that does not fit into a dedup key', { STOCKOPS_INSTALLATION: 'a:b' }, 'STOCKOPS_INSTALLATION'],
  ['a secret file that cannot be read', { SLACK_BOT_TOKEN: '', SLACK_BOT_TOKEN_FILE: '/nowhere' }, 'SLACK_BOT_TOKEN_FILE'],
] as const) {
  test(`refuses ${why}`, () => {
    expect(problemsOf({ ...enough, ...environment }).some((problem) => problem.startsWith(named))).toBe(true);
  });
}

test('no problem repeats the value of a secret (T-10)', () => {
  const secret = 'hunter2-hunter2';
  for (const name of secretSettings) expect(problemsOf({ ...enough, [name]: secret }).join('\n')).not.toContain(secret);
});

test('every secret may come from a file, and several tokens may be valid while one replaces another (T-17)', () => {
  const files: Record<string, string> = { '/run/token': `${'a'.repeat(32)},${'b'.repeat(32)}\n`, '/run/key': 'k'.repeat(32) };
  const read = readSettings({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', ALERTMANAGER_TOKEN_FILE: '/run/token', PAGERDUTY_ROUTING_KEY_STOCK_SERVICE_FILE: '/run/key' }, (path) => files[path] ?? '');
  expect(read).toMatchObject({ ok: true, settings: { ALERTMANAGER_TOKEN: ['a'.repeat(32), 'b'.repeat(32)] } });
  expect(read.ok && read.settings.routingKeys.get('PAGERDUTY_ROUTING_KEY_STOCK_SERVICE')).toBe('k'.repeat(32));
});
