-- Browsers in which people record (documents E and C: browser sessions).

create table recording_sessions (
    id uuid primary key,
    organization_id uuid not null,
    recording_id uuid not null,
    user_id uuid not null,
    status varchar(20) not null check (status in ('active', 'idle', 'terminated', 'error')),
    name text,
    url text not null,
    on_screen boolean not null,
    worker_id text not null,
    address text not null,
    created_at timestamptz not null,
    last_active timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    reason text,
    message text,
    step_count integer not null default 0
);
create index idx_recording_sessions_created_at on recording_sessions (organization_id, created_at desc, id desc);

alter table recording_sessions enable row level security;
alter table recording_sessions force row level security;
create policy by_organization on recording_sessions
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

-- A session is the browser context of one row, which is never idle, or the browser of one recording.
create or replace view browser_sessions with (security_invoker = true) as
select
    result.execution_job_id::text || '-' || result.row_index as id,
    result.organization_id,
    result.execution_job_id,
    job.user_id,
    case
        when result.error_type in ('browser_crashed', 'page_crashed', 'browser_hung', 'worker_lost') then 'error'
        else 'terminated'
    end as status,
    coalesce(result.started_at, result.created_at) as created_at,
    result.completed_at as last_active,
    jsonb_strip_nulls(jsonb_build_object(
        'job_id', result.execution_job_id,
        'row_index', result.row_index,
        'attempt', result.attempt,
        'worker_id', result.worker_id,
        'browser_type', coalesce(job.options ->> 'browser', 'chromium-desktop'),
        'browser', result.browser
    )) as session_data
from execution_results result
left join executed_jobs job using (execution_job_id)
where result.status <> 'skipped'
union all
select
    input.execution_job_id::text || '-' || input.row_index,
    input.organization_id,
    input.execution_job_id,
    job.user_id,
    'active',
    input.started_at,
    input.started_at,
    jsonb_build_object(
        'job_id', input.execution_job_id,
        'row_index', input.row_index,
        'browser_type', coalesce(job.options ->> 'browser', 'chromium-desktop')
    )
from result_inputs input
left join executed_jobs job using (execution_job_id)
where input.started_at is not null
union all
select
    recording.id::text,
    recording.organization_id,
    null,
    recording.user_id,
    recording.status,
    recording.created_at,
    recording.last_active,
    jsonb_strip_nulls(jsonb_build_object(
        'recording_id', recording.recording_id,
        'url', recording.url,
        'worker_id', recording.worker_id,
        'browser_type', 'chromium-desktop',
        'reason', recording.reason
    ))
from recording_sessions recording;

create or replace view aef_browser_sessions with (security_invoker = true) as
select
    result.execution_job_id::text || '-' || result.row_index as id,
    job.user_id,
    case
        when result.error_type in ('browser_crashed', 'page_crashed', 'browser_hung', 'worker_lost') then 'error'
        else 'terminated'
    end as status,
    coalesce(result.started_at, result.created_at) as created_at,
    result.completed_at as last_active,
    jsonb_build_object('job_id', result.execution_job_id, 'row_index', result.row_index) as session_data
from execution_results result
left join executed_jobs job using (execution_job_id)
where result.status <> 'skipped'
union all
select
    input.execution_job_id::text || '-' || input.row_index,
    job.user_id,
    'active',
    input.started_at,
    input.started_at,
    jsonb_build_object('job_id', input.execution_job_id, 'row_index', input.row_index)
from result_inputs input
left join executed_jobs job using (execution_job_id)
where input.started_at is not null
union all
select
    recording.id::text,
    recording.user_id,
    recording.status,
    recording.created_at,
    recording.last_active,
    jsonb_build_object('recording_id', recording.recording_id)
from recording_sessions recording;
