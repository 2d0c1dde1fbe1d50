/**
 * Goal: what happened at night can be told in the morning, by whom and in which order, and nothing happens that cannot be told (G-10).
 * Method: whole stories; besides what is asked here, every story of every test ends with a walk through its record (`test/harness/record.ts`).
 */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { latestEntries, readEntries, readHead } from '../../src/audit/store.ts';
import { verifyChain } from '../../src/audit/verify.ts';
import { buttonOf, textOf } from '../harness/messages.ts';
import { whatIsWrongWithTheRecord } from '../harness/record.ts';
import { startTestBot, type TestBot } from '../harness/test-bot.ts';
import { approver, ask, card, fire, oncall, press, reply, sreLead, submit, support, told, type, writes } from './on-call.ts';

const kinds = async (bot: TestBot, subject?: string) => (await latestEntries(bot.running.db, {}, 1_000)).toReversed().filter((entry) => subject === undefined || entry.subject === subject).map(({ kind, actor }) => `${kind} ${actor}`);

test('I10: a night is in the record, in its order: pages, who took it, the plan, the refusal, the approval, what became of it, who closed it', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Acknowledge');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await press(bot, support, reply(bot, 'from 3 to 2'), 'Approve');
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 40 });
  await press(bot, oncall, card(bot), 'Resolve…');
  await submit(bot, oncall, { cause: 'too many pods', impact: 'none' });

  const story = await kinds(bot);
  expect(story).toEqual([
    'process.started stockops',
    'page.accepted stockops',
    `incident.acknowledged ${oncall}`,
    ...story.filter((line) => line === 'page.accepted stockops').slice(1, 2),
    `run.planned ${oncall}`,
    `run.awaiting_approval ${oncall}`,
    `refused ${support}`,
    `approval.approved ${approver}`,
    `run.approved ${approver}`,
    'run.started stockops',
    'run.succeeded stockops',
    `incident.resolved ${oncall}`,
    ...story.filter((line) => line === 'page.accepted stockops').slice(2),
  ]);
  const planned = (await latestEntries(bot.running.db, { system: 'mystocks', actor: oncall }, 50)).find(({ kind }) => kind === 'run.planned');
  expect(planned?.details).toMatchObject({ summary: 'Scale mystocks-api from 3 to 2', params: { replicas: 2 }, epoch: 1, risk: 'high', planHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const refused = (await latestEntries(bot.running.db, { actor: support }, 1))[0];
  expect(refused).toMatchObject({ kind: 'refused', system: 'mystocks', subject: planned?.subject, details: { rule: expect.stringContaining('it needs the role') } });
});

test('G-10: what cannot be written into the record does not start, and is done once it can', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await sql`create function no_room() returns trigger language plpgsql as $$ begin if new.entry like '%run.started%' then raise exception 'no room for the record'; end if; return null; end $$`.execute(bot.running.db);
  await sql`create trigger no_room after insert on audit_inbox for each row execute function no_room()`.execute(bot.running.db);
  await press(bot, approver, reply(bot, 'from 3 to 2'), 'Approve');
  await bot.advance({ seconds: 5 });
  expect(writes(bot)).toEqual([]);
  expect((await bot.running.db.selectFrom('runs').select('state').executeTakeFirstOrThrow()).state).toBe('approved');
  expect(bot.log.filter(({ fields }) => fields['error'] === 'no room for the record').length).toBeGreaterThan(0);

  await sql`drop trigger no_room on audit_inbox`.execute(bot.running.db);
  await bot.advance({ seconds: 60 });
  expect(writes(bot)).toEqual(['PATCH mystocks/mystocks-api/scale']);
});

test('F-20: whoever comes second, presses an old card, or types what is not allowed is told so, and it is in the record', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  const old = card(bot);
  const actionId = buttonOf(old, 'Acknowledge');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await ask(bot, sreLead, 'Scale…', { replicas: '2' });
  expect(told(bot, sreLead)).toContain('Not done twice');
  await Promise.all([approver, sreLead].map((as) => bot.slack.press({ as, channel: old.channelId, ts: old.ts, actionId })));
  await bot.settle();
  await type(bot, support, 'mystocks', 'scale 500');
  const refusals = (await latestEntries(bot.running.db, {}, 100)).filter(({ kind }) => kind === 'refused').toReversed();
  expect(refusals.map(({ actor }) => actor)).toEqual([sreLead, expect.toSatisfy((actor) => actor === approver || actor === sreLead), support]);
  expect(refusals.map(({ details }) => details['rule'])).toEqual([expect.stringContaining('before'), expect.stringContaining('older than its incident'), expect.stringContaining('it needs the role')]);
});

