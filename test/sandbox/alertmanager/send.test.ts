/** Goal: one line in a shell puts a real notification into a running bot, or says why not. Method: the program itself, and a receiver. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { AlertGroup } from '../../../src/alerts/notification.ts';

function run(...words: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['sandbox/alertmanager/send.ts', ...words], { env: { ...process.env, ALERTMANAGER_TOKEN: 'knock' } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

async function withReceiver<T>(status: number, use: (url: string, heard: { path: string; authorization: string; body: string }[]) => Promise<T>): Promise<T> {
  const heard: { path: string; authorization: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as { port: number }).port}`, heard);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('sends the rule of the system with its labels, annotations and value', async () => {
  await withReceiver(200, async (url, heard) => {
    const { code, output } = await run('HighErrorRate', '--severity=critical', '--value=0.12', '--label=pod=one', `--url=${url}`);
    expect({ code, output }).toEqual({ code: 0, output: 'HighErrorRate was taken (200): look at #alerts.\n' });
    expect(heard).toMatchObject([{ path: '/webhooks/alertmanager', authorization: 'Bearer knock' }]);
    const group = AlertGroup.parse(JSON.parse(heard[0]?.body ?? ''));
    expect(group).toMatchObject({ status: 'firing', commonLabels: { alertname: 'HighErrorRate', system: 'stock-service', severity: 'critical', pod: 'one' }, commonAnnotations: { value: '12%' } });
  });
});

test('says that it is over, under the same fingerprint', async () => {
  await withReceiver(200, async (url, heard) => {
    await run('ServiceDown', `--url=${url}`);
    await run('ServiceDown', '--resolved', `--url=${url}`);
    const [first, second] = heard.map(({ body }) => JSON.parse(body) as { status: string; alerts: { fingerprint: string }[] });
    expect([first?.status, second?.status]).toEqual(['firing', 'resolved']);
    expect(second?.alerts[0]?.fingerprint).toBe(first?.alerts[0]?.fingerprint);
  });
});

test('a refusal ends with 1 and says what to do', async () => {
  await withReceiver(401, async (url) => {
    expect(await run('ServiceDown', `--url=${url}`)).toEqual({ code: 1, output: 'The bot answered 401: the token is not the right one (--token).\n' });
  });
});

for (const [why, ...words] of [
  ['no name'],
  ['an option that does not exist', 'ServiceDown', '--sevrity=critical'],
  ['a label without a value', 'ServiceDown', '--label=pod'],
  ['a value that is no number', 'ServiceDown', '--value=lots'],
] as const) {
  test(`${why} ends with 2 and the usage`, async () => {
    const { code, output } = await run(...words);
    expect(code).toBe(2);
    expect(output).toContain('Usage: npm run alert');
  });
}
