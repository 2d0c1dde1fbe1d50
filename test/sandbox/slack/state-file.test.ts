import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSlackStandIn } from '../../../sandbox/slack/stand-in.ts';
import { manualClock } from '../../../src/support/clock.ts';
import { actions, button, call } from './call.ts';

const clock = () => manualClock(new Date('2026-03-02T02:14:00Z'));

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'slack-state-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('a workspace goes on after a restart where it stopped', async () => {
  await using place = await folder();
  const stateFile = join(place.path, 'new', 'workspace.json');
  const first = await startSlackStandIn({ clock: clock(), stateFile });
  const { body } = await call(first, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1', blocks: [actions('card', button('go'))] });
  await call(first, 'conversations.create', { name: 'inc-42' });
  const { botToken } = first;
  await first.close();

  await using second = await startSlackStandIn({ clock: clock(), stateFile });
  expect(second.botToken).toBe(botToken);
  expect(second.channel('alerts').messages()).toMatchObject([{ ts: body['ts'], text: 'P1' }]);
  expect(second.channel('inc-42').memberIds).toEqual(['U0STOCKOPS']);
  const later = await call(second, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P2' });
  expect(Number(later.body['ts'])).toBeGreaterThan(Number(body['ts']));
});

test('a workspace in which nothing happened is kept too', async () => {
  await using place = await folder();
  const stateFile = join(place.path, 'workspace.json');
  await (await startSlackStandIn({ clock: clock(), stateFile })).close();
  expect(await readdir(place.path)).toEqual(['workspace.json']);
});

test('a change is in the file soon, without a close, and no half-written file stays', async () => {
  await using place = await folder();
  const stateFile = join(place.path, 'workspace.json');
  await using slack = await startSlackStandIn({ clock: clock(), stateFile });
  await call(slack, 'chat.postMessage', { channel: 'C0ALERTS', text: 'P1' });
  let files: string[] = [];
  while (!files.includes('workspace.json')) files = await readdir(place.path);
  await using other = await startSlackStandIn({ clock: clock(), stateFile });
  expect(other.channel('alerts').messages()).toMatchObject([{ text: 'P1' }]);
});

test('a file of another version is refused, not guessed at', async () => {
  await using place = await folder();
  const stateFile = join(place.path, 'workspace.json');
  await writeFile(stateFile, JSON.stringify({ version: 2 }));
  await expect(startSlackStandIn({ clock: clock(), stateFile })).rejects.toThrow('not a workspace of this version');
});
