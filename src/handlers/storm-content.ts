import { sql } from 'kysely';
import { cardsWaiting, findStorm, type Storm } from '../incidents/storm.ts';
import { incidentsOfStorm } from '../incidents/store.ts';
import type { MessageContent } from '../views/blocks.ts';
import { stormCard, stormEnd, stormPages, type StormGroup } from '../views/storm.ts';
import type { Bot } from './bot.ts';
import { systemOf } from './incident-content.ts';

export async function stormContent(bot: Bot, stormId: number): Promise<MessageContent | null> {
  const storm = await findStorm(bot.db, stormId);
  if (storm === undefined) return null;
  const view = {
    startedAt: storm.startedAt,
    groups: await groupsOf(bot, storm),
    pages: await pagesIn(bot, stormId),
    cardsToCome: storm.endedAt === null ? await cardsWaiting(bot.db, storm.channelId) : 0,
    now: bot.clock.now(),
  };
  return storm.endedAt === null ? stormCard(view) : stormEnd({ ...view, endedAt: storm.endedAt });
}

/** The thread's messages: every group of the storm, some dozens to a message. */
export async function stormThread(bot: Bot, storm: Storm): Promise<readonly MessageContent[]> {
  return stormPages(await groupsOf(bot, storm));
}

export async function stormPageContent(bot: Bot, stormId: number, page: number): Promise<MessageContent | null> {
  const storm = await findStorm(bot.db, stormId);
  return storm === undefined ? null : ((await stormThread(bot, storm))[page] ?? null);
}

async function groupsOf(bot: Bot, storm: Storm): Promise<StormGroup[]> {
  const incidents = await incidentsOfStorm(bot.db, storm.id);
  return incidents.map((incident) => ({
    incidentId: incident.id,
    systemName: systemOf(bot.catalog(), incident)?.name ?? null,
    environment: incident.environment,
    severity: incident.severity,
    rank: incident.rank,
    title: incident.title,
    state: incident.state,
  }));
}

async function pagesIn(bot: Bot, stormId: number): Promise<{ waiting: number; undelivered: number }> {
  const now = bot.clock.now();
  return bot.db
    .selectFrom('pages')
    .innerJoin('incidents', 'incidents.id', 'pages.incident_id')
    .select([
      sql<number>`(count(*) filter (where pages.state = 'waiting' and pages.last_error is null and pages.due_at <= ${now}))::int`.as('waiting'),
      sql<number>`(count(*) filter (where pages.state = 'refused' or (pages.state = 'waiting' and pages.last_error is not null)))::int`.as('undelivered'),
    ])
    .where('incidents.storm_id', '=', stormId)
    .where('pages.action', '=', 'trigger')
    .executeTakeFirstOrThrow();
}
