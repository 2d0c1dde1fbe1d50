import { latestEntries, readEntries, readHead } from '../../src/audit/store.ts';
import { verifyChain } from '../../src/audit/verify.ts';
import type { DbOrTx } from '../../src/storage/database.ts';

/** What is told of a run beside its states. */
const besideStates: ReadonlySet<string> = new Set(['glass.broken', 'override.given']);

/**
 * Whether the record tells what happened, each thing once (I10): asked at the end of every story that the whole bot plays. The chain is whole; the entries of
 * each run lead from its plan to the state that it has, none missing and none twice; each decision has its entry, and so has what people did to incidents.
 */
export async function whatIsWrongWithTheRecord(db: DbOrTx): Promise<string[]> {
  const wrong: string[] = [];
  const verified = await verifyChain(readEntries(db), { head: await readHead(db) });
  if (verified.kind === 'broken') wrong.push(`entry ${verified.sequence}: ${verified.why}`);
  const entries = (await latestEntries(db, {}, 100_000)).toReversed();

  const runs = await db.selectFrom('runs').select(['id', 'state']).execute();
  for (const { id, state } of runs) {
    const told = entries.filter(({ subject, kind }) => subject === id && kind.startsWith('run.') && !besideStates.has(kind)).map(({ kind, details }) => ({ from: String(details['from'] ?? ''), to: kind.slice('run.'.length) }));
    const links = told.map(({ from }, index) => (from === (told[index - 1]?.to ?? '') ? null : `${told[index - 1]?.to ?? 'nothing'}, then ${from} → ${told[index]?.to}`)).filter((link) => link !== null);
    wrong.push(...links.map((link) => `${id}: between two entries something happened that has none: ${link}`));
    if (told.at(-1)?.to !== state) wrong.push(`${id} is ${state}, and its last entry says ${told.at(-1)?.to ?? 'nothing'}`);
    wrong.push(...told.filter(({ from, to }) => from === to).map(({ to }) => `${id}: ${to} has two entries`));
  }
  const strangers = entries.filter(({ kind, subject }) => kind.startsWith('run.') && !runs.some(({ id }) => id === subject));
  wrong.push(...strangers.map(({ subject }) => `${subject} has an entry and is no run`));

  const countOf = (kind: string, subject: string, actor: string): number => entries.filter((entry) => entry.kind === kind && entry.subject === subject && entry.actor === actor).length;
  for (const glass of await db.selectFrom('broken_glass').selectAll().execute())
    if (countOf('glass.broken', glass.run_id, glass.user_id) !== 1) wrong.push(`${glass.run_id}: the glass was broken, and that has not one entry`);
  for (const { id, overridden } of await db.selectFrom('runs').select(['id', 'overridden']).where('overridden', 'is not', null).execute())
    if (countOf('override.given', id, (overridden as unknown as { by: string }).by) !== 1) wrong.push(`${id}: it was overridden, and that has not one entry`);
  for (const freeze of await db.selectFrom('freezes').selectAll().execute()) {
    if (countOf('freeze.set', `freeze_${freeze.id}`, freeze.frozen_by) !== 1) wrong.push(`freeze_${freeze.id}: its beginning has not one entry`);
    if (countOf('freeze.lifted', `freeze_${freeze.id}`, freeze.lifted_by ?? 'stockops') !== (freeze.lifted_at === null ? 0 : 1)) wrong.push(`freeze_${freeze.id}: its end has not one entry`);
  }

  const approvals = await db.selectFrom('approvals').select(['run_id', 'user_id', 'decision']).execute();
  for (const { run_id: run, user_id: user, decision } of approvals) {
    const count = entries.filter(({ subject, actor, kind }) => subject === run && actor === user && kind === `approval.${decision}`).length;
    if (count !== 1) wrong.push(`${run}: ${decision} by ${user} has ${count} entries`);
  }

  const acts = await db.selectFrom('timeline_entries').select(['incident_id', 'kind', 'actor', 'at']).where('kind', '<>', 'run').where('actor', '~', '^[UW][A-Z0-9]+$').execute();
  for (const act of acts) {
    const count = entries.filter(({ subject, kind, actor, at }) => subject === `INC-${act.incident_id}` && kind === `incident.${act.kind}` && actor === act.actor && at.getTime() === act.at.getTime()).length;
    if (count !== 1) wrong.push(`INC-${act.incident_id}: ${act.kind} by ${act.actor} has ${count} entries`);
  }
  const pages = await db.selectFrom('pages').select(['id', 'state']).where('state', 'in', ['accepted', 'refused']).execute();
  const told = entries.filter(({ kind }) => kind.startsWith('page.')).length;
  if (told !== pages.length) wrong.push(`${pages.length} pages were accepted or refused, and ${told} have an entry`);
  return wrong;
}
