-- What an administrator does once for a database: one role and one schema a service, nothing for anyone else.
-- Queries named *_statements return statements that are then run as they are, so Postgres does all quoting.
-- Each returns nothing when there is nothing to do.

-- name: take_turns()$
-- Roles belong to the whole server: two databases prepared at once would step on each other's toes.
select pg_advisory_lock(7265746);

-- name: leave_turn()$
select pg_advisory_unlock(7265746);

-- name: database_statements(database)
select format('create database %I encoding ''UTF8'' template template0', :database::text) as statement
where not exists (select from pg_database where datname = :database);

-- name: role_statements(role, verifier)
select format('create role %I login', :role::text) as statement
where not exists (select from pg_roles where rolname = :role)
union all
select format('alter role %I nosuperuser nobypassrls nocreatedb nocreaterole login', :role::text)
where exists (
    select from pg_roles
    where rolname = :role and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or not rolcanlogin)
)
union all
select format('alter role %I password %L', :role::text, :verifier::text)
union all
-- An administrator who is no superuser needs the membership to give the schema away.
select format('grant %I to current_user', :role::text)
where not (select rolsuper from pg_roles where rolname = current_user);

-- name: privacy_statements(database)
select format('revoke all on database %I from public', :database::text) as statement
union all
select 'revoke all on schema public from public'
union all
select 'create schema if not exists extensions'
union all
select 'create extension if not exists pg_trgm schema extensions';

-- name: schema_statements(database, service, role)
select format('grant connect, temporary on database %I to %I', :database::text, :role::text) as statement
union all
select format('create schema if not exists %I authorization %I', :service::text, :role::text)
union all
-- Where read models are rebuilt before they are swapped in.
select format('create schema if not exists %I authorization %I', :service::text || '_shadow', :role::text)
union all
select format('grant usage on schema extensions to %I', :role::text)
union all
select format('alter role %I in database %I set search_path = %I, extensions', :role::text, :database::text, :service::text);
