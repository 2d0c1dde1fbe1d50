import { type Kysely, sql } from 'kysely';

// A released migration is never edited: `test/storage/migrations.test.ts` keeps the hash of each.
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table broken_glass (
    run_id text primary key references runs (id),
    user_id text not null,
    reason text not null,
    at timestamptz not null
  )`.execute(db);
  await sql`create index broken_glass_at on broken_glass (at)`.execute(db);
}
