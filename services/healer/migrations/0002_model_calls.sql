-- What rows asked a model, and what each call came to and cost (documents B and A; the columns of ai_queue are those of
-- traceflow_ai_queue, of model_calls those of neurorouter_logs, and what tells where a question came from).

create table ai_queue (
    id uuid primary key,
    organization_id uuid not null,
    session_id text,
    job_id uuid not null,
    row_index integer not null,
    recording_id uuid not null,
    step_number integer not null,
    task_type text not null,
    priority integer not null default 5 check (priority between 1 and 10),
    status text not null check (status in ('pending', 'processing', 'completed', 'failed')),
    attempts integer not null default 0,
    max_attempts integer not null default 1,
    started_at timestamptz,
    completed_at timestamptz,
    error_message text,
    input_data jsonb,
    result jsonb,
    created_at timestamptz not null
);
create index idx_ai_queue_order on ai_queue (status, priority, created_at);
create index idx_ai_queue_job on ai_queue (job_id, created_at);

create table model_calls (
    id uuid primary key,
    organization_id uuid not null,
    job_id uuid not null,
    row_index integer not null,
    recording_id uuid not null,
    step_number integer not null,
    task_type text not null,
    outcome text not null,
    model_selected text,
    provider text,
    latency_ms integer not null,
    tries integer not null,
    input_tokens integer,
    output_tokens integer,
    total_tokens integer,
    cost_estimate numeric(10, 6),
    success boolean not null,
    error_message text,
    choice integer,
    confidence integer,
    reason text,
    request_digest text,
    response_digest text,
    session_id text,
    user_id uuid,
    created_at timestamptz not null
);
create index idx_model_calls_job on model_calls (job_id, created_at);
create index idx_model_calls_page on model_calls (organization_id, created_at desc, id);

alter table ai_queue enable row level security;
alter table ai_queue force row level security;
create policy by_organization on ai_queue
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table model_calls enable row level security;
alter table model_calls force row level security;
create policy by_organization on model_calls
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);
