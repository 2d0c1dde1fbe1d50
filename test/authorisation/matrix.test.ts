/**
 * Goal: who may do what is exactly the table of `table.ts`, for everybody, everywhere (T-04, T-05, M-20).
 * Method: the real bot; everybody types every command in every kind of channel, as a dry run, and what each was told privately is compared with the table.
 * The policy's code is not asked. The number of cells is printed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '../harness/messages.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { writes } from '../scenarios/on-call.ts';
import { actions, channelOf, groupOf, people, roleOf, type Need, type RoleId, type SystemId } from './table.ts';

/** They have every role, and may do nothing all the same. */
const outsiders = { U0GUEST: 'guest', U0PARTNER: 'stranger', U0FORMER: 'deactivated', U0BOT: 'bot', U0SILENT: 'silent' } as const;
const everyone = [...Object.keys(roleOf), 'U0SUPPORT', ...Object.keys(outsiders)];
const channels = ['own', 'general', 'shared', 'direct', 'withoutBot'] as const;
type ChannelKind = (typeof channels)[number];

let bot: TestBot;
let cells = 0;

beforeAll(async () => {
  bot = await startTestBot({ slack: { rateLimits: 'none' } });
  const { state } = bot.slack.workspace;
  const like = (id: string, kind: 'member' | 'bot') => state.users.push({ ...state.users[0]!, id, name: id.toLowerCase(), email: `${id}@harbor-trading.example`, kind });
  like('U0ENGINEER', 'member');
  like('U0SILENT', 'member');
  like('U0BOT', 'bot');
  for (const group of state.userGroups) group.userIds = [...Object.entries(roleOf).filter(([, role]) => groupOf[role] === group.handle).map(([id]) => id), ...Object.keys(outsiders)];
  for (const channel of state.channels) channel.memberIds = [...new Set([...channel.memberIds, ...everyone])];
  bot.slack.fail({ method: 'users.info', match: ({ user }) => user === 'U0SILENT', mode: 'error', error: 'internal_error', times: Number.MAX_SAFE_INTEGER });
  // One after the other, and remembered: the clock stands still. What is measured is rights, not how many answers come at once on a cold start.
  for (const person of everyone) await bot.running.app.bot.people.identify(person);
}, 300_000);
afterAll(async () => {
  console.log(`authorisation: ${cells} cells`);
  await bot[Symbol.asyncDispose]();
});

type Told = 'nothing' | 'not a member' | 'not known' | 'no role' | 'shared channel' | 'no need' | 'done' | 'alone' | 'one' | 'nothing there' | `other: ${string}`;

function expected(person: string, system: SystemId, need: Need, channel: ChannelKind): Told {
  const outside = outsiders[person as keyof typeof outsiders];
  // Slack takes no direct message to an account that is closed or a program's, and the bot is not in that channel. Nothing is done, and nobody can be told.
  if ((outside === 'deactivated' || outside === 'bot') && channel === 'withoutBot') return 'nothing';
  if (outside === 'silent') return 'not known';
  if (outside !== undefined) return 'not a member';
  const role: RoleId | undefined = roleOf[person as keyof typeof roleOf];
  const changes: readonly RoleId[] = people[system].change;
  const may = role !== undefined && (changes.includes(role) || (need === 'look' && role === 'engineering'));
  if (!may) return 'no role';
  if (need === 'look') return 'done';
  if (channel === 'shared') return 'shared channel';
  return need === 'need' ? 'no need' : need;
}

function meaningOf(text: string): Told {
  if (text === '') return 'nothing';
  if (text.includes('only full members of this workspace')) return 'not a member';
  if (text.includes('Slack did not say who you are')) return 'not known';
  if (text.includes('it needs the role')) return 'no role';
  if (text.includes('people of another organisation are in this channel')) return 'shared channel';
  if (text.includes('it needs a maintenance window, or an open incident')) return 'no need';
  if (text.includes('It would need your own confirmation')) return 'alone';
  if (text.includes('It would need 1 approval from')) return 'one';
  if (text.includes('The cluster does not have it') || text.includes('release: not found') || text.includes('Every revision in the history has the image that runs now')) return 'nothing there';
  return /^\S* ?.+ · (?:production|staging|dr) · .+: /.test(text) ? 'done' : `other: ${text}`;
}

/** So many at the same moment: Slack gives the bot three seconds to take each, and one process serves them all. */
const atOnce = 4;

/** Everybody types the same. */
async function everybodyTypes(channel: string, text: string): Promise<Map<string, Told>> {
  const seen = bot.slack.workspace.state.messages.length;
  for (let first = 0; first < everyone.length; first += atOnce) {
    await Promise.all(everyone.slice(first, first + atOnce).map((as) => bot.slack.command({ as, channel, command: '/stock', text })));
    await bot.running.app.settled();
  }
  const told = bot.slack.workspace.state.messages.slice(seen);
  return new Map(everyone.map((as) => [as, meaningOf(toText(told.filter(({ ephemeralFor, channelId }) => ephemeralFor === as || channelId === bot.slack.workspace.directMessageWith(as).id).at(-1)))]));
}
const toText = (message: Parameters<typeof textOf>[0]) => (message === undefined ? '' : `${message.text}\n${textOf(message)}`);

/** A plan for Helm or Compose starts programs, which takes its time: those are asked for in two kinds of channel, everything else in all. */
const startsPrograms = (system: SystemId, words: string) => system === 'crypto-volatility' || (system === 'stock-service' && /^(?:scale-permanently|autoscaling|deploy|rollback)/.test(words));

const channelName = (kind: ChannelKind, system: SystemId) => ({ own: channelOf[system], general: 'general', shared: 'partners', direct: '@', withoutBot: 'postmortem-private' })[kind];

for (const system of Object.keys(actions) as SystemId[]) {
  test(`T-04, T-05, M-20: ${system}: what everybody is told everywhere is what the table says`, { timeout: 300_000 }, async () => {
    const wrong: string[] = [];
    for (const [words, needs] of actions[system]) {
      for (const [index, [environment, need]] of Object.entries(needs).entries()) {
        for (const channel of index === 0 && !startsPrograms(system, words) ? channels : (['own', 'shared'] as const)) {
          const told = await everybodyTypes(channelName(channel, system), `${system} ${words} ${environment} --dry-run`);
          for (const person of everyone) {
            cells += 1;
            const should = expected(person, system, need, channel);
            if (told.get(person) !== should) wrong.push(`${person} · ${system} ${words} ${environment} · ${channel}: ${told.get(person)}, and the table says ${should}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(writes(bot)).toEqual([]);
  });
}
