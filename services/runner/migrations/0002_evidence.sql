-- What rows leave behind: files, extracted values, and what was seen of each step (documents D and E).

alter table execution_results add column extracted jsonb not null default '{}';
alter table execution_results add column total_steps integer not null default 0;
alter table execution_results add column browser text;

-- What a row's result does not say itself, but document D's view of it does. Jobs from before this table: a rebuild.
create table executed_jobs (
    organization_id uuid not null,
    execution_job_id uuid primary key,
    recording_id uuid not null,
    user_id uuid not null,
    stop_on_error boolean not null,
    options jsonb not null
);

-- `file_data` stays empty: files are in the object store, by their checksum.
create table job_artifacts (
    id uuid primary key,
    organization_id uuid not null,
    job_id uuid not null,
    row_index integer not null check (row_index >= 0),
    attempt integer not null,
    step_number integer,
    artifact_type text not null check (artifact_type in ('screenshot', 'pdf', 'video', 'trace', 'data')),
    file_name text not null,
    file_path text,
    file_data bytea,
    mime_type text,
    size_bytes bigint check (size_bytes >= 0),
    checksum text not null,
    created_at timestamptz not null
);
create index idx_artifacts_job_id on job_artifacts (job_id, row_index);

alter table executed_jobs enable row level security;
alter table executed_jobs force row level security;
create policy by_organization on executed_jobs
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

alter table job_artifacts enable row level security;
alter table job_artifacts force row level security;
create policy by_organization on job_artifacts
using (organization_id = nullif(current_setting('retold.org', true), '')::uuid);

-- Document D's playback sessions: one for each row that has ended.
create view playback_sessions with (security_invoker = true) as
select
    result.id,
    job.recording_id,
    job.user_id,
    result.organization_id,
    null::varchar(255) as session_token,
    case
        when result.status = 'success' then 'completed'
        when result.status = 'skipped' or result.error_type = 'cancelled' then 'cancelled'
        when result.error_type = 'timeout' then 'timeout'
        else 'failed'
    end as status,
    steps.latest as current_step,
    steps.total as total_steps,
    round(100.0 * steps.done / steps.total, 2)::decimal(5, 2) as progress_percentage,
    jsonb_strip_nulls(jsonb_build_object(
        'browser', case split_part(coalesce(result.browser, job.options ->> 'browser', 'chromium'), ' ', 1)
            when 'firefox' then 'firefox'
            when 'firefox-desktop' then 'firefox'
            when 'firefox-mobile' then 'firefox'
            when 'webkit' then 'safari'
            when 'webkit-desktop' then 'safari'
            when 'webkit-mobile' then 'safari'
            else 'chrome'
        end,
        'browserVersion', nullif(split_part(result.browser, ' ', 2), ''),
        'platform', 'linux',
        'viewport', job.options -> 'viewport',
        'userAgent', job.options -> 'user_agent',
        'locale', job.options -> 'locale',
        'timezone', job.options -> 'time_zone'
    )) as environment,
    jsonb_build_object(
        'speed', job.options -> 'speed',
        'skipInactivity', job.options -> 'skip_inactivity',
        'maxInactivityTime', job.options -> 'max_inactivity',
        'autoWait', job.options -> 'auto_wait',
        'debugMode', job.options -> 'debug_mode',
        'strictMode', job.options -> 'strict_mode',
        'stopOnError', job.stop_on_error,
        'maxRetries', job.options -> 'max_retries',
        'retryDelay', job.options -> 'retry_delay',
        'screenshotOnError', job.options -> 'screenshot_on_error',
        'videoRecording', job.options ->> 'video' <> 'off'
    ) as options,
    round(100.0 * steps.done / nullif(steps.done + steps.failed, 0), 2)::decimal(5, 2) as success_rate,
    steps.failed as error_count,
    steps.retries as retry_count,
    result.duration as total_duration_ms,
    null::varchar(255) as browser_session_id,
    null::jsonb as execution_log,
    result.created_at,
    result.started_at,
    null::timestamptz as paused_at,
    null::timestamptz as resumed_at,
    case when result.status = 'success' then result.completed_at end as completed_at,
    case
        when result.status = 'skipped' or result.error_type = 'cancelled' then result.completed_at
    end as cancelled_at,
    result.completed_at as last_activity_at
from execution_results result
left join executed_jobs job using (execution_job_id)
cross join lateral (
    select
        coalesce(max((step ->> 'stepNumber')::integer), 0) as latest,
        greatest(result.total_steps, count(step)::integer, 1) as total,
        count(step) filter (where step ->> 'status' in ('completed', 'skipped'))::integer as done,
        count(step) filter (where step ->> 'status' = 'failed')::integer as failed,
        coalesce(sum((step ->> 'retries')::integer), 0)::integer as retries
    from jsonb_array_elements(result.step_results) as step
) as steps;

-- Document D's step results. `started_at` and `completed_at` are those of the row. A recording whose first step opens no
-- address is begun by one that has the same number: the recorded step is shown.
create view playback_step_results with (security_invoker = true) as
select distinct on (result.id, numbered.step_number)
    md5(result.id::text || ':' || numbered.step_number)::uuid as id,
    result.id as session_id,
    numbered.step_number,
    null::uuid as step_id,
    case
        when step ->> 'status' = 'failed' and step ->> 'errorType' = 'timeout' then 'timeout'
        else step ->> 'status'
    end as status,
    (step ->> 'duration')::integer as execution_time_ms,
    coalesce((step ->> 'retries')::integer, 0) as retry_count,
    case
        when step ? 'foundBy' or seen ? 'elementVisible' then true
        when step ->> 'errorType' in ('not_found', 'ambiguous') then false
    end as element_found,
    left(coalesce(seen ->> 'selectorUsed', step ->> 'strategy'), 500)::varchar(500) as element_selector_used,
    (step ->> 'locatingMs')::integer as element_location_time_ms,
    (step ->> 'errorType')::varchar(100) as error_type,
    step ->> 'error' as error_message,
    case when step ->> 'status' = 'failed' then jsonb_strip_nulls(jsonb_build_object(
        'fallbacksAttempted', coalesce(seen -> 'fallbacksAttempted', '[]'),
        'suggestedSelectors', coalesce(seen -> 'suggestedSelectors', '[]'),
        'pageUrl', seen -> 'pageUrl',
        'elementVisible', seen -> 'elementVisible',
        'elementEnabled', seen -> 'elementEnabled',
        'waitTime', seen -> 'waitTime',
        'domSnapshot', seen -> 'domSnapshot'
    )) end as error_details,
    (seen ->> 'screenshotBefore')::varchar(500) as screenshot_before_url,
    (seen ->> 'screenshotAfter')::varchar(500) as screenshot_after_url,
    (seen ->> 'screenshotError')::varchar(500) as screenshot_error_url,
    (seen ->> 'domReadyMs')::integer as dom_ready_time_ms,
    seen -> 'networkRequests' as network_requests,
    seen -> 'consoleLogs' as console_logs,
    result.started_at,
    result.completed_at
from execution_results result
cross join lateral jsonb_array_elements(result.step_results) with ordinality as performed (step, place)
cross join lateral (select (step ->> 'stepNumber')::integer as step_number, step -> 'evidence' as seen) as numbered
order by result.id, numbered.step_number, place desc;
