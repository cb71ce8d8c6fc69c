-- Which browsers there are, who runs them, and the sessions in them (documents E and C).

-- Seed data, the same as in shared/contracts/browsers.py. What of it is installed where, the workers say.
create view browser_types as
select
    id::integer as id,
    name::varchar(50) as name,
    type::varchar(20) as type,
    device_type::varchar(20) as device_type,
    user_agent::text as user_agent,
    viewport_width::integer as viewport_width,
    viewport_height::integer as viewport_height,
    true as is_active,
    timestamptz '2026-11-21 00:00:00+00' as created_at,
    timestamptz '2026-11-21 00:00:00+00' as updated_at
from (values
    (1, 'Chromium', 'chromium', 'desktop', null, 1280, 720),
    (2, 'Firefox', 'firefox', 'desktop', null, 1280, 720),
    (3, 'WebKit', 'webkit', 'desktop', null, 1280, 720),
    (4, 'Chromium Mobile', 'chromium', 'mobile',
     'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
     412, 915),
    (5, 'Firefox Mobile', 'firefox', 'mobile',
     'Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0', 412, 915),
    (6, 'WebKit Mobile', 'webkit', 'mobile',
     'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) '
     'Version/18.6 Mobile/15E148 Safari/604.1', 393, 852)
) as seed (id, name, type, device_type, user_agent, viewport_width, viewport_height);

-- A worker as it last said of itself. One with several slots: `current_job_id` is that of the row it has had longest,
-- `metadata` has all; `browser_type_id` is the first that it offers, `metadata` has all of these too.
create table browser_workers (
    id uuid primary key,
    organization_id uuid not null,
    worker_id text not null,
    worker_region text,
    browser_type_id integer,
    status varchar(20) not null default 'idle' check (status in ('idle', 'busy', 'offline')),
    current_job_id uuid,
    last_heartbeat timestamptz not null,
    started_at timestamptz not null,
    metadata jsonb
);
create index idx_workers_status on browser_workers (status);
create index idx_workers_browser_type on browser_workers (browser_type_id);
create index idx_workers_last_heartbeat on browser_workers (last_heartbeat);

alter table browser_workers enable row level security;
alter table browser_workers force row level security;
create policy by_organization on browser_workers
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

-- A session is the browser context of one row; it begins with the row and ends with it. None is ever idle.
create view browser_sessions with (security_invoker = true) as
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
where input.started_at is not null;

create view aef_browser_sessions with (security_invoker = true) as
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
where input.started_at is not null;
