-- What people decide about heals, the pictures of them, what a model was asked, and which steps heal again and again.

alter table healing_logs
add column state text not null default 'recorded' check (
    state in ('recorded', 'proposed', 'accepted', 'rejected', 'adopted', 'withdrawn')
),
add column revision integer,
add column adopted_revision integer,
add column candidates integer not null default 0,
add column healed_bundle jsonb,
add column screenshot_after_url text,
add column decided_by text,
add column decided_at timestamptz;
create index idx_healing_logs_cache_key on healing_logs (cache_key, created_at, id);
create index idx_healing_logs_state on healing_logs (organization_id, state, created_at desc);
create index idx_healing_logs_page on healing_logs (organization_id, created_at desc, id);

alter table healing_cache
add column misses integer not null default 0;

-- What a model was asked and said for a step, until the heal that came of it is there.
create table healing_questions (
    job_id uuid not null,
    row_index integer not null,
    step_number integer not null,
    organization_id uuid not null,
    request jsonb,
    response jsonb,
    primary key (job_id, row_index, step_number)
);

-- Which recording a job runs: results of rows tell of their job only.
create table healing_jobs (
    job_id uuid primary key,
    organization_id uuid not null,
    recording_id uuid not null
);

-- One row for each step that rows have performed. Counted are attempts of rows.
create table step_fragility (
    recording_id uuid not null,
    step_number integer not null,
    organization_id uuid not null,
    rows_seen bigint not null default 0,
    heals bigint not null default 0,
    failed_heals bigint not null default 0,
    cache_hits bigint not null default 0,
    cache_misses bigint not null default 0,
    withdrawn bigint not null default 0,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    last_healed_at timestamptz,
    primary key (recording_id, step_number)
);

alter table healing_questions enable row level security;
alter table healing_questions force row level security;
create policy by_organization on healing_questions
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table healing_jobs enable row level security;
alter table healing_jobs force row level security;
create policy by_organization on healing_jobs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table step_fragility enable row level security;
alter table step_fragility force row level security;
create policy by_organization on step_fragility
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
