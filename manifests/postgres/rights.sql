-- What the bot may do, after each `stockops db migrate`, as the owner of the tables: psql -f manifests/postgres/rights.sql
-- A table that a migration brought is closed to the bot until then; the bot names it at its start, and goes no further.
begin;
grant select, insert, update, delete on all tables in schema public to stockops_bot;

-- The schema's own history: read, to see that it is up to date.
revoke all on kysely_migration, kysely_migration_lock from stockops_bot;
grant select on kysely_migration, kysely_migration_lock to stockops_bot;

-- The record: an entry is handed in, and the database itself puts it into the chain (docs/adr/0009).
revoke all on audit_inbox, audit_head, audit_entries from stockops_bot;
grant insert on audit_inbox to stockops_bot;
grant select on audit_head, audit_entries to stockops_bot;
commit;
