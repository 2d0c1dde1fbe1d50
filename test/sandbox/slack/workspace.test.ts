import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { harborTrading } from '../../../sandbox/slack/workspace.ts';

const read = (path: string) => parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));

test('every role of the catalog has its user group in the workspace, with somebody in it', () => {
  const { roles } = read('systems/roles.yaml') as { roles: Record<string, { slackGroup?: string }> };
  const groups = new Map(harborTrading.userGroups.map((group) => [group.handle, group.members]));
  for (const [role, { slackGroup }] of Object.entries(roles)) {
    if (slackGroup !== undefined) expect(groups.get(slackGroup)?.length ?? 0, `${role}: ${slackGroup}`).toBeGreaterThan(0);
  }
});

test('the channels that every system tells exist', () => {
  const { comms } = read('systems/defaults.yaml') as { comms: { channels: Record<string, string> } };
  const names = harborTrading.channels.map((channel) => `#${channel.name}`);
  for (const channel of Object.values(comms.channels)) expect(names).toContain(channel);
});

test('ids are unique, and groups and channels hold people that there are', () => {
  const ids = harborTrading.users.map((user) => user.id);
  expect(new Set(ids).size).toBe(ids.length);
  const known = new Set([...ids, harborTrading.app.botUserId]);
  for (const member of [...harborTrading.userGroups, ...harborTrading.channels].flatMap((place) => place.members ?? [])) expect(known).toContain(member);
});
