-- name: create_queue#
create table queue (
    id bigint generated always as identity primary key,
    job uuid not null,
    row integer not null,
    row_data jsonb not null,
    status text not null default 'todo'
);
create index queue_todo on queue (id) where status = 'todo';
create table results (job uuid, row integer, status text not null, steps jsonb not null, primary key (job, row));

-- name: claim
-- So many tasks, in order, that nobody else has.
update queue set status = 'doing'
where id in (select id from queue where status = 'todo' order by id limit $1 for update skip locked)
returning id, job, row;

-- name: store_results!
insert into results select job, row, 'success', '[]' from unnest($1::uuid[], $2::integer[]) as done (job, row);

-- name: mark_done!
update queue set status = 'done' where id = any($1::bigint[]);

-- name: count_unfinished$
select count(*) from queue where status <> 'done';

-- name: create_view!
create table if not exists {schema}.{table} (id uuid primary key, starts integer not null);

-- name: count_start!
insert into {schema}.{table} (id, starts) values (%(id)s, 1)
on conflict (id) do update set starts = {schema}.{table}.starts + 1;
