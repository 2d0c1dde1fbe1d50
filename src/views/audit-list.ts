import type { AuditEntry } from '../audit/entry.ts';
import type { Json } from '../support/json.ts';
import { context, message, sectionsOf, type MessageContent } from './blocks.ts';
import { code, escape, join, mrkdwn, person, truncate, when, type Mrkdwn } from './mrkdwn.ts';

/** `/stock audit`: the latest entries of the record, the newest first. */
export interface AuditList {
  /** What was asked for; `null`: not asked about. */
  readonly systemName: string | null;
  readonly by: string | null;
  /** As it was typed: `2d`. */
  readonly since: string | null;
  readonly entries: readonly (AuditEntry & { readonly sequence: number; readonly systemName: string | null })[];
  /** There are older ones that were asked for, too. */
  readonly more: boolean;
  readonly now: Date;
}

export const mostAuditLines = 15;

export function auditMessage({ systemName, by, since, entries, more, now }: AuditList): MessageContent {
  const asked = join([systemName === null ? null : escape(truncate(systemName, 60)), by === null ? null : mrkdwn`by ${person(by)}`, since === null ? null : mrkdwn`the last ${since}`], ' · ');
  const of = systemName === null && by === null && since === null ? null : mrkdwn`: ${asked}`;
  if (entries.length === 0) return message(mrkdwn`*Nothing in the record${of}*`, []);
  const lines = entries.filter(hasLineOfItsOwn);
  const shown = lines.slice(0, mostAuditLines);
  const [newest, oldest] = [shown[0]?.sequence ?? 0, shown.at(-1)?.sequence ?? 0];
  const range = newest === oldest ? mrkdwn`Entry ${newest}` : mrkdwn`Entries ${oldest} to ${newest}`;
  return message(mrkdwn`*The record${of}*`, [
    ...sectionsOf(shown.map((entry) => line(entry, systemName === null, now))),
    context(join([range, more || lines.length > shown.length ? mrkdwn`older ones: ${code('stockops audit export')}` : null, mrkdwn`whole? ${code('stockops audit verify')}`], ' · ')),
  ]);
}

/** A person’s decision, and the state that it led to, are two entries and one line. */
const hasLineOfItsOwn = ({ kind, details }: AuditEntry): boolean => !((kind === 'run.approved' || kind === 'run.denied') && details['from'] === 'awaiting_approval');

function line(entry: AuditList['entries'][number], namesSystem: boolean, now: Date): Mrkdwn {
  const who = entry.actor === 'stockops' ? mrkdwn`StockOps` : person(entry.actor);
  return mrkdwn`${when(entry.at, now)} ${who} ${inWords(entry)}${entry.systemName === null || !namesSystem ? null : mrkdwn` · ${truncate(entry.systemName, 40)}`}`;
}

/** What happened, after the name of who did it. */
function inWords({ kind, subject, details }: AuditEntry): Mrkdwn {
  const said = (name: string): string => truncate(textIn(details, name), 160);
  const summary = mrkdwn`*${said('summary') || truncate(subject, 60)}*`;
  const reason = textIn(details, 'outcome', 'reason') || textIn(details, 'reason');
  const because = reason === '' ? null : mrkdwn` (${truncate(reason, 160)})`;
  switch (kind) {
    case 'run.planned':
      return mrkdwn`looked at a plan: ${summary}`;
    case 'run.awaiting_approval':
      return mrkdwn`asked for approval: ${summary}`;
    case 'run.approved':
      return mrkdwn`confirmed, it may start: ${summary}`;
    case 'run.started':
      return mrkdwn`started: ${summary}`;
    case 'run.succeeded':
      return textIn(details, 'outcome', 'status') === 'settled' ? mrkdwn`says that it happened: ${summary}` : mrkdwn`saw it done: ${summary}`;
    case 'run.failed':
      if (textIn(details, 'outcome', 'status') === 'notWatched') return mrkdwn`stopped watching: ${summary}`;
      return textIn(details, 'outcome', 'status') === 'settled' ? mrkdwn`says that it did not happen: ${summary}` : mrkdwn`saw it fail: ${summary}${because}`;
    case 'run.unknown':
      return mrkdwn`does not know whether it happened: ${summary}${because}`;
    case 'run.withdrawn':
      return mrkdwn`withdrew: ${summary}`;
    case 'run.expired':
      return mrkdwn`let it run out: ${summary}`;
    case 'run.voided':
      return mrkdwn`did not start: ${summary}${because}`;
    case 'run.denied':
    case 'approval.denied':
      return mrkdwn`denied: ${summary}${because}`;
    case 'approval.approved':
      return mrkdwn`approved: ${summary}`;
    case 'glass.broken':
      return mrkdwn`broke the glass, without the approvals that were missing: ${summary}${because}`;
    case 'override.given':
      return mrkdwn`let others go past what is not settled: ${summary}${because}`;
    case 'freeze.set':
      return mrkdwn`froze changes${because}`;
    case 'freeze.lifted':
      return mrkdwn`ended the freeze of changes${because}`;
    case 'epoch.begun':
      return mrkdwn`began epoch ${said('epoch')}: the database came back from a copy or another server`;
    case 'refused':
      return mrkdwn`was refused: *${said('refused')}* (${said('rule')})`;
    case 'page.accepted':
      return textIn(details, 'action') === 'trigger' ? mrkdwn`paged ${said('role')} for ${subject}` : mrkdwn`told PagerDuty: ${said('action')} ${subject}`;
    case 'page.refused':
      return mrkdwn`could not page ${said('role')} for ${subject}${because}`;
    case 'process.started':
      return mrkdwn`began: version ${said('version')}, epoch ${said('epoch')}, catalog ${said('catalogVersion').slice(0, 12)}`;
    case 'catalog.loaded':
      return mrkdwn`read a changed catalog: ${said('before').slice(0, 12)} → ${said('version').slice(0, 12)}`;
    case 'catalog.refused':
      return mrkdwn`refused a changed catalog: ${said('problems')} problems`;
    case 'storage.pruned':
      return mrkdwn`deleted what was over before ${said('before').slice(0, 10)}`;
    default:
      return mrkdwn`${escape(truncate(subject, 60))}: ${said('text') || said('summary') || kind}`;
  }
}

/** A value in the details as text; empty where there is none. */
function textIn(details: AuditEntry['details'], ...path: readonly string[]): string {
  let value: Json | undefined = details as Json;
  for (const name of path) value = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>)[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
