-- name: add_inputs*!
insert into result_inputs (organization_id, execution_job_id, row_index, row_data)
values (:organization_id, :job_id, :row_index, :row_data)
on conflict (execution_job_id, row_index) do nothing;

-- name: start_row!
update result_inputs set started_at = :at where execution_job_id = :job_id and row_index = :row_index;

-- name: forget_inputs!
delete from result_inputs where execution_job_id = :job_id;

-- name: add_result!
insert into execution_results (
    id, organization_id, execution_job_id, row_index, row_data, status, attempt, duration, error_type, error_message,
    failed_step, step_results, screenshot_url, worker_id, started_at, completed_at, created_at
)
select :id, :organization_id, :job_id, :row_index, row_data, :status, :attempt, :duration, :error_type,
       :error_message, :failed_step, :step_results, :screenshot_url, :worker_id, started_at, :at, :at
from result_inputs
where execution_job_id = :job_id and row_index = :row_index
on conflict (execution_job_id, row_index) do nothing;

-- name: list_results
select row_index, row_data, status, attempt, duration, error_type, error_message, failed_step, step_results,
       screenshot_url, worker_id, started_at, completed_at
from execution_results
where execution_job_id = :job_id and row_index > :after_row
  and (:status::text is null or status = :status)
order by row_index
limit :page;

-- name: add_lines*!
insert into execution_logs (
    id, organization_id, execution_job_id, level, message, row_index, step_number, metadata, timestamp, position, line
) values (
    :id, :organization_id, :job_id, :level, :message, :row_index, :step_number, :metadata, :at, :position, :line
) on conflict (id) do nothing;

-- name: list_lines
select position, line, timestamp, level, message, row_index, step_number, metadata
from execution_logs
where execution_job_id = :job_id
  and (position, line) > (:after_position, :after_line)
  and (:row_index::integer is null or row_index = :row_index)
order by position, line
limit :page;

-- name: add_sample!
insert into vdi_metrics (
    id, organization_id, worker_id, worker_region, cpu_usage, memory_usage, browser_count, jobs_processed,
    jobs_succeeded, jobs_failed, avg_job_duration, recorded_at
) values (
    :id, :organization_id, :worker_id, :worker_region, :cpu_usage, :memory_usage, :browser_count, :jobs_processed,
    :jobs_succeeded, :jobs_failed, :avg_job_duration, :at
) on conflict (id) do nothing;