test('/stock audit shows the latest entries to whoever asks and has a role, by system, person and time', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Acknowledge');
  await bot.advance({ hours: 3 });
  await ask(bot, approver, 'Scale…', { replicas: '2' });

  await type(bot, oncall, 'alerts', 'audit');
  expect(told(bot, oncall)).toMatch(/^The record/);
  for (const words of [`<@${approver}> asked for approval: *Scale mystocks-api from 3 to 2* · MyStocks`, `<@${oncall}> INC-1: acknowledged`, 'StockOps began: version']) expect(told(bot, oncall), words).toContain(words);

  await type(bot, oncall, 'alerts', 'audit mystocks by @SRE approver since 2h');
  expect(told(bot, oncall)).toContain('The record: MyStocks · by <@U0APPROVER> · the last 2h');
  expect(told(bot, oncall)).toContain('asked for approval');
  expect(told(bot, oncall)).not.toContain('acknowledged');
  await type(bot, oncall, 'alerts', 'audit by me since 1h');
  expect(told(bot, oncall)).toContain('Nothing in the record: by <@U0ONCALL> · the last 1h');
  await type(bot, oncall, 'alerts', 'audit stock-api');
  expect(told(bot, oncall)).toContain('Nothing in the record: Stock API');

  await type(bot, oncall, 'alerts', 'audit by @nobody');
  expect(told(bot, oncall)).toContain('nobody called “@nobody” is in it');
  await type(bot, oncall, 'alerts', 'audit since yesterday');
  expect(told(bot, oncall)).toContain('“yesterday” is no length of time');
  await type(bot, oncall, 'alerts', 'audit mystokcs');
  expect(told(bot, oncall)).toContain('Did you mean');
  await type(bot, support, 'alerts', 'audit');
  expect(told(bot, support)).toContain('it is for people with a role');
  await type(bot, 'U0GUEST', 'alerts', 'audit');
  expect(told(bot, 'U0GUEST')).toContain('only full members');
});

test('what is refused is found by the system that it was about, with the incident, the request or the word that it was', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, support, card(bot), 'Acknowledge');
  await type(bot, support, 'alerts', 'freeze mystocks the audit');
  await type(bot, support, 'alerts', 'unfreeze mystocks');
  await type(bot, oncall, 'alerts', 'freeze mystocks');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  await press(bot, 'U0GUEST', reply(bot, 'from 3 to 2'), 'Approve');
  await press(bot, 'U0GUEST', card(bot), 'Acknowledge');

  const entries = (await latestEntries(bot.running.db, { system: 'mystocks' }, 100)).toReversed();
  const run = entries.find(({ kind }) => kind === 'run.planned')?.subject;
  expect(entries.filter(({ kind }) => kind === 'refused').map(({ actor, subject, details }) => `${actor} ${subject}: ${details['refused']}`)).toEqual([
    `${support} INC-1: Acknowledge INC-1`,
    `${support} freeze: Freeze changes to MyStocks`,
    `${support} unfreeze: Unfreeze changes to MyStocks`,
    `${oncall} freeze: Freeze changes`,
    `U0GUEST ${run}: What you pressed`,
    'U0GUEST INC-1: What you pressed',
  ]);
  await type(bot, oncall, 'alerts', 'audit mystocks by @Support agent');
  expect(told(bot, oncall)).toContain('Acknowledge INC-1');
});

test('T-23: every hour the log and the channel are told where the record stands, and only what has changed is posted', async () => {
  await using bot = await startTestBot({ environment: { STOCKOPS_AUDIT_CHANNEL: '#incidents' } });
  const posted = () => bot.slack.channel('incidents').messages().filter(({ text }) => text.startsWith('Anchor of the record'));
  await fire(bot, 'mystocks');
  await bot.advance({ hours: 1, minutes: 1 });
  expect(posted()).toHaveLength(1);
  const [sequence = '', hash = ''] = /(\d+):([0-9a-f]{64})/.exec(textOf(posted()[0]))?.slice(1) ?? [];
  expect(await verifyChain(readEntries(bot.running.db), { anchors: [{ sequence: Number(sequence), hash }], head: await readHead(bot.running.db) })).toMatchObject({ kind: 'whole' });
  expect(bot.anchors).toEqual([`${sequence}:${hash}`]);

  await bot.advance({ hours: 2 });
  const quiet = posted().length;
  await bot.advance({ hours: 2 });
  expect(posted()).toHaveLength(quiet);
  expect(bot.anchors.length).toBeGreaterThanOrEqual(5);
});

test('the walk at the end of every story finds what is missing, what is twice, and what was changed', async () => {
  await using bot = await startTestBot();
  await fire(bot, 'mystocks');
  await press(bot, oncall, card(bot), 'Acknowledge');
  await ask(bot, oncall, 'Scale…', { replicas: '2' });
  const { db } = bot.running;
  expect(await whatIsWrongWithTheRecord(db)).toEqual([]);
  const wrongAfter = async (statement: string): Promise<string> => {
    const wrong = await db.transaction().execute(async (tx) => {
      await sql`alter table audit_entries disable trigger user`.execute(tx);
      await sql.raw(statement).execute(tx);
      const found = await whatIsWrongWithTheRecord(tx);
      throw new Error(found.join('\n'));
    }).catch((error: unknown) => (error as Error).message);
    return String(wrong);
  };
  expect(await wrongAfter(`update runs set state = 'approved'`)).toContain('is approved, and its last entry says awaiting_approval');
  expect(await wrongAfter(`delete from audit_entries where kind = 'run.planned'`)).toContain('between two entries something happened that has none');
  expect(await wrongAfter(`insert into approvals (run_id, user_id, decision, at) select id, 'U1', 'approved', requested_at from runs`)).toContain('approved by U1 has 0 entries');
  expect(await wrongAfter(`delete from audit_entries where kind = 'incident.acknowledged'`)).toContain('acknowledged by U0ONCALL has 0 entries');
  expect(await wrongAfter(`update audit_entries set entry = replace(entry, 'replicas', 'copies')`)).toContain('it was changed');
});
