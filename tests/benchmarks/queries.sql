-- name: database_for_a_peer
-- What makes the database `:name`, whose sessions have synchronous_commit `:setting`.
select statement
from unnest(array[
    format('create database %I', :name::text),
    format('alter database %I set synchronous_commit = %L', :name::text, :setting::text)
]) with ordinality as wanted (statement, place)
order by place;

-- name: create_like$
-- What makes the empty table `:copy` with the indexes and constraints of `:original`.
select format('create table %1$I.%2$I (like %1$I.%3$I including all)', :schema::text, :copy::text, :original::text);

-- name: drop_table$
select format('drop table %I.%I', :schema::text, :copy::text);

-- name: select_some$
select format('select * from %I.%I limit %s', :schema::text, :original::text, :rows::integer);

-- name: size_of_tables$
-- Bytes on disk of a schema's tables with their indexes.
select sum(pg_total_relation_size(c.oid))::bigint
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname = :schema;
