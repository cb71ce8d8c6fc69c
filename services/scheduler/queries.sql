-- name: add_jobs!
insert into execution_jobs (
    id, organization_id, recording_id, recording_name, revision, user_id, field_mapping, columns, unmapped_columns,
    secret_columns, total_rows, concurrency, stop_on_error, priority, options, rerun_of, target_url, actions,
    created_at, updated_at
)
select id, organization_id, recording_id, recording_name, revision, user_id, field_mapping, columns, unmapped_columns,
       secret_columns, total_rows, concurrency, stop_on_error, priority, options, rerun_of, target_url, actions, at, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, organization_id uuid, recording_id uuid, recording_name text, revision integer, user_id uuid,
    field_mapping jsonb, columns jsonb, unmapped_columns jsonb, secret_columns jsonb, total_rows integer,
    concurrency integer, stop_on_error boolean, priority integer, options jsonb, rerun_of uuid, target_url text,
    actions jsonb, at timestamptz
)
on conflict (id) do nothing;

-- name: add_rows!
update execution_jobs job
set csv_data = job.csv_data || given.rows, updated_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (id uuid, at timestamptz, rows jsonb)
where job.id = given.id;

-- name: count_rows!
update execution_jobs job
set begun = true,
    status = case when job.status = 'pending' then 'running' else job.status end,
    completed_rows = job.completed_rows + coalesce(given.successful, 0) + coalesce(given.failed, 0),
    successful_rows = job.successful_rows + coalesce(given.successful, 0),
    failed_rows = job.failed_rows + coalesce(given.failed, 0),
    skipped_rows = job.skipped_rows + coalesce(given.skipped, 0),
    unknown_rows = job.unknown_rows + coalesce(given.unknown, 0),
    worker_id = coalesce(job.worker_id, given.worker_id),
    claimed_at = coalesce(job.claimed_at, given.claimed_at),
    started_at = coalesce(job.started_at, given.claimed_at),
    updated_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, at timestamptz, successful integer, failed integer, skipped integer, unknown integer, worker_id text,
    claimed_at timestamptz
)
where job.id = given.id;

-- name: change_jobs!
-- Behind `count_rows`, which says whether a job that is resumed had begun.
update execution_jobs job
set status = case given.state
        when 'resumed' then case when job.begun then 'running' else 'pending' end
        else coalesce(given.state, job.status)
    end,
    priority = coalesce(given.priority, job.priority),
    stop_reason = coalesce(given.stop_reason, job.stop_reason),
    submitted_at = coalesce(given.submitted_at, job.submitted_at),
    completed_at = coalesce(given.completed_at, job.completed_at),
    position = given.position,
    updated_at = given.at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, at timestamptz, position bigint, state text, priority integer, stop_reason text,
    submitted_at timestamptz, completed_at timestamptz
)
where job.id = given.id and job.position < given.position;

-- name: note_outcomes!
-- What an attempt of the only row of an automation job came to, so far.
update execution_jobs job
set retry_count = given.retry_count, error_message = given.error_message, result = given.result
from jsonb_to_recordset(:rows::text::jsonb) as given (
    id uuid, retry_count integer, error_message text, result jsonb
)
where job.id = given.id and job.target_url is not null;

-- name: list_automation_jobs
select id, browser_type_id, target_url, wait_until, status, priority, retry_count, max_retries, timeout_ms, created_at,
       started_at, completed_at, error_message
from automation_jobs
where (:status::text is null or status = :status)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: get_automation_job^
select id, browser_type_id, target_url, actions, wait_until, status, priority, retry_count, max_retries, timeout_ms,
       created_at, started_at, completed_at, error_message, result, updated_at
from automation_jobs
where id = :id;

-- name: count_automation_jobs
select status, count(*) as count from automation_jobs group by status;

-- name: list_jobs
select id, recording_id, recording_name, status, stop_reason, total_rows, completed_rows, successful_rows, failed_rows,
       skipped_rows, unknown_rows, concurrency, priority, rerun_of, started_at, completed_at, created_at,
       (select count(*)::integer from waiting_rows where execution_job_id = execution_jobs.id) as waiting_rows
from execution_jobs
where submitted_at is not null
  and (:status::text is null or status = :status)
  and (:before_at::timestamptz is null or (created_at, id) < (:before_at, :before_id::uuid))
order by created_at desc, id desc
limit :page;

-- name: get_job^
select id, recording_id, recording_name, revision, user_id, status, stop_reason, field_mapping, columns,
       unmapped_columns, secret_columns, total_rows, completed_rows, successful_rows, failed_rows, skipped_rows,
       unknown_rows, concurrency, stop_on_error, priority, options, rerun_of, worker_id, claimed_at, submitted_at,
       started_at, completed_at, created_at, updated_at,
       (select count(*)::integer from waiting_rows where execution_job_id = execution_jobs.id) as waiting_rows
from execution_jobs
where id = :id and submitted_at is not null;

-- name: find_jobs
select id from execution_jobs
where submitted_at is not null and id::text like :prefix || '%'
order by created_at desc
limit 10;

-- name: end_waiting!
delete from waiting_rows waiting
using jsonb_to_recordset(:rows::text::jsonb) as given (job_id uuid, row_index integer)
where given.job_id = waiting.execution_job_id and given.row_index = waiting.row_index;

-- name: end_answered!
delete from waiting_rows where stand_in = any(:answered::uuid[]);

-- name: give_browsers_up!
update waiting_rows waiting
set holds_browser = false
from jsonb_to_recordset(:rows::text::jsonb) as given (job_id uuid, row_index integer)
where given.job_id = waiting.execution_job_id and given.row_index = waiting.row_index;

-- name: add_waiting!
insert into waiting_rows (
    organization_id, execution_job_id, row_index, attempt, recording_id, heal_id, stand_in, step_number,
    original_selector, healed_selector, confidence, holds_browser, waiting_since
)
select organization_id, job_id, row_index, attempt, recording_id, heal_id, stand_in, step_number, original_selector,
       healed_selector, confidence, holds_browser, at
from jsonb_to_recordset(:rows::text::jsonb) as given (
    organization_id uuid, job_id uuid, row_index integer, attempt integer, recording_id uuid, heal_id uuid,
    stand_in uuid, step_number integer, original_selector text, healed_selector text, confidence integer,
    holds_browser boolean, at timestamptz
)
on conflict (execution_job_id, row_index) do nothing;

-- name: list_waiting
select row_index, 'waiting_for_review' as status, heal_id, step_number, original_selector, healed_selector, confidence,
       attempt, holds_browser, waiting_since
from waiting_rows
where execution_job_id = :job_id
order by row_index;
