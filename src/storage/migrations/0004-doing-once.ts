import { type Kysely, sql } from 'kysely';

// A released migration is never edited: `test/storage/migrations.test.ts` keeps the hash of each.
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table freezes (
    id bigint generated always as identity primary key,
    system_id text,
    reason text not null,
    frozen_by text not null,
    frozen_at timestamptz not null,
    ends_at timestamptz,
    lifted_at timestamptz,
    lifted_by text
  )`,
  // No system: everything. One freeze at a time for each, so that lifting it says clearly what is free again.
  `create unique index freezes_one_per_system on freezes (coalesce(system_id, '')) where lifted_at is null`,

  // By what the database is known again after a failover or a restore (F-37).
  `alter table installation add column past text`,

  // A run of unknown outcome that somebody let others go past holds its target no longer; it is looked at all the same.
  `alter table runs add column overridden jsonb`,
  `drop index runs_one_per_target`,
  `create unique index runs_one_per_target on runs (target_key) where state in ('started', 'unknown') and overridden is null`,
];
