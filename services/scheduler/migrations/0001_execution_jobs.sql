-- Read model of the scheduler (document A, 3.3). The queue itself is the log: nothing polls this table.

create table execution_jobs (
    id uuid primary key,
    organization_id uuid not null,
    recording_id uuid not null,
    recording_name text not null,
    revision integer not null,
    user_id uuid not null,
    status text not null default 'pending' check (
        status in ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled', 'timeout')
    ),
    csv_data jsonb not null default '[]',
    field_mapping jsonb not null,
    columns jsonb not null,
    unmapped_columns jsonb not null,
    secret_columns jsonb not null,
    total_rows integer not null,
    completed_rows integer not null default 0,
    successful_rows integer not null default 0,
    failed_rows integer not null default 0,
    skipped_rows integer not null default 0,
    unknown_rows integer not null default 0,
    concurrency integer not null default 5 check (concurrency between 1 and 10),
    stop_on_error boolean not null default false,
    stop_reason text,
    priority integer not null default 0 check (priority between 0 and 100),
    options jsonb not null,
    rerun_of uuid,
    worker_id text,
    claimed_at timestamptz,
    team_id uuid,
    submitted_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (completed_rows + skipped_rows <= total_rows)
);
create index idx_execution_jobs_recording_id on execution_jobs (recording_id);
create index idx_execution_jobs_user_id on execution_jobs (user_id);
create index idx_execution_jobs_status on execution_jobs (status);
create index idx_execution_jobs_created_at on execution_jobs (created_at desc);
create index idx_execution_jobs_poller on execution_jobs (status, created_at) where status = 'pending';
create index idx_execution_jobs_stale on execution_jobs (status, claimed_at) where status = 'running';
create index idx_execution_jobs_pending on execution_jobs (created_at) where status = 'pending';
create index idx_execution_jobs_page on execution_jobs (organization_id, created_at desc, id);

alter table execution_jobs enable row level security;
alter table execution_jobs force row level security;
create policy by_organization on execution_jobs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
