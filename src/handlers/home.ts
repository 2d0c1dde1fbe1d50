import { windowsWithin } from '../catalog/maintenance.ts';
import { openIncidents } from '../incidents/store.ts';
import { whyNotApprove, whyNotMember, type Identity } from '../approvals/policy.ts';
import { approversOf } from '../runs/decide.ts';
import { rulingOf } from '../runs/ruling.ts';
import { findRun } from '../runs/store.ts';
import { homeView, refusedHome } from '../views/home.ts';
import type { HomeContent } from '../views/blocks.ts';
import type { HomeOpened } from '../views/slack-port.ts';
import type { Bot } from './bot.ts';
import { holdsNow } from './hold-content.ts';
import { onCallRoles } from './on-call.ts';
import { systemStates, toOpenIncident } from './system-states.ts';

const lastRuns = 5;
/** What comes up further away than this is not told yet. */
const maintenanceDays = 7;

/** The Home tab of one person, made when they open it. It tells guests no more than a command does (T-05). */
export async function handleHome(bot: Bot, { userId }: HomeOpened): Promise<void> {
  const identity = await bot.people.identify(userId);
  const stranger = whyNotMember(identity, 'Show how everything stands');
  const published = await bot.slack.publishHome(userId, stranger === null ? await homeOf(bot, userId, identity) : refusedHome(stranger));
  if (published.status === 'failed') bot.log.warn('A Home tab could not be shown', { user: userId, error: published.error });
}

async function homeOf(bot: Bot, userId: string, identity: Identity): Promise<HomeContent> {
  const now = bot.clock.now();
  const { systems } = bot.catalog();
  const waiting = [];
  for (const { id } of await bot.db.selectFrom('runs').select('id').where('state', '=', 'awaiting_approval').orderBy('expires_at').limit(50).execute()) {
    const run = await findRun(bot.db, id);
    const ruling = run === undefined ? null : await rulingOf(bot, bot.db, run);
    if (run === undefined || ruling === null || approversOf(run).includes(userId) || whyNotApprove(ruling, identity, await bot.people.identify(run.requestedBy), '') !== null) continue;
    waiting.push({ requestId: run.id, summary: run.plan.draft.summary, environment: run.plan.environment, requestedBy: run.requestedBy, expiresAt: run.expiresAt });
  }
  const mine = (await openIncidents(bot.db)).filter((incident) => incident.acknowledgedBy === userId);
  const runs = await bot.db.selectFrom('runs').select(['id', 'state', 'finished_at', 'requested_at']).where('requested_by', '=', userId).where('state', '<>', 'planned').orderBy('requested_at', 'desc').limit(lastRuns).execute();
  return homeView({
    waiting,
    mine: mine.map(toOpenIncident),
    systems: await systemStates(bot, null),
    onCall: await onCallRoles(bot, null),
    maintenance: systems.flatMap((system) => windowsWithin(system, now, maintenanceDays).map(({ from, to, why }) => ({ what: `${system.name}: ${why}`, from, to }))).toSorted((a, b) => a.from.getTime() - b.from.getTime()),
    runs: await Promise.all(runs.map(async (row) => ({ summary: (await findRun(bot.db, row.id))?.plan.draft.summary ?? row.id, outcome: row.state.replaceAll('_', ' '), at: row.finished_at ?? row.requested_at }))),
    hold: (await holdsNow(bot)).everywhere,
    now,
  });
}
