-- Read models of the runner (document A, 3.4, 3.5, 3.7).

create table execution_results (
    id uuid primary key,
    organization_id uuid not null,
    execution_job_id uuid not null,
    row_index integer not null check (row_index >= 0),
    row_data jsonb not null,
    status text not null check (status in ('success', 'failed', 'skipped')),
    attempt integer not null default 0,
    duration integer check (duration >= 0),
    error_type text,
    error_message text,
    failed_step integer,
    step_results jsonb not null default '[]',
    screenshot_url text,
    worker_id text,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null,
    unique (execution_job_id, row_index)
);
create index idx_execution_results_job_id on execution_results (execution_job_id);
create index idx_execution_results_status on execution_results (status);

-- Tables of the jobs under way: a result shows its row's data, which the scheduler's events carry.
create table result_inputs (
    organization_id uuid not null,
    execution_job_id uuid not null,
    row_index integer not null,
    row_data jsonb not null,
    started_at timestamptz,
    primary key (execution_job_id, row_index)
);

create table execution_logs (
    id uuid primary key,
    organization_id uuid not null,
    execution_job_id uuid not null,
    level text not null check (level in ('info', 'warn', 'error', 'debug')),
    message text not null,
    row_index integer,
    step_number integer,
    metadata jsonb not null default '{}',
    timestamp timestamptz not null,
    position bigint not null,
    line integer not null
);
create index idx_execution_logs_job_id_timestamp on execution_logs (execution_job_id, timestamp desc);
create index idx_execution_logs_level on execution_logs (level);
create index idx_execution_logs_position on execution_logs (execution_job_id, position, line);

create table vdi_metrics (
    id uuid primary key,
    organization_id uuid not null,
    worker_id text not null,
    worker_region text,
    cpu_usage numeric(5, 2) check (cpu_usage between 0 and 100),
    memory_usage numeric(10, 2),
    browser_count integer,
    jobs_processed integer not null default 0,
    jobs_succeeded integer not null default 0,
    jobs_failed integer not null default 0,
    avg_job_duration integer,
    recorded_at timestamptz not null
);
create index idx_vdi_metrics_worker_id on vdi_metrics (worker_id, recorded_at desc);
create index idx_vdi_metrics_recorded_at on vdi_metrics (recorded_at desc);

alter table execution_results enable row level security;
alter table execution_results force row level security;
create policy by_organization on execution_results
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table result_inputs enable row level security;
alter table result_inputs force row level security;
create policy by_organization on result_inputs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table execution_logs enable row level security;
alter table execution_logs force row level security;
create policy by_organization on execution_logs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table vdi_metrics enable row level security;
alter table vdi_metrics force row level security;
create policy by_organization on vdi_metrics
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
