-- Document E's jobs: one row, whose steps came with the job. `target_url` is null for a job that runs a recording.

alter table execution_jobs add column target_url text;
alter table execution_jobs add column actions jsonb;
alter table execution_jobs add column retry_count integer not null default 0;
alter table execution_jobs add column error_message text;
alter table execution_jobs add column result jsonb;
create index idx_jobs_automation on execution_jobs (organization_id, created_at desc, id) where target_url is not null;
create index idx_jobs_priority_created on execution_jobs (priority desc, created_at)
where status = 'pending' and target_url is not null;

create view automation_jobs with (security_invoker = true) as
select
    id,
    organization_id,
    array_position(array[
        'chromium-desktop', 'firefox-desktop', 'webkit-desktop', 'chromium-mobile', 'firefox-mobile', 'webkit-mobile'
    ], options ->> 'browser') as browser_type_id,
    target_url,
    actions,
    (options ->> 'wait_until')::varchar(20) as wait_until,
    case status
        when 'running' then 'processing'
        when 'paused' then case when begun then 'processing' else 'pending' end
        when 'timeout' then 'failed'
        else status
    end::varchar(20) as status,
    priority,
    retry_count,
    (options ->> 'max_retries')::integer as max_retries,
    (options ->> 'row_timeout')::integer as timeout_ms,
    created_at,
    started_at,
    completed_at,
    error_message,
    result,
    updated_at
from execution_jobs
where target_url is not null and submitted_at is not null;
