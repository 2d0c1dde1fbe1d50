import { rolesFor, rulesToApproveBy, whyNotApprove } from '../approvals/policy.ts';
import { runMessageKey } from '../runs/announce.ts';
import { rulingOf } from '../runs/ruling.ts';
import type { Run } from '../runs/run.ts';
import { findRun } from '../runs/store.ts';
import { addDuty } from '../storage/duties.ts';
import { wantMessage } from '../storage/outbox.ts';
import { planFile } from '../views/exact-plan.ts';
import type { Bot } from './bot.ts';

/** So many are asked in person; the request is in the thread for everybody. */
const mostAsked = 10;
const askAgainMs = 60_000;

/**
 * A mention in a thread is easily missed, so those who may decide are asked in person, too; edited along with the message in the thread. What is too
 * long for the message goes into the thread as a file.
 */
export async function askApprovers(bot: Bot, run: Run): Promise<void> {
  await askInPerson(bot, run, new Set());
  const now = bot.clock.now();
  const file = planFile(run.plan);
  const thread = { channel: run.channelId, threadKey: run.threadKey ?? runMessageKey(run.id) };
  if (file !== null) await wantMessage(bot.db, { ...thread, key: `plan:${run.id}`, kind: 'file', subject: run.id, content: { ...file }, priority: 6 }, now);
}

/** Slack had not said of everybody who they are: they are asked as soon as it does, while it still waits. */
export async function askOthers(bot: Bot, runId: string): Promise<void> {
  const run = await findRun(bot.db, runId);
  if (run?.state !== 'awaiting_approval' || run.expiresAt <= bot.clock.now()) return;
  const asked = await bot.db.selectFrom('messages').select('channel_id').where('kind', '=', 'approval').where('subject', '=', runId).execute();
  await askInPerson(bot, run, new Set(asked.map(({ channel_id }) => channel_id)));
}

async function askInPerson(bot: Bot, run: Run, asked: ReadonlySet<string>): Promise<void> {
  const now = bot.clock.now();
  const { people, isWhole } = await whoMayDecide(bot, run);
  for (const userId of people.slice(0, mostAsked)) if (!asked.has(userId)) await wantMessage(bot.db, { key: `approval:${run.id}:${userId}`, channel: userId, kind: 'approval', subject: run.id, priority: 5 }, now);
  if (!isWhole) await addDuty(bot.db, { kind: 'run.ask', key: run.id, dueAt: new Date(now.getTime() + askAgainMs) });
}

/** Two thirds of the time are over: those who were asked and have not decided are asked once more, while it still waits. */
export async function remindApprovers(bot: Bot, runId: string): Promise<void> {
  const run = await findRun(bot.db, runId);
  const now = bot.clock.now();
  if (run === undefined || run.state !== 'awaiting_approval' || run.expiresAt <= now) return;
  const undecided = (await whoMayDecide(bot, run)).people.slice(0, mostAsked).filter((id) => !run.approvals.some(({ userId }) => userId === id));
  for (const userId of undecided) await wantMessage(bot.db, { key: `reminder:${run.id}:${userId}`, channel: userId, kind: 'reminder', subject: run.id, priority: 5 }, now);
}

/** So many of those with a role are looked up; Slack is asked about each. */
const mostLookedUp = 30;

export interface Deciders {
  /** Slack ids. */
  readonly people: readonly string[];
  /** Whether Slack said of everybody who they are; others may come to it. */
  readonly isWhole: boolean;
}

/** Those who have the role and may use it: no guest in a group learns what a plan holds (T-05), nor does the requester ask themselves. */
export async function whoMayDecide(bot: Bot, run: Run): Promise<Deciders> {
  const ruling = await rulingOf(bot, bot.db, run);
  if (ruling === null) return { people: [], isWhole: true };
  const roles = new Set(rulesToApproveBy(ruling).flatMap(({ mayApprove }) => rolesFor(mayApprove, ruling.system)));
  const members = await Promise.all([...roles].map((role) => bot.people.membersOf(role)));
  const ids = [...new Set(members.flatMap((known) => known ?? []))].slice(0, mostLookedUp);
  const [requester, ...identities] = await Promise.all([run.requestedBy, ...ids].map((id) => bot.people.identify(id)));
  if (requester === undefined) return { people: [], isWhole: false };
  const people = ids.filter((_, index) => {
    const identity = identities[index];
    return identity !== undefined && whyNotApprove(ruling, identity, requester, run.plan.draft.summary) === null;
  });
  return { people, isWhole: members.every((known) => known !== null) && [requester, ...identities].every(({ person }) => person !== null) };
}
