-- What `retold check` asks a service's schema. Only the catalogue of Postgres, and our own bookkeeping.

-- name: rights^
select rolsuper as superuser, rolbypassrls as bypasses, current_schema() as schema
from pg_roles where rolname = current_user;

-- name: tables_without_rules(schema)
-- Tables that hold organizations' rows, and whose row-level security is not both enabled and forced.
select c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
-- What was put aside holds an organization's id and no value of it; only operators read it.
where n.nspname = :schema and c.relkind in ('r', 'p') and c.relname <> 'dead_events'
  and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))
order by c.relname;

-- name: is_migrated$
select to_regclass('schema_migrations') is not null;

-- name: applied_migrations
select name, checksum from schema_migrations order by name;
