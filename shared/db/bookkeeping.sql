-- What every service's schema holds beside the tables of its read models. Later columns have defaults: the last
-- release's services write here too while this one's are being rolled out.

create table if not exists schema_migrations (
    name text primary key, checksum text not null, applied_at timestamptz not null default now()
);
create table if not exists checkpoints (
    projection text primary key, position bigint not null check (position >= 0)
);
create table if not exists dead_events (
    projection text not null, position bigint not null, index integer not null, reason text not null,
    primary key (projection, position, index)
);
alter table dead_events add column if not exists subject text;
alter table dead_events add column if not exists organization_id uuid;
alter table dead_events add column if not exists noticed_at timestamptz not null default now();
alter table dead_events add column if not exists tries integer not null default 1;
alter table dead_events add column if not exists whole_message boolean not null default false;
