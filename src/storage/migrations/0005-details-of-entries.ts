import { type Kysely, sql } from 'kysely';

// A released migration is never edited: `test/storage/migrations.test.ts` keeps the hash of each.
export async function up(db: Kysely<unknown>): Promise<void> {
  // What an entry of the timeline says in words, as data, where something else is to be made of it.
  await sql`alter table timeline_entries add column details jsonb`.execute(db);
  await sql`
    update timeline_entries set details = jsonb_build_object(
      'sizeBytes', substring(text from '^It had ([0-9]+) bytes')::bigint, 'limitBytes', substring(text from 'limit ([0-9]+)')::bigint)
    where kind = 'tooLarge'`.execute(db);
}
