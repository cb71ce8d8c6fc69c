-- name: add_jobs!
insert into executed_jobs (organization_id, execution_job_id, recording_id, user_id, stop_on_error, options)
select organization_id, job_id, recording_id, user_id, stop_on_error, options
from jsonb_to_recordset(:rows::text::jsonb) as given (
    organization_id uuid, job_id uuid, recording_id uuid, user_id uuid, stop_on_error boolean, options jsonb
)
on conflict (execution_job_id) do nothing;

-- name: add_inputs!
insert into result_inputs (organization_id, execution_job_id, row_index, row_data)
select organization_id, job_id, row_index, row_data
from jsonb_to_recordset(:rows::text::jsonb) as given (
    organization_id uuid, job_id uuid, row_index integer, row_data jsonb
)
on conflict (execution_job_id, row_index) do nothing;

-- name: start_rows!
update result_inputs input
set started_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (job_id uuid, row_index integer, at timestamptz)
where input.execution_job_id = given.job_id and input.row_index = given.row_index;

-- name: add_results!
-- A row has one result: with it go its inputs, and what comes later finds none.
with given as (
    select * from jsonb_to_recordset(:rows::text::jsonb) as given (
        id uuid, organization_id uuid, job_id uuid, row_index integer, status text, attempt integer, duration integer,
        error_type text, error_message text, failed_step integer, step_results jsonb, screenshot_url text,
        worker_id text, extracted jsonb, total_steps integer, browser text, started_at timestamptz, at timestamptz
    )
), input as (
    delete from result_inputs using given
    where execution_job_id = job_id and result_inputs.row_index = given.row_index
    returning job_id, given.row_index, row_data, coalesce(given.started_at, result_inputs.started_at) as started_at
)
insert into execution_results (
    id, organization_id, execution_job_id, row_index, row_data, status, attempt, duration, error_type, error_message,
    failed_step, step_results, screenshot_url, worker_id, extracted, total_steps, browser, started_at, completed_at,
    created_at
)
select id, organization_id, job_id, row_index, row_data, status, attempt, duration, error_type, error_message,
       failed_step, step_results, screenshot_url, worker_id, coalesce(extracted, '{}'), coalesce(total_steps, 0),
       browser, input.started_at, at, at
from given join input using (job_id, row_index)
on conflict (execution_job_id, row_index) do nothing;

-- name: forget_inputs!
delete from result_inputs where execution_job_id = any(:job_ids::uuid[]);

-- name: list_results
select row_index, row_data, status, attempt, duration, error_type, error_message, failed_step, step_results,
       screenshot_url, worker_id, extracted, browser, started_at, completed_at
from execution_results
where execution_job_id = :job_id and row_index > :after_row
  and (:status::text is null or status = :status)
order by row_index
limit :page;

-- name: add_lines!
insert into execution_logs (
    id, organization_id, execution_job_id, level, message, row_index, step_number, metadata, timestamp, position, line
)
select id, organization_id, job_id, level, message, row_index, step_number, metadata, at, position, line
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, job_id uuid, level text, message text, row_index integer, step_number integer,
    metadata jsonb, at timestamptz, position bigint, line integer
)
on conflict (id) do nothing;

-- name: list_lines
select position, line, timestamp, level, message, row_index, step_number, metadata
from execution_logs
where execution_job_id = :job_id
  and (position, line) > (:after_position, :after_line)
  and (:row_index::integer is null or row_index = :row_index)
order by position, line
limit :page;

-- name: add_samples!
insert into vdi_metrics (
    id, organization_id, worker_id, worker_region, cpu_usage, memory_usage, browser_count, jobs_processed,
    jobs_succeeded, jobs_failed, avg_job_duration, recorded_at
)
select id, organization_id, worker_id, worker_region, cpu_usage, memory_usage, browser_count, jobs_processed,
       jobs_succeeded, jobs_failed, avg_job_duration, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, worker_id text, worker_region text, cpu_usage numeric, memory_usage numeric,
    browser_count integer, jobs_processed integer, jobs_succeeded integer, jobs_failed integer,
    avg_job_duration integer, at timestamptz
)
on conflict (id) do nothing;

-- name: add_artifacts!
insert into job_artifacts (
    id, organization_id, job_id, row_index, attempt, step_number, artifact_type, file_name, file_path, mime_type,
    size_bytes, checksum, created_at
)
select id, organization_id, job_id, row_index, attempt, step_number, artifact_type, file_name, file_path, mime_type,
       size_bytes, checksum, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, job_id uuid, row_index integer, attempt integer, step_number integer,
    artifact_type text, file_name text, file_path text, mime_type text, size_bytes bigint, checksum text,
    at timestamptz
)
on conflict (id) do nothing;

-- name: list_artifacts
select id, job_id, row_index, attempt, step_number, artifact_type, file_name, file_path, mime_type, size_bytes,
       checksum, created_at
from job_artifacts
where job_id = :job_id
  and (:row_index::integer is null or row_index = :row_index)
  and (:artifact_type::text is null or artifact_type = :artifact_type)
order by row_index, attempt, step_number nulls last, file_name, id
limit :page offset :skip;

-- name: find_artifact^
select file_name, mime_type
from job_artifacts
where checksum = :checksum
order by created_at desc, id
limit 1;

-- name: note_workers!
insert into browser_workers (
    id, organization_id, worker_id, worker_region, browser_type_id, status, current_job_id, last_heartbeat,
    started_at, metadata
)
select id, organization_id, worker_id, worker_region, browser_type_id, status, current_job_id, at, started_at, metadata
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, worker_id text, worker_region text, browser_type_id integer, status text,
    current_job_id uuid, at timestamptz, started_at timestamptz, metadata jsonb
)
on conflict (id) do update set
    worker_region = excluded.worker_region,
    browser_type_id = excluded.browser_type_id,
    status = excluded.status,
    current_job_id = excluded.current_job_id,
    last_heartbeat = excluded.last_heartbeat,
    metadata = excluded.metadata;

-- name: list_browser_types
select id, name, type, device_type, user_agent, viewport_width, viewport_height, is_active
from browser_types
order by id;

-- name: list_workers
select id, worker_id, worker_region, browser_type_id, status, last_heartbeat, started_at, metadata
from browser_workers
where last_heartbeat >= :since
order by started_at desc, worker_id
limit 500;

-- name: list_browser_sessions
select id, user_id, status, created_at, last_active, session_data
from browser_sessions
where execution_job_id = :job_id and (:status::text is null or status = :status)
order by created_at desc, id
limit :page;

-- name: add_recording_session!
insert into recording_sessions (
    id, organization_id, recording_id, user_id, status, name, url, on_screen, worker_id, address, created_at,
    last_active, expires_at
)
values (
    :id, :organization_id, :recording_id, :user_id, 'active', :name, :url, :on_screen, :worker_id, :address, :at,
    :at, :expires_at
)
on conflict (id) do nothing;

-- name: move_recording_session!
update recording_sessions
set status = :status, last_active = :at
where id = :id and ended_at is null;

-- name: end_recording_session!
update recording_sessions
set status = :status, reason = :reason, message = :message, name = :name, step_count = :step_count,
    last_active = :at, ended_at = :at
where id = :id and ended_at is null;

-- name: list_recording_sessions
select id, recording_id, user_id, status, name, url, on_screen, created_at, last_active, expires_at, ended_at, reason,
       message, step_count, address
from recording_sessions
where (:status::text is null or status = :status)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;
