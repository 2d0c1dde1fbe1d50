-- Two roles, once for each server, as a superuser: psql -v database=stockops -f manifests/postgres/roles.sql
--   stockops_owner   owns the tables; for `stockops db migrate` alone
--   stockops_bot     what the bot runs as; it can add to the record, and neither change nor delete what is in it
-- Give both a way to log in that fits your server, for example: alter role stockops_bot password '…'
create role stockops_owner login;
create role stockops_bot login;

create database :"database" owner stockops_owner;
revoke all on database :"database" from public;
grant connect on database :"database" to stockops_bot;
\connect :"database"
revoke all on schema public from public;
alter schema public owner to stockops_owner;
grant usage on schema public to stockops_bot;
