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
        worker_id text, started_at timestamptz, at timestamptz
    )
), input as (
    delete from result_inputs using given
    where execution_job_id = job_id and result_inputs.row_index = given.row_index
    returning job_id, given.row_index, row_data, coalesce(given.started_at, result_inputs.started_at) as started_at
)
insert into execution_results (
    id, organization_id, execution_job_id, row_index, row_data, status, attempt, duration, error_type, error_message,
    failed_step, step_results, screenshot_url, worker_id, started_at, completed_at, created_at
)
select id, organization_id, job_id, row_index, row_data, status, attempt, duration, error_type, error_message,
       failed_step, step_results, screenshot_url, worker_id, input.started_at, at, at
from given join input using (job_id, row_index)
on conflict (execution_job_id, row_index) do nothing;

-- name: forget_inputs!
delete from result_inputs where execution_job_id = any(:job_ids::uuid[]);

-- name: list_results
select row_index, row_data, status, attempt, duration, error_type, error_message, failed_step, step_results,
       screenshot_url, worker_id, started_at, completed_at
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
