-- How a read model is built in a service's shadow schema, and takes the place of the live one. Queries named
-- *_statements return statements that are then run as they are, so Postgres does all quoting.

-- name: become_the_only_rebuild$
select pg_try_advisory_lock(hashtext(current_schema() || '.rebuild'));

-- name: drop_statements(schema)
-- Some views show no table, and go with none.
select statement
from (
    select 1 as number, format('drop view if exists %I.%I cascade', schemaname, viewname) as statement
    from pg_views where schemaname = :schema
    union all
    select 2, format('drop table %I.%I cascade', schemaname, tablename) from pg_tables where schemaname = :schema
) as dropped
order by number;

-- name: make_notes#
create table rebuild_notes (projection text primary key, fingerprint text not null);
create table rebuild_indexes (table_name text not null, name text primary key, definition text not null);

-- name: note_rebuild!
insert into rebuild_notes (projection, fingerprint) values (:projection, :fingerprint);

-- name: fingerprint_of$
select fingerprint from rebuild_notes where projection = :projection;

-- name: unlogged_statements(schema)
select format('alter table %I.%I set unlogged', schemaname, tablename) as statement
from pg_tables
where schemaname = :schema;

-- name: note_indexes(schema)!
-- Unique ones stay: upserts need them.
insert into rebuild_indexes (table_name, name, definition)
select indexed.relname, index.relname, pg_get_indexdef(index.oid)
from pg_index
join pg_class index on index.oid = indexrelid
join pg_class indexed on indexed.oid = indrelid
join pg_namespace on pg_namespace.oid = indexed.relnamespace
where nspname = :schema and not indisunique;

-- name: index_drop_statements()
select format('drop index %I', name) as statement from rebuild_indexes;

-- name: logged_statements(schema, tables)
select format('alter table %I.%I set logged', nspname, relname) as statement
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where nspname = :schema and relname = any(:tables::text[]) and relkind = 'r' and relpersistence = 'u';

-- name: index_statements(schema, tables)
select definition as statement
from rebuild_indexes
where table_name = any(:tables::text[]) and to_regclass(format('%I.%I', :schema::text, name)) is null;

-- name: analyze_statements(schema, tables)
select format('analyze %I.%I', :schema::text, name) as statement from unnest(:tables::text[]) as name;

-- name: wait_for_locks_briefly$
-- While we wait for readers, those that come later wait behind us.
select set_config('lock_timeout', '2s', true);

-- name: hold_statements(live, projection)
-- The live projector waits behind this until the swap is done; gives the position that it has shown.
select format(
    'insert into %I.checkpoints as live values (%L, 0)
     on conflict (projection) do update set position = live.position returning position',
    :live::text, :projection::text
) as statement;

-- name: swap_statements(live, shadow, tables)
-- A view goes with its tables, which are all of one projection.
with shown as (
    select distinct view.relname as name
    from pg_depend
    join pg_rewrite on pg_rewrite.oid = objid and classid = 'pg_rewrite'::regclass
    join pg_class view on view.oid = ev_class and view.relkind = 'v'
    join pg_class used on used.oid = refobjid and refclassid = 'pg_class'::regclass
    join pg_namespace on pg_namespace.oid = used.relnamespace
    where nspname = :shadow::text and used.relname = any(:tables::text[]) and used.relkind = 'r'
)
select statement
from (
    select 0 as number, 0 as which, format('drop view if exists %I.%I', :live::text, name) as statement from shown
    union all
    select number, which, statement
    from unnest(:tables::text[]) with ordinality as swapped (name, number)
    cross join lateral (values
        (1, format('drop table %I.%I', :live::text, name)),
        (2, format('alter table %I.%I set schema %I', :shadow::text, name, :live::text))
    ) as step (which, statement)
    union all
    select cardinality(:tables::text[]) + 1, 3, format('alter view %I.%I set schema %I', :shadow::text, name, :live::text)
    from shown
) as swap
order by number, which;

-- name: bookkeeping_statements(live, shadow, projection)
select statement
from (values
    (1, format(
        'update %I.checkpoints live set position = built.position from %I.checkpoints built
         where live.projection = %L and built.projection = live.projection',
        :live::text, :shadow::text, :projection::text
    )),
    (2, format('delete from %I.dead_events where projection = %L', :live::text, :projection::text)),
    (3, format('insert into %I.dead_events select * from %I.dead_events', :live::text, :shadow::text))
) as step (which, statement)
order by which;
