import { whyNotReadRecord } from '../approvals/record-readers.ts';
import { actorsInRecord, latestEntries, type AuditFilter } from '../audit/store.ts';
import { parseDuration } from '../catalog/duration.ts';
import { findSystem } from '../catalog/resolve.ts';
import { isPersonId } from '../support/ids.ts';
import { auditMessage, mostAuditLines, type AuditList } from '../views/audit-list.ts';
import { unknownWordMessage } from '../views/refusal.ts';
import type { Bot } from './bot.ts';
import { refuse, whisper, type About, type Place } from './reply.ts';

const usage = 'Write: /stock audit [system] [by @person] [since 2d]';
/** So many people are looked up to find whose name was typed. */
const mostPeople = 200;

/** `/stock audit [system] [by @person] [since 2d]`: seen by whoever asked, and by nobody else. */
export async function sayAudit(bot: Bot, { words, place }: { readonly words: readonly string[]; readonly place: Place }): Promise<void> {
  const denied = whyNotReadRecord(await bot.people.identify(place.userId));
  if (denied !== null) return refuse(bot, place, denied, about());
  const now = bot.clock.now();
  let filter: AuditFilter = {};
  let asked: Pick<AuditList, 'systemName' | 'since'> = { systemName: null, since: null };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    switch (word.toLowerCase()) {
      case 'by': {
        const name = nameIn(left);
        const actor = await actorCalled(bot, place.userId, name);
        if (actor === null) return refuse(bot, place, { refused: 'Read the record', rule: `nobody called “${name}” is in it`, instead: usage }, about(filter.system));
        filter = { ...filter, actor };
        break;
      }
      case 'since': {
        const text = left.shift() ?? '';
        const ms = parseDuration(text);
        if (ms === null) return refuse(bot, place, { refused: 'Read the record', rule: `“${text}” is no length of time`, instead: `${usage}, with 30m, 12h, 2d or 4w.` }, about(filter.system));
        filter = { ...filter, since: new Date(now.getTime() - ms) };
        asked = { ...asked, since: text };
        break;
      }
      default: {
        const system = findSystem(bot.catalog(), word);
        if (!('id' in system)) return whisper(bot, place, unknownWordMessage(word, system.didYouMean));
        filter = { ...filter, system: system.id };
        asked = { ...asked, systemName: system.name };
      }
    }
  }
  const wanted = mostAuditLines * 2;
  const entries = await latestEntries(bot.db, filter, wanted + 1);
  const nameOf = (id: string | null) => bot.catalog().systems.find((system) => system.id === id)?.name ?? id;
  await whisper(bot, place, auditMessage({ ...asked, by: filter.actor ?? null, entries: entries.slice(0, wanted).map((entry) => ({ ...entry, systemName: nameOf(entry.system) })), more: entries.length > wanted, now }));
}

const about = (system: string | null = null): About => ({ system, subject: 'audit' });

/** A name may have several words: it goes on to the next word that means something. */
function nameIn(words: string[]): string {
  const end = words.findIndex((word) => ['by', 'since'].includes(word.toLowerCase()));
  return words.splice(0, end === -1 ? words.length : end).join(' ');
}

/** Whom a name means: a mention as Slack writes it, `me`, a part of the bot, or the name of somebody in the record. */
async function actorCalled(bot: Bot, asker: string, name: string): Promise<string | null> {
  const mentioned = /^<@([^|>]+)(?:\|[^>]*)?>$/.exec(name)?.[1];
  if (mentioned !== undefined && isPersonId(mentioned)) return mentioned;
  const wanted = name.replace(/^@/, '').toLowerCase();
  if (wanted === '') return null;
  if (wanted === 'me') return asker;
  const actors = await actorsInRecord(bot.db, mostPeople);
  const ids = actors.find((actor) => actor.toLowerCase() === wanted);
  if (ids !== undefined) return ids;
  for (const actor of actors) {
    const { person } = await bot.people.identify(actor);
    if (person?.name.toLowerCase() === wanted) return actor;
  }
  return null;
}
